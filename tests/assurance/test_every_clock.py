"""Every clock of the platform: those of orders stand in `tests/orders/test_clocks.py`, here stand all others and those
that were moved. One second before its end nothing happens; at it, and a second after, it does, once.

Whoever adds a kind of clock adds its row: `tests/architecture/test_clocks.py` fails for a kind that stands in no table.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import override_settings

from companies.actions import add_payout_account, verify_payout_account
from companies.models import User
from core.actors import platform
from core.events import run_courier
from core.models import Alarm, Deadline
from evidence.actions import UPLOAD_DEADLINE, begin_upload
from evidence.models import Document
from orders.actions.funding import declare_wire
from orders.actions.receipt import extend_inspection, tell_not_arrived
from orders.models import Order
from payments.actions.bank_booking import book_lines
from payments.actions.bank_orders import make_batch
from payments.actions.books import note_self_check
from payments.actions.sending import BOOKS_ALARM
from payments.actions.statements import read_statement_file
from payments.books import Problem
from payments.exchanges.payouts import send_payout
from payments.models import BankBatch, Chargeback, Payment, Payout, Refund, StatementFile, SuspenseItem
from payments.timing import (
    BATCH_WAITS,
    CHARGEBACK_OPEN,
    DIFFERENCE_UNOWNED,
    PAYMENT_OPEN,
    PAYOUT_OVERDUE,
    PAYOUT_WAITS,
    REFUND_OVERDUE,
    STATEMENT_OPEN,
    SUSPENSE_OPEN,
)
from tests.cast import NOW, actor, company_of, staff
from tests.evidence.files import PDF, claim
from tests.orders.steps import (
    DAY,
    DELIVERY,
    SECOND,
    arrive,
    book,
    day,
    draft,
    escrow_of,
    offer,
    pay_for,
    produce,
    ready,
    ship,
    sign,
    sweep_at,
    told,
    undone,
    utc,
)
from tests.payments.bank.files import Row as Booking
from tests.payments.bank.files import mt940
from tests.payments.bank.steps import receive as receive_statement
from tests.payments.chargebacks import charge_back
from tests.payments.steps import money, new_escrow, pay, receive, release_all, start

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
Scene = Callable[[User, User], Any]
"""Given seller and buyer, starts the clock; what it returns is looked at."""


@dataclass(frozen=True)
class Row:
    kind: str
    scene: Scene
    due_at: datetime
    look: Callable[[Any], Any]
    before: Any
    after: Any


# --- money ------------------------------------------------------------------------------------------------------------
def open_card(seller: User, buyer: User) -> Payment:
    return start(new_escrow(buyer, seller), buyer)


def open_wire(seller: User, buyer: User) -> Payment:
    return start(new_escrow(buyer, seller), buyer, method="wire")


def unconfirmed_end(seller: User, buyer: User) -> Payment:
    """The cancellation was asked for at the end of the day, and the gateway says nothing."""
    payment = open_card(seller, buyer)
    assert sweep_at(NOW + DAY) == [PAYMENT_OPEN]
    return payment


def unpaid_refund(seller: User, buyer: User) -> Refund:
    payment = pay(new_escrow(buyer, seller), buyer)
    receive(payment, money(5_000))
    return Refund.objects.get()


def unpaid_payout(seller: User, buyer: User) -> Payout:
    _release(seller, buyer, "USD")
    return Payout.objects.get()


def payout_without_account(seller: User, buyer: User) -> None:
    _release(seller, buyer, "EUR")


def payout_with_new_account(seller: User, buyer: User) -> None:
    account = add_payout_account(
        company_id=company_of(seller).pk,
        currency="EUR",
        holder="Bình Minh",
        number="0071000999999",
        bic="BFTVVNVX",
        bank_name="Vietcombank",
        country="VN",
        by=actor(seller),
        at=NOW,
    )
    verify_payout_account(reference=account.reference, by=platform("admin"), at=NOW)
    _release(seller, buyer, "EUR")


def _release(seller: User, buyer: User, currency: str) -> None:
    escrow = new_escrow(buyer, seller, amounts=[50_000], currency=currency)
    pay(escrow, buyer)
    release_all(escrow)
    run_courier()


def unread_statement(_seller: User, _buyer: User) -> StatementFile:
    return receive_statement(mt940([Booking(amount_minor=5)]))


def undecided_money(_seller: User, _buyer: User) -> SuspenseItem:
    """A wire that nobody waits for."""
    file = receive_statement(mt940([Booking(amount_minor=5)]))
    read_statement_file(file_id=file.pk, by=platform(), at=NOW)
    book_lines(file_id=file.pk, by=platform(), at=NOW)
    return SuspenseItem.objects.get()


def file_for_the_bank(seller: User, buyer: User) -> BankBatch:
    """A transfer in a file that nobody handed over."""
    with override_settings(PAYOUT_GATEWAY="bank"):
        _release(seller, buyer, "USD")
    send_payout(payout_id=Payout.objects.get().pk, at=NOW)
    make_batch(currency="USD", by=actor(staff("Tom Treasurer", "treasurer")), at=NOW)
    return BankBatch.objects.get()


def difference(_seller: User, _buyer: User) -> None:
    note_self_check(problems=[Problem("gateway_total", "sandbox USD: our books 0, the gateway 500")], at=NOW)


def cancel_asked(payment: Payment) -> bool:
    return Payment.objects.get(pk=payment.pk).cancel_asked_at is not None


def alarms(_subject: Any) -> list[str]:
    return sorted(Alarm.objects.values_list("kind", flat=True))


def payouts_and_waits(_subject: Any) -> tuple[int, list[datetime]]:
    waits = Deadline.objects.filter(kind=PAYOUT_WAITS, state="WAITING").values_list("due_at", flat=True)
    return Payout.objects.count(), list(waits)


def charged_back(seller: User, buyer: User) -> Chargeback:
    return charge_back(pay(new_escrow(buyer, seller), buyer))


def packet_wanted(row: Chargeback) -> bool:
    return Chargeback.objects.get(pk=row.pk).evidence_wanted_at is not None


# --- documents --------------------------------------------------------------------------------------------------------
def begun_upload(seller: User, _buyer: User) -> Document:
    order = draft(seller)
    return begin_upload(folder_id=order.folder_id, by=actor(seller), at=NOW, **claim(PDF, "a.pdf"))


# --- moved clocks of orders -------------------------------------------------------------------------------------------
def declared_wire(seller: User, buyer: User) -> Order:
    order = sign(offer(seller), buyer)
    start(escrow_of(order), buyer, method="wire")
    return _declare(order, buyer)


def declared_balance(seller: User, buyer: User) -> Order:
    order = ready(produce(seller, buyer), seller)
    start(escrow_of(order), buyer, sequence=2, method="wire")
    book(order, buyer)
    return _declare(order, buyer)


def _declare(order: Order, buyer: User) -> Order:
    return declare_wire(
        order_id=order.pk,
        sent_on=day("2026-03-03"),
        amount_minor=1_000,
        bank_reference="W 1",
        document_ref="",
        by=actor(buyer),
        at=NOW,
    )


def price_valid_for_two_days(seller: User, _buyer: User) -> Order:
    return offer(seller, delivery=replace(DELIVERY, price_valid_until=day("2026-03-05")))


def shipped(seller: User, buyer: User) -> Order:
    order = ready(produce(seller, buyer), seller)
    pay_for(order, buyer, sequence=2)
    book(order, buyer)
    return ship(order, seller)


def not_arrived(seller: User, buyer: User) -> Order:
    return tell_not_arrived(
        order_id=shipped(seller, buyer).pk, new_eta=day("2026-05-04"), by=actor(buyer), at=NOW + DAY
    )


def extended(seller: User, buyer: User) -> Order:
    order = arrive(shipped(seller, buyer), buyer, at=NOW + 30 * DAY)
    return extend_inspection(order_id=order.pk, by=actor(buyer), at=NOW + 31 * DAY)


def state(thing: Any) -> str:
    return str(type(thing).objects.values_list("state", flat=True).get(pk=thing.pk))


def buyer_is_overdue(order: Order) -> bool:
    return "BuyerOverdue" in told(order)


CLOSE_OF_NEXT_DAY = utc("2026-03-04T10:00")
"""18:00 on Wednesday in Singapore, where the platform keeps its business days."""
ROWS: dict[str, Row] = {
    "a card attempt": Row(PAYMENT_OPEN, open_card, NOW + DAY, cancel_asked, False, True),
    "a wire attempt": Row(PAYMENT_OPEN, open_wire, NOW + 45 * DAY, cancel_asked, False, True),
    "an attempt that does not end": Row(
        PAYMENT_OPEN, unconfirmed_end, utc("2026-03-05T10:00"), alarms, [], [PAYMENT_OPEN]
    ),
    "a refund": Row(REFUND_OVERDUE, unpaid_refund, CLOSE_OF_NEXT_DAY, alarms, [], [REFUND_OVERDUE]),
    "a payout": Row(PAYOUT_OVERDUE, unpaid_payout, CLOSE_OF_NEXT_DAY, alarms, [], [PAYOUT_OVERDUE]),
    "a payout without an account": Row(
        PAYOUT_WAITS,
        payout_without_account,
        CLOSE_OF_NEXT_DAY,
        payouts_and_waits,
        (0, [CLOSE_OF_NEXT_DAY]),
        (0, [utc("2026-03-05T10:00")]),
    ),
    "a payout with a new account": Row(
        PAYOUT_WAITS, payout_with_new_account, NOW + 3 * DAY, payouts_and_waits, (0, [NOW + 3 * DAY]), (1, [])
    ),
    "a charge-back": Row(CHARGEBACK_OPEN, charged_back, NOW + 2 * DAY, packet_wanted, False, True),
    "a statement file": Row(STATEMENT_OPEN, unread_statement, NOW + HOUR, alarms, [], [STATEMENT_OPEN]),
    "money on the suspense desk": Row(SUSPENSE_OPEN, undecided_money, CLOSE_OF_NEXT_DAY, alarms, [], [SUSPENSE_OPEN]),
    "a file for the bank": Row(
        BATCH_WAITS, file_for_the_bank, CLOSE_OF_NEXT_DAY, alarms, [], [BATCH_WAITS, PAYOUT_OVERDUE]
    ),
    "a difference that nobody takes": Row(
        DIFFERENCE_UNOWNED, difference, CLOSE_OF_NEXT_DAY, alarms, [BOOKS_ALARM], [BOOKS_ALARM, DIFFERENCE_UNOWNED]
    ),
    "an upload": Row(UPLOAD_DEADLINE, begun_upload, NOW + DAY, state, "UPLOADING", "REJECTED"),
    "a price valid until": Row(
        "offer_open", price_valid_for_two_days, utc("2026-03-05T11:00"), state, "OFFERED", "EXPIRED"
    ),
    "a declared wire": Row("first_payment", declared_wire, NOW + 15 * DAY, state, "AWAITING_PAYMENT", "EXPIRED"),
    "a declared balance": Row("ready_payment", declared_balance, NOW + 15 * DAY, buyer_is_overdue, False, True),
    "goods not yet arrived": Row("arrival", not_arrived, utc("2026-05-19T23:00"), state, "SHIPPED", "DELIVERED"),
    "an extended inspection": Row("inspection", extended, NOW + 60 * DAY, state, "DELIVERED", "COMPLETED"),
}


@pytest.mark.parametrize("name", list(ROWS))
def test_one_second_before_at_and_after(name, seller_owner, buyer_owner):
    row = ROWS[name]
    subject = row.scene(seller_owner, buyer_owner)
    [due_at] = Deadline.objects.filter(kind=row.kind, state="WAITING").values_list("due_at", flat=True)
    assert due_at == row.due_at
    with undone():
        assert row.kind not in sweep_at(row.due_at - SECOND)
        assert row.look(subject) == row.before
    for moment in (row.due_at, row.due_at + SECOND):
        with undone():
            assert sweep_at(moment).count(row.kind) == 1
            assert row.look(subject) == row.after
