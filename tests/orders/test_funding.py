"""What money does to an order: production starts, an unpaid order ends, a declared wire gets its days."""

from datetime import date

import pytest

from core.errors import Invalid, NotAllowed, NotFound
from core.events import run_courier
from orders.actions.funding import WireDeclaredAlready, declare_wire, expire_unpaid, start_production
from orders.drafting import Delivery
from orders.models import OrderState
from payments.actions.wire import NoWireOpen
from payments.errors import AlreadySecured
from payments.models import EscrowState, Refund
from tests.cast import NOW, actor
from tests.orders.steps import (
    BALANCE,
    DAY,
    DEPOSIT,
    clocks_of,
    divided,
    escrow_of,
    fresh,
    money,
    offer,
    pay_for,
    ready,
    sign,
    told,
    utc,
)
from tests.payments.steps import money as receipt
from tests.payments.steps import receive, start


def declare(order, user, *, at=NOW, **changes):
    said = {
        "sent_on": date(2026, 3, 4),
        "amount_minor": DEPOSIT,
        "bank_reference": "MT103-1",
        "document_ref": "",
    } | changes
    return declare_wire(order_id=order.pk, by=actor(user), at=at, **said)


def test_the_first_money_held_starts_production(confirmed_order, buyer_owner):
    order = pay_for(confirmed_order, buyer_owner, at=NOW + DAY)

    assert order.state == OrderState.IN_PRODUCTION
    assert order.production_at == NOW + DAY
    assert order.ship_due_at == utc("2026-06-10T11:00")
    assert clocks_of(order) == {"ship_date": utc("2026-06-10T11:00")}
    assert money(order)["held"] == DEPOSIT
    assert told(order)[-1] == "ProductionStarted"


