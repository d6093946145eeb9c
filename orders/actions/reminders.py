"""Reminders: rows that only tell. One event each; the letter is written by a reaction."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from core import deadlines
from core.actions import action
from core.events import publish
from orders.events import ReminderDue
from orders.locks import lock_order
from orders.process import CLOCKS


@action
def remind(*, kind: str, subject_id: int, at: datetime) -> None:
    """Publish that a clock of the order will end soon. Nothing if the clock has gone meanwhile. Locks: the order."""
    order = lock_order(subject_id)
    running = deadlines.get(order, kind)
    if running is not None:
        publish(ReminderDue(order_id=order.pk, kind=kind, due_at=running.due_at.isoformat(), at=at))


REMIND: dict[str, Callable[..., None]] = {kind: partial(remind, kind=kind) for kind in CLOCKS}
