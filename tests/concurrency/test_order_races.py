"""Two at once on one order: exactly one wins, whole; the other is told; nothing deadlocks.

Each race is first shown with the locks off. There either the harm is seen, or a constraint or trigger of the database
stops it, and the test says which.
"""

from functools import partial
from typing import Any

import pytest
from django.db import InternalError, OperationalError

from core import deadlines
from core.actors import platform
from core.errors import IllegalMove, Refused, Stale
from core.events import run_courier
from core.models import Alarm, Deadline, DeadlineState, Event
from orders.actions.cancellation import cancel_for_refusal, cancel_order
from orders.actions.funding import expire_unpaid
from orders.actions.offer import confirm_order, withdraw_offer
from orders.actions.receipt import accept_order, extend_inspection
from orders.actions.shipment import documents_needed, ship_order
from orders.models import OrderState, ShipmentState
from orders.queries import last_terms
from payments.actions.receipts import record_gateway_payment
from payments.errors import AlreadySecured
from payments.models import EscrowState, Release
from tests.cast import NOW, actor
from tests.concurrency.racing import entering, locks_off, meeting_before, once, run_at_once
from tests.orders.stages import ARRIVED_AT
from tests.orders.steps import (
    BALANCE,
    DAY,
    DEPOSIT,
    FEE,
    TOTAL,
    book,
    dispatch,
    divided,
    escrow_of,
    fresh,
    money,
    paper,
    shipment_of,
)
from tests.payments.chargebacks import charge_back, payment_of
from tests.payments.steps import money as receipt
from tests.payments.steps import start

pytestmark = pytest.mark.django_db(transaction=True)


def failures(results: list[Any]) -> list[Exception]:
    return [result for result in results if isinstance(result, Exception)]


def only_refusal(results: list[Any]) -> Refused:
    """One went through, the other was refused in words of ours: no deadlock, no time-out, no broken constraint."""
    [failure] = failures(results)
    assert isinstance(failure, Refused), repr(failure)
    return failure


# --- confirm / withdraw -----------------------------------------------------------------------------------------------
def signing_and_withdrawing(order, seller, buyer):
    terms = last_terms(order)
    return (
        partial(confirm_order, order_id=order.pk, terms_sha256=terms.sha256, by=actor(buyer), at=NOW),
        partial(withdraw_offer, order_id=order.pk, by=actor(seller), at=NOW),
    )


def test_confirm_and_withdraw_without_locks_meet_the_trigger(offered_order, seller_owner, buyer_owner):
    with locks_off(), meeting_before("orders.actions.offer.stop_clocks"):
        results = run_at_once(*signing_and_withdrawing(offered_order, seller_owner, buyer_owner))
    assert [type(failure) for failure in failures(results)] == [InternalError]
    assert fresh(offered_order).state in (OrderState.AWAITING_PAYMENT, OrderState.DRAFT)


def test_confirm_and_withdraw(offered_order, seller_owner, buyer_owner):
    with meeting_before("orders.actions.offer.stop_clocks", seconds=0.3):
        results = run_at_once(*signing_and_withdrawing(offered_order, seller_owner, buyer_owner))
    assert isinstance(only_refusal(results), IllegalMove)
    assert fresh(offered_order).state in (OrderState.AWAITING_PAYMENT, OrderState.DRAFT)


# --- the first money / the end of its clock ---------------------------------------------------------------------------
EXPIRES = NOW + 10 * DAY


def paying_and_expiring(order, buyer):
    payment = start(escrow_of(order), buyer)
    return (
        partial(
            record_gateway_payment,
            payment_id=payment.pk,
            status="succeeded",
            receipts=[receipt(DEPOSIT)],
            by=platform("gateway"),
            at=EXPIRES,
        ),
        partial(expire_unpaid, subject_id=order.pk, at=EXPIRES),
    )


MEET_OVER_MONEY = ("payments.actions.receipts._book", "payments.actions.funding._stop")


def test_money_and_expiry_without_locks_lose_the_money(confirmed_order, buyer_owner):
    """The payment commits first; the expiry, which saw none, ends the order over it: held for ever."""
    works = paying_and_expiring(confirmed_order, buyer_owner)
    with locks_off(), meeting_before(*MEET_OVER_MONEY, apart=0.7):
        results = run_at_once(*works)
    assert failures(results) == []
    assert fresh(confirmed_order).state == OrderState.EXPIRED
    assert escrow_of(confirmed_order).state == EscrowState.PARTLY_FUNDED
    assert divided(confirmed_order) == (DEPOSIT, 0, 0)


@pytest.mark.parametrize("first", MEET_OVER_MONEY)
def test_money_and_expiry(confirmed_order, buyer_owner, first):
    works = paying_and_expiring(confirmed_order, buyer_owner)
    with meeting_before(first, seconds=0.3):
        results = run_at_once(*works)
    run_courier()
    if failures(results):
        assert isinstance(only_refusal(results), AlreadySecured)
        assert fresh(confirmed_order).state == OrderState.IN_PRODUCTION
        assert divided(confirmed_order) == (DEPOSIT, 0, 0)
    else:
        assert fresh(confirmed_order).state == OrderState.EXPIRED
        assert divided(confirmed_order) == (0, 0, DEPOSIT)


