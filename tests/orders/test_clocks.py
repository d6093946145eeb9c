"""Every clock of an order, one second before, at and after its end, as the sweep carries it out; and every reminder.

Ends and reminders are written by hand from the rules of the business (section 3) and the calendars of the cast: the
seller keeps Vietnam's, the buyer that of the USA in Chicago.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from core import deadlines
from core.models import Deadline, DeadlineState, Event
from orders.models import Order, OrderState
from orders.process import CLOCKS, FINAL_STATES
from tests.cast import NOW
from tests.orders.stages import ARRIVED_AT, SHIPPED_AT
from tests.orders.steps import (
    DAY,
    DEPOSIT,
    SECOND,
    TOTAL,
    accept,
    arrive,
    book,
    cancel,
    clocks_of,
    divided,
    escrow_of,
    fresh,
    pass_time,
    pay_for,
    ready,
    reminders_of,
    report,
    ship,
    standing_of,
    sweep_at,
    told,
    undone,
    utc,
)
from tests.payments.steps import pay

S = OrderState
SHIP_DUE, ARRIVAL, INSPECTION = utc("2026-06-10T11:00"), utc("2026-04-20T23:00"), ARRIVED_AT + 15 * DAY


@dataclass(frozen=True)
class Row:
    """A clock that runs on an order of the cast; what its end does: state, money (held, released, given back)."""

    order: str
    due_at: datetime
    after: str
    money: tuple[int, int, int] | None
    reminders: list[datetime] = field(default_factory=list)
    told: str = ""


NOTHING = (0, 0, 0)
ROWS: dict[str, Row] = {
    "draft_untouched": Row(
        "draft_order", NOW + 90 * DAY, S.EXPIRED, None, [NOW + 60 * DAY, NOW + 83 * DAY], "OrderExpired"
    ),
    "offer_open": Row("offered_order", NOW + 7 * DAY, S.EXPIRED, None, [NOW + 3 * DAY, NOW + 6 * DAY], "OrderExpired"),
    "first_payment": Row(
        "confirmed_order",
        NOW + 10 * DAY,
        S.EXPIRED,
        NOTHING,
        [NOW + 3 * DAY, NOW + 7 * DAY, NOW + 9 * DAY],
        "OrderExpired",
    ),
    "ship_date": Row(
        "paid_order",
        SHIP_DUE,
        S.IN_PRODUCTION,
        (DEPOSIT, 0, 0),
        [SHIP_DUE - 7 * DAY, SHIP_DUE - 2 * DAY, utc("2026-06-10T02:00")],
        "OrderLate",
    ),
    # Sixty days later is Sunday 9 August: Monday, at the close.
    "late_cancel": Row("late_order", utc("2026-08-10T11:00"), S.CANCELLED, (0, 0, DEPOSIT), [], "OrderCancelled"),
    "ready_payment": Row(
        "ready_order",
        NOW + 10 * DAY,
        S.READY,
        (DEPOSIT, 0, 0),
        [NOW + 3 * DAY, NOW + 7 * DAY, NOW + 9 * DAY],
        "BuyerOverdue",
    ),
    "carriage_booking": Row(
        "unbooked_order",
        NOW + 10 * DAY,
        S.READY,
        (TOTAL, 0, 0),
        [NOW + 3 * DAY, NOW + 7 * DAY, NOW + 9 * DAY],
        "BuyerOverdue",
    ),
    # Its money is divided three business days later.
    "buyer_refused": Row("ready_order", NOW + 30 * DAY, S.CANCELLED, (DEPOSIT, 0, 0), [], "OrderCancelled"),
    "funding_lost": Row(
        "lost_order",
        NOW + 10 * DAY,
        S.CANCELLED,
        NOTHING,
        [NOW + 3 * DAY, NOW + 7 * DAY, NOW + 9 * DAY],
        "OrderCancelled",
    ),
    "arrival": Row(
        "shipped_order",
        ARRIVAL,
        S.DELIVERED,
        (TOTAL, 0, 0),
        [SHIPPED_AT + (ARRIVAL - SHIPPED_AT) / 2, ARRIVAL - 3 * DAY],
        "OrderArrived",
    ),
    "inspection": Row(
        "delivered_order",
        INSPECTION,
        S.COMPLETED,
        (0, TOTAL, 0),
        [ARRIVED_AT + 7.5 * DAY, INSPECTION - 2 * DAY],
        "OrderAccepted",
    ),
    "stage_unchallenged": Row("reported_order", utc("2026-03-09T23:00"), S.IN_PRODUCTION, (DEPOSIT, 0, 0)),
    "cancellation_settles": Row(
        "cancelled_order", utc("2026-03-06T11:00"), S.CANCELLED, (0, 0, DEPOSIT), [], "CancellationSettled"
    ),
}


@pytest.fixture
def late_order(paid_order: Order) -> Order:
    pass_time(SHIP_DUE)
    return paid_order


@pytest.fixture
def unbooked_order(ready_order: Order, buyer_owner) -> Order:
    return pay_for(ready_order, buyer_owner, sequence=2)


@pytest.fixture
def reported_order(paid_order: Order, seller_owner) -> Order:
    report(paid_order, seller_owner, "MATERIALS")
    return paid_order


def test_every_clock_of_the_process_is_tested():
    assert set(ROWS) == set(CLOCKS)


def live_row(kind: str) -> Deadline | None:
    return Deadline.objects.filter(kind=kind, state=DeadlineState.WAITING).first()


@pytest.mark.parametrize("kind", list(ROWS))
def test_one_second_before_at_and_after(request, kind):
    row = ROWS[kind]
    order = request.getfixturevalue(row.order)
    state, running = fresh(order).state, live_row(kind)
    assert running is not None and running.due_at == row.due_at
    pass_time(row.due_at - SECOND)
    assert fresh(order).state == state
    assert live_row(kind) is not None

    for moment in (row.due_at, row.due_at + SECOND):
        with undone():
            assert kind in sweep_at(moment)
            assert fresh(order).state == row.after
            assert live_row(kind) is None
            if row.money is not None:
                assert divided(order) == row.money
            assert not row.told or told(order)[-1] == row.told
            assert kind not in sweep_at(moment), "once"


@pytest.mark.parametrize("kind", [kind for kind, row in ROWS.items() if row.reminders])
def test_reminders_go_out_once_each_and_move_nothing(request, kind):
    row = ROWS[kind]
    order = request.getfixturevalue(row.order)
    assert reminders_of(order, kind) == row.reminders
    state = fresh(order).state
    for number, moment in enumerate(row.reminders, start=1):
        pass_time(moment - SECOND)
        assert len(reminded(order, kind)) == number - 1
        pass_time(moment)
        assert len(reminded(order, kind)) == number
    pass_time(row.due_at - SECOND)
    assert reminded(order, kind) == [row.due_at.isoformat()] * len(row.reminders)
    assert fresh(order).state == state


def reminded(order: Order, kind: str) -> list[str]:
    """The ends that reminders named."""
    rows = Event.objects.filter(name="orders.ReminderDue", payload__order_id=order.pk, payload__kind=kind)
    return list(rows.values_list("payload__due_at", flat=True))


def test_other_clocks_remind_of_nothing():
    assert {kind for kind, row in ROWS.items() if not row.reminders} == {
        "late_cancel",
        "buyer_refused",
        "stage_unchallenged",
        "cancellation_settles",
    }


# --- who acts first wins ----------------------------------------------------------------------------------------------
Act = Callable[[Order, Any, Any], Any]
ACTED_LATE: dict[str, tuple[str, Act, str]] = {
    "first_payment": ("confirmed_order", lambda o, s, b: pay_for(o, b, at=NOW + 10 * DAY), S.IN_PRODUCTION),
    "buyer_refused": ("ready_order", lambda o, s, b: cancel(o, s, at=NOW + 30 * DAY), S.CANCELLED),
    "arrival": ("shipped_order", lambda o, s, b: arrive(o, b, at=ARRIVAL), S.DELIVERED),
    "inspection": ("delivered_order", lambda o, s, b: accept(o, b, at=INSPECTION), S.COMPLETED),
}


@pytest.mark.parametrize("kind", list(ACTED_LATE))
def test_an_act_before_the_sweep_counts_though_the_clock_was_leased(request, kind, seller_owner, buyer_owner):
    name, act, after = ACTED_LATE[kind]
    order = request.getfixturevalue(name)
    due_at = ROWS[kind].due_at
    pass_time(due_at - SECOND)
    leased = next(iter(lease_all(due_at, kind)))
    act(order, seller_owner, buyer_owner)
    before = divided(order)
    assert deadlines.carry_out_deadline(leased, at=due_at) is False
    assert fresh(order).state == after
    assert divided(order) == before


def lease_all(until: datetime, kind: str) -> list[Deadline]:
    found = []
    while (due := deadlines.lease_next(until=until)) is not None:
        found.append(due)
    return [due for due in found if due.kind == kind]


def test_a_clock_that_the_money_outran_waits_for_its_news(confirmed_order, buyer_owner):
    pass_time(NOW + 10 * DAY - SECOND)
    pay(escrow_of(confirmed_order), buyer_owner, at=NOW + 10 * DAY - SECOND)
    leased = deadlines.lease_next(until=NOW + 10 * DAY)
    assert leased is not None and deadlines.carry_out_deadline(leased, at=NOW + 10 * DAY) is False
    leased.refresh_from_db()
    assert leased.state == DeadlineState.WAITING and "already_secured" in leased.last_error
    pass_time(NOW + 10 * DAY)
    leased.refresh_from_db()
    assert leased.state == DeadlineState.CANCELLED
    assert fresh(confirmed_order).state == S.IN_PRODUCTION


def test_goods_reported_late_keep_the_clock_of_their_lateness(paid_order, seller_owner, buyer_owner):
    pass_time(SHIP_DUE)
    order = ready(paid_order, seller_owner, at=SHIP_DUE + DAY)
    assert standing_of(order) == {"late_cancel"}
    pass_time(SHIP_DUE + 13 * DAY)
    assert standing_of(order) == {"late_cancel"}
    pay_for(order, buyer_owner, sequence=2, at=SHIP_DUE + 13 * DAY)
    ship(order, seller_owner, at=SHIP_DUE + 14 * DAY)
    assert set(clocks_of(order)) == {"arrival"}


def test_lateness_stands_while_the_buyer_has_something_to_do(paid_order, seller_owner, buyer_owner):
    """Two days late when the goods were ready, and no later when the buyer, overdue, has paid and booked."""
    pass_time(SHIP_DUE + 2 * DAY)
    order = ready(paid_order, seller_owner, at=SHIP_DUE + 2 * DAY)
    pass_time(SHIP_DUE + 14 * DAY)
    pay_for(order, buyer_owner, sequence=2, at=SHIP_DUE + 14 * DAY)
    order = fresh(order)
    assert (order.ship_due_at, standing_of(order)) == (SHIP_DUE, {"late_cancel"})
    book(order, buyer_owner, at=SHIP_DUE + 14 * DAY)
    # Wednesday 10 June + 12 days of standing + 5 = Saturday 27 June, rolled to Monday the 29th: ahead again.
    assert fresh(order).ship_due_at == utc("2026-06-29T11:00")
    assert clocks_of(order) == {"ship_date": utc("2026-06-29T11:00")}
    assert reminders_of(order, "ship_date") == [utc("2026-06-27T11:00"), utc("2026-06-29T02:00")]


# --- silence to the end -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "ends", "money"),
    [
        ("draft_order", S.EXPIRED, None),
        ("offered_order", S.EXPIRED, None),
        ("confirmed_order", S.EXPIRED, NOTHING),
        ("paid_order", S.CANCELLED, (0, 0, DEPOSIT)),
        ("ready_order", S.CANCELLED, (0, DEPOSIT, 0)),
        ("unbooked_order", S.CANCELLED, (0, 913_888, TOTAL - 913_888)),
        ("paid_ready_order", S.CANCELLED, (0, 0, TOTAL)),
        ("shipped_order", S.COMPLETED, (0, TOTAL, 0)),
        ("delivered_order", S.COMPLETED, (0, TOTAL, 0)),
        ("cancelled_order", S.CANCELLED, (0, 0, DEPOSIT)),
    ],
)
def test_left_alone_every_order_ends_and_its_money_is_divided(request, name, ends, money):
    order = request.getfixturevalue(name)
    while live := deadlines.live_of(order):
        assert live[0].due_at < NOW + 300 * DAY
        pass_time(live[0].due_at)
    assert fresh(order).state == ends
    assert ends in FINAL_STATES
    if money is not None:
        assert divided(order) == money
