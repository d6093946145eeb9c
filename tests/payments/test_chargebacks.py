"""What payers' banks take back: frozen, covered, given back, or lost; to the cent, in any order."""

from datetime import timedelta
from functools import partial

import pytest

from core import deadlines
from core.errors import IllegalMove, NotAllowed
from core.models import Alarm
from payments.actions.chargebacks import TakenBack, cover_chargeback, open_chargeback
from payments.actions.evidence import watch_chargeback
from payments.actions.funding import stop_funding
from payments.actions.losses import bear_loss, charge_payee
from payments.actions.payout import request_payout
from payments.actions.release import refund_rest, release_and_stop, release_escrow, release_rest, settle_escrow
from payments.actions.sending import claim_refund, record_refund_failed, record_refund_paid
from payments.errors import AlreadySecured
from payments.models import Payment, Refund, Release
from payments.queries import funding_certificate, money_of
from payments.timing import CHARGEBACK_OPEN
from tests.cast import NOW, actor
from tests.payments.chargebacks import FEE, charge_back, lose, money, payment_of, refund_states, win
from tests.payments.steps import (
    BALANCE,
    DEPOSIT,
    Books,
    instalment_of,
    new_escrow,
    pay,
    receive,
    release_all,
    sent_refund,
    start,
    state_of,
    told,
)
from tests.payments.steps import money as receipt

pytestmark = pytest.mark.django_db
WHOLE = DEPOSIT + BALANCE


# --- opened -----------------------------------------------------------------------------------------------------------
def test_what_is_left_is_frozen_and_the_instalment_is_due_again(funded_escrow):
    row = charge_back(payment_of(funded_escrow))
    assert money(funded_escrow) == {
        "held": BALANCE, "frozen": DEPOSIT, "chargeback": DEPOSIT, "costs": FEE, "clearing": BALANCE - FEE
    }  # fmt: skip
    assert (state_of(funded_escrow), state_of(payment_of(funded_escrow))) == ("PARTLY_FUNDED", "CHARGEBACK_OPEN")
    shown = money_of(funded_escrow.pk)
    assert (shown.frozen_minor, shown.held_minor, shown.due_minor) == (DEPOSIT, BALANCE, DEPOSIT)
    assert [each.state for each in shown.instalments] == ["LOST", "SECURED"]
    assert shown.next_to_pay is not None and shown.next_to_pay.sequence == 1
    assert told("InstalmentLost")[-1]["sequence"] == 1
    assert told("ChargebackOpened")[-1]["frozen_minor"] == DEPOSIT
    assert Alarm.objects.filter(kind=CHARGEBACK_OPEN, subject_id=row.pk, cleared_at__isnull=True).exists()
    assert deadlines.get(row, CHARGEBACK_OPEN).due_at == NOW + timedelta(days=2)
    assert funding_certificate(funded_escrow.pk).secured_minor == BALANCE


def test_opened_twice_is_once(funded_escrow):
    first = charge_back(payment_of(funded_escrow), dispute_id="sd_same")
    books = Books()
    assert charge_back(payment_of(funded_escrow), dispute_id="sd_same").pk == first.pk
    assert books.unchanged()


@pytest.mark.parametrize(("currency", "amount"), [("VND", 55_000_001), ("USD", 12_345), ("KWD", 1_234_567)])
def test_in_every_number_of_digits(buyer_owner, seller_owner, currency, amount):
    escrow = new_escrow(buyer_owner, seller_owner, amounts=[amount], currency=currency)
    row = charge_back(pay(escrow, buyer_owner), amount - 1)
    assert money(escrow) == {
        "held": 1, "frozen": amount - 1, "chargeback": amount - 1, "costs": FEE, "clearing": 1 - FEE
    }  # fmt: skip
    assert money_of(escrow.pk).due_minor == amount - 1, "only what was taken back is due again"
    lose(row)
    assert money(escrow) == {"held": 1, "costs": FEE, "clearing": 1 - FEE}
    assert state_of(payment_of(escrow)) == "CHARGED_BACK"


