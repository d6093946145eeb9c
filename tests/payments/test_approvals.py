"""Large money leaves when two treasurers approved it; the database says so, too."""

from functools import partial

import pytest
from django.db import IntegrityError, InternalError, connection, transaction

from companies.actions import remove_payout_account
from companies.models import PayoutAccount
from core import deadlines
from core.actions import carry_out
from core.errors import IllegalMove, Invalid, NotAllowed
from core.models import Alarm, Transition
from messaging.models import Mail
from payments.actions.approval import (
    DECLINED,
    ApprovedByYou,
    approve_payout,
    approve_refund,
    decline_payout,
    decline_refund,
)
from payments.actions.overdue import alarm_about_payout
from payments.actions.payout import request_payout
from payments.actions.refunds import retry_refund
from payments.actions.release import refund_rest
from payments.actions.sending import claim_payout, claim_refund, lease_payouts, record_payout_paid
from payments.events import PayoutRequested
from payments.limits import CURRENT, VERSIONS, approvals_for
from payments.mailing import ask_treasurers
from payments.models import Approval, Payout, Refund, SendState
from payments.queries import payable_by_currency
from payments.timing import APPROVAL_WAITS, PAYOUT_OVERDUE, REFUND_OVERDUE
from tests.cast import NOW, actor, company_of
from tests.concurrency.racing import locks_before_writing, run_at_once
from tests.payments.steps import Books, balances, new_escrow, pay, release_all, sent_payout, state_of, told

pytestmark = pytest.mark.django_db

PRICE, NET = 6_000_000, 5_880_000
"""Cents: the net is over USD 50,000."""


@pytest.fixture
def large(buyer_owner, seller_owner, platform):
    """A payout of USD 58,800.00 that waits."""
    escrow = new_escrow(buyer_owner, seller_owner, amounts=[PRICE])
    pay(escrow, buyer_owner)
    release_all(escrow)
    return request_payout(company_id=company_of(seller_owner).pk, currency="USD", by=platform, at=NOW)


@pytest.fixture
def large_refund(buyer_owner, seller_owner, platform):
    escrow = new_escrow(buyer_owner, seller_owner, amounts=[PRICE])
    pay(escrow, buyer_owner)
    return refund_rest(escrow_id=escrow.pk, reason="cancelled", by=platform, at=NOW)[0]


def approve(payout, user):
    return approve_payout(payout_id=payout.pk, by=actor(user), at=NOW)


def decline(payout, user, why="Please send us the invoice."):
    return decline_payout(payout_id=payout.pk, why=why, by=actor(user), at=NOW)


@pytest.mark.parametrize(
    ("amount_minor", "currency", "needed"),
    [
        (5_000_000, "USD", 0),
        (5_000_001, "USD", 2),
        (7_500_000, "JPY", 0),
        (7_500_001, "JPY", 2),
        (15_400_001, "KWD", 2),
    ],
)
def test_large_begins_above_the_limit_of_the_currency(amount_minor, currency, needed):
    assert approvals_for(amount_minor, currency) == needed


def test_the_current_limits_are_a_version():
    assert VERSIONS[CURRENT.version] is CURRENT


def test_two_treasurers_let_it_go(large, treasurer, second, platform):
    assert (large.approvals_needed, large.limits_version, large.amount_minor) == (2, CURRENT.version, NET)
    with locks_before_writing():
        approve(large, treasurer)
    assert state_of(large) == SendState.REQUESTED
    assert claim_payout(payout_id=large.pk, by=platform, at=NOW) is None
    approve(large, second)
    assert state_of(large) == SendState.APPROVED
    assert list(Approval.objects.order_by("pk").values_list("user_id", flat=True)) == [treasurer.pk, second.pk]
    assert told("LargeMoneyApproved") == [{"subject_type": "payments.payout", "subject_id": large.pk}]
    assert deadlines.get(large, PAYOUT_OVERDUE) is not None
    record_payout_paid(payout_id=sent_payout(large).pk, by=platform, at=NOW)
    assert state_of(large) == SendState.PAID


