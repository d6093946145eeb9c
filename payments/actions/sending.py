"""Payouts and refunds on their way: claimed, sent by an exchange, recorded. A time-out is unknown, never a failure."""

from dataclasses import dataclass
from datetime import datetime

from core import deadlines
from core.actions import action
from core.actors import Actor
from core.alarms import clear_alarms, clear_alarms_of, raise_alarm
from core.events import publish
from core.leases import Lease, doubled
from core.models import Alarm
from core.states import move
from payments.actions.payout import failed_before, give_up_payout, lock_usable_account, owe_again
from payments.charged_back import is_charged_back
from payments.events import PayoutFailed, PayoutPaid, PayoutSent, RefundFailed, RefundPaid
from payments.ledger import Leg, post
from payments.locks import lock_payout, lock_refund
from payments.models import (
    NOT_SENT_STATES,
    OPEN_STATES,
    Direction,
    Payout,
    Refund,
    Release,
    SendState,
    SuspenseItem,
    SuspenseState,
    TransferKind,
)
from payments.models.account_codes import clearing, in_transit
from payments.policies import check_platform
from payments.timing import PAYOUT_OVERDUE, REFUND_OVERDUE, next_business_close

BOOKS_ALARM = "books_do_not_balance"
ABSENT_ALARM = "absent_at_gateway"
PAYOUT_FAILED = "payout_failed"


@dataclass(frozen=True)
class Claim:
    """`is_first`: send it, with its key. Otherwise ask the gateway about it first."""

    row: Payout | Refund
    is_first: bool


def _lease_of(model: type[Payout | Refund]) -> Lease:
    return Lease(
        table=model._meta.db_table,
        due="state IN ('REQUESTED', 'APPROVED', 'SENDING', 'SENT', 'UNKNOWN') AND ask_at <= %(wall)s",
        clock="ask_at",
        count="asked",
        put_ahead=doubled("asked", first="2 s", most="10 min"),
    )


PAYOUTS, REFUNDS = _lease_of(Payout), _lease_of(Refund)


@action
def lease_payouts(*, wall: datetime, most: int = 50) -> list[int]:
    """The open payouts to work on now, put ahead with back-off (2 s, doubled to 10 min). Wall time. One statement."""
    return PAYOUTS.take(wall=wall, most=most)


@action
def lease_refunds(*, wall: datetime, most: int = 50) -> list[int]:
    """As `lease_payouts`."""
    return REFUNDS.take(wall=wall, most=most)


@action
def claim_payout(*, payout_id: int, by: Actor, at: datetime) -> Claim | None:
    """REQUESTED or APPROVED -> SENDING, before the gateway hears of it. None when it is final, while the books don't
    balance, and while a large one waits for its approvals.

    One whose account was removed in the meantime fails here: the money is payable again, and waits for an account.
    Locks: the payout, on its first claim its account, where it fails the ledger accounts. Raises NotAllowed, NotFound.
    """
    payout = lock_payout(payout_id)
    check_platform(by)
    if _may_begin(payout) and not books_are_wrong() and not lock_usable_account(payout, at):
        give_up_payout(payout, by=by, at=at)
        return None
    return _claim(payout, by, at)


@action
def claim_refund(*, refund_id: int, by: Actor, at: datetime) -> Claim | None:
    """As `claim_payout`; locks the escrow before. None while its payment's charge-back is open: it waits."""
    refund = lock_refund(refund_id)
    if refund.state in NOT_SENT_STATES and refund.payment_id and is_charged_back(refund.payment_id):
        return None
    return _claim(refund, by, at)


def _claim(row: Payout | Refund, by: Actor, at: datetime) -> Claim | None:
    check_platform(by)
    if row.state not in OPEN_STATES:
        return None
    if row.state not in NOT_SENT_STATES:
        return Claim(row, is_first=False)
    if not _may_begin(row) or books_are_wrong():
        return None
    move(row.begin_sending, by=by, at=at)
    return Claim(row, is_first=True)


def _may_begin(row: Payout | Refund) -> bool:
    return row.state in NOT_SENT_STATES and not row.waits_for_approval


def books_are_wrong() -> bool:
    """Nothing new leaves then: a check found a difference, or money left that nobody here ordered and two treasurers
    have not decided on yet, from the moment that its line was booked.
    """
    if SuspenseItem.objects.filter(state=SuspenseState.OPEN, direction=Direction.OUT).exists():
        return True
    return Alarm.objects.filter(kind=BOOKS_ALARM, cleared_at__isnull=True).exists()


# --- payouts ----------------------------------------------------------------------------------------------------------
@action
def record_payout_sent(*, payout_id: int, gateway_id: str, by: Actor, at: datetime) -> Payout:
    """The gateway has it. Idempotent; later states keep theirs. Locks: the payout."""
    payout = lock_payout(payout_id)
    if _note_sent(payout, gateway_id, by, at):
        publish(PayoutSent(payout_id=payout.pk, company_id=payout.company_id, amount_minor=payout.amount_minor, at=at))
    return payout


