"""An order ends early: in each state, by each side, for each cause; how its money is divided, to the cent."""

import pytest

from core.errors import IllegalMove, NotAllowed, NotFound
from core.events import run_courier
from orders.actions.cancellation import (
    WireOnItsWay,
    cancel_for_lateness,
    cancel_for_refusal,
    cancel_order,
    settle_cancellation,
)
from orders.actions.funding import declare_wire
from orders.actions.production import ProvingIsOver, challenge_stage, count_unchallenged_stage
from orders.cancellation_terms import what_cancelling_means
from orders.models import Cancellation, OrderState, ShipmentState, StageReport
from orders.policies import MoneyDivided, OtherSide
from orders.queries import needs_me_now
from payments.errors import AlreadySecured
from payments.models import EscrowState, Refund, Release
from tests.cast import NOW, actor
from tests.concurrency.racing import locks_before_writing
from tests.orders.steps import (
    BALANCE,
    DAY,
    DEPOSIT,
    SECOND,
    TOTAL,
    book,
    cancel,
    clocks_of,
    divided,
    escrow_of,
    fresh,
    money,
    pass_time,
    pay_for,
    prove,
    ready,
    report,
    shipment_of,
    told,
    utc,
)
from tests.payments.steps import money as receipt
from tests.payments.steps import pay, receive, start

SETTLES = utc("2026-03-06T11:00")
"""Three business days of the seller after Tuesday 3 March: Friday, at the close."""


def ended(order) -> Cancellation:
    assert fresh(order).state == OrderState.CANCELLED
    assert shipment_of(order).state == ShipmentState.CANCELLED
    return Cancellation.objects.get(order=order)


# --- before the first payment -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["buyer_owner", "buyer_finance", "seller_owner"])
def test_before_the_first_payment_either_side_may_leave(request, confirmed_order, who):
    user = request.getfixturevalue(who)
    with locks_before_writing():
        cancel(confirmed_order, user)

    made = ended(confirmed_order)
    assert (made.cause, made.side, made.earned_minor) == ("before_payment", who.split("_")[0], 0)
    assert made.settled_at == NOW
    assert divided(confirmed_order) == (0, 0, 0)
    assert escrow_of(confirmed_order).state == EscrowState.CLOSED
    assert clocks_of(confirmed_order) == {}
    assert fresh(confirmed_order).end_reason == "No longer wanted"


def test_money_on_its_way_goes_back(confirmed_order, buyer_owner):
    payment = start(escrow_of(confirmed_order), buyer_owner, method="wire")
    receive(payment, receipt(100_000))
    cancel(confirmed_order, buyer_owner)
    receive(payment, receipt(204_629), at=NOW + DAY)
    assert divided(confirmed_order) == (0, 0, DEPOSIT)
    run_courier()
    assert fresh(confirmed_order).state == OrderState.CANCELLED


@pytest.mark.parametrize("who", ["buyer_owner", "seller_owner"])
def test_money_that_arrived_this_moment_starts_production_instead(request, confirmed_order, buyer_owner, who):
    pay(escrow_of(confirmed_order), buyer_owner)
    with pytest.raises(AlreadySecured):
        cancel(confirmed_order, request.getfixturevalue(who))
    run_courier()
    assert fresh(confirmed_order).state == OrderState.IN_PRODUCTION
    assert divided(confirmed_order) == (DEPOSIT, 0, 0)


def test_the_seller_waits_for_a_declared_wire(confirmed_order, seller_owner, buyer_owner):
    start(escrow_of(confirmed_order), buyer_owner, method="wire")
    declare_wire(
        order_id=confirmed_order.pk,
        sent_on=NOW.date(),
        amount_minor=DEPOSIT,
        bank_reference="MT103",
        document_ref="",
        by=actor(buyer_owner),
        at=NOW,
    )
    with pytest.raises(WireOnItsWay):
        cancel(confirmed_order, seller_owner, at=NOW + 14 * DAY)
    assert fresh(confirmed_order).state == OrderState.AWAITING_PAYMENT


def test_the_buyer_may_leave_in_spite_of_a_declared_wire(confirmed_order, buyer_owner):
    start(escrow_of(confirmed_order), buyer_owner, method="wire")
    declare_wire(
        order_id=confirmed_order.pk,
        sent_on=NOW.date(),
        amount_minor=DEPOSIT,
        bank_reference="MT103",
        document_ref="",
        by=actor(buyer_owner),
        at=NOW,
    )
    cancel(confirmed_order, buyer_owner)
    ended(confirmed_order)


