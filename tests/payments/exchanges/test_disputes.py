"""Charge-backs with a real gateway: heard once, in any order, after any kill; the packet goes out once."""

from typing import Any

import pytest

from core import deadlines
from core.errors import NotAllowed
from core.events import run_courier
from core.models import Alarm
from payments import packets
from payments.actions.evidence import EvidenceSentBefore, ask_for_evidence, watch_chargeback
from payments.actions.release import refund_rest
from payments.exchanges.disputes import look_after_chargeback
from payments.models import Chargeback, Refund
from payments.packets import EvidenceFile, EvidencePacket
from payments.queries import money_of
from payments.tasks import look_after_chargebacks, process_gateway_events, send_outgoing_money
from payments.timing import CHARGEBACK_OPEN
from tests.cast import NOW, actor
from tests.payments.exchanges.control import Control
from tests.payments.exchanges.scene import PRICE_MINOR, Deal, ask, catch_up, let_back_off_pass, start
from tests.payments.exchanges.test_webhooks import Sender, event, send

__all__ = ["send"]
PDF = b"%PDF-1.7 signed terms"


@pytest.fixture
def paid(deal: Deal, control: Control) -> Deal:
    """By card."""
    payment = start(deal, method="card")
    control.pay_by_card(payment.gateway_id)
    ask(payment)
    return deal


