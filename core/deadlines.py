"""Deadlines: what happens when nobody acts. One table, one sweep; the sweep leases, commits, and only then acts.

Holding the deadline's row while asking for the subject's lock deadlocks with every user's action; leased, it doesn't.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction

from core import clock
from core.actions import is_busy
from core.alarms import clear_alarms, raise_alarm
from core.errors import Refused
from core.models import Deadline, DeadlineState, Heartbeat

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
OUTAGE = timedelta(minutes=10)
GRACE_AFTER_OUTAGE = timedelta(hours=24)
ALARM_AFTER_REFUSALS = 5
DEADLINE_FAILS = "deadline_fails"


@dataclass(frozen=True)
class Handler:
    """`lock` takes a subject's id and locks it (and what stands above); `act` is the action that silence means."""

    lock: Callable[[int], Any]
    act: Callable[..., None]
    silence: Any
    """Words for people: what happens if nobody acts."""


_handlers: dict[str, Handler] = {}


def register(kind: str, *, lock: Callable[[int], Any], act: Callable[..., None], silence: Any = "") -> None:
    """Tell what silence does. `act` is called with subject_id, at, and for reminders nothing else.

    Wiring calls this.
    """
    _handlers[kind] = Handler(lock=lock, act=act, silence=silence)


def silence_of(kind: str) -> Any:
    return _handlers[kind].silence if kind in _handlers else ""


def registered_kinds() -> set[str]:
    return set(_handlers)


def reminder_kind(kind: str) -> str:
    return f"{kind}:reminder"


def schedule(
    subject: models.Model, kind: str, due_at: datetime, *, reminders: Iterable[datetime] = (), replace: bool = False
) -> None:
    """Start a clock on `subject`, with reminders before it. One INSERT (and one UPDATE when it replaces a live one).

    The caller holds the subject's lock. Raises IntegrityError if a live one of this kind exists and isn't replaced.
    """
    assert due_at.tzinfo is not None
    if replace:
        cancel(subject, kind)
    label, pk = subject._meta.label_lower, subject.pk
    rows = [Deadline(subject_type=label, subject_id=pk, kind=kind, due_at=due_at)]
    rows += [
        Deadline(subject_type=label, subject_id=pk, kind=reminder_kind(kind), is_reminder=True, due_at=moment)
        for moment in reminders
        if moment < due_at
    ]
    Deadline.objects.bulk_create(rows)


def schedule_many(subjects: Sequence[models.Model], kind: str, due_at: datetime) -> None:
    """Start the same clock on each of many new subjects of one model. One INSERT."""
    assert due_at.tzinfo is not None
    Deadline.objects.bulk_create(
        Deadline(subject_type=subject._meta.label_lower, subject_id=subject.pk, kind=kind, due_at=due_at)
        for subject in subjects
    )


def cancel(subject: models.Model, *kinds: str) -> None:
    """Stop the named clocks of a subject, or all of them, reminders too. One UPDATE."""
    rows = _live(subject)
    if kinds:
        rows = rows.filter(kind__in=[name for kind in kinds for name in (kind, reminder_kind(kind))])
    rows.update(state=DeadlineState.CANCELLED, leased_until=None)


def pause(subject: models.Model, kind: str, *, at: datetime) -> None:
    """Stand still: somebody else's duty comes first."""
    _live(subject).filter(kind__in=[kind, reminder_kind(kind)], state=DeadlineState.WAITING).update(
        state=DeadlineState.PAUSED, paused_at=at, leased_until=None
    )


def resume(subject: models.Model, kind: str, *, at: datetime, plus: timedelta = timedelta(0)) -> None:
    """Go on, later by the pause and `plus`."""
    _live(subject).filter(kind__in=[kind, reminder_kind(kind)], state=DeadlineState.PAUSED).update(
        state=DeadlineState.WAITING,
        due_at=models.F("due_at") + (models.Value(at) - models.F("paused_at")) + plus,
        paused_at=None,
    )


def postpone(subject: models.Model, kind: str, due_at: datetime) -> None:
    """Move a live deadline to a later instant; its reminders move by the same distance."""
    current = get(subject, kind)
    assert current is not None and due_at >= current.due_at
    _live(subject).filter(kind__in=[kind, reminder_kind(kind)]).update(
        due_at=models.F("due_at") + (due_at - current.due_at), leased_until=None
    )


def get(subject: models.Model, kind: str) -> Deadline | None:
    """The live deadline of this kind, not locked."""
    return _live(subject).filter(kind=kind, is_reminder=False).first()