def test_money_that_is_only_on_its_way_starts_nothing(confirmed_order, buyer_owner):
    payment = start(escrow_of(confirmed_order), buyer_owner, method="wire")
    receive(payment, receipt(DEPOSIT // 2))
    run_courier()
    assert fresh(confirmed_order).state == OrderState.AWAITING_PAYMENT


def test_the_news_of_money_may_come_twice(paid_order, platform):
    before = fresh(paid_order).version
    start_production(order_id=paid_order.pk, by=platform, at=NOW + DAY)
    assert fresh(paid_order).version == before
    assert fresh(paid_order).production_at == NOW


def test_no_person_starts_production(confirmed_order, seller_owner, buyer_owner):
    for user in (seller_owner, buyer_owner):
        with pytest.raises(NotAllowed):
            start_production(order_id=confirmed_order.pk, by=actor(user), at=NOW)
    assert fresh(confirmed_order).state == OrderState.AWAITING_PAYMENT


def test_an_unpaid_order_expires_and_later_money_goes_back(confirmed_order, buyer_owner):
    payment = start(escrow_of(confirmed_order), buyer_owner, method="wire")
    receive(payment, receipt(4_629))
    expire_unpaid(subject_id=confirmed_order.pk, at=NOW + 10 * DAY)

    order = fresh(confirmed_order)
    assert order.state == OrderState.EXPIRED
    assert clocks_of(order) == {}
    assert escrow_of(order).state == EscrowState.CLOSED
    assert divided(order) == (0, 0, 4_629)
    receive(payment, receipt(300_000), at=NOW + 12 * DAY)
    assert divided(order) == (0, 0, 304_629)
    assert sorted(Refund.objects.values_list("amount_minor", "reason")) == [
        (4_629, "funding_stopped"),
        (300_000, "after_stop"),
    ]
    run_courier()
    assert fresh(order).state == OrderState.EXPIRED


def test_money_that_arrived_this_moment_keeps_the_order_alive(confirmed_order, buyer_owner):
    payment = start(escrow_of(confirmed_order), buyer_owner)
    receive(payment, receipt(DEPOSIT), status="succeeded")
    with pytest.raises(AlreadySecured):
        expire_unpaid(subject_id=confirmed_order.pk, at=NOW + 10 * DAY)
    assert fresh(confirmed_order).state == OrderState.AWAITING_PAYMENT
    run_courier()
    assert fresh(confirmed_order).state == OrderState.IN_PRODUCTION


# --- declare a wire ---------------------------------------------------------------------------------------------------
def test_a_declared_wire_adds_five_days_once(confirmed_order, buyer_finance):
    start(escrow_of(confirmed_order), buyer_finance, method="wire")
    declare(confirmed_order, buyer_finance, at=NOW + DAY)

    # Ten days end on Thursday 12 March in Chicago; five more on Tuesday the 17th.
    assert clocks_of(confirmed_order) == {"first_payment": NOW + 15 * DAY}
    assert money(confirmed_order)["held"] == 0
    with pytest.raises(WireDeclaredAlready):
        declare(confirmed_order, buyer_finance, at=NOW + 2 * DAY, bank_reference="MT103-2")
    assert clocks_of(confirmed_order) == {"first_payment": NOW + 15 * DAY}


def test_the_longer_clock_ends_on_a_business_day_of_the_buyer(seller_owner, buyer_owner):
    """Monday 25 May is a holiday in the USA and none in Vietnam: the close of Tuesday in Chicago."""
    at = utc("2026-05-10T15:00")
    order = sign(offer(seller_owner, at=at, delivery=Delivery(basis="days", ship_days=40)), buyer_owner, at=at)
    start(escrow_of(order), buyer_owner, method="wire", at=at)
    assert clocks_of(order) == {"first_payment": utc("2026-05-20T15:00")}
    declare(order, buyer_owner, at=at + DAY, sent_on=at.date())
    assert clocks_of(order) == {"first_payment": utc("2026-05-26T23:00")}


@pytest.mark.parametrize("sent_on", [date(2026, 3, 6), date(2026, 2, 27)])
def test_a_wire_of_tomorrow_or_of_last_week_is_not_declared(confirmed_order, buyer_owner, sent_on):
    start(escrow_of(confirmed_order), buyer_owner, method="wire")
    with pytest.raises(Invalid) as refused:
        declare(confirmed_order, buyer_owner, sent_on=sent_on)
    assert set(refused.value.fields) == {"sent_on"}
    assert fresh(confirmed_order).wire_declared_at is None


def test_a_wire_needs_its_instructions_first(confirmed_order, buyer_owner):
    with pytest.raises(NoWireOpen):
        declare(confirmed_order, buyer_owner)
    assert clocks_of(confirmed_order) == {"first_payment": NOW + 10 * DAY}


@pytest.mark.parametrize(
    ("who", "refusal"), [("buyer_viewer", NotAllowed), ("seller_owner", NotAllowed), ("stranger", NotFound)]
)
def test_only_who_pays_declares(request, confirmed_order, buyer_owner, who, refusal):
    start(escrow_of(confirmed_order), buyer_owner, method="wire")
    with pytest.raises(refusal):
        declare(confirmed_order, request.getfixturevalue(who))
    assert clocks_of(confirmed_order) == {"first_payment": NOW + 10 * DAY}


def test_each_instalment_has_its_own_wire(paid_order, seller_owner, buyer_owner):
    with pytest.raises(NoWireOpen):
        declare(paid_order, buyer_owner)
    at = NOW + 20 * DAY
    order = ready(paid_order, seller_owner, at=at)
    start(escrow_of(order), buyer_owner, sequence=2, method="wire", at=at)
    before = clocks_of(order)
    declare(order, buyer_owner, at=at, sent_on=at.date(), amount_minor=BALANCE)
    after = clocks_of(order)
    assert after["ready_payment"] >= before["ready_payment"] + 5 * DAY
    assert {**after, "ready_payment": None} == {**before, "ready_payment": None}