# --- by the seller ----------------------------------------------------------------------------------------------------
def test_a_seller_who_cancels_earns_nothing(paid_order, seller_owner, buyer_owner):
    prove(paid_order, seller_owner, buyer_owner, "FINISHED")
    cancel(paid_order, seller_owner)

    made = ended(paid_order)
    assert (made.cause, made.earned_minor, made.settled_at) == ("seller_withdrew", 0, NOW)
    assert divided(paid_order) == (0, 0, DEPOSIT)
    assert money(paid_order)["fees"] == 0
    assert clocks_of(paid_order) == {}


def test_a_seller_who_cancels_ready_goods_gives_everything_back(paid_ready_order, seller_owner):
    cancel(paid_ready_order, seller_owner)
    assert divided(paid_ready_order) == (0, 0, TOTAL)
    amounts = Refund.objects.order_by("pk").values_list("amount_minor", flat=True)
    assert list(amounts) == [BALANCE, DEPOSIT], "per payment, newest first"


def test_a_seller_who_cancels_before_the_buyer_is_overdue_earns_nothing(ready_order, seller_owner):
    cancel(ready_order, seller_owner, at=NOW + 10 * DAY - SECOND)
    assert ended(ready_order).cause == "seller_withdrew"
    assert divided(ready_order) == (0, 0, DEPOSIT)


# --- by the buyer: the earned share -----------------------------------------------------------------------------------
SHARES = [("", 0), ("MATERIALS", 203_086), ("STARTED", 406_172), ("FINISHED", 812_345), ("PACKED", 913_888)]
"""0, 20, 40, 80 and 90 % of USD 10,154.31, half up."""


@pytest.mark.parametrize(("stage", "share_minor"), SHARES)
def test_the_buyer_owes_the_share_of_the_last_proven_stage_capped_by_what_is_held(
    paid_order, seller_owner, buyer_owner, stage, share_minor
):
    if stage:
        prove(paid_order, seller_owner, buyer_owner, stage)
    cancel(paid_order, buyer_owner)

    made = ended(paid_order)
    assert (made.cause, made.settle_at, made.settled_at) == ("buyer_withdrew", SETTLES, None)
    assert divided(paid_order) == (DEPOSIT, 0, 0), "nothing moves before the seller's 3 days"
    assert pass_time(SETTLES - SECOND) == []
    assert pass_time(SETTLES) == ["cancellation_settles"]
    earned = min(share_minor, DEPOSIT)
    made.refresh_from_db()
    assert (made.earned_minor, made.settled_at) == (earned, SETTLES)
    assert divided(paid_order) == (0, earned, DEPOSIT - earned)
    assert money(paid_order)["fees"] == {0: 0, 203_086: 4_062, DEPOSIT: 6_093}[earned]
    assert [name for name in told(paid_order) if "Cancel" in name] == ["OrderCancelled", "CancellationSettled"]


@pytest.mark.parametrize(("stage", "share_minor"), SHARES)
def test_with_everything_held_the_share_is_paid_in_full(paid_order, seller_owner, buyer_owner, stage, share_minor):
    """Goods ready and paid; the report of packed goods is challenged, so the stage before it decides."""
    if stage and stage != "PACKED":
        prove(paid_order, seller_owner, buyer_owner, stage)
    order = ready(paid_order, seller_owner)
    pay_for(order, buyer_owner, sequence=2)
    packed = StageReport.objects.filter(order=order).latest("pk")
    if stage != "PACKED":
        challenge_stage(order_id=order.pk, report_id=packed.pk, reason="Empty boxes", by=actor(buyer_owner), at=NOW)
    cancel(order, buyer_owner)
    pass_time(NOW + 12 * DAY)
    assert divided(order) == (0, share_minor, TOTAL - share_minor)
    assert ended(order).earned_minor == share_minor


# --- the seller's three days ------------------------------------------------------------------------------------------
def test_a_later_stage_may_be_proven_for_three_business_days(cancelled_order, seller_owner, buyer_owner):
    prove(cancelled_order, seller_owner, buyer_owner, "MATERIALS", at=SETTLES)
    assert divided(cancelled_order) == (DEPOSIT, 0, 0)
    pass_time(SETTLES)
    assert divided(cancelled_order) == (0, 203_086, 101_543)
    with pytest.raises(MoneyDivided):
        report(cancelled_order, seller_owner, "STARTED", at=SETTLES)


def test_the_money_waits_for_a_report_that_may_still_be_challenged(cancelled_order, seller_owner):
    # Reported on Friday; five business days of the buyer end on Friday 13 March, 18:00 in Chicago.
    report(cancelled_order, seller_owner, "STARTED", at=SETTLES - 3600 * SECOND)
    judged_at = utc("2026-03-13T23:00")
    assert pass_time(judged_at - SECOND) == ["cancellation_settles"]
    assert divided(cancelled_order) == (DEPOSIT, 0, 0)
    assert clocks_of(cancelled_order) == {"cancellation_settles": judged_at + 60 * SECOND}
    assert needs_me_now(actor(seller_owner)) == [], "the seller can prove nothing more"
    assert pass_time(judged_at + 60 * SECOND) == ["stage_unchallenged", "cancellation_settles"]
    assert divided(cancelled_order) == (0, DEPOSIT, 0)


