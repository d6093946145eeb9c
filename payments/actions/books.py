from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models.functions import Now

from core.actions import action
from core.alarms import clear_alarms, raise_alarm
from core.models import Heartbeat
from payments.actions.differences import note_differences
from payments.actions.sending import BOOKS_ALARM
from payments.books import Problem
from payments.models import Entry, Payout

TOLD = 10
SELF_CHECK = "self-check"
SELF_CHECK_ALARM = "self_check_missing"
NIGHT_MISSED = timedelta(hours=36)
FIRST_NIGHT = timedelta(hours=24)


@action
def note_self_check(*, problems: Sequence[Problem], unread: Sequence[str] = (), at: datetime) -> None:
    """Stop outgoing money by an alarm that says what is wrong with the books; without problems, let it go on again.

    `unread`: gateways whose record could not be read. While there is one, nothing is let go, and it was no full check.
    Each problem is a case that somebody takes. Locks: the open cases, the alarm.
    Refunds and payouts that were sent before are still followed.
    """
    note_differences(problems=problems, was_full=not unread, at=at)
    if problems:
        words = "\n".join(map(str, problems[:TOLD]))
        raise_alarm(BOOKS_ALARM, "payments.books", 0, f"{at:%Y-%m-%d %H:%M} UTC, {len(problems)} problems\n{words}")
    if unread:
        return
    Heartbeat.objects.update_or_create(name=SELF_CHECK, defaults={"beat_at": Now()})
    clear_alarms(SELF_CHECK_ALARM, "payments.books", 0)
    if not problems:
        clear_alarms(BOOKS_ALARM, "payments.books", 0)


@action
def watch_self_check(*, wall: datetime) -> bool:
    """Alarm staff when nobody checks the books: not for 36 hours, or never, a day after the first payout was booked.

    Wall time. No locks. True when it is missing.
    """
    last_at = Heartbeat.objects.filter(name=SELF_CHECK).values_list("beat_at", flat=True).first()
    first_at = _first_payout_booked_at() if last_at is None else None
    if last_at is not None:
        is_missing = wall - last_at > NIGHT_MISSED
    else:
        is_missing = first_at is not None and wall - first_at > FIRST_NIGHT
    if is_missing:
        words = f"last run: {last_at:%Y-%m-%d %H:%M} UTC" if last_at else "it never ran"
        raise_alarm(SELF_CHECK_ALARM, "payments.books", 0, f"the books are not checked every night; {words}")
    return is_missing


def _first_payout_booked_at() -> datetime | None:
    """Wall time, which in the sandbox may be far from when its payout was requested."""
    first = Payout.objects.order_by("pk").values("pk")[:1]
    booked = Entry.objects.filter(account__payout_id__in=first, version=1)
    return booked.values_list("transfer__booked_at", flat=True).first()
