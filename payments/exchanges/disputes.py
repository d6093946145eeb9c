"""Charge-backs: the gateway is read again, and what it says is recorded; the packet of evidence goes out once."""

import logging
from datetime import datetime
from typing import Any

from core.actions import carry_out
from core.actors import platform
from core.alarms import clear_alarms, raise_alarm
from core.money import format_money
from payments import packets
from payments.actions.chargeback_verdicts import record_chargeback_lost, record_chargeback_won
from payments.actions.chargebacks import TakenBack, cover_chargeback, open_chargeback
from payments.actions.evidence import claim_evidence, record_evidence_refused, record_evidence_sent
from payments.exchanges.answers import WrongAnswer, alarm_about
from payments.exchanges.checkpoints import reached
from payments.exchanges.pay import ask_about_payment
from payments.gateways.base import Absent, GatewayDispute, Rejected, Unanswered
from payments.gateways.registry import gateway
from payments.models import Chargeback, ChargebackState, Payment

log = logging.getLogger(__name__)

GATEWAY = platform("gateway")
INQUIRY = "chargeback_inquiry"


def follow_dispute(*, gateway_name: str, dispute_id: str, at: datetime) -> bool:
    """Record what the gateway knows of a dispute, from its opening on; False when its payment is none of ours.

    A payment whose money we have not heard of is asked about first. An inquiry took no money: nothing is booked, and
    staff are alarmed until it ends or becomes a charge-back. Never inside a transaction. Raises Unanswered,
    WrongAnswer.
    """
    try:
        seen = gateway(gateway_name).read_dispute(dispute_id)
    except Absent:
        return False
    payment = Payment.objects.select_related("escrow").filter(gateway=gateway_name, gateway_id=seen.payment_id).first()
    if payment is None:
        return False
    if payment.is_live:
        ask_about_payment(payment_id=payment.pk, at=at)
    if seen.status == "inquiry":
        _tell_inquiry(payment, seen)
        return True
    clear_alarms(INQUIRY, payment._meta.label_lower, payment.pk)
    if seen.status != "inquiry_closed":
        _record(payment, seen, at=at)
    return True


def _tell_inquiry(payment: Payment, seen: GatewayDispute) -> None:
    """Unanswered it may become a charge-back. Accepting or paying out goes on: no money was taken."""
    due = f"{seen.evidence_due_at:%Y-%m-%d %H:%M} UTC" if seen.evidence_due_at else "the date the gateway names"
    words = f"{payment} of {payment.escrow.title}: {format_money(seen.amount_minor, seen.currency)}, {seen.reason}"
    raise_alarm(
        INQUIRY, payment._meta.label_lower, payment.pk, f"{words}; answer {seen.id} at the gateway before {due}"
    )


def look_after_chargeback(*, chargeback_id: int, at: datetime) -> None:
    """Bring an open charge-back to what the gateway knows, and send its packet if that is wanted.

    Never inside a transaction. Raises Unanswered, WrongAnswer; then it is asked again later.
    """
    row = Chargeback.objects.select_related("payment__escrow").get(pk=chargeback_id)
    seen = gateway(row.gateway).read_dispute(row.gateway_dispute_id)
    row = _record(row.payment, seen, at=at)
    if row.state == ChargebackState.OPEN and row.evidence_sent_at is None:
        _send_evidence(row, seen, at=at)


def _record(payment: Payment, seen: GatewayDispute, *, at: datetime) -> Chargeback:
    if (seen.payment_id, seen.currency) != (payment.gateway_id, payment.escrow.currency):
        wrong = WrongAnswer(f"dispute {seen.id} is about {seen.payment_id} in {seen.currency}")
        alarm_about(payment, wrong)
        raise wrong
    taken = TakenBack(
        dispute_id=seen.id,
        amount_minor=seen.amount_minor,
        reason=seen.reason,
        fee_minor=seen.fee_minor,
        evidence_due_at=seen.evidence_due_at,
    )
    reached("dispute_read")
    row = carry_out(open_chargeback, payment_id=payment.pk, taken=taken, by=GATEWAY, at=at)
    reached("dispute_opened")
    row = carry_out(cover_chargeback, chargeback_id=row.pk, by=GATEWAY, at=at)
    verdict = {"won": record_chargeback_won, "lost": record_chargeback_lost}.get(seen.status)
    if verdict is not None:
        row = carry_out(verdict, chargeback_id=row.pk, by=GATEWAY, at=at)
    reached("dispute_recorded")
    return row


def _send_evidence(row: Chargeback, seen: GatewayDispute, *, at: datetime) -> None:
    """Collect, claim with the key, send, note. A packet that the gateway has is only noted: it takes one."""
    by_name: dict[str, Any] = {"chargeback_id": row.pk, "by": GATEWAY, "at": at}
    if seen.has_evidence:
        carry_out(record_evidence_sent, **by_name)
        return
    if row.evidence_wanted_at is None:
        return
    packet = packets.collect(escrow_id=row.escrow_id, words=row.evidence_words, at=at)
    said: dict[str, Any] = {"text": packet.text, "files": packet.manifest(), "sha256": packet.sha256}
    claimed = carry_out(claim_evidence, **said, **by_name)
    if claimed is None:
        return
    reached("evidence_claimed")
    try:
        gateway(row.gateway).submit_evidence(key=claimed.evidence_key, dispute_id=row.gateway_dispute_id, packet=packet)
    except Rejected as refusal:
        alarm_about(row, refusal)
        carry_out(record_evidence_refused, code=refusal.code, **by_name)
        return
    except Unanswered as error:
        log.warning("evidence for %s: no answer yet: %s", row, error)
        return
    reached("evidence_called")
    carry_out(record_evidence_sent, **by_name)