@pytest.fixture
def packet(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the deal can show."""

    def collect(escrow_id: int, words: str, at: Any) -> EvidencePacket:
        file = EvidenceFile(name="terms.pdf", role="terms", media_type="application/pdf", content=PDF)
        return EvidencePacket(text=f"{words} The goods of escrow {escrow_id} arrived.".strip(), files=(file,))

    monkeypatch.setattr(packets, "_collectors", [collect])


def charge_back(control: Control, deal: Deal, **more: Any) -> str:
    gateway_id = money_of(deal.escrow_id).instalments[0].last_payment.gateway_id
    return str(control.call("POST", "control/disputes", {"payment_id": gateway_id, **more})["id"])


def the_one() -> Chargeback:
    return Chargeback.objects.get()


def hear(mark: int) -> None:
    catch_up(gateway_name="sandbox", since=mark, at=NOW)


def test_a_webhook_is_a_hint_and_the_dispute_is_read(paid: Deal, control: Control, send: Sender) -> None:
    dispute_id = charge_back(control, paid)
    for number in range(2):
        assert send(event(dispute_id, kind="dispute.updated", event_id=f"ev_{number}")) == 200
    assert process_gateway_events() == 2
    assert (the_one().gateway_dispute_id, the_one().amount_minor, the_one().fee_minor) == (
        dispute_id,
        PRICE_MINOR,
        1_500,
    )
    assert money_of(paid.escrow_id).frozen_minor == PRICE_MINOR


def test_a_webhook_that_never_comes_is_caught_up_with(paid: Deal, control: Control, mark: int) -> None:
    charge_back(control, paid)
    hear(mark)
    control.settle(the_one().gateway_dispute_id, "won")
    hear(mark)
    assert the_one().state == "WON"
    assert money_of(paid.escrow_id).held_minor == PRICE_MINOR


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_decided_before_we_heard_of_its_opening(paid: Deal, control: Control, mark: int, outcome: str) -> None:
    control.settle(charge_back(control, paid), outcome)
    hear(mark)
    assert the_one().state == outcome.upper()


def test_the_payment_itself_was_not_heard_of(deal: Deal, control: Control, mark: int) -> None:
    """Paid and charged back while we were away: first the money, then that it is gone."""
    control.pay_by_card(start(deal, method="card").gateway_id)
    charge_back(control, deal)
    hear(mark)
    assert (the_one().held_minor, money_of(deal.escrow_id).frozen_minor) == (PRICE_MINOR, PRICE_MINOR)


def test_a_dispute_of_a_stranger_is_alarmed(control: Control, send: Sender, agreement: None) -> None:
    send(event("sd_nobody", kind="dispute.updated"))
    process_gateway_events()
    assert Alarm.objects.filter(kind="gateway_event_unknown").exists()


def test_the_poll_hears_of_the_verdict(paid: Deal, control: Control, mark: int) -> None:
    charge_back(control, paid)
    hear(mark)
    control.settle(the_one().gateway_dispute_id, "lost")
    assert look_after_chargebacks() == 1
    assert the_one().state == "LOST"
    assert look_after_chargebacks() == 0


def test_a_refund_that_the_gateway_refuses_covers(paid: Deal, control: Control, mark: int) -> None:
    """The bank was faster than our call: whoever the gateway paid first was paid."""
    refund_rest(escrow_id=paid.escrow_id, reason="cancelled", by=paid.payer, at=NOW)
    charge_back(control, paid)
    send_outgoing_money()
    assert Refund.objects.get().failure_code == "charge_disputed"
    hear(mark)
    run_courier()
    assert (Refund.objects.get().state, the_one().refunds_minor) == ("STOPPED", PRICE_MINOR)
    control.settle(the_one().gateway_dispute_id, "lost")


def test_a_refund_that_was_promised_first_is_paid(paid: Deal, control: Control, mark: int) -> None:
    refund_rest(escrow_id=paid.escrow_id, reason="cancelled", by=paid.payer, at=NOW)
    send_outgoing_money()
    with pytest.raises(Exception, match="422"):
        charge_back(control, paid)
    hear(mark)
    assert not Chargeback.objects.exists()


# --- the packet -------------------------------------------------------------------------------------------------------
def said_to_gateway(control: Control) -> dict[str, Any]:
    return dict(control.call("GET", f"disputes/{the_one().gateway_dispute_id}")["evidence"] or {})


@pytest.fixture
def opened(paid: Deal, control: Control, mark: int, packet: None) -> Deal:
    charge_back(control, paid)
    hear(mark)
    return paid


def test_the_packet_goes_out_by_itself_before_the_deadline(opened: Deal, control: Control) -> None:
    look_after_chargebacks()
    assert said_to_gateway(control) == {}, "there is time to add words"
    watch_chargeback(subject_id=the_one().pk, at=deadlines.get(the_one(), CHARGEBACK_OPEN).due_at)
    look_after_chargebacks()
    row, sent = the_one(), said_to_gateway(control)
    assert row.evidence_sent_at is not None
    assert sent["text"] == row.evidence_text == f"The goods of escrow {opened.escrow_id} arrived."
    assert sent["files"] == row.evidence_files
    assert len(row.evidence_sha256) == 64


def test_the_treasurer_sends_it_earlier_with_words(opened: Deal, control: Control, treasurer: Any) -> None:
    ask_for_evidence(chargeback_id=the_one().pk, words="Signed for at the door.", by=actor(treasurer), at=NOW)
    look_after_chargebacks()
    assert said_to_gateway(control)["text"].startswith("Signed for at the door. The goods")
    assert the_one().evidence_asked_by_id == treasurer.pk
    with pytest.raises(EvidenceSentBefore):
        ask_for_evidence(chargeback_id=the_one().pk, words="More", by=actor(treasurer), at=NOW)


def test_nobody_else_sends_it(opened: Deal, arbiter: Any) -> None:
    for by in (opened.payer, actor(arbiter)):
        with pytest.raises(NotAllowed):
            ask_for_evidence(chargeback_id=the_one().pk, words="", by=by, at=NOW)
    assert the_one().evidence_wanted_at is None


@pytest.mark.parametrize("fault", ["timeout_before_effect", "timeout_after_effect", "error_500_after_effect"])
def test_no_answer_is_asked_about_and_sent_once(opened: Deal, control: Control, treasurer: Any, fault: str) -> None:
    ask_for_evidence(chargeback_id=the_one().pk, words="", by=actor(treasurer), at=NOW)
    control.plan("disputes.evidence", fault, seconds=2)
    look_after_chargeback(chargeback_id=the_one().pk, at=NOW)
    assert the_one().evidence_sent_at is None and the_one().evidence_key
    look_after_chargeback(chargeback_id=the_one().pk, at=NOW)
    assert the_one().evidence_sent_at is not None
    assert said_to_gateway(control)["files"] == the_one().evidence_files


def test_a_refused_packet_is_alarmed(opened: Deal, treasurer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ask_for_evidence(chargeback_id=the_one().pk, words="", by=actor(treasurer), at=NOW)
    monkeypatch.setattr(packets, "_collectors", [lambda *_given: EvidencePacket(text="y" * 20_001, files=())])
    look_after_chargeback(chargeback_id=the_one().pk, at=NOW)
    assert (the_one().evidence_refusal, the_one().evidence_wanted_at) == ("invalid_request", None)
    assert Alarm.objects.filter(kind="evidence_not_sent", cleared_at__isnull=True).exists()


class KilledHere(BaseException):
    """As SIGKILL: nothing below hears of it."""


@pytest.mark.parametrize("place", ["dispute_read", "dispute_opened", "evidence_claimed", "evidence_called"])
def test_killed_anywhere_it_is_done_once(
    opened: Deal, control: Control, treasurer: Any, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def die(name: str) -> None:
        if name == place:
            raise KilledHere

    ask_for_evidence(chargeback_id=the_one().pk, words="", by=actor(treasurer), at=NOW)
    with monkeypatch.context() as patch, pytest.raises(KilledHere):
        patch.setattr("payments.exchanges.disputes.reached", die)
        look_after_chargeback(chargeback_id=the_one().pk, at=NOW)
    let_back_off_pass()
    look_after_chargeback(chargeback_id=the_one().pk, at=NOW)
    assert the_one().evidence_sent_at is not None
    assert money_of(opened.escrow_id).frozen_minor == PRICE_MINOR
