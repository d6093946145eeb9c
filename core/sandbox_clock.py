"""Moving the sandbox clock: every deadline on the way runs in order, at its own due time, with its news delivered."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, models, transaction
from django.utils.translation import gettext_lazy as _

from core import clock, deadlines, events
from core.errors import Busy, Invalid, NotFound
from core.models import Deadline, DeadlineState, SandboxClock

FARTHEST = timedelta(days=400)
LOCK_KEY = 7_203_001


def move_clock(*, by: timedelta) -> int:
    """Move business time forward by `by` (above zero, at most 400 days). Returns how many deadlines ran.

    Raises NotFound outside sandbox mode, Invalid for a move backwards or too far, Busy during another move. Not inside
    a transaction: each deadline commits on its own, as in the sweep. A move is no outage.
    """
    if not settings.SANDBOX:
        raise NotFound
    if not timedelta(0) < by <= FARTHEST:
        raise Invalid(_("The sandbox clock moves forward only, by at most 400 days at a time."))
    with _one_mover():
        target = clock.now() + by
        ran = 0
        events.run_courier()
        while (due := deadlines.lease_next(until=target)) is not None:
            _set_now(max(due.due_at, clock.now()))
            ran += deadlines.carry_out_deadline(due, at=due.due_at)
            events.run_courier()
        _set_now(target)
        return ran


def next_deadline_at() -> datetime | None:
    """The due time of the next waiting deadline that is no reminder, for the bar's 'to the next deadline'."""
    return (
        Deadline.objects.filter(state=DeadlineState.WAITING, is_reminder=False, due_at__gt=clock.now())
        .order_by("due_at")
        .values_list("due_at", flat=True)
        .first()
    )


def _set_now(moment: datetime) -> None:
    """Never backwards."""
    ahead = moment - clock.wall()
    with transaction.atomic():
        SandboxClock.objects.get_or_create(pk=1)
        SandboxClock.objects.filter(pk=1, offset__lt=ahead).update(offset=models.Value(ahead))
    clock.forget()


class _one_mover:
    """One move at a time over all processes: a session's advisory lock. Raises Busy for a second one."""

    def __enter__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK_KEY])
            if not cursor.fetchone()[0]:
                raise Busy(_("The clock is being moved at this moment. Wait until it stands, then move it again."))

    def __exit__(self, *_exc: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK_KEY])


def begin_earlier(*, by: timedelta) -> None:
    """Set business time back by `by`, once, before anything has happened: for demo data that ends today.

    Raises NotFound outside sandbox mode, Invalid once the clock was set.
    """
    if not settings.SANDBOX:
        raise NotFound
    if SandboxClock.objects.exists():
        raise Invalid(_("The sandbox clock moves forward only, by at most 400 days at a time."))
    SandboxClock.objects.create(pk=1, offset=-by)
    clock.forget()