@action
def record_payout_unknown(*, payout_id: int, by: Actor, at: datetime) -> Payout:
    """No answer came: it may have gone out. Idempotent. Locks: the payout."""
    payout = lock_payout(payout_id)
    keep_unknown(payout, by, at)
    return payout


@action
def record_payout_paid(*, payout_id: int, gateway_id: str = "", by: Actor, at: datetime) -> Payout:
    """The bank paid. Books it out of the clearing account. Idempotent. Locks: the payout, accounts."""
    payout = lock_payout(payout_id)
    if payout.state in (SendState.PAID, SendState.RETURNED):
        return payout
    _note_sent(payout, gateway_id, by, at)
    post([_leg_of_payout(payout)], at=at)
    _pay(payout, by, at)
    return payout


@action
def record_payout_failed(*, payout_id: int, failure_code: str, gateway_id: str = "", by: Actor, at: datetime) -> Payout:
    """The gateway said no: the money is payable again. Said of a paid one, it came back. Idempotent.

    Locks: the payout, accounts.
    """
    payout = lock_payout(payout_id)
    if payout.state in (SendState.FAILED, SendState.RETURNED):
        return payout
    if payout.state == SendState.PAID:
        return _return_payout(payout, failure_code, gateway_id, by, at)
    _note_failed(payout, failure_code, gateway_id, by, at)
    owe_again(payout, TransferKind.PAYOUT_FAILED, legs=[], at=at)
    _tell_payout_failed(payout, at)
    return payout


@action
def record_payout_returned(
    *, payout_id: int, failure_code: str = "", gateway_id: str = "", by: Actor, at: datetime
) -> Payout:
    """A paid wire came back: the money is payable again. Books the payment too if nobody told of it. Idempotent."""
    payout = lock_payout(payout_id)
    if payout.state == SendState.RETURNED:
        return payout
    return _return_payout(payout, failure_code, gateway_id, by, at)


def _return_payout(payout: Payout, failure_code: str, gateway_id: str, by: Actor, at: datetime) -> Payout:
    legs: list[Leg] = []
    if payout.state != SendState.PAID:
        _note_sent(payout, gateway_id, by, at)
        legs = [_leg_of_payout(payout)]
        _pay(payout, by, at)
    _note_returned(payout, failure_code, by, at)
    owe_again(payout, TransferKind.PAYOUT_RETURNED, legs=legs, at=at)
    _tell_payout_failed(payout, at)
    return payout


def _leg_of_payout(payout: Payout) -> Leg:
    return Leg(
        debit=in_transit(payout.pk),
        credit=clearing(payout.gateway, payout.currency),
        amount_minor=payout.amount_minor,
        kind=TransferKind.PAYOUT_PAID,
        key=f"{payout.idempotency_key}:paid",
    )


def _pay(payout: Payout, by: Actor, at: datetime) -> None:
    move(payout.note_paid, by=by, at=at)
    deadlines.cancel(payout)
    clear_alarms(PAYOUT_OVERDUE, "payments.payout", payout.pk)
    clear_alarms_of(PAYOUT_FAILED, failed_before(payout))
    escrows = Release.objects.filter(payout=payout).order_by("escrow_id").values_list("escrow_id", flat=True)
    publish(
        PayoutPaid(
            payout_id=payout.pk,
            company_id=payout.company_id,
            amount_minor=payout.amount_minor,
            escrow_ids=list(dict.fromkeys(escrows)),
            at=at,
        )
    )


def _tell_payout_failed(payout: Payout, at: datetime) -> None:
    deadlines.cancel(payout)
    clear_alarms(PAYOUT_OVERDUE, "payments.payout", payout.pk)
    raise_alarm(PAYOUT_FAILED, "payments.payout", payout.pk, f"{payout}: {payout.state} {payout.failure_code}")
    publish(
        PayoutFailed(
            payout_id=payout.pk,
            company_id=payout.company_id,
            amount_minor=payout.amount_minor,
            code=payout.failure_code or payout.state.lower(),
            at=at,
        )
    )


# --- refunds ----------------------------------------------------------------------------------------------------------
@action
def record_refund_sent(*, refund_id: int, gateway_id: str, by: Actor, at: datetime) -> Refund:
    """As `record_payout_sent`; locks the escrow before."""
    refund = lock_refund(refund_id)
    _note_sent(refund, gateway_id, by, at)
    return refund


@action
def record_refund_unknown(*, refund_id: int, by: Actor, at: datetime) -> Refund:
    """As `record_payout_unknown`."""
    refund = lock_refund(refund_id)
    keep_unknown(refund, by, at)
    return refund


@action
def record_refund_paid(*, refund_id: int, gateway_id: str = "", by: Actor, at: datetime) -> Refund:
    """The payer has it back: books it out of what was due back. Idempotent. Locks: escrow, refund, accounts."""
    refund = lock_refund(refund_id)
    if refund.state in (SendState.PAID, SendState.RETURNED):
        return refund
    _note_sent(refund, gateway_id, by, at)
    post([_leg_of_refund(refund)], at=at, escrow_id=refund.escrow_id)
    _pay_refund(refund, by, at)
    return refund


