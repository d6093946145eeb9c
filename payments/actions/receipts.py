"""What came in: the one way by which money enters the books."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from core import deadlines
from core.actions import action
from core.actors import Actor
from core.alarms import clear_alarms, raise_alarm
from core.events import publish
from core.money import WIRE_ALLOWANCE_MINOR
from core.states import move
from payments.actions.payment import await_money
from payments.actions.refunds import Owed, owe_refunds
from payments.actions.shortfalls import carry_shortfall
from payments.charged_back import lacking_minor
from payments.events import (
    EscrowFunded,
    InstalmentSecured,
    MoneyAfterStop,
    MoneyOnEndedAttempt,
    OverpaymentReceived,
    PaymentFailed,
    WireShort,
)
from payments.ledger import Leg, NewAccount, open_accounts
from payments.locks import lock_instalments, lock_payment
from payments.models import (
    AccountKind,
    Escrow,
    EscrowState,
    Instalment,
    Method,
    Payment,
    PaymentState,
    Receipt,
    SuspenseItem,
    TransferKind,
)
from payments.models.account_codes import clearing, held, payer_fee, refund_due, refund_due_in, suspense
from payments.policies import check_platform
from payments.timing import PAYMENT_OPEN

WITHOUT_MONEY = "payment_without_money"

GatewayStatus = Literal["open", "succeeded", "failed", "expired", "canceled", "absent"]


@dataclass(frozen=True)
class SeenReceipt:
    """Money that the gateway says came in. `amount_minor` in minor units of its own `currency`.

    `item_id`: the case on the desk in whose account it stands; None for what is booked nowhere yet.
    """

    gateway_receipt_id: str
    amount_minor: int
    currency: str
    remitter_name: str = ""
    remitter_account: str = ""
    received_at: datetime | None = None
    item_id: int | None = None


@dataclass
class _Intake:
    """One payment's new money, while it is being sorted."""

    payment: Payment
    escrow: Escrow
    wanted: bool
    back_reason: str
    at: datetime
    needed_minor: int = 0
    """What its instalment lacks by now, with the payer's fee: what a bank took back or gave back since moved it."""
    legs: list[Leg] = field(default_factory=list)
    back_minor: dict[str, int] = field(default_factory=dict)
    held_minor: int = 0


@action
def record_gateway_payment(
    *,
    payment_id: int,
    status: GatewayStatus,
    receipts: Sequence[SeenReceipt],
    failure_code: str = "",
    gateway_id: str = "",
    by: Actor,
    at: datetime,
) -> Payment:
    """Book what the gateway says about a payment: each receipt once, and what it means for payment, instalment, escrow.

    Money counts by its receipts alone. What an open attempt of an open escrow asks for is held; all else is due back,
    with a refund. A wire short by at most its currency's allowance secures, and the rest joins the next instalment.
    An attempt whose instalment lost more since it was asked for brings its part and is KEPT.
    Units: minor units. Locks: escrow, payment, instalments, accounts; behind the escrow's lock the second and the third
    meet nobody. Idempotent. Raises NotAllowed, NotFound.
    """
    assert at.tzinfo is not None
    check_platform(by)
    payment = lock_payment(payment_id)
    escrow, instalments = payment.escrow, lock_instalments(payment.escrow_id)
    if gateway_id and not payment.gateway_id:
        payment.gateway_id = gateway_id
        payment.save(update_fields=["gateway_id"])
    if payment.state == PaymentState.CREATED and (receipts or status in ("open", "succeeded", "expired")):
        await_money(payment, by=by, at=at)

    intake = _take_in(payment, receipts, at, instalments)
    owed = _what_goes_back(intake)
    ended = _verdict(intake, status)
    if ended in ("secure", "keep"):
        owed += _more_than_needed(intake)
        _set_fee_apart(intake)
    elif ended is not None:
        owed += _partial_back(intake)
    _book(intake, owed, by)
    if ended == "secure":
        _secure(intake, instalments, by)
    elif ended == "keep":
        move(payment.keep, by=by, at=at)
        _no_longer_open(payment)
    elif ended is not None:
        _end(payment, ended, failure_code, by, at)
    elif intake.held_minor and payment.method == Method.WIRE:
        _tell_short(intake)
    _move_escrow(escrow, instalments, intake, by)
    return payment


def _is_wanted(payment: Payment, instalments: list[Instalment]) -> bool:
    """An open attempt of an open escrow, whose instalment no other payment has secured meanwhile."""
    is_secured = any(row.secured_at for row in instalments if row.pk == payment.instalment_id)
    return payment.is_live and payment.escrow.stopped_at is None and not is_secured


def _needed_minor(payment: Payment, instalments: list[Instalment]) -> int:
    instalment = next(row for row in instalments if row.pk == payment.instalment_id)
    return lacking_minor(instalment) + payment.fee_minor