# --- the last money / the refusal -------------------------------------------------------------------------------------
def test_the_balance_and_the_clock_of_refusal(ready_order, buyer_owner):
    book(ready_order, buyer_owner)
    at = NOW + 30 * DAY
    payment = start(escrow_of(ready_order), buyer_owner, sequence=2, at=at)
    paying = partial(
        record_gateway_payment,
        payment_id=payment.pk,
        status="succeeded",
        receipts=[receipt(BALANCE)],
        by=platform("gateway"),
        at=at,
    )
    results = run_at_once(paying, partial(cancel_for_refusal, subject_id=ready_order.pk, at=at))
    run_courier()
    if failures(results):
        assert isinstance(only_refusal(results), AlreadySecured)
        assert fresh(ready_order).state == OrderState.READY
        assert divided(ready_order) == (TOTAL, 0, 0)
    else:
        assert fresh(ready_order).state == OrderState.CANCELLED
        assert divided(ready_order) == (DEPOSIT, 0, BALANCE)


# --- accept / charge-back ---------------------------------------------------------------------------------------------
def test_a_charge_back_after_the_page_was_shown_releases_nothing(delivered_order, buyer_owner):
    """It has the escrow when the acceptance comes: what is held is read behind it, and is not what the button said."""
    taking = partial(charge_back, payment_of(escrow_of(delivered_order)))
    with entering("payments.actions.chargebacks._tell_opened") as entered:
        results = run_at_once(taking, once(entered, accepting(delivered_order, buyer_owner)))
    assert isinstance(only_refusal(results), Stale)
    assert fresh(delivered_order).state == OrderState.DELIVERED
    assert not Release.objects.exists()


# --- accept / silence -------------------------------------------------------------------------------------------------
DUE = ARRIVED_AT + 15 * DAY


def accepting(order, buyer):
    return partial(accept_order, order_id=order.pk, seen_minor=TOTAL, by=actor(buyer), at=DUE)


def lease(kind: str):
    """The deadline of a kind, leased as a sweep does; what else is due is left to lie."""
    while (due := deadlines.lease_next(until=DUE)) is not None:
        if due.kind == kind:
            return due
    raise AssertionError(f"no {kind} is due")


def released_once(order) -> bool:
    return money(order)["payable"] == TOTAL - FEE and Release.objects.count() == 1


def acceptances() -> int:
    return Event.objects.filter(name="orders.OrderAccepted").count()


def test_accept_twice_without_locks_is_told_twice(delivered_order, buyer_owner, buyer_finance):
    """The money goes once all the same: a release of the same reason and sequence is returned, not repeated."""
    with locks_off(), meeting_before("orders.actions.receipt._accept"):
        results = run_at_once(accepting(delivered_order, buyer_owner), accepting(delivered_order, buyer_finance))
    assert failures(results) == []
    assert acceptances() == 2
    assert released_once(delivered_order)


def test_accept_twice(delivered_order, buyer_owner, buyer_finance):
    with meeting_before("orders.actions.receipt._accept", seconds=0.3):
        results = run_at_once(accepting(delivered_order, buyer_owner), accepting(delivered_order, buyer_finance))
    assert isinstance(only_refusal(results), IllegalMove)
    assert released_once(delivered_order)


def test_accept_and_silence_without_locks_both_accept(delivered_order, buyer_owner):
    """The money goes once, as above; the acceptance is told twice."""
    sweep = partial(deadlines.carry_out_deadline, lease("inspection"), at=DUE)
    with locks_off(), meeting_before("orders.actions.receipt._accept"):
        accepted, swept = run_at_once(accepting(delivered_order, buyer_owner), sweep)
    assert (accepted.pk, swept) == (delivered_order.pk, True)
    assert acceptances() == 2
    assert released_once(delivered_order)


def test_accept_and_silence(delivered_order, buyer_owner):
    leased = lease("inspection")
    sweep = partial(deadlines.carry_out_deadline, leased, at=DUE)
    with meeting_before("orders.actions.receipt._accept", seconds=0.3):
        accepted, swept = run_at_once(accepting(delivered_order, buyer_owner), sweep)
    # The user lost: a refusal. The sweep lost: it found nothing to do.
    assert (swept is True and isinstance(accepted, IllegalMove)) or (swept is False and accepted.pk)
    assert fresh(delivered_order).state == OrderState.COMPLETED
    assert released_once(delivered_order)
    assert not Alarm.objects.exists()


# --- ship / cancel ----------------------------------------------------------------------------------------------------
def shipping_and_cancelling(order, seller, buyer):
    papers = dict.fromkeys(documents_needed(order), [paper(order, seller)])
    return (
        partial(ship_order, order_id=order.pk, dispatch=dispatch(), documents=papers, by=actor(seller), at=NOW),
        partial(cancel_order, order_id=order.pk, reason="", by=actor(buyer), at=NOW),
    )


MEET_OVER_GOODS = ("orders.actions.shipment.lock_shipment", "orders.actions.cancellation.lock_shipment")


