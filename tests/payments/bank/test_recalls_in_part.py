"""Wires that the bank took back while a refund was on its way, before they were whole, or after the attempt ended."""

import pytest

from core import deadlines
from core.actors import platform as by_platform
from core.models import Alarm
from payments.actions.evidence import NoEvidenceTaken, ask_for_evidence, watch_chargeback
from payments.actions.funding import stop_funding
from payments.actions.release import refund_rest
from payments.actions.sending import claim_refund
from payments.exchanges.refunds import send_refund
from payments.models import Chargeback, GatewayEvent, Refund, SuspenseItem
from payments.queries import money_of
from payments.tasks import look_after_chargebacks
from payments.timing import CHARGEBACK_OPEN
from tests.cast import NOW, actor
from tests.payments.bank.files import Row
from tests.payments.bank.recalls import decided, money, sure, taken_back
from tests.payments.bank.steps import bring, follow_hints, wire
from tests.payments.bank.transfers import PRICE, handed_over, left, order
from tests.payments.exchanges.scene import let_back_off_pass
from tests.payments.steps import DEPOSIT, state_of, told

pytestmark = pytest.mark.django_db


# --- refunds ----------------------------------------------------------------------------------------------------------
@pytest.fixture
def cancelled(funded, platform):
    """USD 2,500.00 by wire, all of it to go back; nothing was sent."""
    refund_rest(escrow_id=funded.pk, reason="cancelled", by=platform, at=NOW)
    return Refund.objects.get()


def test_a_refund_that_nobody_sent_is_stopped_and_covers(cancelled, bank, desk, other):
    bank.says(Row(amount_minor=-PRICE, text="RECALL", mark="RC"))
    decided(SuspenseItem.objects.get(), cancelled.payment, desk, other)
    assert claim_refund(refund_id=cancelled.pk, by=by_platform(), at=NOW) is None, "not even before it is booked"
    follow_hints()
    assert (state_of(cancelled), Chargeback.objects.get().refunds_minor) == ("STOPPED", PRICE)
    assert money(cancelled.escrow) == {} and sure()


def test_a_refund_on_its_way_is_waited_for_and_paid_is_a_loss(cancelled, bank, desk, other, second, treasurer):
    send_refund(refund_id=cancelled.pk, at=NOW)
    handed_over(second)
    bank.says(Row(amount_minor=-PRICE, text="RECALL", mark="RC"))
    decided(SuspenseItem.objects.get(), cancelled.payment, desk, other)
    follow_hints()
    row = Chargeback.objects.get()
    assert (row.state, row.frozen_minor) == ("OPEN", 0)
    with pytest.raises(NoEvidenceTaken):
        ask_for_evidence(chargeback_id=row.pk, words="", by=actor(treasurer), at=NOW)
    watch_chargeback(subject_id=row.pk, at=NOW)
    row.refresh_from_db()
    assert row.evidence_wanted_at is None and deadlines.get(row, CHARGEBACK_OPEN) is not None
    assert sure()

    bank.says(left(PRICE, order().end_to_end))
    let_back_off_pass()
    look_after_chargebacks()
    row.refresh_from_db()
    assert (state_of(cancelled), row.state, row.loss_minor) == ("PAID", "LOST", PRICE)
    assert money(row.escrow) == {"losses": PRICE, "bank": -PRICE} and sure()
    assert not Alarm.objects.filter(kind=CHARGEBACK_OPEN, cleared_at__isnull=True).exists()


def test_a_refund_that_was_paid_is_a_loss_at_once(cancelled, bank, desk, other, second):
    send_refund(refund_id=cancelled.pk, at=NOW)
    handed_over(second)
    bank.says(left(PRICE, order().end_to_end))
    bank.says(Row(amount_minor=-PRICE, text="RECALL", mark="RC"))
    decided(SuspenseItem.objects.get(), cancelled.payment, desk, other)
    follow_hints()
    assert Chargeback.objects.get().loss_minor == PRICE
    assert money(cancelled.escrow) == {"losses": PRICE, "bank": -PRICE} and sure()


# --- before it was whole, and after the attempt had ended -------------------------------------------------------------
@pytest.fixture
def in_part(waiting):
    """USD 300.00 of the deposit came by wire."""
    bring([Row(amount_minor=30_000, text=waiting.bank_details["reference"])])
    waiting.refresh_from_db()
    return waiting


