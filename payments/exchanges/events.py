"""Webhooks: hints, stored once and answered at once; then the object is read again, and only that is believed."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models

from core import clock
from core.actions import carry_out
from core.alarms import clear_alarms, raise_alarm
from payments.actions.gateway_event import finish_gateway_event, put_off_gateway_event, store_gateway_event
from payments.exchanges.answers import GATEWAY_ANSWER, alarm_about
from payments.exchanges.disputes import follow_dispute
from payments.exchanges.pay import ask_about_payment
from payments.exchanges.payouts import ask_about_payout
from payments.exchanges.refunds import ask_about_refund
from payments.gateways.base import (
    UNCONCERNED,
    Absent,
    BadSignature,
    Gateway,
    GatewayError,
    GatewayPayment,
    GatewayTransfer,
    Unanswered,
)
from payments.gateways.registry import gateway
from payments.models import GatewayEvent, Payment, Payout, Refund

__all__ = ["BadSignature", "follow_object", "process_event", "receive_webhook"]

log = logging.getLogger(__name__)


def receive_webhook(*, gateway_name: str, body: bytes, headers: Mapping[str, str], wall: datetime) -> GatewayEvent:
    """Check the signature and store the event, once. Wall time. Raises BadSignature, and then nothing is stored."""
    event = gateway(gateway_name).read_webhook(body=body, headers=headers, at=wall)
    return carry_out(store_gateway_event, gateway=gateway_name, event_id=event.id, payload=event.payload, wall=wall)


def process_event(*, gateway_event_id: int, at: datetime) -> bool:
    """Read again what the event hints at and record it. False when it was put off, with its reason in the row."""
    event = GatewayEvent.objects.get(pk=gateway_event_id)
    if event.processed_at is not None:
        return True
    try:
        _process(event, at=at)
    except GatewayError as error:
        log.warning("event %s put off: %s", event, error)
        if not isinstance(error, Unanswered):
            alarm_about(event, error)
        carry_out(put_off_gateway_event, gateway_event_id=event.pk, error=f"{type(error).__name__}: {error}")
        return False
    carry_out(finish_gateway_event, gateway_event_id=event.pk, wall=clock.wall())
    clear_alarms(GATEWAY_ANSWER, event._meta.label_lower, event.pk)
    return True


def _process(event: GatewayEvent, *, at: datetime) -> None:
    noun, object_id = str(event.payload["type"]).partition(".")[0], str(event.payload["object_id"])
    if noun == UNCONCERNED:
        return
    if not follow_object(gateway_name=event.gateway, noun=noun, object_id=object_id, at=at):
        raise_alarm("gateway_event_unknown", event._meta.label_lower, event.pk, f"{noun} {object_id} is not ours")


@dataclass(frozen=True)
class Kind:
    """What an event may be about: our rows, the gateway's object, and how ours is brought to what the gateway knows."""

    rows: type[models.Model]
    read: Callable[[Gateway, str], GatewayPayment | GatewayTransfer]
    follow: Callable[..., Any]


KINDS = {
    "payment": Kind(
        Payment,
        lambda client, object_id: client.read_payment(object_id),
        lambda pk, at: ask_about_payment(payment_id=pk, at=at),
    ),
    "payout": Kind(
        Payout,
        lambda client, object_id: client.read_payout(object_id),
        lambda pk, at: ask_about_payout(payout_id=pk, at=at),
    ),
    "refund": Kind(
        Refund,
        lambda client, object_id: client.read_refund(object_id),
        lambda pk, at: ask_about_refund(refund_id=pk, at=at),
    ),
}


def follow_object(*, gateway_name: str, noun: str, object_id: str, at: datetime) -> bool:
    """Bring our payment, payout, refund or charge-back to what the gateway knows; False when it is none of ours.

    Never inside a transaction. Raises Unanswered, WrongAnswer.
    """
    if noun == "dispute":
        return follow_dispute(gateway_name=gateway_name, dispute_id=object_id, at=at)
    kind = KINDS.get(noun)
    our_id = kind and _our_id(kind, gateway_name, object_id)
    if not kind or not our_id:
        return False
    kind.follow(our_id, at)
    return True


def _our_id(kind: Kind, gateway_name: str, object_id: str) -> int | None:
    """By the gateway's id; or, where a claim got no further than the call, by our reference, which the gateway has."""
    ours = kind.rows._default_manager.filter(gateway=gateway_name).values_list("pk", flat=True)
    known = ours.filter(gateway_id=object_id).first()
    if known:
        return int(known)
    try:
        reference = kind.read(gateway(gateway_name), object_id).reference
    except Absent:
        return None
    found = ours.filter(reference=reference).first()
    return int(found) if found else None
