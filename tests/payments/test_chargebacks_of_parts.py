"""An instalment that two payments made up, since the first was taken back in part: the bank takes the rest as well."""

from functools import partial

import pytest

from core.errors import NotAllowed
from payments.actions.chargebacks import TakenBack, open_chargeback
from payments.actions.funding import stop_funding
from payments.books import check_books
from payments.models import Payment
from payments.queries import money_of
from tests.cast import NOW, actor
from tests.payments.chargebacks import charge_back, lose, money, payment_of, refund_states, win
from tests.payments.steps import (
    BALANCE,
    DEPOSIT,
    Books,
    instalment_of,
    pay,
    receive,
    release_all,
    start,
    state_of,
    told,
)
from tests.payments.steps import money as receipt

pytestmark = pytest.mark.django_db
WHOLE = DEPOSIT + BALANCE
TAKEN, REST = 20_000, 55_000


def first_of(escrow):
    return Payment.objects.filter(escrow=escrow, instalment__sequence=1).earliest("pk")


def missing_minor(escrow):
    return money_of(escrow.pk).instalments[0].missing_minor


@pytest.fixture(params=["card", "wire"])
def parts(request, funded_escrow, buyer_owner):
    """USD 200.00 of the deposit were taken back and paid anew: two payments make it up."""
    lose(charge_back(payment_of(funded_escrow), TAKEN))
    anew = pay(funded_escrow, buyer_owner, method=request.param)
    assert (anew.amount_minor, state_of(funded_escrow)) == (TAKEN, "FUNDED")
    return funded_escrow


# --- the rest is taken back -------------------------------------------------------------------------------------------
def test_the_instalment_is_lost_though_the_newer_payment_is_whole(parts, buyer_owner):
    lost = len(told("InstalmentLost"))
    for _twice in range(2):
        charge_back(first_of(parts), REST, dispute_id="sd_rest")
    assert len(told("InstalmentLost")) == lost + 1
    assert told("InstalmentLost")[-1]["amount_minor"] == REST
    assert instalment_of(parts).secured_at is None and state_of(parts) == "PARTLY_FUNDED"
    assert (state_of(first_of(parts)), state_of(payment_of(parts))) == ("CHARGEBACK_OPEN", "KEPT")
    shown = money_of(parts.pk)
    assert (shown.instalments[0].state, shown.instalments[0].missing_minor) == ("LOST", REST)
    assert (shown.held_minor, shown.frozen_minor) == (BALANCE + TAKEN, REST)
    assert check_books() == []

    anew = pay(parts, buyer_owner)
    assert (anew.amount_minor, state_of(parts), money(parts)["held"]) == (REST, "FUNDED", WHOLE)
    assert check_books() == []
    release_all(parts)
    assert check_books() == []


def test_what_is_kept_goes_back_when_funding_stops(escrow, buyer_owner, platform):
    lose(charge_back(pay(escrow, buyer_owner), TAKEN))
    pay(escrow, buyer_owner)
    lose(charge_back(first_of(escrow), REST))
    stop_funding(escrow_id=escrow.pk, reason="expired", by=platform, at=NOW)
    assert refund_states(escrow) == [("REQUESTED", TAKEN)] and state_of(escrow) == "CLOSED"
    assert check_books() == []


def test_won_both_make_it_up_again(parts):
    row = charge_back(first_of(parts), REST)
    for _twice in range(2):
        win(row)
    assert (state_of(first_of(parts)), state_of(payment_of(parts))) == ("CHARGED_BACK", "SECURED")
    assert (state_of(parts), money(parts)["held"], refund_states(parts)) == ("FUNDED", WHOLE, [])
    assert told("InstalmentSecured")[-1]["amount_minor"] == DEPOSIT
    assert check_books() == []


def test_won_after_the_rest_was_paid_anew_goes_back(parts, buyer_owner):
    row = charge_back(first_of(parts), REST)
    pay(parts, buyer_owner)
    win(row)
    assert refund_states(parts) == [("REQUESTED", REST)] and money(parts)["held"] == WHOLE
    assert check_books() == []


def test_what_is_kept_can_be_taken_back_as_well(parts, buyer_owner):
    lose(charge_back(first_of(parts), REST))
    kept = payment_of(parts)
    row = charge_back(kept)
    assert (state_of(kept), missing_minor(parts)) == ("CHARGEBACK_OPEN", DEPOSIT)
    win(row)
    assert (state_of(kept), missing_minor(parts)) == ("KEPT", REST)
    lose(charge_back(kept))
    assert (state_of(kept), missing_minor(parts)) == ("CHARGED_BACK", DEPOSIT)
    assert pay(parts, buyer_owner).amount_minor == DEPOSIT
    assert state_of(parts) == "FUNDED" and check_books() == []


@pytest.mark.parametrize("first", ["of_old", "of_new"])
def test_both_are_disputed_and_both_won(funded_escrow, buyer_owner, first):
    """Whichever is won last makes it whole; what was paid twice goes back."""
    old = charge_back(payment_of(funded_escrow), TAKEN)
    pay(funded_escrow, buyer_owner)
    new = charge_back(payment_of(funded_escrow), TAKEN)
    rows = (old, new) if first == "of_old" else (new, old)
    for row in rows:
        win(row)
        assert check_books() == []
    assert state_of(funded_escrow) == "FUNDED" and money(funded_escrow)["held"] == WHOLE
    assert refund_states(funded_escrow) == [("REQUESTED", TAKEN)]