def test_a_small_one_goes_straight_on(buyer_owner, seller_owner, treasurer, platform):
    escrow = new_escrow(buyer_owner, seller_owner, amounts=[5_000_000])
    pay(escrow, buyer_owner)
    release_all(escrow)
    small = request_payout(company_id=company_of(seller_owner).pk, currency="USD", by=platform, at=NOW)
    for act in (approve, decline):
        with pytest.raises(IllegalMove):
            act(small, treasurer)
    assert claim_payout(payout_id=small.pk, by=platform, at=NOW).is_first


def test_no_worker_is_woken_for_it_before(large, treasurer, second):
    far = NOW.replace(year=2100)
    assert lease_payouts(wall=far) == []
    approve(large, treasurer)
    assert lease_payouts(wall=far) == []
    approve(large, second)
    assert lease_payouts(wall=far) == [large.pk]


def test_the_same_person_counts_once(large, treasurer):
    approve(large, treasurer)
    books = Books()
    with pytest.raises(ApprovedByYou):
        approve(large, treasurer)
    assert books.unchanged() and Approval.objects.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.create(payout=large, user=treasurer, at=NOW)


@pytest.mark.parametrize("who", ["seller_owner", "buyer_owner", "arbiter", "verifier"])
def test_is_refused_to_all_but_treasurers(request, large, who):
    user, books = request.getfixturevalue(who), Books()
    for act in (approve, decline):
        with pytest.raises(NotAllowed):
            act(large, user)
    assert books.unchanged() and not Approval.objects.exists()


def test_the_platform_approves_nothing_by_itself(large, platform):
    with pytest.raises(NotAllowed):
        approve_payout(payout_id=large.pk, by=platform, at=NOW)
    with pytest.raises(NotAllowed):
        decline_payout(payout_id=large.pk, why="no", by=platform, at=NOW)


def test_is_refused_where_nothing_waits(large, treasurer, second, platform):
    for user in (treasurer, second):
        approve(large, user)
    books = Books()
    with pytest.raises(IllegalMove):
        approve(large, treasurer)
    claim_payout(payout_id=large.pk, by=platform, at=NOW)
    with pytest.raises(IllegalMove):
        decline(large, treasurer)
    assert not books.unchanged() and state_of(large) == SendState.SENDING


# --- refused ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("after", [0, 1, 2], ids=["at once", "after one yes", "after two"])
def test_refused_is_payable_again_with_the_reason(large, treasurer, second, platform, seller_owner, after):
    for user in [treasurer, second][:after]:
        approve(large, user)
    decline(large, second)
    row = Payout.objects.get()
    assert (row.state, row.failure_code, row.declined_why) == ("FAILED", DECLINED, "Please send us the invoice.")
    assert payable_by_currency(row.company_id) == {"USD": NET}
    assert told("PayoutDeclined")[0]["payout_id"] == row.pk
    assert Transition.objects.filter(verb="decline", user_id=second.pk, why="Please send us the invoice.").exists()
    assert claim_payout(payout_id=row.pk, by=platform, at=NOW) is None
    books = Books()
    decline(large, treasurer)
    assert books.unchanged()

    company_id = company_of(seller_owner).pk
    assert request_payout(company_id=company_id, currency="USD", by=platform, at=NOW) is None
    again = request_payout(company_id=company_id, currency="USD", by=actor(seller_owner), at=NOW)
    assert (again.state, again.approvals_needed) == ("REQUESTED", 2)


def test_a_refusal_needs_a_reason(large, treasurer):
    with pytest.raises(Invalid) as refusal:
        decline(large, treasurer, why="  ")
    assert list(refusal.value.fields) == ["why"] and state_of(large) == SendState.REQUESTED


def test_an_account_removed_after_the_approval_still_counts(large, treasurer, second, seller_owner, platform):
    for user in (treasurer, second):
        approve(large, user)
    account = PayoutAccount.objects.get(company_id=large.company_id)
    remove_payout_account(reference=account.reference, company_id=account.company_id, by=actor(seller_owner), at=NOW)
    assert claim_payout(payout_id=large.pk, by=platform, at=NOW) is None
    assert payable_by_currency(large.company_id) == {"USD": NET}