@pytest.mark.parametrize("who", ["seller_owner", "buyer_owner", "treasurer"])
def test_nobody_opens_or_decides_one_by_hand(request, funded_escrow, who):
    by = actor(request.getfixturevalue(who))
    row = charge_back(payment_of(funded_escrow))
    books = Books()
    taken = TakenBack(dispute_id="sd_x", amount_minor=1, reason="", fee_minor=0, evidence_due_at=None)
    for act in (
        partial(open_chargeback, payment_id=row.payment_id, taken=taken),
        partial(cover_chargeback, chargeback_id=row.pk),
        partial(bear_loss, chargeback_id=row.pk),
        partial(charge_payee, chargeback_id=row.pk),
    ):
        with pytest.raises(NotAllowed):
            act(by=by, at=NOW)
    assert books.unchanged()


# --- won --------------------------------------------------------------------------------------------------------------
def test_won_is_held_and_secured_again(funded_escrow):
    row = win(charge_back(payment_of(funded_escrow)), at=NOW + timedelta(days=20))
    assert money(funded_escrow) == {"held": WHOLE, "costs": FEE, "clearing": WHOLE - FEE}
    assert (state_of(funded_escrow), state_of(payment_of(funded_escrow))) == ("FUNDED", "SECURED")
    assert told("InstalmentSecured")[-1]["sequence"] == 1
    assert deadlines.live_of(row) == []
    assert not Alarm.objects.filter(kind=CHARGEBACK_OPEN, cleared_at__isnull=True).exists()
    books = Books()
    win(row)
    assert books.unchanged()


def test_won_after_it_was_paid_anew_goes_back(funded_escrow, buyer_owner, platform):
    row = charge_back(payment_of(funded_escrow))
    pay(funded_escrow, buyer_owner)
    assert state_of(funded_escrow) == "FUNDED"
    win(row)
    assert money(funded_escrow) == {
        "held": WHOLE, "refund_due": DEPOSIT, "costs": FEE, "clearing": WHOLE + DEPOSIT - FEE
    }  # fmt: skip
    assert refund_states(funded_escrow) == [("REQUESTED", DEPOSIT)]
    assert state_of(row.payment) == "CHARGED_BACK"
    refund = Refund.objects.get(escrow=funded_escrow)
    assert claim_refund(refund_id=refund.pk, by=platform, at=NOW) is not None


def test_won_while_it_is_being_paid_anew_ends_that_attempt(funded_escrow, buyer_owner):
    row = charge_back(payment_of(funded_escrow))
    anew = receive(start(funded_escrow, buyer_owner, method="wire"), receipt(10_000))
    win(row)
    anew.refresh_from_db()
    assert anew.cancel_asked_at is not None
    assert refund_states(funded_escrow) == [("REQUESTED", 10_000)]
    receive(anew, receipt(65_000), status="succeeded")
    assert state_of(anew) == "ABANDONED"
    assert refund_states(funded_escrow) == [("REQUESTED", 10_000), ("REQUESTED", 65_000)]
    assert money(funded_escrow)["held"] == WHOLE
    assert [each.state for each in money_of(funded_escrow.pk).instalments] == ["SECURED", "SECURED"]


def test_one_of_two_won(funded_escrow):
    payment = payment_of(funded_escrow)
    first, second = charge_back(payment, 20_000), charge_back(payment, 30_000)
    win(first)
    assert state_of(payment) == "CHARGEBACK_OPEN"
    lose(second)
    assert state_of(payment) == "CHARGED_BACK"
    assert money(funded_escrow)["held"] == WHOLE - 30_000
    assert money_of(funded_escrow.pk).due_minor == 30_000


# --- lost -------------------------------------------------------------------------------------------------------------
def test_lost_is_covered_by_what_was_frozen(funded_escrow):
    row = lose(charge_back(payment_of(funded_escrow)))
    assert money(funded_escrow) == {"held": BALANCE, "costs": FEE, "clearing": BALANCE - FEE}
    assert (row.state, row.loss_minor) == ("LOST", 0)
    assert state_of(payment_of(funded_escrow)) == "CHARGED_BACK"
    books = Books()
    lose(row)
    assert books.unchanged()