def test_a_challenged_report_moves_no_money(cancelled_order, seller_owner, buyer_owner):
    made = report(cancelled_order, seller_owner, "STARTED", at=SETTLES - 3600 * SECOND)
    pass_time(SETTLES)
    challenge_stage(
        order_id=cancelled_order.pk, report_id=made.pk, reason="No", by=actor(buyer_owner), at=SETTLES + SECOND
    )
    assert pass_time(SETTLES + SECOND) == ["cancellation_settles"], "nothing is left to wait for"
    assert divided(cancelled_order) == (0, 0, DEPOSIT)


def test_a_clock_that_is_swept_late_still_counts_the_stage_first(cancelled_order, seller_owner):
    """After an outage both are due: whichever a sweep takes first, the silence about the stage counts."""
    made = report(cancelled_order, seller_owner, "STARTED")
    after = NOW + 30 * DAY
    settle_cancellation(subject_id=cancelled_order.pk, at=after)
    assert divided(cancelled_order) == (0, DEPOSIT, 0)
    count_unchallenged_stage(subject_id=made.pk, at=after)
    assert divided(cancelled_order) == (0, DEPOSIT, 0)


def test_while_the_money_waits_no_further_stage_is_reported(cancelled_order, seller_owner):
    report(cancelled_order, seller_owner, "MATERIALS", at=SETTLES)
    pass_time(SETTLES)
    with pytest.raises(ProvingIsOver):
        report(cancelled_order, seller_owner, "STARTED", at=SETTLES + SECOND)


def test_a_report_that_can_raise_nothing_delays_nothing(paid_order, seller_owner, buyer_owner):
    prove(paid_order, seller_owner, buyer_owner, "PACKED")
    report(paid_order, seller_owner, "INSPECTED")
    cancel(paid_order, buyer_owner)
    assert pass_time(SETTLES) == ["cancellation_settles"]
    assert divided(paid_order) == (0, DEPOSIT, 0)


def test_the_money_is_divided_once(cancelled_order):
    pass_time(SETTLES)
    before = money(cancelled_order)
    settle_cancellation(subject_id=cancelled_order.pk, at=SETTLES + DAY)
    assert money(cancelled_order) == before
    assert Release.objects.count() == 0
    assert Refund.objects.count() == 1


def test_money_that_comes_after_the_cancellation_goes_back(ready_order, buyer_owner):
    payment = start(escrow_of(ready_order), buyer_owner, sequence=2, method="wire")
    cancel(ready_order, buyer_owner)
    receive(payment, receipt(BALANCE), at=NOW + DAY)
    run_courier()
    assert fresh(ready_order).state == OrderState.CANCELLED
    assert divided(ready_order) == (DEPOSIT, 0, BALANCE)
    pass_time(NOW + 20 * DAY)
    assert divided(ready_order) == (0, DEPOSIT, BALANCE), "packed goods earn 90 %, of what is held"


# --- lateness ---------------------------------------------------------------------------------------------------------
SHIP_DUE = utc("2026-06-10T11:00")


@pytest.mark.parametrize(
    ("after", "cause"),
    [(-DAY, "buyer_withdrew"), (DAY, "buyer_withdrew"), (14 * DAY - SECOND, "buyer_withdrew"), (14 * DAY, "late")],
)
def test_fourteen_days_late_the_buyer_may_leave_with_everything(paid_order, seller_owner, buyer_owner, after, cause):
    prove(paid_order, seller_owner, buyer_owner, "STARTED")
    cancel(paid_order, buyer_owner, at=SHIP_DUE + after)
    assert ended(paid_order).cause == cause
    assert divided(paid_order) == ((0, 0, DEPOSIT) if cause == "late" else (DEPOSIT, 0, 0))


def test_an_overdue_buyer_can_not_wait_until_the_seller_is_late(ready_order, buyer_owner):
    """The balance was never paid, so the ship clock stood still: leaving in July is withdrawing."""
    pass_time(NOW + 29 * DAY)
    assert what_cancelling_means(fresh(ready_order), "buyer", SHIP_DUE + 30 * DAY).cause == "buyer_withdrew"
    cancel(ready_order, buyer_owner, at=NOW + 29 * DAY)
    assert ended(ready_order).cause == "buyer_withdrew"


