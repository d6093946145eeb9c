"""Wires that the bank took back while money was about to leave: no file pays it back, too, and nothing is released."""

from functools import partial

import pytest

from core.errors import Busy
from core.events import run_courier
from payments.actions.bank_orders import HoldsTakenBack, note_downloaded, reject_batch
from payments.actions.payment import ask_to_cancel_payment
from payments.actions.refunds import PayerHasIt, refund_by_bank, retry_refund
from payments.actions.release import refund_rest, release_and_stop, release_rest, settle_escrow
from payments.actions.wire import declare_wire
from payments.errors import TakenBackNow, WireCounts
from payments.exchanges.refunds import send_refund
from payments.models import BankBatch, Chargeback, Refund, SuspenseItem
from payments.tasks import look_after_chargebacks
from tests.cast import NOW, actor
from tests.payments.bank.files import Row
from tests.payments.bank.recalls import decided, money, sure, taken_back
from tests.payments.bank.steps import follow_hints
from tests.payments.bank.transfers import PRICE, batch_by, came_back, handed_over, left, order
from tests.payments.exchanges.scene import let_back_off_pass
from tests.payments.steps import DEPOSIT, Books, state_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ordered(funded, platform):
    """USD 2,500.00 to go back by a transfer that is in no file yet."""
    refund_rest(escrow_id=funded.pk, reason="cancelled", by=platform, at=NOW)
    refund = Refund.objects.get()
    send_refund(refund_id=refund.pk, at=NOW)
    return refund


def recalled(bank, refund, *treasurers):
    bank.says(Row(amount_minor=-PRICE, text="RECALL", mark="RC"))
    decided(SuspenseItem.objects.get(), refund.payment, *treasurers)


def settle_news():
    """What the news of a transfer that failed leads to."""
    follow_hints()
    run_courier()
    let_back_off_pass()
    look_after_chargebacks()


def covered(refund):
    row = Chargeback.objects.get()
    return state_of(refund) == "STOPPED" and (row.state, row.refunds_minor, row.loss_minor) == ("LOST", PRICE, 0)


# --- transfers --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("is_booked", [True, False])
def test_no_file_pays_it_back_as_well(ordered, bank, desk, other, second, is_booked):
    recalled(bank, ordered, desk, other)
    if is_booked:
        follow_hints()
    assert batch_by(second) is None and (order().state, order().failure_code) == ("CANCELLED", "taken_back")
    settle_news()
    assert covered(ordered) and money(ordered.escrow) == {} and sure()


def test_a_file_that_holds_it_is_downloaded_by_nobody_and_rejected_by_two(ordered, bank, desk, other, second):
    batch = batch_by(second)
    recalled(bank, ordered, desk, other)
    with pytest.raises(HoldsTakenBack):
        note_downloaded(batch_id=batch.pk, by=actor(second), at=NOW)
    reject_batch(batch_id=batch.pk, why="its wire was taken back", by=desk, at=NOW)
    assert BankBatch.objects.get().state == "MADE"
    reject_batch(batch_id=batch.pk, why="its wire was taken back", by=other, at=NOW)
    settle_news()
    assert BankBatch.objects.get().state == "REJECTED" and covered(ordered) and sure()


def test_what_comes_back_after_the_loss_is_not_sent_again(ordered, bank, desk, other, second):
    handed_over(second)
    bank.says(left(PRICE, order().end_to_end))
    recalled(bank, ordered, desk, other)
    follow_hints()
    assert Chargeback.objects.get().loss_minor == PRICE
    bank.says(came_back(PRICE))
    follow_hints()
    assert state_of(ordered) == "RETURNED"
    for again in (retry_refund, refund_by_bank):
        with pytest.raises(PayerHasIt):
            again(refund_id=ordered.pk, why="it came back", by=desk, at=NOW)
    assert sure()


# --- releases ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("verb", [release_rest, release_and_stop, settle_escrow, refund_rest])
def test_between_the_word_and_the_booking_nothing_leaves_the_escrow(paid, desk, other, platform, verb):
    more = {release_rest: {"sequence": 1}, settle_escrow: {"payee_minor": 1}}.get(verb, {})
    leave = partial(verb, escrow_id=paid.escrow_id, reason="accepted", by=platform, at=NOW, **more)
    decided(taken_back(), paid, desk, other)
    before = Books()
    with pytest.raises(TakenBackNow) as refused:
        leave()
    assert isinstance(refused.value, Busy) and before.unchanged()
    follow_hints()
    assert Chargeback.objects.get().held_minor == DEPOSIT and sure()


# --- another method ---------------------------------------------------------------------------------------------------
def test_a_wire_that_was_declared_meanwhile_is_not_given_up(waiting, buyer_owner):
    declare_wire(
        escrow_id=waiting.escrow_id,
        declared_on=NOW.date(),
        amount_minor=DEPOSIT,
        bank_reference="FT26062ABC",
        by=actor(buyer_owner),
        at=NOW,
    )
    with pytest.raises(WireCounts):
        ask_to_cancel_payment(payment_id=waiting.pk, unless_it_counts=True, by=actor(buyer_owner), at=NOW)
    waiting.refresh_from_db()
    assert waiting.cancel_asked_at is None
