"""Hints from gateways: stored once before they are understood, then worked on until they are."""

from datetime import datetime
from typing import Any

from django.db import connection

from core.actions import action
from payments.models import GatewayEvent

MOST_ERROR = 2000


@action
def store_gateway_event(*, gateway: str, event_id: str, payload: dict[str, Any], wall: datetime) -> GatewayEvent:
    """Keep what came in; a twin returns the first. Wall time. No locks."""
    event, _made = GatewayEvent.objects.get_or_create(
        gateway=gateway, event_id=event_id, defaults={"payload": payload, "received_at": wall, "due_at": wall}
    )
    return event


LEASE_SQL = """
UPDATE payments_gatewayevent SET attempts = attempts + 1,
    due_at = %(wall)s + least(interval '5 s' * 2 ^ least(attempts, 10), interval '1 h')
WHERE id IN (
    SELECT id FROM payments_gatewayevent WHERE processed_at IS NULL AND due_at <= %(wall)s
    ORDER BY due_at, id LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
RETURNING id
"""


@action
def lease_gateway_events(*, wall: datetime, most: int = 100) -> list[int]:
    """The events to work on now, put ahead with back-off (5 s, doubled to an hour). Wall time. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(LEASE_SQL, {"wall": wall, "most": most})
        return sorted(row[0] for row in cursor.fetchall())


@action
def finish_gateway_event(*, gateway_event_id: int, wall: datetime) -> None:
    """Understood. Idempotent."""
    GatewayEvent.objects.filter(pk=gateway_event_id, processed_at__isnull=True).update(processed_at=wall)


@action
def put_off_gateway_event(*, gateway_event_id: int, error: str) -> None:
    """Not understood this time: the lease's back-off brings it again. Keeps the words for staff."""
    GatewayEvent.objects.filter(pk=gateway_event_id).update(last_error=error[:MOST_ERROR])
