from functools import partial

import pytest

from core import deadlines
from core.errors import IllegalMove, NotAllowed
from payments.actions.release import refund_rest, release_escrow, release_rest, settle_escrow
from payments.errors import NotEnoughHeld
from payments.models import EscrowState, Refund
from payments.timing import REFUND_OVERDUE
from tests.cast import NOW, actor
from tests.concurrency.racing import locks_before_writing, run_at_once
from tests.payments.steps import Books, balances, state_of, told

pytestmark = pytest.mark.django_db


def settle(escrow, by, payee_minor):
    return settle_escrow(escrow_id=escrow.pk, payee_minor=payee_minor, reason="cancelled", by=by, at=NOW)


def refund(escrow, by):
    return refund_rest(escrow_id=escrow.pk, reason="cancelled", by=by, at=NOW)


def test_divides_what_is_held_in_one_posting(funded_escrow, platform):
    with locks_before_writing():
        settlement = settle(funded_escrow, platform, 100_000)
    assert settlement.release.net_minor == 98_000
    assert [each.amount_minor for each in settlement.refunds] == [150_000]
    assert balances(funded_escrow) == {
        "held": 0,
        "refund_due": 150_000,
        "payable": 98_000,
        "fees": 2_000,
        "clearing": 250_000,
    }
    assert state_of(funded_escrow) == EscrowState.CLOSED


def test_refunds_are_a_row_per_payment_newest_first(funded_escrow, platform):
    refunds = settle(funded_escrow, platform, 50_000).refunds
    assert [(each.payment.instalment.sequence, each.amount_minor) for each in refunds] == [(2, 175_000), (1, 25_000)]
    assert all(deadlines.get(each, REFUND_OVERDUE) for each in refunds)
    assert [each["amount_minor"] for each in told("RefundRequested")] == [175_000, 25_000]


def test_all_to_the_payee_refunds_nothing(funded_escrow, platform):
    settlement = settle(funded_escrow, platform, 250_000)
    assert settlement.refunds == []
    assert balances(funded_escrow)["payable"] == 245_000


@pytest.mark.parametrize("payee_minor", [None, 0, 250_000], ids=["refund", "settle for nothing", "settle for all"])
def test_what_was_released_before_is_no_successful_refund(funded_escrow, platform, payee_minor):
    release_rest(escrow_id=funded_escrow.pk, reason="accepted", sequence=1, by=platform, at=NOW)
    books = Books()
    with pytest.raises(IllegalMove):
        if payee_minor is None:
            refund(funded_escrow, platform)
        else:
            settle(funded_escrow, platform, payee_minor)
    assert books.unchanged()


def test_full_refund_gives_back_the_fee_as_well(funded_escrow, platform):
    refunds = refund(funded_escrow, platform)
    assert sum(each.amount_minor for each in refunds) == 250_000
    assert balances(funded_escrow)["fees"] == 0
    assert state_of(funded_escrow) == EscrowState.CLOSED


def test_what_was_released_before_stays_released(funded_escrow, platform):
    release_escrow(escrow_id=funded_escrow.pk, amount_minor=60_000, reason="stage", sequence=1, by=platform, at=NOW)
    refunds = refund(funded_escrow, platform)
    assert [each.amount_minor for each in refunds] == [175_000, 15_000]
    assert balances(funded_escrow)["payable"] == 58_800


def test_a_repeat_returns_the_first(funded_escrow, platform):
    first = settle(funded_escrow, platform, 100_000)
    books = Books()
    again = settle(funded_escrow, platform, 100_000)
    assert (again.release, again.refunds) == (first.release, first.refunds)
    assert books.unchanged()


def test_another_division_afterwards_is_refused(funded_escrow, platform):
    settle(funded_escrow, platform, 100_000)
    books = Books()
    with pytest.raises(IllegalMove):
        settle(funded_escrow, platform, 100_001)
    assert books.unchanged()


def test_more_than_is_held_is_refused(partly_funded_escrow, platform):
    books = Books()
    with pytest.raises(NotEnoughHeld):
        settle(partly_funded_escrow, platform, 75_001)
    assert books.unchanged()


def test_an_escrow_without_money_closes(escrow, platform):
    assert refund(escrow, platform) == []
    assert state_of(escrow) == EscrowState.CLOSED


def test_the_payee_may_give_back_and_award_itself_nothing(funded_escrow, seller_owner):
    books = Books()
    with pytest.raises(NotAllowed):
        settle(funded_escrow, actor(seller_owner), 1)
    assert books.unchanged()
    refund(funded_escrow, actor(seller_owner))
    assert balances(funded_escrow)["refund_due"] == 250_000


@pytest.mark.parametrize("who", ["stranger", "buyer_viewer", "seller_sales", "arbiter"])
def test_is_refused_to_anyone_without_the_right(request, funded_escrow, who):
    books = Books()
    by = actor(request.getfixturevalue(who))
    for attempt in (partial(settle, funded_escrow, by, 0), partial(refund, funded_escrow, by)):
        with pytest.raises(NotAllowed):
            attempt()
    assert books.unchanged()


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_refunds_are_one(self, funded_escrow, platform):
        run_at_once(partial(refund, funded_escrow, platform), count=2)
        assert sum(each.amount_minor for each in Refund.objects.all()) == 250_000

    def test_release_and_refund_never_both_have_it(self, funded_escrow, platform):
        run_at_once(
            partial(release_rest, escrow_id=funded_escrow.pk, reason="accepted", sequence=1, by=platform, at=NOW),
            partial(refund, funded_escrow, platform),
        )
        after = balances(funded_escrow)
        assert (after["payable"], after["refund_due"]) in ((245_000, 0), (0, 250_000))
