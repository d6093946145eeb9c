"""The outbox: news runs up as rows. Published inside the caller's transaction, heard if and only if that commits."""

import dataclasses
import json
import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar, dataclass_transform

from celery import current_app
from django.db import connection, transaction
from kombu.exceptions import OperationalError as BrokerDown

from core import clock
from core.alarms import clear_alarms, raise_alarm
from core.models import Delivery, DeliveryState, Event

log = logging.getLogger(__name__)
E = TypeVar("E")

Reaction = Callable[[Any], None]
_event_types: dict[str, type] = {}
_reactions: dict[str, list[str]] = {}
_reaction_of: dict[str, Reaction] = {}

BACK_OFF_SECONDS = (1, 5, 20, 60, 300, 900, 3600)
ALARM_AFTER = 3
DELIVERY_FAILS = "delivery_fails"


@dataclass_transform(frozen_default=True, kw_only_default=True)
def event(cls: type[E]) -> type[E]:
    """Class decorator of events: a frozen dataclass in the past tense, with `at`; ids and numbers only."""
    made: Any = dataclasses.dataclass(frozen=True, kw_only=True)(cls)
    assert "at" in {field.name for field in dataclasses.fields(made)}, f"{cls.__name__} has no `at`"
    _event_types[name_of(made)] = made
    return made


def name_of(event_type: type) -> str:
    """'payments.InstalmentSecured': the app and the class, as rows keep it."""
    return f"{event_type.__module__.split('.')[0]}.{event_type.__name__}"


def subscribe(event_type: type, *reactions: Reaction) -> None:
    """Tell who hears an event. Only `assurance/wiring.py` calls this."""
    for reaction in reactions:
        name = f"{reaction.__module__}.{reaction.__name__}"
        _reaction_of[name] = reaction
        names = _reactions.setdefault(name_of(event_type), [])
        if name not in names:
            names.append(name)


PUBLISH_SQL = """
WITH event AS (
    INSERT INTO core_event (name, payload, at, recorded_at) VALUES (%s, %s::jsonb, %s, %s) RETURNING id
)
INSERT INTO core_delivery (event_id, reaction, state, attempts, due_at, last_error)
SELECT event.id, reaction, 'WAITING', 0, %s, '' FROM event, unnest(%s::text[]) AS reaction
"""


def publish(happened: Any) -> None:
    """Write the event and one delivery per reaction. Must run inside a transaction. One statement."""
    assert connection.in_atomic_block, "publish inside the action's transaction"
    name = name_of(type(happened))
    payload = dataclasses.asdict(happened)
    at = payload.pop("at")
    values = [name, json.dumps(payload), at, clock.wall(), clock.wall(), _reactions.get(name, [])]
    with connection.cursor() as cursor:
        cursor.execute(PUBLISH_SQL, values)
    transaction.on_commit(nudge)


_nudge_lock = threading.Lock()
_next_nudge = 0.0


def nudge() -> None:
    """Hint to a worker that there is news. Never raises; at most one every 50 ms; rests 5 s when the broker is down."""
    global _next_nudge
    with _nudge_lock:
        if time.monotonic() < _next_nudge:
            return
        _next_nudge = time.monotonic() + 0.05
    try:
        current_app.send_task("core.tasks.run_courier", retry=False, expires=10)
    except (BrokerDown, OSError) as error:
        _next_nudge = time.monotonic() + 5
        log.warning("broker unreachable, the poll will deliver: %s", error)


def run_courier(*, most: int = 500) -> int:
    """Deliver what is due, one delivery a transaction, until nothing is or `most` were tried.

    Returns how many worked.
    """
    worked = 0
    for _round in range(most):
        done = deliver_one()
        if done is None:
            break
        worked += done
    return worked


def deliver_one() -> bool | None:
    """Claim one due delivery, react, mark it done: one transaction. None when nothing is due, False when it failed."""
    claimed: list[int] = []
    try:
        with transaction.atomic():
            delivery = (
                Delivery.objects.select_for_update(skip_locked=True, of=("self",))
                .select_related("event")
                .filter(state=DeliveryState.WAITING, due_at__lte=clock.wall())
                .order_by("due_at", "id")
                .first()
            )
            if delivery is None:
                return None
            claimed.append(delivery.pk)
            _reaction_of[delivery.reaction](_rebuild(delivery.event))
            Delivery.objects.filter(pk=delivery.pk).update(state=DeliveryState.DONE, done_at=clock.wall())
            if delivery.last_error:
                clear_alarms(DELIVERY_FAILS, "core.delivery", delivery.pk)
        return True
    # A reaction may fail in any way; the row is kept, put off and alarmed, and blocks no other.
    except Exception as error:
        if not claimed:
            raise
        put_off_delivery(claimed[0], error)
        return False


def put_off_delivery(delivery_id: int, error: Exception) -> None:
    """After a failure: later, with back-off; an alarm from the third time on."""
    log.error("reaction failed", exc_info=error)
    with transaction.atomic():
        delivery = Delivery.objects.select_for_update().get(pk=delivery_id)
        delivery.attempts += 1
        wait = BACK_OFF_SECONDS[min(delivery.attempts - 1, len(BACK_OFF_SECONDS) - 1)]
        delivery.due_at = clock.wall() + timedelta(seconds=wait)
        delivery.last_error = f"{type(error).__name__}: {error}"[:2000]
        delivery.save()
        if delivery.attempts >= ALARM_AFTER:
            raise_alarm(DELIVERY_FAILS, "core.delivery", delivery.pk, delivery.last_error)


def retry_now(delivery_id: int) -> None:
    """Staff asked: due at once, attempts counted anew."""
    Delivery.objects.filter(pk=delivery_id, state=DeliveryState.WAITING).update(due_at=clock.wall(), attempts=0)
    nudge()


def _rebuild(row: Event) -> Any:
    at: datetime = row.at
    return _event_types[row.name](at=at, **row.payload)
