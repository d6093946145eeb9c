"""What the tests of payments do again and again, by calling actions, and how they look at the outcome."""

import itertools
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from companies.models import Company, User
from core.actors import Actor
from core.actors import platform as platform_actor
from core.models import Event
from payments.actions.escrow import InstalmentPlan, make_due, open_escrow
from payments.actions.payment import claim_payment, record_payment_started
from payments.actions.receipts import SeenReceipt, record_gateway_payment
from payments.actions.release import release_rest
from payments.actions.sending import claim_payout, claim_refund, record_payout_sent, record_refund_sent
from payments.models import Account, Escrow, Instalment, Payment, Payout, Refund, Transfer
from payments.models.account_codes import clearing, fees, held, payable, refund_due
from payments.queries import balance_minor
from tests.cast import NOW, actor, company_of

_numbers = itertools.count(1)
DEPOSIT, BALANCE = 75_000, 175_000
"""Of an escrow of USD 2,500.00, in cents: 30 % and 70 %."""


def new_escrow(
    payer: User,
    payee: User,
    *,
    amounts: Sequence[int] = (DEPOSIT, BALANCE),
    currency: str = "USD",
    at: datetime = NOW,
    due: bool = True,
) -> Escrow:
    """The first instalment is due on confirmation, the others on readiness; with `due` they all are."""
    payer_company: Company = company_of(payer)
    escrow = open_escrow(
        payer_id=payer_company.pk,
        payee_id=company_of(payee).pk,
        currency=currency,
        instalments=[
            InstalmentPlan(amount, "readiness" if place else "confirmation") for place, amount in enumerate(amounts)
        ],
        methods=["card", "wire"],
        bank_charges="payer",
        title="TA-2026-000123",
        payer_ref="PO-77",
        payee_ref="INV-9",
        by=actor(payer),
        at=at,
    )
    make_due(escrow_id=escrow.pk, due_on="confirmation", by=platform_actor(), at=at)
    if due:
        make_due(escrow_id=escrow.pk, due_on="readiness", by=platform_actor(), at=at)
    return escrow


def instalment_of(escrow: Escrow, sequence: int = 1) -> Instalment:
    return Instalment.objects.get(escrow=escrow, sequence=sequence)


def start(escrow: Escrow, payer: User, *, sequence: int = 1, method: str = "card", at: datetime = NOW) -> Payment:
    """Claimed and known to the gateway: PENDING."""
    payment = claim_payment(
        instalment_id=instalment_of(escrow, sequence).pk,
        method=method,
        return_url="http://127.0.0.1/back",
        by=actor(payer),
        at=at,
    )
    return record_payment_started(
        payment_id=payment.pk, gateway_id=f"sp_{payment.pk}", by=platform_actor("gateway"), at=at
    )


def money(amount_minor: int, *, currency: str = "USD", receipt_id: str | None = None) -> SeenReceipt:
    return SeenReceipt(
        gateway_receipt_id=receipt_id or f"sx_{next(_numbers)}",
        amount_minor=amount_minor,
        currency=currency,
        remitter_name="Lakeside Furniture Inc.",
        remitter_account="US120003",
        received_at=NOW,
    )


def receive(payment: Payment, *receipts: SeenReceipt, status: Any = "open", at: datetime = NOW) -> Payment:
    return record_gateway_payment(
        payment_id=payment.pk, status=status, receipts=receipts, by=platform_actor("gateway"), at=at
    )


def pay(escrow: Escrow, payer: User, *, sequence: int = 1, method: str = "card", at: datetime = NOW) -> Payment:
    """The whole instalment by one receipt: SECURED."""
    payment = start(escrow, payer, sequence=sequence, method=method, at=at)
    return receive(payment, money(payment.amount_minor, currency=escrow.currency), status="succeeded", at=at)


def release_all(escrow: Escrow, *, at: datetime = NOW) -> None:
    release_rest(escrow_id=escrow.pk, reason="accepted", sequence=1, by=platform_actor(), at=at)


def sent_payout(payout: Payout, *, at: datetime = NOW) -> Payout:
    claim_payout(payout_id=payout.pk, by=platform_actor(), at=at)
    return record_payout_sent(payout_id=payout.pk, gateway_id=f"so_{payout.pk}", by=platform_actor(), at=at)


def sent_refund(refund: Refund, *, at: datetime = NOW) -> Refund:
    claim_refund(refund_id=refund.pk, by=platform_actor(), at=at)
    return record_refund_sent(refund_id=refund.pk, gateway_id=f"sr_{refund.pk}", by=platform_actor(), at=at)


def balances(escrow: Escrow) -> dict[str, int]:
    """Minor units: what is held, due back, payable to the payee, earned in fees, and at the gateway."""
    return {
        "held": balance_minor(held(escrow.pk)),
        "refund_due": balance_minor(refund_due(escrow.pk)),
        "payable": balance_minor(payable(escrow.payee_id, escrow.currency)),
        "fees": balance_minor(fees(escrow.currency)),
        "clearing": balance_minor(clearing("sandbox", escrow.currency)),
    }


def state_of(row: Any) -> str:
    return str(type(row).objects.values_list("state", flat=True).get(pk=row.pk))


def told(name: str) -> list[dict[str, Any]]:
    """Payloads of the events of a name, oldest first."""
    return list(Event.objects.filter(name=f"payments.{name}").order_by("pk").values_list("payload", flat=True))


class Books:
    """Everything that money leaves behind, to say that none moved."""

    def __init__(self) -> None:
        self.before = self.read()

    @staticmethod
    def read() -> list[Any]:
        return [
            list(Transfer.objects.order_by("pk").values_list("pk", "key")),
            list(Account.objects.order_by("pk").values_list("code", "balance_minor", "version")),
            list(Escrow.objects.order_by("pk").values_list("pk", "state", "stopped_at")),
            list(Payment.objects.order_by("pk").values_list("pk", "state", "received_minor", "refunded_minor")),
            list(Refund.objects.order_by("pk").values_list("pk", "state")),
            list(Payout.objects.order_by("pk").values_list("pk", "state")),
        ]

    def unchanged(self) -> bool:
        return self.read() == self.before


def stranger_to(escrow: Escrow) -> Actor:
    """An owner of some company that has nothing to do with it."""
    return Actor(kind="user", door="page", user_id=1, company_id=escrow.payee_id + 10_000, role="owner")