def due_of(model: type[models.Model], subject_ids: Iterable[int], kind: str) -> dict[int, datetime]:
    """When the live deadlines of this kind end, by the subject's id. One query for any number of them."""
    rows = Deadline.objects.filter(
        subject_type=model._meta.label_lower,
        subject_id__in=list(subject_ids),
        kind=kind,
        state__in=[DeadlineState.WAITING, DeadlineState.PAUSED],
    )
    return dict(rows.values_list("subject_id", "due_at"))


def live_of(subject: models.Model) -> list[Deadline]:
    """The live deadlines of a subject without reminders, soonest first."""
    return list(_live(subject).filter(is_reminder=False).order_by("due_at"))


def _live(subject: models.Model) -> models.QuerySet[Deadline]:
    return Deadline.objects.filter(
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        state__in=[DeadlineState.WAITING, DeadlineState.PAUSED],
    )


# --- the sweep --------------------------------------------------------------------------------------------------------
def sweep(*, most: int = 200) -> int:
    """Carry out what is due now; returns how many. Any number of sweeps may run at once: each row is leased by one."""
    _notice_outage()
    worked = 0
    for _round in range(most):
        leased = lease_next(until=clock.now())
        if leased is None:
            break
        worked += carry_out_deadline(leased, at=clock.now())
    return worked


def lease_next(*, until: datetime) -> Deadline | None:
    """Claim the earliest due deadline for a minute of wall time; commits before anything acts."""
    with transaction.atomic():
        due = (
            Deadline.objects.select_for_update(skip_locked=True)
            .filter(state=DeadlineState.WAITING, due_at__lte=until)
            .filter(models.Q(leased_until__isnull=True) | models.Q(leased_until__lt=clock.wall()))
            .order_by("due_at", "id")
            .first()
        )
        if due is not None:
            due.leased_until = clock.wall() + LEASE
            due.attempts += 1
            due.save(update_fields=["leased_until", "attempts"])
        return due


def carry_out_deadline(leased: Deadline, *, at: datetime) -> bool:
    """Lock the subject in lock order, look again whether the deadline still stands, act, finish: one transaction.

    A refusal puts it off for a lease; any other failure too, with an alarm. A poison row blocks nothing.
    """
    try:
        with transaction.atomic():
            handler = _handlers[leased.kind]
            handler.lock(leased.subject_id)
            current = Deadline.objects.select_for_update().get(pk=leased.pk)
            if current.state != DeadlineState.WAITING or current.due_at > at:
                return False
            handler.act(subject_id=leased.subject_id, at=at)
            Deadline.objects.filter(pk=leased.pk, state=DeadlineState.WAITING, due_at=current.due_at).update(
                state=DeadlineState.DONE
            )
            if leased.last_error:
                clear_alarms(DEADLINE_FAILS, "core.deadline", leased.pk)
        return True
    except Refused as refusal:
        log.info("deadline %s put off: %s", leased, refusal)
        _put_off(leased, refusal, alarm=leased.attempts >= ALARM_AFTER_REFUSALS)
    # Whatever a handler raises, the row is kept, put off and alarmed; locks that were not to be had are a refusal.
    except Exception as error:
        log.error("deadline %s failed", leased, exc_info=error)
        _put_off(leased, error, alarm=not is_busy(error) or leased.attempts >= ALARM_AFTER_REFUSALS)
    return False


def _put_off(leased: Deadline, error: Exception, *, alarm: bool) -> None:
    wait = LEASE * min(2 ** (leased.attempts - 1), 60)
    words = f"{type(error).__name__}: {error}"[:2000]
    Deadline.objects.filter(pk=leased.pk).update(leased_until=clock.wall() + wait, last_error=words)
    if alarm:
        raise_alarm(DEADLINE_FAILS, "core.deadline", leased.pk, f"{leased}: {words}")


def _notice_outage() -> None:
    """A gap of over ten minutes between sweeps was our outage: what fell due inside it moves to its end + 24 h."""
    wall = clock.wall()
    with transaction.atomic():
        beat, _made = Heartbeat.objects.get_or_create(name="sweep", defaults={"beat_at": wall})
        beat = Heartbeat.objects.select_for_update().get(pk=beat.pk)
        if wall - beat.beat_at > OUTAGE:
            began, ended = beat.beat_at + clock.offset(), wall + clock.offset()
            moved = Deadline.objects.filter(state=DeadlineState.WAITING, due_at__gt=began, due_at__lte=ended).update(
                due_at=ended + GRACE_AFTER_OUTAGE
            )
            log.warning("outage from %s to %s: %s deadlines moved", began, ended, moved)
        if wall - beat.beat_at > timedelta(seconds=1):
            Heartbeat.objects.filter(pk=beat.pk).update(beat_at=wall)