def test_the_instalment_can_be_paid_anew(funded_escrow, buyer_owner):
    lose(charge_back(payment_of(funded_escrow), 25_000))
    anew = pay(funded_escrow, buyer_owner)
    assert anew.amount_minor == 25_000, "only what was taken back"
    assert state_of(funded_escrow) == "FUNDED"
    assert money(funded_escrow)["held"] == WHOLE
    release_all(funded_escrow)
    assert state_of(funded_escrow) == "CLOSED"


@pytest.mark.parametrize(("first", "second"), [(win, lose), (lose, win)])
def test_a_second_verdict_is_alarmed_and_books_nothing(funded_escrow, first, second):
    row = first(charge_back(payment_of(funded_escrow)))
    books = Books()
    second(row)
    assert books.unchanged()
    assert Alarm.objects.get(kind="chargeback_contradicts").subject_id == row.pk


# --- after the money was released -------------------------------------------------------------------------------------
@pytest.fixture
def released_lost(funded_escrow):
    """All was released, then the deposit was charged back and lost."""
    release_all(funded_escrow)
    return lose(charge_back(payment_of(funded_escrow)))


def test_what_was_released_is_the_platforms_loss(released_lost, platform):
    escrow = released_lost.escrow
    assert money(escrow) == {
        "payable": 245_000, "fees": 5_000, "losses": DEPOSIT, "costs": FEE, "clearing": BALANCE - FEE
    }  # fmt: skip
    assert state_of(escrow) == "CLOSED"
    books = Books()
    row = bear_loss(chargeback_id=released_lost.pk, by=platform, at=NOW)
    assert (row.bearer, row.charged_minor) == ("platform", 0)
    assert books.unchanged()
    with pytest.raises(IllegalMove):
        charge_payee(chargeback_id=released_lost.pk, by=platform, at=NOW)


def test_or_the_payees_debt_which_its_next_money_repays(released_lost, platform, buyer_owner, seller_owner):
    escrow = released_lost.escrow
    for _twice in range(2):
        row = charge_payee(chargeback_id=released_lost.pk, by=platform, at=NOW)
    assert (row.bearer, row.charged_minor) == ("payee", DEPOSIT)
    assert money(escrow)["receivable"] == DEPOSIT and "losses" not in money(escrow)
    assert request_payout(company_id=escrow.payee_id, currency="USD", by=platform, at=NOW).amount_minor == 245_000

    small = new_escrow(buyer_owner, seller_owner, amounts=[50_000])
    pay(small, buyer_owner)
    release_all(small)
    release = Release.objects.get(escrow=small)
    assert (release.fee_minor, release.repaid_minor, release.net_minor) == (1_000, 49_000, 0)
    assert request_payout(company_id=escrow.payee_id, currency="USD", by=platform, at=NOW) is None
    large = new_escrow(buyer_owner, seller_owner, amounts=[100_000])
    pay(large, buyer_owner)
    release_all(large)
    assert money(large)["payable"] == 98_000 - 26_000 and "receivable" not in money(large)
    assert money_of(large.pk).net_minor == 72_000
    assert request_payout(company_id=escrow.payee_id, currency="USD", by=platform, at=NOW).amount_minor == 72_000


def test_the_payee_owes_no_more_than_it_got(funded_escrow, platform):
    release_escrow(escrow_id=funded_escrow.pk, amount_minor=200_000, reason="stage", sequence=1, by=platform, at=NOW)
    row = lose(charge_back(payment_of(funded_escrow, 2)))
    assert (row.held_minor, row.loss_minor) == (50_000, 125_000)
    assert charge_payee(chargeback_id=row.pk, by=platform, at=NOW).charged_minor == 125_000


@pytest.mark.parametrize("verb", [bear_loss, charge_payee])
def test_nobody_bears_what_is_not_lost(funded_escrow, platform, verb):
    row = charge_back(payment_of(funded_escrow))
    with pytest.raises(IllegalMove):
        verb(chargeback_id=row.pk, by=platform, at=NOW)


def test_won_after_release_leaves_the_release_alone(funded_escrow):
    release_all(funded_escrow)
    win(charge_back(payment_of(funded_escrow)))
    assert money(funded_escrow) == {"payable": 245_000, "fees": 5_000, "costs": FEE, "clearing": WHOLE - FEE}
    assert state_of(payment_of(funded_escrow)) == "SECURED"


