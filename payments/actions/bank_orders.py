"""Orders to the platform's bank: written once per payout or refund, put into one file, and ended by a statement."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import clock, deadlines
from core.actions import action
from core.actors import Actor
from core.alarms import clear_alarms, raise_alarm
from core.errors import IllegalMove, Invalid, Refused
from core.references import new_reference
from core.states import check_move, move
from payments.actions.sending import books_are_wrong
from payments.bank_references import transfer_name
from payments.charged_back import charged_back_among
from payments.limits import TREASURERS
from payments.locks import lock_bank_batch, lock_bank_order, lock_bank_orders, lock_waiting_bank_orders
from payments.models import (
    ENDED_BATCHES,
    BankBatch,
    BankLine,
    BankOrder,
    BankOrderState,
    BankRejection,
    BatchState,
    Direction,
    GatewayEvent,
    Payout,
    Refund,
)
from payments.models.sending import ACCOUNT_REMOVED, TAKEN_BACK
from payments.nudges import nudge
from payments.pain001 import CreditTransfer, Party, PaymentFile, payment_file
from payments.policies import check_may_approve, check_platform, check_treasurer
from payments.routing import BANK
from payments.timing import BATCH_WAITS, PLATFORM_CALENDAR, next_business_close

MOST = 500
"""Orders of one file."""

REJECTED = "rejected_by_bank"
LABEL = "payments.bankbatch"


class NothingWaits(Refused):
    code = "nothing_waits"
    message = _("No transfer in this currency waits for a file.")


class BooksAreWrong(Refused):
    code = "books_are_wrong"
    message = _(
        "The books do not balance, or money left the bank that nobody here ordered. No file is made or taken before"
        " that is solved: look at the alarms and at the desk."
    )


class SaidByYou(Refused):
    code = "said_by_you"
    message = _("You said this already. Another treasurer must say it, too.")


class HoldsTakenBack(Refused):
    code = "holds_taken_back"
    message = _(
        "A transfer in this file pays back a wire that the bank took back since. Reject the file, two treasurers do:"
        " its money is owed again, and goes into the next one."
    )


class CarriedOut(Refused):
    code = "carried_out"
    message = _("A statement shows that the bank carried out transfers of this file. Reject single ones instead.")


@action
def place_order(*, row: Payout | Refund, creditor: Party, remittance: str, by: Actor, at: datetime) -> BankOrder:
    """Write the transfer of a payout or refund that was claimed, for the next file. Once per row and for ever.

    Units: those of the row. Locks nothing: the row's key, reference and id are unique among orders. Raises NotAllowed.
    """
    check_platform(by)
    subject = {"payout": row} if isinstance(row, Payout) else {"refund": row}
    order = BankOrder(
        reference=new_reference("bor"),
        idempotency_key=row.idempotency_key,
        end_to_end=transfer_name(row.reference),
        amount_minor=row.amount_minor,
        currency=row.currency,
        creditor_name=creditor.name,
        creditor_account=creditor.account,
        creditor_bic=creditor.bic,
        remittance=remittance[:140],
        created_at=at,
        **subject,
    )
    BankOrder.objects.bulk_create([order], ignore_conflicts=True)
    return BankOrder.objects.get(idempotency_key=row.idempotency_key)


# --- files ------------------------------------------------------------------------------------------------------------
@action
def make_batches(*, by: Actor, at: datetime) -> list[BankBatch]:
    """`make_batch` in every currency in which an order waits. Raises NotAllowed, BooksAreWrong, NothingWaits."""
    rows = BankOrder.objects.filter(state=BankOrderState.WAITING).values_list("currency", flat=True)
    currencies = sorted(set(rows.distinct()))
    if not currencies:
        raise NothingWaits
    made = [make_batch(currency=currency, by=by, at=at) for currency in currencies]
    return [batch for batch in made if batch is not None]


@action
def make_batch(*, currency: str, by: Actor, at: datetime) -> BankBatch | None:
    """Put the orders that wait in a currency, at most 500, oldest first, into one file for the bank.

    One whose account may not be used any more is cancelled instead: its payout fails, and the money is payable again.
    So is a refund of a wire that the bank took back: its money covers that. None where that is so of all that waited.
    Locks: the orders; those that another batch is taking are passed over.
    Raises NotAllowed, BooksAreWrong, NothingWaits.
    """
    maker = check_may_approve(by)
    if books_are_wrong():
        raise BooksAreWrong
    taken, waiting = [], lock_waiting_bank_orders(currency, MOST)
    if not waiting:
        raise NothingWaits
    taken_back = _taken_back(waiting)
    for order in waiting:
        if order.payout is not None and not order.payout.account.is_usable(at):
            _cancel(order, ACCOUNT_REMOVED, by, at)
        elif order.pk in taken_back:
            _cancel(order, TAKEN_BACK, by, at)
        else:
            taken.append(order)
    if not taken:
        return None
    batch = _new_batch(taken, currency, maker, at)
    for order in taken:
        move(order.put_in_batch, by=by, at=at, batch=batch)
    deadlines.schedule(batch, BATCH_WAITS, next_business_close(at))
    return batch


def _taken_back(orders: Iterable[BankOrder]) -> set[int]:
    """Ids of those that would pay a payer back what their bank takes, or took, back as well."""
    of_payment = {order.pk: order.refund.payment_id for order in orders if order.refund and order.refund.payment_id}
    found = charged_back_among(set(of_payment.values()))
    return {pk for pk, payment_id in of_payment.items() if payment_id in found}


def _cancel(order: BankOrder, code: str, by: Actor, at: datetime) -> None:
    order.failure_code = code
    move(order.cancel, by=by, at=at, why=code)
    _hint(order, "cancelled")


def _new_batch(orders: Sequence[BankOrder], currency: str, maker_id: int, at: datetime) -> BankBatch:
    reference = new_reference("bat")
    message_id = transfer_name(reference)
    today = PLATFORM_CALENDAR.day_of(at)
    text = payment_file(
        PaymentFile(
            message_id=message_id,
            made_at=at,
            execute_on=PLATFORM_CALENDAR.next_open(today),
            currency=currency,
            debtor=Party(
                name=settings.BANK_ACCOUNT_HOLDER, account=settings.BANK_ACCOUNTS[currency], bic=settings.BANK_BIC
            ),
            transfers=[_transfer(order) for order in orders],
        )
    )
    return BankBatch.objects.create(
        reference=reference,
        message_id=message_id,
        currency=currency,
        orders=len(orders),
        total_minor=sum(order.amount_minor for order in orders),
        file=text,
        created_by_id=maker_id,
        created_at=at,
    )


def _transfer(order: BankOrder) -> CreditTransfer:
    creditor = Party(name=order.creditor_name, account=order.creditor_account, bic=order.creditor_bic)
    return CreditTransfer(
        end_to_end=order.end_to_end, amount_minor=order.amount_minor, creditor=creditor, remittance=order.remittance
    )


@action
def note_downloaded(*, batch_id: int, by: Actor, at: datetime) -> BankBatch:
    """A treasurer takes the file: MADE -> DOWNLOADED; later downloads give the same file and change nothing.

    Locks: the batch. Raises NotAllowed, NotFound, IllegalMove for a file that was rejected: its money is owed anew;
    BooksAreWrong, HoldsTakenBack for the first one.
    """
    person = check_may_approve(by)
    batch = lock_bank_batch(batch_id)
    check_can_download(batch, by)
    if batch.state == BatchState.MADE:
        if books_are_wrong():
            raise BooksAreWrong
        if _taken_back(BankOrder.objects.filter(batch=batch, refund__isnull=False).select_related("refund")):
            raise HoldsTakenBack
        batch.downloaded_by_id = person
        move(batch.note_downloaded, by=by, at=at)
    return batch


def check_can_download(batch: BankBatch, by: Actor) -> None:
    """Nobody rejected it. Raises NotAllowed, IllegalMove."""
    check_may_approve(by)
    if batch.state == BatchState.REJECTED:
        raise IllegalMove(verb="download", state=batch.state)


@action
def hand_over_batch(*, batch_id: int, why: str = "", by: Actor, at: datetime) -> BankBatch:
    """DOWNLOADED -> HANDED_OVER: the bank has the file. Again: no change. Locks: the batch.

    Raises NotAllowed, NotFound, IllegalMove for a file that nobody downloaded.
    """
    check_treasurer(by)
    batch = lock_bank_batch(batch_id)
    if batch.state != BatchState.HANDED_OVER:
        check_can_hand_over(batch, by)
        move(batch.hand_over, by=by, at=at, why=why)
        deadlines.cancel(batch)
        clear_alarms(BATCH_WAITS, LABEL, batch.pk)
    return batch


def check_can_hand_over(batch: BankBatch, by: Actor) -> None:
    """Somebody downloaded it, and nobody handed it over. Raises NotAllowed, IllegalMove."""
    check_treasurer(by)
    check_move(batch.hand_over)


@action
def alarm_about_batch(*, subject_id: int, at: datetime) -> None:
    """A file was not handed to the bank for a business day: staff are alarmed. Locks: the batch."""
    batch = lock_bank_batch(subject_id)
    if batch.state not in ENDED_BATCHES:
        raise_alarm(BATCH_WAITS, LABEL, batch.pk, f"{batch}: {batch.orders} transfers, {batch.state}, not handed over")
        deadlines.schedule(batch, BATCH_WAITS, next_business_close(at), replace=True)


# --- what becomes of them ---------------------------------------------------------------------------------------------
@action
def reject_order(*, order_id: int, why: str, by: Actor, at: datetime) -> BankOrder:
    """A treasurer says that the bank did not carry an order out; the second one's word makes it REJECTED.

    Then its payout or refund fails, and the money is owed again. Locks: the order. Raises NotAllowed, NotFound, Invalid
    without a reason, SaidByYou, IllegalMove for one whose file the bank doesn't have, or that has ended.
    """
    person = check_may_approve(by)
    order = lock_bank_order(order_id)
    if not why.strip():
        raise Invalid(fields={"why": _("Write what you saw: the bank's message, or its number.")})
    check_can_reject_order(order, by)
    said = BankRejection.objects.filter(order=order)
    BankRejection.objects.create(order=order, user_id=person, why=why.strip()[:500], at=at)
    if said.count() >= TREASURERS:
        _reject(order, why, by, at)
    return order


def check_can_reject_order(order: BankOrder, by: Actor) -> None:
    """The bank has its file, no statement shows it, and this treasurer said nothing yet.

    Raises NotAllowed, IllegalMove, SaidByYou.
    """
    person = check_may_approve(by)
    if order.state != BankOrderState.BATCHED or order.batch is None or order.batch.state != BatchState.HANDED_OVER:
        raise IllegalMove(verb="reject", state=order.state)
    if BankRejection.objects.filter(order=order, user_id=person).exists():
        raise SaidByYou


def _reject(order: BankOrder, why: str, by: Actor, at: datetime) -> None:
    order.failure_code = REJECTED
    move(order.reject, by=by, at=at, why=why.strip()[:200])
    _hint(order, "rejected")


@action
def reject_batch(*, batch_id: int, why: str, by: Actor, at: datetime) -> BankBatch:
    """A treasurer says that the bank took nothing of a file, or never got it; the second one's word makes it REJECTED.

    With it each of its orders is rejected, and its payout or refund fails: the money is owed again. Locks: the batch,
    its orders. Raises NotAllowed, NotFound, Invalid without a reason, SaidByYou, CarriedOut, IllegalMove for a file
    that was rejected.
    """
    person = check_may_approve(by)
    batch = lock_bank_batch(batch_id)
    if not why.strip():
        raise Invalid(fields={"why": _("Write what you saw: the bank's message, or its number.")})
    ids = BankOrder.objects.filter(batch=batch).values_list("pk", flat=True)
    orders = [order for _pk, order in sorted(lock_bank_orders(ids).items())]
    check_can_reject_batch(batch, by)
    open_ones = [order for order in orders if order.state == BankOrderState.BATCHED]
    _say_of_each(open_ones, person, why, at)
    counted = Counter(BankRejection.objects.filter(order__in=open_ones).values_list("order_id", flat=True))
    if all(counted[order.pk] >= TREASURERS for order in open_ones):
        for order in open_ones:
            _reject(order, why, by, at)
        move(batch.reject, by=by, at=at, why=why.strip()[:200])
        deadlines.cancel(batch)
        clear_alarms(BATCH_WAITS, LABEL, batch.pk)
    return batch


def check_can_reject_batch(batch: BankBatch, by: Actor) -> None:
    """No statement shows any of the file, and this treasurer didn't say so of each of its orders.

    Raises NotAllowed, IllegalMove, CarriedOut, SaidByYou.
    """
    person = check_may_approve(by)
    check_move(batch.reject)
    orders = BankOrder.objects.filter(batch=batch)
    if orders.filter(state__in=(BankOrderState.CONFIRMED, BankOrderState.RETURNED)).exists():
        raise CarriedOut
    open_ones = orders.filter(state=BankOrderState.BATCHED)
    said = BankRejection.objects.filter(order__in=open_ones, user_id=person).count()
    if said and said == open_ones.count():
        raise SaidByYou


def _say_of_each(orders: Sequence[BankOrder], person: int, why: str, at: datetime) -> None:
    said = set(BankRejection.objects.filter(order__in=orders, user_id=person).values_list("order_id", flat=True))
    missing = [order for order in orders if order.pk not in said]
    BankRejection.objects.bulk_create(
        BankRejection(order=order, user_id=person, why=why.strip()[:500], at=at) for order in missing
    )


def settle_orders(found: Sequence[tuple[BankLine, int]], *, by: Actor, at: datetime) -> None:
    """What statements show of orders: a debit confirms one, a credit brings one back. In the order of the lines.

    Called by the action that books the lines, which knows that amount and currency agree. Locks: the orders.
    """
    orders = lock_bank_orders([order_id for _line, order_id in found])
    for line, order_id in found:
        order = orders[order_id]
        if line.direction == Direction.IN:
            move(order.note_returned, by=by, at=at, line=line)
        elif order.state == BankOrderState.RETURNED:
            order.debit_line = line  # Told of late: it had come back before.
            order.save(update_fields=["debit_line"])
        else:
            move(order.confirm, by=by, at=at, line=line)
        _hint(order, "returned" if line.direction == Direction.IN else "confirmed")


def _hint(order: BankOrder, word: str) -> None:
    """For the exchange: read the payout or refund again."""
    wall = clock.wall()
    noun = "payout" if order.payout_id else "refund"
    hint = GatewayEvent(
        gateway=BANK,
        event_id=f"order:{order.reference}:{word}",
        payload={"type": f"{noun}.{word}", "object_id": order.reference},
        received_at=wall,
        due_at=wall,
    )
    GatewayEvent.objects.bulk_create([hint], ignore_conflicts=True)
    transaction.on_commit(partial(nudge, "process_gateway_events"))
