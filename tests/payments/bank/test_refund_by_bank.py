"""What can't go back by card goes to the buyer's own verified account, when two treasurers let it."""

import pytest

from core.errors import IllegalMove, Invalid, NotAllowed
from core.models import Alarm
from payments.actions.approval import approve_refund, decline_refund
from payments.actions.refunds import NoAccountOfPayer, NotByBank, refund_by_bank, retry_refund
from payments.actions.release import refund_rest
from payments.actions.sending import claim_refund, record_refund_failed
from payments.exchanges.reconcile import compare_with_gateway
from payments.exchanges.refunds import send_refund
from payments.models import Refund, SendState
from tests.cast import NOW, actor
from tests.concurrency.racing import locks_before_writing
from tests.payments.bank.steps import bank_minor
from tests.payments.bank.test_bank_refunds import account_of
from tests.payments.bank.transfers import PRICE, came_back, handed_over, left, order
from tests.payments.steps import Books, balances, new_escrow, pay, sent_refund, state_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def failed(bank, buyer_owner, seller_owner, platform):
    """USD 2,500.00 by card, whose refund the gateway refused."""
    escrow = new_escrow(buyer_owner, seller_owner, amounts=[PRICE])
    pay(escrow, buyer_owner)
    (refund,) = refund_rest(escrow_id=escrow.pk, reason="cancelled", by=platform, at=NOW)
    sent_refund(refund)
    return record_refund_failed(refund_id=refund.pk, failure_code="card_closed", by=platform, at=NOW)


@pytest.fixture
def account(buyer_owner, verifier):
    return account_of(buyer_owner, verifier, number="55554444", holder="Lakeside Furniture Inc")


def by_bank(refund, user, why="The card's account is closed."):
    return refund_by_bank(refund_id=refund.pk, why=why, by=actor(user), at=NOW)


def test_it_goes_to_the_buyers_account_once_two_approved_it(failed, account, bank, treasurer, second, platform):
    with locks_before_writing():
        new = by_bank(failed, treasurer)
    assert (new.gateway, new.amount_minor, new.replaces_id, new.approvals_needed) == ("bank", PRICE, failed.pk, 2)
    assert claim_refund(refund_id=new.pk, by=platform, at=NOW) is None
    assert not Alarm.objects.filter(kind="refund_overdue", cleared_at__isnull=True).exists()
    for user in (treasurer, second):
        approve_refund(refund_id=new.pk, by=actor(user), at=NOW)
    send_refund(refund_id=new.pk, at=NOW)
    assert (order().creditor_account, order().creditor_name) == ("55554444", "Lakeside Furniture Inc")
    handed_over(treasurer)
    bank.says(left(PRICE))
    assert (state_of(new), bank_minor()) == (SendState.PAID, -PRICE)
    assert balances(failed.escrow)["refund_due"] == 0
    assert balances(failed.escrow)["clearing"] == PRICE, "the card's money is at its gateway still"
    assert compare_with_gateway("bank") == []


def test_it_may_come_back_and_be_sent_anew_with_two_again(failed, account, bank, treasurer, second):
    new = by_bank(failed, treasurer)
    for user in (treasurer, second):
        approve_refund(refund_id=new.pk, by=actor(user), at=NOW)
    send_refund(refund_id=new.pk, at=NOW)
    handed_over(treasurer)
    bank.says(left(PRICE))
    bank.says(came_back(PRICE))
    assert (state_of(new), bank_minor()) == (SendState.RETURNED, 0)
    again = retry_refund(refund_id=new.pk, by=actor(treasurer), at=NOW)
    assert (again.gateway, again.approvals_needed) == ("bank", 2)


def test_twice_is_once(failed, account, treasurer, second):
    new = by_bank(failed, treasurer)
    books = Books()
    assert by_bank(failed, second).pk == new.pk
    assert books.unchanged() and Refund.objects.count() == 2


def test_declined_it_stays_due(failed, account, treasurer):
    new = by_bank(failed, treasurer)
    decline_refund(refund_id=new.pk, why="Ask the buyer first.", by=actor(treasurer), at=NOW)
    assert balances(failed.escrow)["refund_due"] == PRICE
    assert Alarm.objects.filter(kind="refund_overdue", cleared_at__isnull=True).get().subject_id == new.pk


@pytest.mark.parametrize("who", ["seller_owner", "buyer_owner", "arbiter", "verifier"])
def test_nobody_else_sends_it(request, failed, account, who, platform):
    books = Books()
    for by in (actor(request.getfixturevalue(who)), platform):
        with pytest.raises(NotAllowed):
            refund_by_bank(refund_id=failed.pk, why="Mine.", by=by, at=NOW)
    assert books.unchanged()


def test_a_reason_is_asked_for_and_an_account_in_the_buyers_name(failed, treasurer, buyer_owner, verifier):
    with pytest.raises(Invalid):
        by_bank(failed, treasurer, why=" ")
    account_of(buyer_owner, verifier, number="55554444", holder="Another Name Ltd")
    with pytest.raises(NoAccountOfPayer):
        by_bank(failed, treasurer)
    assert Refund.objects.count() == 1


def test_not_where_it_did_not_fail_was_replaced_or_the_bank_has_no_account(failed, account, treasurer, settings):
    settings.BANK_ACCOUNTS = {}
    with pytest.raises(NotByBank):
        by_bank(failed, treasurer)
    new = retry_refund(refund_id=failed.pk, by=actor(treasurer), at=NOW)
    for refund in (failed, new):
        with pytest.raises(IllegalMove):
            by_bank(refund, treasurer)


def test_not_for_what_went_by_bank_already(refund, bank, treasurer):
    handed_over(treasurer)
    bank.says(left(PRICE))
    bank.says(came_back(PRICE))
    with pytest.raises(NotByBank):
        by_bank(refund, treasurer)