def test_a_part_taken_back_while_the_rest_is_awaited_is_asked_for_again(in_part, escrow, desk, other):
    decided(taken_back(30_000), in_part, desk, other)
    follow_hints()
    assert (state_of(in_part), money(escrow)) == ("PENDING", {})
    assert money_of(escrow.pk).instalments[0].missing_minor == DEPOSIT
    reference = in_part.bank_details["reference"]
    bring([Row(amount_minor=45_000, text=reference)], number=3)
    assert (state_of(in_part), money(escrow)) == ("PENDING", {"held": 45_000, "bank": 45_000})
    assert told("WireShort")[-1]["missing_minor"] == 30_000
    bring([Row(amount_minor=30_000, text=reference)], number=4)
    assert (state_of(in_part), money(escrow)) == ("SECURED", {"held": DEPOSIT, "bank": DEPOSIT})
    assert sure()


def test_its_whole_amount_is_matched_by_amount_and_payer_again(in_part, escrow, desk, other):
    decided(taken_back(30_000), in_part, desk, other)
    follow_hints()
    bring([Row(amount_minor=DEPOSIT, text="thank you")], number=3)
    assert (state_of(in_part), money(escrow)) == ("SECURED", {"held": DEPOSIT, "bank": DEPOSIT})


def test_the_rest_that_came_before_the_news_was_followed_secures_and_is_lost_in_part(in_part, escrow, desk, other):
    decided(taken_back(30_000), in_part, desk, other)
    hint = GatewayEvent.objects.get(event_id__startswith="recall:")
    GatewayEvent.objects.filter(pk=hint.pk).update(processed_at=NOW)
    bring([Row(amount_minor=45_000, text=in_part.bank_details["reference"])], number=3)
    assert state_of(in_part) == "SECURED"
    GatewayEvent.objects.filter(pk=hint.pk).update(processed_at=None)
    follow_hints()
    assert (state_of(in_part), money(escrow)) == ("CHARGED_BACK", {"held": 45_000, "bank": 45_000})
    assert money_of(escrow.pk).due_minor >= 30_000 and sure()


def test_the_rest_is_taken_back_after_the_part_was_wired_anew(paid, escrow, desk, other, buyer_owner):
    """750.00: 200.00 are recalled and wired anew, then the other 550.00 are."""
    decided(taken_back(20_000), paid, desk, other)
    follow_hints()
    anew = wire(escrow, buyer_owner)
    bring([Row(amount_minor=20_000, text=anew.bank_details["reference"])], number=3)
    assert (state_of(anew), money_of(escrow.pk).instalments[0].state) == ("SECURED", "SECURED")
    decided(taken_back(55_000, number=4), paid, desk, other)
    follow_hints()
    shown = money_of(escrow.pk).instalments[0]
    assert (state_of(paid), state_of(anew)) == ("CHARGED_BACK", "KEPT")
    assert (shown.state, shown.missing_minor, money(escrow)) == ("LOST", 55_000, {"held": 20_000, "bank": 20_000})
    last = wire(escrow, buyer_owner)
    bring([Row(amount_minor=55_000, text=last.bank_details["reference"])], number=5)
    assert (state_of(last), money(escrow)) == ("SECURED", {"held": DEPOSIT, "bank": DEPOSIT}) and sure()


def test_what_was_taken_back_does_not_go_back_with_the_rest(in_part, escrow, desk, other, buyer_owner):
    decided(taken_back(10_000), in_part, desk, other)
    follow_hints()
    stop_funding(escrow_id=escrow.pk, reason="cancelled", by=actor(buyer_owner), at=NOW)
    assert list(Refund.objects.values_list("amount_minor", flat=True)) == [20_000]
    assert money(escrow) == {"refund_due": 20_000, "bank": 20_000} and sure()


def test_an_attempt_that_ended_gives_its_refund_for_it(in_part, escrow, desk, other, buyer_owner):
    stop_funding(escrow_id=escrow.pk, reason="cancelled", by=actor(buyer_owner), at=NOW)
    decided(taken_back(30_000), in_part, desk, other)
    follow_hints()
    assert [(each.state, each.amount_minor) for each in Refund.objects.all()] == [("STOPPED", 30_000)]
    assert money(escrow) == {} and sure()
