"""Deals for tests of exchanges, made by calling actions; and time that passes for the rows that wait for it."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from companies.actions import add_payout_account, remove_payout_account, verify_payout_account
from companies.models import PayoutAccount, User
from core import clock
from core.actors import Actor, platform
from payments.actions.absence import PROOF_OF_ABSENCE
from payments.actions.escrow import InstalmentPlan, make_due, open_escrow
from payments.actions.payout import request_payout
from payments.actions.release import release_rest
from payments.exchanges.pay import ask_about_payment, start_payment
from payments.exchanges.reconcile import MovementWaits, catch_up_by_pages
from payments.models import Chargeback, GatewayEvent, Instalment, Payment, Payout, Refund
from tests.cast import LONG_AGO, NOW, actor, company_of
from tests.payments.exchanges.control import Control

PRICE_MINOR = 125_000
FEE_MINOR = 2_500
RETURN_URL = "http://127.0.0.1/back"


@dataclass(frozen=True)
class Deal:
    """One escrow, its first instalment due."""

    escrow_id: int
    instalment_ids: list[int]
    payer: Actor
    payee_id: int


def open_deal(
    buyer: User,
    seller: User,
    *,
    parts: tuple[int, ...] = (PRICE_MINOR,),
    title: str = "TA-2026-000123",
    currency: str = "USD",
    methods: tuple[str, ...] = ("card", "wire"),
) -> Deal:
    """Confirmed today: the first part is due, the others on readiness."""
    payer = actor(buyer)
    escrow = open_escrow(
        payer_id=company_of(buyer).pk,
        payee_id=company_of(seller).pk,
        currency=currency,
        instalments=[
            InstalmentPlan(amount_minor, "readiness" if place else "confirmation")
            for place, amount_minor in enumerate(parts)
        ],
        methods=list(methods),
        bank_charges="payer",
        title=title,
        by=payer,
        at=NOW,
    )
    make_due(escrow_id=escrow.pk, due_on="confirmation", by=payer, at=NOW)
    ids = Instalment.objects.filter(escrow=escrow).order_by("sequence").values_list("pk", flat=True)
    return Deal(escrow.pk, list(ids), payer, company_of(seller).pk)


def start(deal: Deal, method: str = "wire", *, place: int = 0) -> Payment:
    return start_payment(
        instalment_id=deal.instalment_ids[place], method=method, return_url=RETURN_URL, by=deal.payer, at=NOW
    )


def ask(payment: Payment) -> Payment:
    return ask_about_payment(payment_id=payment.pk, at=NOW)


def fund(deal: Deal, control: Control, *, account: str = "77001122", place: int = 0) -> Payment:
    """The buyer wires exactly what is asked."""
    payment = start(deal, place=place)
    control.wire(payment.reference, payment.amount_minor, account=account)
    return ask(payment)


def owe_payout(deal: Deal) -> Payout:
    """The buyer accepts; all that the seller is owed becomes one payout."""
    release_rest(escrow_id=deal.escrow_id, reason="accepted", sequence=1, by=deal.payer, at=NOW)
    payout = request_payout(company_id=deal.payee_id, currency="USD", by=platform(), at=NOW)
    assert payout is not None
    return payout


def bank_at(seller: User, number: str) -> None:
    """From now on the seller's USD go to this account; its last digits tell the sandbox how to behave."""
    company_id, by = company_of(seller).pk, actor(seller)
    for old in PayoutAccount.objects.filter(company_id=company_id, removed_at__isnull=True):
        remove_payout_account(reference=old.reference, company_id=company_id, by=by, at=LONG_AGO)
    new = add_payout_account(
        company_id=company_id,
        currency="USD",
        holder="Bình Minh",
        number=number,
        bic="BFTVVNVX",
        bank_name="Ngân hàng Ngoại thương",
        country="VN",
        by=by,
        at=LONG_AGO,
    )
    verify_payout_account(reference=new.reference, by=platform("admin"), at=LONG_AGO)


def let_back_off_pass() -> None:
    """What waits for its next try is due now; what is absent at the gateway has been so for a minute (wall time)."""
    passed = clock.wall() - timedelta(seconds=1)
    for model in (Chargeback, Payment, Payout, Refund):
        model.objects.filter(ask_at__isnull=False).update(ask_at=passed)
    for sent in (Payout, Refund):
        sent.objects.filter(absent_at__isnull=False).update(absent_at=passed - PROOF_OF_ABSENCE)
    GatewayEvent.objects.filter(processed_at__isnull=True).update(due_at=passed)


def catch_up(*, gateway_name: str, since: int, at: datetime) -> int:
    """Follow a record to its end, or to what waits. Returns the number of the last movement followed."""
    with suppress(MovementWaits):
        for place in catch_up_by_pages(gateway_name=gateway_name, since=since, at=at):
            since = place
    return since
