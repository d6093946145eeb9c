"""Hints from gateways: stored once before they are understood, then worked on until they are."""

from datetime import datetime
from typing import Any

from core.actions import action
from core.leases import Lease, doubled
from payments.models import GatewayEvent

MOST_ERROR = 2000


@action
def store_gateway_event(*, gateway: str, event_id: str, payload: dict[str, Any], wall: datetime) -> GatewayEvent:
    """Keep what came in; a twin returns the first. Wall time. No locks."""
    event, _made = GatewayEvent.objects.get_or_create(
        gateway=gateway, event_id=event_id, defaults={"payload": payload, "received_at": wall, "due_at": wall}
    )
    return event


LEASE = Lease(
    table=GatewayEvent._meta.db_table,
    due="processed_at IS NULL AND due_at <= %(wall)s",
    clock="due_at",
    count="attempts",
    put_ahead=doubled("attempts", first="5 s", most="1 h"),
)


@action
def lease_gateway_events(*, wall: datetime, most: int = 100) -> list[int]:
    """The events to work on now, put ahead with back-off (5 s, doubled to an hour). Wall time. One statement."""
    return LEASE.take(wall=wall, most=most)


@action
def finish_gateway_event(*, gateway_event_id: int, wall: datetime) -> None:
    """Understood. Idempotent."""
    GatewayEvent.objects.filter(pk=gateway_event_id, processed_at__isnull=True).update(processed_at=wall)


@action
def put_off_gateway_event(*, gateway_event_id: int, error: str) -> None:
    """Not understood this time: the lease's back-off brings it again. Keeps the words for staff."""
    GatewayEvent.objects.filter(pk=gateway_event_id).update(last_error=error[:MOST_ERROR])
