"""A charge-back at the same moment as a release, a refund, a payout or a second verdict: the money goes one way."""

from functools import partial
from typing import Any

import pytest

from core.actors import platform
from payments.actions.losses import charge_payee
from payments.actions.payout import request_payout
from payments.actions.release import refund_rest, release_rest
from payments.actions.sending import claim_refund
from payments.books import check_books
from payments.models import Chargeback, Payout, Refund
from payments.queries import money_of
from tests.cast import NOW, company_of
from tests.concurrency.racing import locks_before_writing, meeting_before, run_at_once
from tests.payments.chargebacks import charge_back, lose, money, payment_of, win
from tests.payments.conftest import escrow, funded_escrow, partly_funded_escrow
from tests.payments.steps import DEPOSIT, new_escrow, pay, receive, release_all, start
from tests.payments.steps import money as receipt

__all__ = ["escrow", "funded_escrow", "partly_funded_escrow"]

pytestmark = pytest.mark.django_db(transaction=True)


def failures(results: list[Any]) -> list[Exception]:
    return [result for result in results if isinstance(result, Exception)]


def charging_back(escrow):
    return partial(charge_back, payment_of(escrow), dispute_id="sd_race")


def test_two_hearings_of_one_charge_back_are_one(funded_escrow):
    first, second = run_at_once(charging_back(funded_escrow), count=2)
    assert first.pk == second.pk
    assert money(funded_escrow)["frozen"] == DEPOSIT
    with locks_before_writing():
        win(Chargeback.objects.get())


def test_release_and_charge_back(funded_escrow):
    """Whoever is first: what was released is a loss or is not, and nothing is moved twice."""
    release = partial(release_rest, escrow_id=funded_escrow.pk, reason="accepted", sequence=1, by=platform(), at=NOW)
    with meeting_before("payments.actions.release._release", seconds=0.3):
        results = run_at_once(release, charging_back(funded_escrow))
    assert failures(results) == []
    row = Chargeback.objects.get()
    released_minor = results[0].amount_minor
    assert (row.held_minor, released_minor) in ((0, 250_000), (DEPOSIT, 175_000))
    assert check_books() == []


@pytest.mark.parametrize("method", ["card", "wire"])
def test_release_and_charge_back_of_what_another_payment_needs(funded_escrow, buyer_owner, method):
    """The deposit was paid anew in part: its rest is taken back before the release, or is a loss after it."""
    first, part = payment_of(funded_escrow), 20_000
    lose(charge_back(first, part))
    pay(funded_escrow, buyer_owner, method=method)
    release = partial(release_rest, escrow_id=funded_escrow.pk, reason="accepted", sequence=1, by=platform(), at=NOW)
    taking = partial(charge_back, first, DEPOSIT - part, dispute_id="sd_rest")
    results = run_at_once(release, taking, taking)
    assert failures(results) == [] and results[1].pk == results[2].pk
    funded_escrow.refresh_from_db()
    found = (results[0].amount_minor, results[1].held_minor, funded_escrow.state)
    assert found in ((250_000, 0, "CLOSED"), (195_000, 55_000, "PARTLY_FUNDED"))
    assert check_books() == []


def test_money_and_the_charge_back_of_what_it_needs(funded_escrow, buyer_owner):
    """Whoever is first, the open attempt brings its part, and what is missing is the rest."""
    first, part = payment_of(funded_escrow), 20_000
    lose(charge_back(first, part))
    live, came = start(funded_escrow, buyer_owner), receipt(part)
    taking = partial(charge_back, first, DEPOSIT - part, dispute_id="sd_rest")
    results = run_at_once(partial(receive, live, came, status="succeeded"), taking)
    assert failures(results) == []
    live.refresh_from_db()
    assert (live.state, money_of(funded_escrow.pk).instalments[0].missing_minor) == ("KEPT", DEPOSIT - part)
    assert money(funded_escrow)["held"] == 175_000 + part and check_books() == []


def test_refund_and_charge_back_never_both_pay(funded_escrow):
    """Claimed first, the refund goes on and the charge-back waits for it; opened first, the refund is stopped."""
    refund_rest(escrow_id=funded_escrow.pk, reason="cancelled", by=platform(), at=NOW)
    refund = Refund.objects.get(amount_minor=DEPOSIT)
    claim = partial(claim_refund, refund_id=refund.pk, by=platform(), at=NOW)
    results = run_at_once(claim, charging_back(funded_escrow))
    assert failures(results) == []
    row = Chargeback.objects.get()
    refund.refresh_from_db()
    assert (refund.state, row.refunds_minor) in (("SENDING", 0), ("STOPPED", DEPOSIT))
    assert (lose(row).state == "LOST") == (refund.state == "STOPPED")
    assert check_books() == []


def test_payout_and_charge_back(funded_escrow, seller_owner):
    """What is payable goes out; the charge-back of what was released touches none of it."""
    release_all(funded_escrow)
    paying = partial(request_payout, company_id=company_of(seller_owner).pk, currency="USD", by=platform(), at=NOW)
    results = run_at_once(paying, charging_back(funded_escrow))
    assert failures(results) == []
    assert Payout.objects.get().amount_minor == 245_000
    assert Chargeback.objects.get().uncovered_minor == DEPOSIT
    assert check_books() == []


def test_won_and_lost_at_once_is_one_verdict(funded_escrow):
    row = charge_back(payment_of(funded_escrow))
    run_at_once(partial(win, row), partial(lose, row))
    row.refresh_from_db()
    assert row.state in ("WON", "LOST")
    assert check_books() == []


def test_two_releases_repay_a_debt_once(funded_escrow, buyer_owner, seller_owner):
    release_all(funded_escrow)
    charge_payee(chargeback_id=lose(charge_back(payment_of(funded_escrow))).pk, by=platform(), at=NOW)
    others = [new_escrow(buyer_owner, seller_owner, amounts=[50_000]) for _number in range(2)]
    for other in others:
        pay(other, buyer_owner)
    releases = [
        partial(release_rest, escrow_id=other.pk, reason="accepted", sequence=1, by=platform(), at=NOW)
        for other in others
    ]
    with meeting_before("payments.actions.release._debt_minor", seconds=0.3):
        results = run_at_once(*releases)
    assert failures(results) == []
    assert sorted(release.repaid_minor for release in results) == [26_000, 49_000]
    assert "receivable" not in money(funded_escrow)
    assert check_books() == []