# --- refunds ----------------------------------------------------------------------------------------------------------
@pytest.fixture
def refunding(funded_escrow, platform):
    """All is to go back; nothing was sent."""
    refund_rest(escrow_id=funded_escrow.pk, reason="cancelled", by=platform, at=NOW)
    return funded_escrow


def test_a_refund_that_nobody_sent_is_stopped_and_covers(refunding, platform):
    row = charge_back(payment_of(refunding))
    assert (row.held_minor, row.refunds_minor) == (0, DEPOSIT)
    assert refund_states(refunding) == [("REQUESTED", BALANCE), ("STOPPED", DEPOSIT)]
    assert money(refunding) == {
        "refund_due": BALANCE, "frozen": DEPOSIT, "chargeback": DEPOSIT, "costs": FEE, "clearing": BALANCE - FEE
    }  # fmt: skip
    stopped = Refund.objects.get(escrow=refunding, state="STOPPED")
    assert claim_refund(refund_id=stopped.pk, by=platform, at=NOW) is None
    assert deadlines.live_of(stopped) == []
    lose(row)
    assert money(refunding) == {"refund_due": BALANCE, "costs": FEE, "clearing": BALANCE - FEE}


def test_what_was_stopped_is_owed_again_when_it_is_won(refunding):
    win(charge_back(payment_of(refunding)))
    assert refund_states(refunding) == [("REQUESTED", BALANCE), ("STOPPED", DEPOSIT), ("REQUESTED", DEPOSIT)]
    assert money(refunding) == {"refund_due": WHOLE, "costs": FEE, "clearing": WHOLE - FEE}


def test_of_a_larger_refund_the_rest_waits_for_the_end(refunding, platform):
    row = charge_back(payment_of(refunding), 50_000)
    assert refund_states(refunding) == [("REQUESTED", BALANCE), ("STOPPED", DEPOSIT), ("REQUESTED", 25_000)]
    rest = Refund.objects.get(escrow=refunding, amount_minor=25_000)
    assert claim_refund(refund_id=rest.pk, by=platform, at=NOW) is None, "the gateway would refuse it"
    lose(row)
    assert claim_refund(refund_id=rest.pk, by=platform, at=NOW) is not None


def test_the_refund_was_first(refunding, platform):
    """It was paid: the gateway has nothing of it left that a bank could take, but for what was released."""
    refund = Refund.objects.get(escrow=refunding, amount_minor=DEPOSIT)
    record_refund_paid(refund_id=sent_refund(refund).pk, by=platform, at=NOW)
    row = charge_back(payment_of(refunding), 1)
    assert (row.held_minor, row.refunds_minor, row.uncovered_minor) == (0, 0, 1)
    lose(row)
    assert money(refunding)["losses"] == 1, "a gateway that pays both is at fault: seen as a loss"
    assert charge_payee(chargeback_id=row.pk, by=platform, at=NOW).charged_minor == 0, "the payee got nothing"


def test_a_refund_on_its_way_is_waited_for(refunding, platform):
    refund = sent_refund(Refund.objects.get(escrow=refunding, amount_minor=DEPOSIT))
    row = charge_back(payment_of(refunding))
    assert (row.frozen_minor, row.uncovered_minor) == (0, DEPOSIT)
    assert lose(row).state == "OPEN", "nobody knows yet whom the gateway paid"
    record_refund_failed(refund_id=refund.pk, failure_code="charge_disputed", by=platform, at=NOW)
    row = cover_chargeback(chargeback_id=row.pk, by=platform, at=NOW)
    assert (row.refunds_minor, state_of(refund)) == (DEPOSIT, "STOPPED")
    assert not Alarm.objects.filter(kind="refund_overdue", cleared_at__isnull=True).exists()
    assert lose(row).loss_minor == 0
    assert money(refunding) == {"refund_due": BALANCE, "costs": FEE, "clearing": BALANCE - FEE}


