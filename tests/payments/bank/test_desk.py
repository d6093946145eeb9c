"""The suspense desk: matched, split, sent back or taken as ours; once, by a treasurer, with a reason, to the cent."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from companies.models import User
from core.actors import Actor
from core.actors import platform as by_platform
from core.errors import IllegalMove, Invalid, NotAllowed
from core.models import Alarm
from payments.actions.desk import (
    Share,
    match_item,
    send_back_item,
    take_item_as_ours,
    take_item_as_settlement,
)
from payments.actions.desk_cases import AlreadyDecided
from payments.actions.gateway_lines import book_gateway_line
from payments.actions.refunds import retry_refund
from payments.actions.sending import (
    claim_refund,
    record_refund_failed,
    record_refund_paid,
    record_refund_returned,
    record_refund_sent,
)
from payments.actions.settlements import watch_settlements
from payments.exchanges.reconcile import compare_with_gateway
from payments.figures import suspense_by_age
from payments.models import Escrow, Payment, Receipt, Refund, SuspenseItem
from payments.models.account_codes import settling, suspense
from payments.queries import balance_minor
from payments.timing import PLATFORM_CALENDAR
from tests.cast import NOW, actor
from tests.concurrency.racing import locks_before_writing, run_at_once
from tests.payments.bank.files import Row
from tests.payments.bank.steps import (
    allocated,
    bank_minor,
    bring,
    costs_minor,
    fall_due,
    follow_hints,
    item,
    money,
    staff,
    wire,
)
from tests.payments.bank.transfers import IBAN
from tests.payments.steps import DEPOSIT, Books, new_escrow, state_of, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def found(waiting: Payment) -> SuspenseItem:
    """USD 750.00 from somebody who named nothing."""
    bring([Row(amount_minor=DEPOSIT, text="thanks", name="A Stranger Ltd", account=IBAN)])
    return item()


def in_suspense(row: SuspenseItem) -> int:
    return balance_minor(suspense(row.reference))


def match(row: SuspenseItem, *shares: Share, desk: Actor, why: str = "they sent the slip") -> SuspenseItem:
    return match_item(item_id=row.pk, shares=shares, why=why, by=desk, at=NOW)


def test_matched_money_is_held_for_the_payment(
    found: SuspenseItem, waiting: Payment, escrow: Escrow, desk: Actor
) -> None:
    with locks_before_writing():
        match(found, Share(waiting.pk, DEPOSIT), desk=desk)
    assert (state_of(found), in_suspense(found)) == ("MATCHED", DEPOSIT)
    follow_hints()
    assert state_of(waiting) == "SECURED"
    assert in_suspense(found) == 0
    assert money(escrow) == {"held": DEPOSIT, "refund_due": 0, "payable": 0, "fees": 0, "bank": DEPOSIT}
    assert Receipt.objects.get().item_id == found.pk
    assert [each["amount_minor"] for each in told("ThirdPartyPaid")] == [DEPOSIT]
    assert compare_with_gateway("bank") == []


def test_it_may_be_split_over_several(
    found: SuspenseItem, waiting: Payment, escrow: Escrow, buyer_owner: User, seller_owner: User, desk: Actor
) -> None:
    second = wire(new_escrow(buyer_owner, seller_owner, amounts=(30_000,)), buyer_owner)
    match(found, Share(waiting.pk, DEPOSIT - 30_000), Share(second.pk, 30_000), desk=desk)
    follow_hints()
    assert (allocated(waiting), allocated(second)) == ([DEPOSIT - 30_000], [30_000])
    assert (state_of(waiting), state_of(second)) == ("PENDING", "SECURED")
    assert money(escrow)["held"] == DEPOSIT - 30_000


def test_what_is_matched_to_a_payment_that_needs_less_goes_back(
    found: SuspenseItem, buyer_owner: User, seller_owner: User, desk: Actor
) -> None:
    small = wire(new_escrow(buyer_owner, seller_owner, amounts=(50_000,)), buyer_owner)
    match(found, Share(small.pk, DEPOSIT), desk=desk)
    follow_hints()
    assert money(small.escrow) | {"payable": 0} == {
        "held": 50_000,
        "refund_due": 25_000,
        "payable": 0,
        "fees": 0,
        "bank": DEPOSIT,
    }


def test_the_same_decision_again_is_the_first_and_another_is_refused(
    found: SuspenseItem, waiting: Payment, desk: Actor
) -> None:
    match(found, Share(waiting.pk, DEPOSIT), desk=desk)
    before = Books()
    assert match(found, Share(waiting.pk, DEPOSIT), desk=desk).pk == found.pk
    for other in (send_back_item, take_item_as_ours):
        with pytest.raises(AlreadyDecided):
            other(item_id=found.pk, why="no", by=desk, at=NOW)
    assert before.unchanged()
    assert allocated(waiting) == [DEPOSIT]


@pytest.mark.parametrize(
    "shares",
    [
        [],
        [(0, DEPOSIT - 1)],
        [(0, DEPOSIT), (0, 0)],
        [(0, DEPOSIT + 1)],
        [(99_999, DEPOSIT)],
        [(0, -1), (1, DEPOSIT + 1)],
    ],
)
def test_a_wrong_split_is_refused(
    found: SuspenseItem, waiting: Payment, desk: Actor, shares: list[tuple[int, int]]
) -> None:
    before = Books()
    parts = [Share(waiting.pk if place < 2 else place, amount) for place, amount in shares]
    with pytest.raises(Invalid):
        match(found, *parts, desk=desk)
    assert before.unchanged() and state_of(found) == "OPEN"


@pytest.mark.parametrize("who", ["verifier", "buyer_owner"])
def test_nobody_but_a_treasurer_decides(
    request: pytest.FixtureRequest, found: SuspenseItem, waiting: Payment, who: str
) -> None:
    user = request.getfixturevalue(who)
    by = Actor(kind="staff", door="admin", user_id=user.pk, role="verifier") if who == "verifier" else actor(user)
    matched = partial(match_item, shares=[Share(waiting.pk, DEPOSIT)])
    for decide in (matched, send_back_item, take_item_as_ours, take_item_as_settlement):
        with pytest.raises(NotAllowed):
            decide(item_id=found.pk, why="mine", by=by, at=NOW)
    assert state_of(found) == "OPEN"


def test_no_decision_without_a_reason(found: SuspenseItem, desk: Actor) -> None:
    with pytest.raises(Invalid):
        send_back_item(item_id=found.pk, why="  ", by=desk, at=NOW)


# --- sent back --------------------------------------------------------------------------------------------------------
def sent(refund: Refund) -> Refund:
    claim_refund(refund_id=refund.pk, by=by_platform(), at=NOW)
    return record_refund_sent(refund_id=refund.pk, gateway_id=f"bo_{refund.pk}", by=by_platform(), at=NOW)


def test_it_goes_back_to_where_it_came_from_and_nobody_is_told(found: SuspenseItem, desk: Actor) -> None:
    refund = send_back_item(item_id=found.pk, why="not for us", by=desk, at=NOW)
    assert (refund.escrow_id, refund.payment_id, refund.amount_minor) == (None, None, DEPOSIT)
    assert send_back_item(item_id=found.pk, why="not for us", by=desk, at=NOW).pk == refund.pk
    assert (state_of(found), in_suspense(found)) == ("SENT_BACK", DEPOSIT)
    record_refund_paid(refund_id=sent(refund).pk, by=by_platform(), at=NOW)
    assert (in_suspense(found), bank_minor()) == (0, 0)
    record_refund_returned(refund_id=refund.pk, failure_code="closed", by=by_platform(), at=NOW)
    assert (in_suspense(found), bank_minor()) == (DEPOSIT, DEPOSIT)
    assert told("RefundRequested") == told("RefundPaid") == told("RefundFailed") == []


def test_what_can_not_be_sent_back_stays_until_it_is_replaced(found: SuspenseItem, desk: Actor) -> None:
    refund = send_back_item(item_id=found.pk, why="not for us", by=desk, at=NOW)
    record_refund_failed(refund_id=sent(refund).pk, failure_code="closed", by=by_platform(), at=NOW)
    assert in_suspense(found) == DEPOSIT
    again = retry_refund(refund_id=refund.pk, by=desk, at=NOW)
    record_refund_returned(refund_id=sent(again).pk, failure_code="closed", by=by_platform(), at=NOW)
    assert (in_suspense(found), bank_minor()) == (DEPOSIT, DEPOSIT)
    assert told("RefundFailed") == []
    with pytest.raises(IllegalMove):
        found.refresh_from_db()
        retry_refund(refund_id=retry_refund(refund_id=again.pk, by=desk, at=NOW).pk, by=desk, at=NOW)


# --- ours, and the clock ----------------------------------------------------------------------------------------------
def test_money_of_the_platforms_own_is_set_against_costs_by_two_however_little_it_is(
    found: SuspenseItem, desk: Actor, second: User
) -> None:
    take_item_as_ours(item_id=found.pk, why="the bank's correction", by=desk, at=NOW)
    assert (state_of(found), in_suspense(found), costs_minor()) == ("OPEN", DEPOSIT, 0)
    with pytest.raises(IntegrityError, match="decided by one person"), transaction.atomic():
        SuspenseItem.objects.update(state="OURS")
    for by in (staff(second), staff(second), desk):
        take_item_as_ours(item_id=found.pk, why="the bank's correction", by=by, at=NOW)
    assert (in_suspense(found), costs_minor(), bank_minor()) == (0, -DEPOSIT, DEPOSIT)


def on_its_way(amount_minor: int, *, at: datetime = NOW) -> None:
    """A card gateway says that it has paid so much out to our bank; before, it held that much of ours."""
    line = {"gateway": "stripe", "amount_minor": amount_minor, "currency": "USD", "by": by_platform(), "at": at}
    book_gateway_line(kind="settlement", object_id=f"po_{amount_minor}", **line)


def test_what_a_gateway_paid_out_in_one_sum_is_taken_off_what_is_on_its_way(found: SuspenseItem, desk: Actor) -> None:
    for amount_minor in (30_000, DEPOSIT - 30_000, 1_000):
        on_its_way(amount_minor)
    take_item_as_settlement(item_id=found.pk, why="the payout of Monday and Tuesday", by=desk, at=NOW)
    take_item_as_settlement(item_id=found.pk, why="the payout of Monday and Tuesday", by=desk, at=NOW)
    assert (state_of(found), in_suspense(found)) == ("SETTLEMENT", 0)
    assert (balance_minor(settling("USD")), bank_minor()) == (1_000, DEPOSIT)
    for other in (send_back_item, take_item_as_ours):
        with pytest.raises(AlreadyDecided):
            other(item_id=found.pk, why="no", by=desk, at=NOW)
    assert compare_with_gateway("bank") == []


def test_no_more_is_taken_for_a_settlement_than_is_on_its_way(found: SuspenseItem, desk: Actor) -> None:
    on_its_way(DEPOSIT - 1)
    before = Books()
    with pytest.raises(Invalid, match="USD 749.99"):
        take_item_as_settlement(item_id=found.pk, why="Stripe", by=desk, at=NOW)
    assert before.unchanged() and state_of(found) == "OPEN"


def test_what_a_bank_kept_of_a_settlement_is_a_cost(found: SuspenseItem, desk: Actor) -> None:
    on_its_way(DEPOSIT + 1_500)
    for charge_minor in (-1, 1_501, 5_001):
        with pytest.raises(Invalid):
            take_item_as_settlement(item_id=found.pk, charge_minor=charge_minor, why="Stripe", by=desk, at=NOW)
    for _twice in range(2):
        take_item_as_settlement(item_id=found.pk, charge_minor=1_500, why="Stripe", by=desk, at=NOW)
    assert (balance_minor(settling("USD")), costs_minor(), bank_minor()) == (0, 1_500, DEPOSIT)
    assert compare_with_gateway("bank") == []


def test_a_settlement_that_does_not_arrive_is_alarmed_until_it_does(found: SuspenseItem, desk: Actor) -> None:
    alarms = Alarm.objects.filter(kind="settlement_missing", cleared_at=None)
    for at, amount_minor in ((NOW, DEPOSIT), (NOW + timedelta(days=6), 900)):
        on_its_way(amount_minor, at=at)
    last = PLATFORM_CALENDAR.after_business_days(NOW, 5)
    assert watch_settlements(at=last) == 0 and not alarms.exists()
    assert watch_settlements(at=last + timedelta(seconds=1)) == 1
    assert [alarm.message for alarm in alarms] == [
        "USD 759.00 on its way from gateways to our bank, the oldest since 2026-03-03"
    ]
    take_item_as_settlement(item_id=found.pk, why="Stripe", by=desk, at=NOW)
    assert watch_settlements(at=last + timedelta(days=1)) == 0 and not alarms.all().exists()


def test_money_that_left_is_explained_as_a_cost_by_two_and_then_the_record_agrees(desk: Actor, second: User) -> None:
    bring([Row(amount_minor=-9900, text="INVOICE 77", name="Unknown Ltd")], opening_minor=10_000)
    assert {problem.check for problem in compare_with_gateway("bank")} == {"gateway_line"}
    assert suspense_by_age(NOW) == [], "what left is no money that waits here"
    with pytest.raises(Invalid):
        send_back_item(item_id=item().pk, why="x", by=desk, at=NOW)
    take_item_as_ours(item_id=item().pk, why="our lawyer", by=desk, at=NOW)
    assert (state_of(item()), costs_minor(), bank_minor()) == ("OPEN", 0, 0)
    assert Alarm.objects.filter(kind="money_left_unordered", cleared_at=None).exists()
    for by in (staff(second), staff(second), desk):
        take_item_as_ours(item_id=item().pk, why="our lawyer", by=by, at=NOW)
    assert (costs_minor(), bank_minor()) == (9900, -9900)
    assert compare_with_gateway("bank") == []
    assert not Alarm.objects.filter(kind="money_left_unordered", cleared_at=None).exists()


def test_staff_are_alarmed_every_business_day_until_it_is_decided(
    found: SuspenseItem, desk: Actor, second: User
) -> None:
    alarms = Alarm.objects.filter(kind="suspense_open", subject_id=found.pk, cleared_at=None)
    assert fall_due(found)
    assert fall_due(found)
    assert [alarm.seen for alarm in alarms] == [2]
    for by in (desk, staff(second)):
        take_item_as_ours(item_id=found.pk, why="ours", by=by, at=NOW)
    assert not alarms.all().exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_treasurers_at_once_one_decides(found: SuspenseItem, waiting: Payment, treasurer: User) -> None:
    by = staff(treasurer)
    results = run_at_once(
        partial(match, found, Share(waiting.pk, DEPOSIT), desk=by),
        partial(send_back_item, item_id=found.pk, why="back", by=by, at=NOW),
    )
    assert sum(isinstance(result, AlreadyDecided) for result in results) == 1
    follow_hints()
    decided = state_of(found)
    assert (decided, in_suspense(found)) in (("MATCHED", 0), ("SENT_BACK", DEPOSIT))
    assert Refund.objects.count() + len(allocated(waiting)) == 1