def test_a_seller_long_late_before_the_goods_were_ready_stays_late(paid_order, seller_owner, buyer_owner):
    pass_time(SHIP_DUE + 20 * DAY)
    order = ready(paid_order, seller_owner, at=SHIP_DUE + 20 * DAY)
    pass_time(SHIP_DUE + 35 * DAY)
    cancel(order, buyer_owner, at=SHIP_DUE + 35 * DAY)
    assert ended(order).cause == "late"
    assert divided(order) == (0, 0, DEPOSIT)


def test_sixty_days_late_all_money_goes_back(paid_order, seller_owner, buyer_owner):
    prove(paid_order, seller_owner, buyer_owner, "FINISHED")
    cancel_for_lateness(subject_id=paid_order.pk, at=SHIP_DUE + 60 * DAY)
    made = ended(paid_order)
    assert (made.side, made.cause, made.earned_minor) == ("clock", "late", 0)
    assert divided(paid_order) == (0, 0, DEPOSIT)


# --- the buyer refused ------------------------------------------------------------------------------------------------
def test_after_ten_days_the_seller_may_cancel_and_keeps_the_earned_share(ready_order, seller_owner):
    pass_time(NOW + 10 * DAY)
    cancel(ready_order, seller_owner, at=NOW + 10 * DAY)
    assert ended(ready_order).cause == "buyer_refused"
    pass_time(NOW + 20 * DAY)
    assert divided(ready_order) == (0, DEPOSIT, 0), "90 % of the price, capped by the deposit that is held"


def test_a_booking_never_made_is_refusal_too(ready_order, seller_owner, buyer_owner):
    pay_for(ready_order, buyer_owner, sequence=2)
    pass_time(NOW + 10 * DAY)
    cancel(ready_order, seller_owner, at=NOW + 10 * DAY)
    pass_time(NOW + 20 * DAY)
    assert divided(ready_order) == (0, 913_888, 101_543)


def test_thirty_days_of_silence_are_refusal(ready_order):
    cancel_for_refusal(subject_id=ready_order.pk, at=NOW + 30 * DAY)
    made = ended(ready_order)
    assert (made.side, made.cause) == ("clock", "buyer_refused")


@pytest.mark.parametrize("who", ["seller", "clock"])
def test_a_balance_that_arrived_this_moment_is_no_refusal(ready_order, seller_owner, buyer_owner, who):
    book(ready_order, buyer_owner)
    pass_time(NOW + 10 * DAY)
    payment = start(escrow_of(ready_order), buyer_owner, sequence=2, at=NOW + 29 * DAY)
    receive(payment, receipt(BALANCE), status="succeeded", at=NOW + 29 * DAY)
    if who == "clock":
        with pytest.raises(AlreadySecured):
            cancel_for_refusal(subject_id=ready_order.pk, at=NOW + 30 * DAY)
        assert fresh(ready_order).state == OrderState.READY
    else:
        assert what_cancelling_means(fresh(ready_order), "seller", NOW + 30 * DAY).cause == "seller_withdrew"
    run_courier()
    assert set(clocks_of(ready_order)) == {"ship_date"}


# --- who, when --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["buyer_viewer", "seller_sales", "stranger"])
def test_who_may_not_cancel(request, paid_order, who):
    with pytest.raises((NotAllowed, NotFound)):
        cancel(paid_order, request.getfixturevalue(who))
    assert fresh(paid_order).state == OrderState.IN_PRODUCTION
    assert divided(paid_order) == (DEPOSIT, 0, 0)


def test_the_platform_cancels_by_its_clocks_only(paid_order, platform):
    with pytest.raises(OtherSide):
        cancel_order(order_id=paid_order.pk, reason="", by=platform, at=NOW)


@pytest.mark.parametrize("name", ["offered_order", "shipped_order", "delivered_order", "completed_order"])
@pytest.mark.parametrize("who", ["buyer_owner", "seller_owner"])
def test_other_states_can_not_be_cancelled(request, name, who):
    order = request.getfixturevalue(name)
    before = fresh(order).state
    with pytest.raises(IllegalMove):
        cancel(order, request.getfixturevalue(who))
    assert fresh(order).state == before


def test_cancelling_twice_is_refused(cancelled_order, seller_owner):
    with pytest.raises(IllegalMove):
        cancel(cancelled_order, seller_owner)
    assert divided(cancelled_order) == (DEPOSIT, 0, 0)


@pytest.mark.parametrize("side", ["buyer", "seller"])
def test_the_page_says_what_the_action_does(paid_order, seller_owner, buyer_owner, side):
    prove(paid_order, seller_owner, buyer_owner, "MATERIALS")
    said = what_cancelling_means(fresh(paid_order), side, NOW)
    cancel(paid_order, buyer_owner if side == "buyer" else seller_owner)
    pass_time(SETTLES)
    assert divided(paid_order) == (0, said.seller_keeps_minor, said.buyer_gets_minor)
    assert said.may_rise == (side == "buyer")
