from datetime import timedelta

import pytest

from core import clock, deadlines
from core.errors import IllegalMove, NotAllowed
from core.models import Alarm, Transition
from payments.actions.overdue import alarm_about_refund
from payments.actions.refunds import retry_refund
from payments.actions.release import refund_rest
from payments.actions.sending import (
    claim_refund,
    lease_refunds,
    record_refund_failed,
    record_refund_paid,
    record_refund_returned,
    record_refund_sent,
    record_refund_unknown,
)
from payments.models import Refund, SendState
from payments.queries import money_of
from payments.timing import REFUND_OVERDUE
from tests.cast import NOW, actor
from tests.payments.steps import Books, balances, sent_refund, state_of, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def refund(partly_funded_escrow, platform):
    return refund_rest(escrow_id=partly_funded_escrow.pk, reason="cancelled", by=platform, at=NOW)[0]


def record(action, refund, platform, **values):
    return action(refund_id=refund.pk, by=platform, at=NOW, **values)


def test_is_claimed_before_it_is_sent(refund, platform):
    first = claim_refund(refund_id=refund.pk, by=platform, at=NOW)
    second = claim_refund(refund_id=refund.pk, by=platform, at=NOW)
    assert (first.is_first, second.is_first) == (True, False)
    assert state_of(refund) == SendState.SENDING


def test_paid_leaves_the_books(refund, platform, partly_funded_escrow):
    record(record_refund_paid, sent_refund(refund), platform)
    assert state_of(refund) == SendState.PAID
    assert balances(partly_funded_escrow) == {"held": 0, "refund_due": 0, "payable": 0, "fees": 0, "clearing": 0}
    assert deadlines.live_of(refund) == []
    assert told("RefundPaid")[0]["amount_minor"] == 75_000
    assert money_of(partly_funded_escrow.pk).refunded_minor == 75_000
    assert claim_refund(refund_id=refund.pk, by=platform, at=NOW) is None


def test_paid_twice_is_booked_once(refund, platform):
    record(record_refund_paid, sent_refund(refund), platform)
    books = Books()
    record(record_refund_paid, refund, platform)
    record(record_refund_sent, refund, platform, gateway_id="sr_x")
    record(record_refund_unknown, refund, platform)
    assert books.unchanged()
    assert len(told("RefundPaid")) == 1


def test_unknown_is_neither_failed_nor_paid(refund, platform, partly_funded_escrow):
    claim_refund(refund_id=refund.pk, by=platform, at=NOW)
    record(record_refund_unknown, refund, platform)
    assert state_of(refund) == SendState.UNKNOWN
    assert balances(partly_funded_escrow)["refund_due"] == 75_000
    assert claim_refund(refund_id=refund.pk, by=platform, at=NOW).is_first is False
    record(record_refund_paid, refund, platform, gateway_id="sr_9")
    assert state_of(refund) == SendState.PAID
    assert Refund.objects.get().gateway_id == "sr_9"


@pytest.mark.parametrize("sent", [True, False])
def test_failed_stays_owed_until_it_is_replaced(refund, platform, partly_funded_escrow, treasurer, sent):
    claim_refund(refund_id=refund.pk, by=platform, at=NOW)
    if sent:
        record(record_refund_sent, refund, platform, gateway_id="sr_1")
    record(record_refund_failed, refund, platform, failure_code="account_closed")
    assert state_of(refund) == SendState.FAILED
    assert balances(partly_funded_escrow)["refund_due"] == 75_000
    assert Alarm.objects.get(kind=REFUND_OVERDUE).cleared_at is None
    assert deadlines.get(refund, REFUND_OVERDUE) is not None

    new = retry_refund(refund_id=refund.pk, by=actor(treasurer), at=NOW)
    assert (new.amount_minor, new.state) == (75_000, SendState.REQUESTED)
    assert new.idempotency_key != refund.idempotency_key
    assert retry_refund(refund_id=refund.pk, by=actor(treasurer), at=NOW).pk == new.pk
    assert Alarm.objects.get(kind=REFUND_OVERDUE).cleared_at is not None
    record(record_refund_paid, sent_refund(new), platform)
    assert balances(partly_funded_escrow)["clearing"] == 0


@pytest.mark.parametrize("told_of_payment", [True, False])
def test_returned_is_owed_again(refund, platform, partly_funded_escrow, told_of_payment):
    sent_refund(refund)
    if told_of_payment:
        record(record_refund_paid, refund, platform)
    record(record_refund_returned, refund, platform)
    record(record_refund_returned, refund, platform)
    assert state_of(refund) == SendState.RETURNED
    assert balances(partly_funded_escrow)["refund_due"] == balances(partly_funded_escrow)["clearing"] == 75_000


def test_what_did_not_fail_is_not_sent_again(refund, treasurer):
    books = Books()
    with pytest.raises(IllegalMove):
        retry_refund(refund_id=refund.pk, by=actor(treasurer), at=NOW)
    assert books.unchanged()


def test_who_sends_a_new_refund_and_why_stands_in_the_history_of_the_old(refund, platform, treasurer):
    claim_refund(refund_id=refund.pk, by=platform, at=NOW)
    record(record_refund_failed, refund, platform, failure_code="account_closed")
    for _twice in range(2):
        new = retry_refund(refund_id=refund.pk, why="another account", by=actor(treasurer), at=NOW)
    row = Transition.objects.get(subject_type="payments.refund", subject_id=refund.pk, field="replaced_by")
    assert (row.user_id, row.why, row.target, row.at) == (treasurer.pk, "another account", new.reference, NOW)


@pytest.mark.parametrize("who", ["buyer_owner", "seller_owner", "arbiter"])
def test_only_the_treasurer_sends_again(request, refund, platform, who):
    claim_refund(refund_id=refund.pk, by=platform, at=NOW)
    record(record_refund_failed, refund, platform, failure_code="account_closed")
    with pytest.raises(NotAllowed):
        retry_refund(refund_id=refund.pk, by=actor(request.getfixturevalue(who)), at=NOW)


def test_people_do_not_tell_what_the_bank_did(refund, buyer_owner):
    for action in (record_refund_paid, record_refund_returned):
        with pytest.raises(NotAllowed):
            record(action, refund, actor(buyer_owner))


def test_paid_before_it_was_claimed_is_an_error(refund, platform):
    books = Books()
    with pytest.raises(IllegalMove):
        record(record_refund_paid, refund, platform)
    assert books.unchanged()


def test_is_worked_on_with_back_off(refund):
    wall = clock.wall() + timedelta(seconds=1)
    assert lease_refunds(wall=wall) == [refund.pk]
    assert lease_refunds(wall=wall) == []
    assert lease_refunds(wall=wall + timedelta(seconds=5)) == [refund.pk]


def test_a_day_of_silence_alarms_staff_again_and_again(refund):
    for _day in range(2):
        due_at = deadlines.get(refund, REFUND_OVERDUE).due_at
        alarm_about_refund(subject_id=refund.pk, at=due_at)
        assert deadlines.get(refund, REFUND_OVERDUE).due_at > due_at
    assert Alarm.objects.get(kind=REFUND_OVERDUE).seen == 2
    assert state_of(refund) == SendState.REQUESTED