def _take_in(payment: Payment, receipts: Sequence[SeenReceipt], at: datetime, instalments: list[Instalment]) -> _Intake:
    """Write the receipts that are new, and sort their money into held and due back."""
    known = set(
        Receipt.objects.filter(
            gateway=payment.gateway, gateway_receipt_id__in=[receipt.gateway_receipt_id for receipt in receipts]
        ).values_list("gateway_receipt_id", flat=True)
    )
    fresh = [receipt for receipt in receipts if receipt.gateway_receipt_id not in known]
    wanted = _is_wanted(payment, instalments)
    intake = _Intake(payment, payment.escrow, wanted, _reason_for_back(payment, wanted=wanted), at)
    if wanted:
        intake.needed_minor = _needed_minor(payment, instalments)
    for receipt in {receipt.gateway_receipt_id: receipt for receipt in fresh}.values():
        _sort(intake, receipt)
    if fresh:
        payment.save(update_fields=["received_minor"])
    return intake


def _reason_for_back(payment: Payment, *, wanted: bool) -> str:
    if payment.escrow.stopped_at is not None:
        return "after_stop"
    return "over_payment" if wanted or payment.state == PaymentState.SECURED else "payment_ended"


def _sort(intake: _Intake, receipt: SeenReceipt) -> None:
    payment, escrow = intake.payment, intake.escrow
    assert receipt.amount_minor > 0
    own = receipt.currency == escrow.currency
    room = intake.needed_minor - payment.left_minor + intake.back_minor.get(escrow.currency, 0)
    held_minor = max(min(receipt.amount_minor, room), 0) if own and intake.wanted else 0
    back_minor = receipt.amount_minor - held_minor
    key = f"receipt:{payment.gateway}:{receipt.gateway_receipt_id}"
    source = _source_of(payment, receipt)
    if held_minor:
        intake.legs.append(Leg(source, held(escrow.pk), held_minor, TransferKind.FUND, f"{key}:held"))
        intake.held_minor += held_minor
    if back_minor:
        target = refund_due(escrow.pk) if own else refund_due_in(escrow.pk, receipt.currency)
        intake.legs.append(Leg(source, target, back_minor, TransferKind.FUND_REFUNDABLE, f"{key}:back"))
        intake.back_minor[receipt.currency] = intake.back_minor.get(receipt.currency, 0) + back_minor
    if own:
        payment.received_minor += receipt.amount_minor
    Receipt.objects.create(
        payment=payment,
        gateway=payment.gateway,
        gateway_receipt_id=receipt.gateway_receipt_id,
        amount_minor=receipt.amount_minor,
        currency=receipt.currency,
        held_minor=held_minor,
        remitter_name=receipt.remitter_name[:200],
        remitter_account=receipt.remitter_account[:60],
        item_id=receipt.item_id,
        received_at=receipt.received_at or intake.at,
        recorded_at=intake.at,
    )


def _source_of(payment: Payment, receipt: SeenReceipt) -> str:
    if receipt.item_id is None:
        return clearing(payment.gateway, receipt.currency)
    return suspense(SuspenseItem.objects.values_list("reference", flat=True).get(pk=receipt.item_id))


def _what_goes_back(intake: _Intake) -> list[Owed]:
    return [
        Owed(intake.payment, amount_minor, intake.back_reason, currency=currency)
        for currency, amount_minor in intake.back_minor.items()
    ]


def _kept_minor(intake: _Intake) -> int:
    """What of this payment is held, before the refunds of this intake are written."""
    return intake.payment.left_minor - intake.back_minor.get(intake.escrow.currency, 0)