def test_ship_and_cancel_without_locks_meet_the_trigger(paid_ready_order, seller_owner, buyer_owner):
    """Or each other, crosswise over shipment and clocks: the database then ends one of them as a deadlock."""
    works = shipping_and_cancelling(paid_ready_order, seller_owner, buyer_owner)
    with locks_off(), meeting_before(*MEET_OVER_GOODS):
        results = run_at_once(*works)
    [failure] = failures(results)
    assert isinstance(failure, InternalError | OperationalError), repr(failure)


@pytest.mark.parametrize("first", MEET_OVER_GOODS)
def test_ship_and_cancel(paid_ready_order, seller_owner, buyer_owner, first):
    works = shipping_and_cancelling(paid_ready_order, seller_owner, buyer_owner)
    with meeting_before(first, seconds=0.3):
        results = run_at_once(*works)
    assert isinstance(only_refusal(results), IllegalMove)
    left = fresh(paid_ready_order).state == OrderState.SHIPPED
    assert shipment_of(paid_ready_order).state == (ShipmentState.SHIPPED if left else ShipmentState.CANCELLED)
    assert divided(paid_ready_order) == (TOTAL, 0, 0)
    kinds = {clock.kind for clock in deadlines.live_of(paid_ready_order)}
    assert kinds == ({"arrival"} if left else {"cancellation_settles"})


# --- sweeps -----------------------------------------------------------------------------------------------------------
def test_two_sweeps_without_locks_lease_the_same_row(delivered_order):
    with locks_off(), meeting_before("core.models.deadline.Deadline.save"):
        first, second = run_at_once(partial(deadlines.lease_next, until=DUE), count=2)
    assert first.pk == second.pk


def test_two_sweeps_lease_two_rows(delivered_order):
    with meeting_before("core.models.deadline.Deadline.save"):
        first, second = run_at_once(partial(deadlines.lease_next, until=DUE), count=2)
    assert first.pk != second.pk


def test_a_row_leased_twice_without_locks_is_carried_out_twice(delivered_order):
    """As after a lease that ran out while its sweep was still at work."""
    again = partial(deadlines.carry_out_deadline, lease("inspection"), at=DUE)
    with locks_off(), meeting_before("orders.actions.receipt._accept"):
        assert run_at_once(again, count=2) == [True, True]
    assert acceptances() == 2


def test_a_row_leased_twice_is_carried_out_once(delivered_order):
    again = partial(deadlines.carry_out_deadline, lease("inspection"), at=DUE)
    with meeting_before("orders.actions.receipt._accept", seconds=0.3):
        assert sorted(run_at_once(again, count=2)) == [False, True]
    assert acceptances() == 1
    assert released_once(delivered_order)


def test_two_sweeps_act_once(delivered_order):
    results = run_at_once(deadlines.sweep, count=2)
    assert failures(results) == []
    assert not Deadline.objects.filter(state=DeadlineState.WAITING).exists()
    assert acceptances() == 1
    assert released_once(delivered_order)
    assert not Alarm.objects.exists()


MEET_OVER_TIME = ("orders.actions.receipt.extend_inspection_clock", "orders.actions.receipt._accept")


def extending_and_sweeping(order, buyer):
    sweep = partial(deadlines.carry_out_deadline, lease("inspection"), at=DUE)
    return partial(extend_inspection, order_id=order.pk, by=actor(buyer), at=DUE), sweep


def test_a_sweep_and_a_person_without_locks_take_the_time_that_was_given(delivered_order, buyer_owner):
    """The buyer was given 15 days more; the sweep, which saw no extension, accepts over it and forgets it."""
    works = extending_and_sweeping(delivered_order, buyer_owner)
    with locks_off(), meeting_before(*MEET_OVER_TIME, apart=0.5):
        extended, swept = run_at_once(*works)
    assert (extended.inspection_extended_at, swept) == (DUE, True)
    assert fresh(delivered_order).state == OrderState.COMPLETED
    assert fresh(delivered_order).inspection_extended_at is None


@pytest.mark.parametrize("first", MEET_OVER_TIME)
def test_a_sweep_and_a_person(delivered_order, buyer_owner, first):
    works = extending_and_sweeping(delivered_order, buyer_owner)
    with meeting_before(first, seconds=0.3):
        extended, swept = run_at_once(*works)
    if swept:
        assert isinstance(extended, IllegalMove)
        assert fresh(delivered_order).state == OrderState.COMPLETED
        assert released_once(delivered_order)
    else:
        assert extended.inspection_extended_at == DUE
        assert fresh(delivered_order).state == OrderState.DELIVERED
        assert deadlines.get(delivered_order, "inspection").due_at > DUE
        assert divided(delivered_order) == (TOTAL, 0, 0)
    assert not Alarm.objects.exists()


def test_a_whole_sweep_and_a_person(delivered_order, buyer_owner):
    accepted, swept = run_at_once(accepting(delivered_order, buyer_owner), deadlines.sweep)
    assert not isinstance(swept, Exception)
    assert not isinstance(accepted, Exception) or isinstance(accepted, Refused), repr(accepted)
    assert acceptances() == 1
    assert released_once(delivered_order)
