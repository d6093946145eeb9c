"""People, escrows and orders to measure on: made by calling actions, then copied in SQL where thousands are needed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from companies.actions import (
    add_payout_account,
    create_company,
    create_person,
    enrol_company,
    verify_company,
    verify_payout_account,
)
from companies.models import Company, User
from companies.queries import actor_for
from core import clock
from core.actors import Actor, platform
from orders.actions.draft import create_draft, save_delivery, save_lines, save_parties, save_payment, save_trade_term
from orders.actions.offer import confirm_order, send_order
from orders.drafting import (
    Delivery,
    InstalmentInput,
    LineInput,
    Parties,
    PaymentTerms,
    RequirementInput,
    TradeTermInput,
)
from orders.models import Order
from orders.queries import last_terms
from payments.actions.escrow import InstalmentPlan, make_due, open_escrow
from payments.actions.payment import claim_payment, record_payment_started
from payments.actions.receipts import SeenReceipt, record_gateway_payment
from payments.models import Escrow, Instalment

SYSTEM = platform("task")
PRICE_MINOR = 250_000


@dataclass(frozen=True)
class People:
    seller: User
    buyer: User
    sellers: tuple[Company, ...]
    """Several payees, so that four processes don't all wait for one payable account."""
    buying: Company

    @property
    def seller_by(self) -> Actor:
        return actor_for(self.seller)

    @property
    def buyer_by(self) -> Actor:
        return actor_for(self.buyer)


def cast_of_bench() -> People:
    at = clock.now() - timedelta(days=30)
    sellers = [_person(f"seller{number}@bench.example", at) for number in range(8)]
    companies = tuple(_selling_company(user, number, at) for number, user in enumerate(sellers))
    buyer = _person("buyer@bench.example", at)
    buying = create_company(
        name="Bench Imports", country="US", city="Chicago", time_zone="America/Chicago", by=actor_for(buyer), at=at
    )
    return People(sellers[0], buyer, companies, buying)


def _person(email: str, at: datetime) -> User:
    return create_person(
        email=email,
        password="not-used-for-log-in-1",  # noqa: S106
        full_name="Bench Person",
        language="en",
        time_zone="UTC",
        by=SYSTEM,
        at=at,
    )


def _selling_company(user: User, number: int, at: datetime) -> Company:
    by = actor_for(user)
    company = create_company(
        name=f"Bench Factory {number}",
        country="VN",
        city="Bình Dương",
        address="Lô B12",
        time_zone="Asia/Ho_Chi_Minh",
        by=by,
        at=at,
    )
    account = add_payout_account(
        company_id=company.pk,
        currency="USD",
        holder=company.name,
        number=f"00710001234{number:02d}",
        bic="BFTVVNVX",
        bank_name="Vietcombank",
        country="VN",
        by=actor_for(user),
        at=at,
    )
    verify_payout_account(reference=account.reference, by=SYSTEM, at=at)
    verify_company(company_id=company.pk, why="bench", by=SYSTEM, at=at)
    return enrol_company(company_id=company.pk, by=SYSTEM, at=at)


def funded_escrow(people: People, payee: Company) -> Escrow:
    """One instalment, paid by card and held."""
    at = clock.now()
    escrow = open_escrow(
        payer_id=people.buying.pk,
        payee_id=payee.pk,
        currency="USD",
        instalments=[InstalmentPlan(PRICE_MINOR, "confirmation")],
        methods=["card"],
        bank_charges="payer",
        title="TA-2026-900000",
        payer_ref="PO",
        payee_ref="SC",
        by=people.buyer_by,
        at=at,
    )
    make_due(escrow_id=escrow.pk, due_on="confirmation", by=SYSTEM, at=at)
    pay(escrow, people)
    return Escrow.objects.get(pk=escrow.pk)


def pay(escrow: Escrow, people: People) -> None:
    """The gateway says that the card paid what is due."""
    at = clock.now()
    for instalment in Instalment.objects.filter(escrow=escrow, secured_at__isnull=True, due_at__isnull=False):
        payment = claim_payment(
            instalment_id=instalment.pk, method="card", return_url="http://127.0.0.1/", by=people.buyer_by, at=at
        )
        gateway_id = f"sp_bench{payment.pk}"
        record_payment_started(payment_id=payment.pk, gateway_id=gateway_id, by=platform("gateway"), at=at)
        receipt = SeenReceipt(
            gateway_receipt_id=f"sr_bench{payment.pk}",
            amount_minor=payment.amount_minor,
            currency="USD",
            received_at=datetime.now(tz=UTC),
        )
        record_gateway_payment(
            payment_id=payment.pk, status="succeeded", receipts=[receipt], by=platform("gateway"), at=at
        )


def order_with_lines(people: People, count: int) -> Order:
    """A confirmed and paid order of so many lines, each with a requirement."""
    at, by = clock.now(), people.seller_by
    order = create_draft(by=by, at=at)
    requirement = RequirementInput(attribute="Moisture", target="8 to 12 %", test_method="Pin meter, 5 points")
    lines = [
        LineInput(
            name=f"Chair {n}",
            quantity_thousandths=10_000,
            unit="piece",
            unit_price_minor=1250,
            requirements=[requirement],
        )
        for n in range(count)
    ]
    steps = (
        (
            save_parties,
            {
                "parties": Parties(
                    buyer_email=people.buyer.email, buyer_company_name="Bench Imports", governing_law="CISG"
                )
            },
        ),
        (save_lines, {"lines": lines, "currency": "USD"}),
        (save_delivery, {"delivery": Delivery(basis="days", ship_days=30)}),
        (
            save_trade_term,
            {"term": TradeTermInput(incoterm="CIF", named_place="Los Angeles, berth 401", transport_mode="sea")},
        ),
        (
            save_payment,
            {
                "terms": PaymentTerms(
                    methods=("card",), instalments=[InstalmentInput(basis_points=10_000, due_on="confirmation")]
                )
            },
        ),
    )
    for save, content in steps:
        order.refresh_from_db()
        save(order_id=order.pk, seen_version=order.version, by=by, at=at, **content)
    order.refresh_from_db()
    send_order(order_id=order.pk, seen_version=order.version, by=by, at=at)
    terms = last_terms(order)
    assert terms is not None
    confirmed = confirm_order(order_id=order.pk, terms_sha256=terms.sha256, by=people.buyer_by, at=at)
    assert confirmed.escrow is not None
    pay(confirmed.escrow, people)
    return Order.objects.get(pk=order.pk)