def allowance_minor(payment: Payment) -> int:
    """How much a payment may be short and still count as paid: wires only, and never over a tenth of it."""
    if payment.method != Method.WIRE:
        return 0
    return min(WIRE_ALLOWANCE_MINOR[payment.escrow.currency], payment.amount_minor // 10)


def _verdict(intake: _Intake, status: GatewayStatus) -> str | None:
    """The verb that ends the payment now, or None."""
    payment = intake.payment
    if not payment.is_live:
        return None
    if intake.wanted:
        kept_minor, allowed_minor = _kept_minor(intake), allowance_minor(payment)
        if kept_minor >= intake.needed_minor - allowed_minor:
            return "secure"
        if kept_minor >= payment.amount_minor - allowed_minor:
            return "keep"
    if status == "succeeded" and intake.wanted:
        # Its receipts are on their way, or the gateway contradicts itself: money that nobody saw secures nothing.
        words = f"{payment}: succeeded without its receipts"
        raise_alarm(WITHOUT_MONEY, "payments.payment", payment.pk, words)
        return None
    verbs = {"failed": "fail", "expired": "expire", "canceled": "abandon", "absent": "abandon", "succeeded": "abandon"}
    return verbs.get(status)


def _partial_back(intake: _Intake) -> list[Owed]:
    """An attempt that ends unsecured gives back what it brought in part."""
    kept_minor = _kept_minor(intake)
    if kept_minor <= 0:
        return []
    return [Owed(intake.payment, kept_minor, "payment_ended", held(intake.escrow.pk))]


def _more_than_needed(intake: _Intake) -> list[Owed]:
    """A part came, and then the bank gave back some of what was lost: less is missing than was."""
    over_minor = _kept_minor(intake) - intake.needed_minor
    return [Owed(intake.payment, over_minor, "over_payment", held(intake.escrow.pk))] if over_minor > 0 else []


def _set_fee_apart(intake: _Intake) -> None:
    """What the payer pays on top of the price waits in an account of its own, to be earned or given back with it."""
    payment, escrow = intake.payment, intake.escrow
    if payment.fee_minor:
        source, target = held(escrow.pk), payer_fee(escrow.pk)
        key = f"{payment.idempotency_key}:fee"
        intake.legs.append(Leg(source, target, payment.fee_minor, TransferKind.PAYER_FEE, key))


def _book(intake: _Intake, owed: list[Owed], by: Actor) -> None:
    """One posting of everything, and the news about what goes back."""
    if intake.legs:
        open_accounts(_accounts_of(intake))
    owe_refunds(intake.escrow, owed, legs=intake.legs, by=by, at=intake.at)
    for item in owed:
        _tell_what_goes_back(intake, item)


NEWS: dict[str, Any] = {
    "over_payment": OverpaymentReceived,
    "after_stop": MoneyAfterStop,
    "payment_ended": MoneyOnEndedAttempt,
}


def _tell_what_goes_back(intake: _Intake, owed: Owed) -> None:
    escrow = intake.escrow
    facts = {"amount_minor": owed.amount_minor, "currency": owed.currency or escrow.currency}
    publish(NEWS[owed.reason](escrow_id=escrow.pk, payment_id=intake.payment.pk, **facts, at=intake.at))


def _accounts_of(intake: _Intake) -> list[NewAccount]:
    gateway, escrow = intake.payment.gateway, intake.escrow
    currencies = {escrow.currency, *intake.back_minor}
    wanted = [NewAccount(clearing(gateway, currency), AccountKind.CLEARING, currency) for currency in currencies]
    wanted += [
        NewAccount(refund_due_in(escrow.pk, currency), AccountKind.REFUND_DUE, currency, escrow_id=escrow.pk)
        for currency in intake.back_minor
        if currency != escrow.currency
    ]
    return wanted


def _secure(intake: _Intake, instalments: list[Instalment], by: Actor) -> None:
    payment, at = intake.payment, intake.at
    instalment = next(row for row in instalments if row.pk == payment.instalment_id)
    kept_minor = payment.left_minor
    short_minor = max(intake.needed_minor - kept_minor, 0)
    instalment.secured_at = at
    instalment.shortfall_minor += short_minor
    instalment.save(update_fields=["secured_at", "shortfall_minor"])
    carry_shortfall(short_minor, instalment, instalments)
    move(payment.secure, by=by, at=at)
    _no_longer_open(payment)
    publish(
        InstalmentSecured(
            escrow_id=intake.escrow.pk,
            instalment_id=instalment.pk,
            sequence=instalment.sequence,
            amount_minor=kept_minor - payment.fee_minor,
            all_due_secured=not any(row.due_at and not row.secured_at for row in instalments),
            at=at,
        )
    )


def _no_longer_open(payment: Payment) -> None:
    """Its clock and its alarms end; what it brings late is watched for from now on, whatever was asked before."""
    deadlines.cancel(payment)
    payment.asked = 0
    payment.save(update_fields=["asked"])
    for kind in (PAYMENT_OPEN, WITHOUT_MONEY):
        clear_alarms(kind, "payments.payment", payment.pk)


def _end(payment: Payment, verb: str, failure_code: str, by: Actor, at: datetime) -> None:
    payment.failure_code = failure_code
    move(getattr(payment, verb), by=by, at=at, why=failure_code)
    _no_longer_open(payment)
    still_wanted = payment.cancel_asked_at is None and payment.escrow.stopped_at is None
    if still_wanted and verb != "abandon" and not payment.received_minor:
        code = failure_code or payment.state.lower()
        publish(PaymentFailed(escrow_id=payment.escrow_id, payment_id=payment.pk, code=code, at=at))


def _tell_short(intake: _Intake) -> None:
    payment = intake.payment
    publish(
        WireShort(
            escrow_id=payment.escrow_id,
            payment_id=payment.pk,
            missing_minor=intake.needed_minor - payment.left_minor,
            at=intake.at,
        )
    )


def _move_escrow(escrow: Escrow, instalments: list[Instalment], intake: _Intake, by: Actor) -> None:
    if escrow.state not in (EscrowState.AWAITING_FUNDS, EscrowState.PARTLY_FUNDED):
        return
    if all(row.secured_at for row in instalments):
        move(escrow.fund, by=by, at=intake.at)
        publish(EscrowFunded(escrow_id=escrow.pk, at=intake.at))
    elif intake.held_minor and escrow.state == EscrowState.AWAITING_FUNDS:
        move(escrow.fund_partly, by=by, at=intake.at)