def test_two_of_one_payment_won_in_the_order_that_lacks_most(funded_escrow, buyer_owner):
    """The part that was paid anew was paid too much once all is won."""
    part = charge_back(payment_of(funded_escrow), TAKEN)
    anew = pay(funded_escrow, buyer_owner)
    rest = charge_back(first_of(funded_escrow), REST)
    win(part)
    assert missing_minor(funded_escrow) == REST - TAKEN and check_books() == []
    win(rest)
    assert (state_of(anew), state_of(funded_escrow)) == ("SECURED", "FUNDED")
    assert refund_states(funded_escrow) == [("REQUESTED", TAKEN)] and money(funded_escrow)["held"] == WHOLE
    assert check_books() == []


def test_parts_of_both_are_whole_together(funded_escrow, buyer_owner):
    """None of them brings all that it was asked for, and nothing is missing."""
    first = payment_of(funded_escrow)
    lose(charge_back(first, TAKEN))
    more = charge_back(first, 10_000)
    anew = pay(funded_escrow, buyer_owner)
    assert anew.amount_minor == 30_000
    charge_back(anew, 10_000)
    win(more)
    assert (missing_minor(funded_escrow), state_of(funded_escrow)) == (0, "FUNDED")
    assert money(funded_escrow)["held"] == WHOLE and check_books() == []


# --- while it is being paid anew --------------------------------------------------------------------------------------
@pytest.fixture(params=["card", "wire"])
def paying(request, funded_escrow, buyer_owner):
    """USD 200.00 were asked for when the bank took the rest."""
    lose(charge_back(payment_of(funded_escrow), TAKEN))
    live = start(funded_escrow, buyer_owner, method=request.param)
    for _twice in range(2):
        charge_back(first_of(funded_escrow), REST, dispute_id="sd_rest")
    return Payment.objects.get(pk=live.pk)


def test_the_open_attempt_is_to_be_cancelled(paying, buyer_owner):
    escrow = paying.escrow
    assert (paying.amount_minor, paying.cancel_asked_at) == (TAKEN, NOW)
    receive(paying, status="canceled")
    assert pay(escrow, buyer_owner).amount_minor == DEPOSIT
    assert money(escrow)["held"] == WHOLE and check_books() == []


def test_what_it_brings_before_is_kept_and_secures_nothing(paying, buyer_owner):
    escrow, came = paying.escrow, receipt(TAKEN)
    for _twice in range(2):
        receive(paying, came, status="succeeded")
    assert (state_of(paying), refund_states(escrow)) == ("KEPT", [])
    assert instalment_of(escrow).secured_at is None and missing_minor(escrow) == REST
    assert check_books() == []
    assert pay(escrow, buyer_owner).amount_minor == REST
    assert state_of(escrow) == "FUNDED" and check_books() == []


def test_a_wire_of_all_that_is_missing_by_then_counts(funded_escrow, buyer_owner):
    lose(charge_back(payment_of(funded_escrow), TAKEN))
    live = start(funded_escrow, buyer_owner, method="wire")
    lose(charge_back(first_of(funded_escrow), REST))
    receive(live, receipt(DEPOSIT))
    assert (state_of(live), state_of(funded_escrow), refund_states(funded_escrow)) == ("SECURED", "FUNDED", [])
    assert money(funded_escrow)["held"] == WHOLE and check_books() == []


def test_an_attempt_that_asks_too_much_by_then_gives_the_rest_back(funded_escrow, buyer_owner):
    part, _rest = (charge_back(payment_of(funded_escrow), amount) for amount in (TAKEN, REST))
    live = start(funded_escrow, buyer_owner)
    win(part)
    live.refresh_from_db()
    assert live.cancel_asked_at is not None
    receive(live, receipt(DEPOSIT), status="succeeded")
    assert (state_of(live), state_of(funded_escrow)) == ("SECURED", "FUNDED")
    assert refund_states(funded_escrow) == [("REQUESTED", TAKEN)] and money(funded_escrow)["held"] == WHOLE
    assert check_books() == []


def test_money_that_came_in_part_before_it_asked_less(funded_escrow, buyer_owner):
    part, _rest = (charge_back(payment_of(funded_escrow), amount) for amount in (TAKEN, REST))
    live = receive(start(funded_escrow, buyer_owner, method="wire"), receipt(60_000))
    win(part)
    receive(live)
    assert state_of(live) == "SECURED" and refund_states(funded_escrow) == [("REQUESTED", 5_000)]
    assert money(funded_escrow)["held"] == WHOLE and check_books() == []


@pytest.mark.parametrize("who", ["seller_owner", "buyer_owner", "treasurer"])
def test_nobody_takes_the_rest_back_by_hand(request, parts, who):

    books = Books()
    taken = TakenBack(dispute_id="sd_x", amount_minor=REST, reason="", fee_minor=0, evidence_due_at=None)
    act = partial(open_chargeback, payment_id=first_of(parts).pk, taken=taken)
    with pytest.raises(NotAllowed):
        act(by=actor(request.getfixturevalue(who)), at=NOW)
    assert books.unchanged()