# --- refunds ----------------------------------------------------------------------------------------------------------
def test_a_large_refund_needs_two_as_well(large_refund, treasurer, second, platform):
    refund_id = large_refund.pk
    assert claim_refund(refund_id=refund_id, by=platform, at=NOW) is None
    with locks_before_writing():
        approve_refund(refund_id=refund_id, by=actor(treasurer), at=NOW)
    with pytest.raises(ApprovedByYou):
        approve_refund(refund_id=refund_id, by=actor(treasurer), at=NOW)
    approve_refund(refund_id=refund_id, by=actor(second), at=NOW)
    assert claim_refund(refund_id=refund_id, by=platform, at=NOW).is_first


def test_a_refused_refund_stays_due_and_its_replacement_needs_two_again(large_refund, treasurer):
    decline_refund(refund_id=large_refund.pk, why="Ask the buyer's bank.", by=actor(treasurer), at=NOW)
    assert state_of(large_refund) == SendState.FAILED
    assert balances(large_refund.escrow)["refund_due"] == PRICE
    assert Alarm.objects.filter(kind=REFUND_OVERDUE, cleared_at__isnull=True).count() == 1
    new = retry_refund(refund_id=large_refund.pk, by=actor(treasurer), at=NOW)
    assert (new.approvals_needed, new.waits_for_approval) == (2, True)
    assert not Approval.objects.filter(refund=new).exists()


# --- waiting ----------------------------------------------------------------------------------------------------------
def test_over_a_business_day_alarms_until_it_is_approved(large, treasurer, second):
    due_at = deadlines.get(large, PAYOUT_OVERDUE).due_at
    alarm_about_payout(subject_id=large.pk, at=due_at)
    live = Alarm.objects.filter(kind=APPROVAL_WAITS, cleared_at__isnull=True)
    assert live.get().subject_id == large.pk and not Alarm.objects.filter(kind=PAYOUT_OVERDUE).exists()
    for user in (treasurer, second):
        approve(large, user)
    assert not live.exists()


def test_every_treasurer_is_asked_once(large, treasurer, second, arbiter):
    event = PayoutRequested(payout_id=large.pk, company_id=large.company_id, amount_minor=large.amount_minor, at=NOW)
    for _time in (1, 2):
        ask_treasurers(event)
    asked = Mail.objects.filter(kind="large_money_to_approve").order_by("user_id")
    assert [mail.to for mail in asked] == [treasurer.email, second.email]
    assert "USD 58,800.00" in asked[0].subject


# --- the database -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE payments_payout SET state = 'SENDING'",
        "UPDATE payments_payout SET state = 'APPROVED', approved_at = now()",
        "UPDATE payments_payout SET approvals_needed = 0, state = 'SENDING'",
        "UPDATE payments_payout SET amount_minor = 1",
        "UPDATE payments_payout SET limits_version = 0",
    ],
)
def test_the_database_refuses_to_send_it_unapproved(large, treasurer, sql):
    approve(large, treasurer)
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert state_of(large) == SendState.REQUESTED


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_people_at_once_approve_it_once(self, large, treasurer, second):
        both = [partial(carry_out, approve, large, user) for user in (treasurer, second)]
        assert {type(result) for result in run_at_once(*both)} == {Payout}
        assert state_of(large) == SendState.APPROVED
        assert Transition.objects.filter(subject_type="payments.payout", verb="approve").count() == 1

    def test_one_person_in_two_windows_counts_once(self, large, treasurer):
        results = run_at_once(partial(carry_out, approve, large, treasurer), count=2)
        assert sorted(type(result).__name__ for result in results) == ["ApprovedByYou", "Payout"]
        assert state_of(large) == SendState.REQUESTED and Approval.objects.count() == 1

    def test_a_yes_and_a_no_at_once_end_one_way(self, large, treasurer, second, platform):
        approve(large, treasurer)
        run_at_once(partial(carry_out, approve, large, second), partial(carry_out, decline, large, treasurer))
        assert state_of(large) == SendState.FAILED or claim_payout(payout_id=large.pk, by=platform, at=NOW)
        assert Refund.objects.count() == 0