# --- the end of the deal while money is frozen ------------------------------------------------------------------------
def test_a_settled_escrow_stays_open_until_the_bank_has_decided(funded_escrow, platform):
    row = charge_back(payment_of(funded_escrow))
    settle = partial(settle_escrow, escrow_id=funded_escrow.pk, payee_minor=100_000, by=platform, at=NOW)
    for _twice in range(2):
        settlement = settle(reason="cancelled")
    assert settlement.release.amount_minor == 100_000
    assert money(funded_escrow) | {"clearing": 0, "costs": 0} == {
        "payable": 98_000, "fees": 2_000, "refund_due": 75_000, "frozen": DEPOSIT, "chargeback": DEPOSIT,
        "clearing": 0, "costs": 0,
    }  # fmt: skip
    assert state_of(funded_escrow) == "PARTLY_FUNDED"
    lose(row)
    assert state_of(funded_escrow) == "CLOSED"


def test_what_is_won_later_is_divided_by_another_call(funded_escrow, platform):
    row = charge_back(payment_of(funded_escrow))
    release_and_stop(escrow_id=funded_escrow.pk, reason="accepted", by=platform, at=NOW)
    release_and_stop(escrow_id=funded_escrow.pk, reason="accepted", by=platform, at=NOW)
    assert money(funded_escrow)["payable"] == BALANCE - 3_500
    win(row)
    assert (state_of(funded_escrow), money(funded_escrow)["held"]) == ("FUNDED", DEPOSIT)
    release_rest(escrow_id=funded_escrow.pk, reason="dispute_won", sequence=1, by=platform, at=NOW)
    assert (state_of(funded_escrow), money(funded_escrow)["payable"]) == ("CLOSED", 245_000)


def test_release_and_stop_of_nothing_stops(buyer_owner, seller_owner, platform):
    escrow = new_escrow(buyer_owner, seller_owner, amounts=[DEPOSIT])
    row = charge_back(pay(escrow, buyer_owner))
    assert release_and_stop(escrow_id=escrow.pk, reason="accepted", by=platform, at=NOW).release is None
    assert state_of(escrow) == "PARTLY_FUNDED"
    lose(row)
    assert state_of(escrow) == "CLOSED"


def test_funding_stops_when_nothing_is_secured_any_more(escrow, buyer_owner, platform):
    row = charge_back(pay(escrow, buyer_owner), 50_000)
    stop_funding(escrow_id=escrow.pk, reason="expired", by=platform, at=NOW)
    assert refund_states(escrow) == [("REQUESTED", 25_000)], "what the bank left of it"
    assert state_of(escrow) == "PARTLY_FUNDED", "the rest is frozen"
    lose(row)
    assert state_of(escrow) == "CLOSED"


def test_funding_does_not_stop_while_another_instalment_is_secured(funded_escrow, platform):
    charge_back(payment_of(funded_escrow))
    with pytest.raises(AlreadySecured):
        stop_funding(escrow_id=funded_escrow.pk, reason="expired", by=platform, at=NOW)


# --- the clock --------------------------------------------------------------------------------------------------------
def test_the_clock_sends_the_packet_then_alarms_day_by_day(funded_escrow):
    row = charge_back(payment_of(funded_escrow))
    due = deadlines.get(row, CHARGEBACK_OPEN).due_at
    watch_chargeback(subject_id=row.pk, at=due)
    row.refresh_from_db()
    assert row.evidence_wanted_at == due
    watch_chargeback(subject_id=row.pk, at=deadlines.get(row, CHARGEBACK_OPEN).due_at)
    assert Alarm.objects.filter(kind="evidence_not_sent", cleared_at__isnull=True).exists()
    win(row)
    assert not Alarm.objects.filter(kind="evidence_not_sent", cleared_at__isnull=True).exists()
    watch_chargeback(subject_id=row.pk, at=due)
    assert deadlines.live_of(row) == []


def test_a_surplus_that_was_to_go_back_covers_first(escrow, buyer_owner):
    """What the instalment needs is still there: nothing is lost to it."""
    payment = start(escrow, buyer_owner)
    receive(payment, receipt(DEPOSIT), status="succeeded")
    receive(Payment.objects.get(pk=payment.pk), receipt(5_000), status="succeeded")
    row = charge_back(Payment.objects.get(pk=payment.pk), 5_000)
    assert (row.refunds_minor, row.held_minor) == (5_000, 0)
    assert (state_of(payment), instalment_of(escrow).secured_at is not None) == ("SECURED", True)
    win(row)
    assert refund_states(escrow) == [("STOPPED", 5_000), ("REQUESTED", 5_000)]