@action
def record_refund_failed(*, refund_id: int, failure_code: str, gateway_id: str = "", by: Actor, at: datetime) -> Refund:
    """The gateway said no: it stays due back, and staff are alarmed until it is replaced. Idempotent.

    Said of a paid one, it came back.
    """
    refund = lock_refund(refund_id)
    if refund.state in (SendState.FAILED, SendState.RETURNED):
        return refund
    if refund.state == SendState.PAID:
        return _return_refund(refund, failure_code, gateway_id, by, at)
    _note_failed(refund, failure_code, gateway_id, by, at)
    _tell_refund_failed(refund, at)
    return refund


@action
def record_refund_returned(
    *, refund_id: int, failure_code: str = "", gateway_id: str = "", by: Actor, at: datetime
) -> Refund:
    """A paid refund came back: due back again, and staff decide. Books its payment too if nobody told of it."""
    refund = lock_refund(refund_id)
    if refund.state == SendState.RETURNED:
        return refund
    return _return_refund(refund, failure_code, gateway_id, by, at)


def _return_refund(refund: Refund, failure_code: str, gateway_id: str, by: Actor, at: datetime) -> Refund:
    paid = _leg_of_refund(refund)
    back = Leg(
        debit=paid.credit,
        credit=paid.debit,
        amount_minor=refund.amount_minor,
        kind=TransferKind.REFUND_RETURNED,
        key=f"{refund.idempotency_key}:returned",
    )
    legs = [back]
    if refund.state != SendState.PAID:
        _note_sent(refund, gateway_id, by, at)
        legs = [paid, back]
        _pay_refund(refund, by, at)
    post(legs, at=at, escrow_id=refund.escrow_id)
    _note_returned(refund, failure_code, by, at)
    _tell_refund_failed(refund, at)
    return refund


def _leg_of_refund(refund: Refund) -> Leg:
    return Leg(
        debit=refund.owed_from.code,
        credit=clearing(refund.gateway, refund.currency),
        amount_minor=refund.amount_minor,
        kind=TransferKind.SUSPENSE_SENT_BACK if refund.item_id else TransferKind.REFUND_PAID,
        key=f"{refund.idempotency_key}:paid",
    )


def _pay_refund(refund: Refund, by: Actor, at: datetime) -> None:
    move(refund.note_paid, by=by, at=at)
    deadlines.cancel(refund)
    clear_alarms(REFUND_OVERDUE, "payments.refund", refund.pk)
    if refund.escrow_id:  # Money that nobody could match goes back to a stranger, who is told nothing.
        publish(RefundPaid(escrow_id=refund.escrow_id, refund_id=refund.pk, amount_minor=refund.amount_minor, at=at))


def _tell_refund_failed(refund: Refund, at: datetime) -> None:
    """It is still owed: the clock goes on until somebody replaces it."""
    deadlines.schedule(refund, REFUND_OVERDUE, next_business_close(at), replace=True)
    raise_alarm(REFUND_OVERDUE, "payments.refund", refund.pk, f"{refund}: {refund.state} {refund.failure_code}")
    if refund.escrow_id:
        code = refund.failure_code or refund.state.lower()
        publish(
            RefundFailed(
                escrow_id=refund.escrow_id, refund_id=refund.pk, amount_minor=refund.amount_minor, code=code, at=at
            )
        )


# --- both -------------------------------------------------------------------------------------------------------------
def _note_sent(row: Payout | Refund, gateway_id: str, by: Actor, at: datetime) -> bool:
    """Whether it is sent for the first time: its clock begins anew then, and not whenever the gateway falls silent."""
    check_platform(by)
    if gateway_id and not row.gateway_id:
        row.gateway_id = gateway_id
        row.save(update_fields=["gateway_id"])
    if row.state not in (SendState.SENDING, SendState.UNKNOWN):
        return False
    if row.state == SendState.UNKNOWN:
        clear_alarms(ABSENT_ALARM, row._meta.label_lower, row.pk)
    is_first = row.sent_at is None
    move(row.note_sent, by=by, at=at)
    if is_first:
        rearm(row, at)
    return is_first


def keep_unknown(row: Payout | Refund, by: Actor, at: datetime) -> None:
    check_platform(by)
    if row.state in (SendState.SENDING, SendState.SENT):
        move(row.note_unknown, by=by, at=at)
        if row.sent_at is None:
            rearm(row, at)


def _note_failed(row: Payout | Refund, failure_code: str, gateway_id: str, by: Actor, at: datetime) -> None:
    check_platform(by)
    row.failure_code = failure_code
    row.gateway_id = row.gateway_id or gateway_id
    clear_alarms(ABSENT_ALARM, row._meta.label_lower, row.pk)
    move(row.note_failed, by=by, at=at, why=failure_code)


def _note_returned(row: Payout | Refund, failure_code: str, by: Actor, at: datetime) -> None:
    check_platform(by)
    row.failure_code = failure_code
    move(row.note_returned, by=by, at=at, why=failure_code)


def rearm(row: Payout | Refund, at: datetime) -> None:
    """A business day from now on."""
    kind = PAYOUT_OVERDUE if isinstance(row, Payout) else REFUND_OVERDUE
    deadlines.schedule(row, kind, next_business_close(at), replace=True)
