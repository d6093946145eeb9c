"""What the self-check finds becomes a case: somebody takes it, and a full check that sees it no more ends it."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from core import deadlines
from core.actions import action
from core.actors import Actor, platform
from core.alarms import clear_alarms, raise_alarm
from core.errors import IllegalMove, Invalid
from core.states import move
from payments.books import Problem
from payments.locks import lock_difference, lock_open_differences
from payments.models import Difference, DifferenceState
from payments.policies import check_treasurer
from payments.timing import DIFFERENCE_UNOWNED, next_business_close

MOST_KEPT = 500
"""A ledger that is wrong everywhere makes no more cases than people can read; the alarm says how many there are."""


@action
def note_differences(*, problems: Sequence[Problem], was_full: bool, at: datetime) -> int:
    """Open a case for what is new, count what is still there, and after a full check end what is gone.

    Returns how many are open. Locks: the open cases.
    """
    found = {_fingerprint(problem): problem for problem in problems}
    known = {row.fingerprint: row for row in lock_open_differences()}
    for fingerprint, problem in list(found.items())[:MOST_KEPT]:
        if fingerprint not in known:
            _open(fingerprint, problem, at)
    for fingerprint, row in known.items():
        if fingerprint in found:
            problem = found[fingerprint]
            row.words, row.missing, row.seen, row.seen_at = problem.words, _kept(problem), row.seen + 1, at
            row.save(update_fields=["words", "missing", "seen", "seen_at"])
        elif was_full:
            _end(row, at)
    return Difference.objects.filter(state=DifferenceState.OPEN).count()


def _fingerprint(problem: Problem) -> str:
    """A line of a gateway's record, or its total, stays one case while its figures change."""
    return hashlib.sha256(f"{problem.check}: {problem.about or problem.words}".encode()).hexdigest()


def _kept(problem: Problem) -> dict[str, Any] | None:
    if problem.missing is None:
        return None
    gateway, line = problem.missing
    return {"gateway": gateway, "line": asdict(line)}


def _open(fingerprint: str, problem: Problem, at: datetime) -> None:
    row = Difference.objects.create(
        fingerprint=fingerprint,
        check_name=problem.check,
        words=problem.words,
        missing=_kept(problem),
        found_at=at,
        seen_at=at,
    )
    deadlines.schedule(row, DIFFERENCE_UNOWNED, next_business_close(at))


def _end(row: Difference, at: datetime) -> None:
    move(row.go, by=platform(), at=at)
    deadlines.cancel(row)
    clear_alarms(DIFFERENCE_UNOWNED, "payments.difference", row.pk)


@action
def take_difference(*, difference_id: int, note: str, by: Actor, at: datetime) -> Difference:
    """A treasurer takes a case, or tells more about the own one. Its clock stands for the next business day.

    Locks: the case. Raises NotAllowed, NotFound, Invalid without words, IllegalMove once it is gone.
    """
    check_treasurer(by)
    row = lock_difference(difference_id)
    check_can_take(row, by)
    if not note.strip():
        raise Invalid(fields={"why": _("Say what you found or will do: the next one reads it.")})
    row.owner_id, row.taken_at, row.note = by.user_id, at, note.strip()[:500]
    row.save(update_fields=["owner", "taken_at", "note"])
    clear_alarms(DIFFERENCE_UNOWNED, "payments.difference", row.pk)
    deadlines.schedule(row, DIFFERENCE_UNOWNED, next_business_close(at), replace=True)
    return row


def check_can_take(row: Difference, by: Actor) -> None:
    """A full check still sees it. Raises NotAllowed, IllegalMove."""
    check_treasurer(by)
    if row.state != DifferenceState.OPEN:
        raise IllegalMove(verb="take_difference", state=row.state)


@action
def alarm_about_difference(*, subject_id: int, at: datetime) -> None:
    """A case that nobody took, or that its owner said nothing of, for a business day. Locks: the case."""
    row = lock_difference(subject_id)
    if row.state == DifferenceState.OPEN:
        words = f"{row}: open since {row.found_at:%Y-%m-%d %H:%M} UTC, owner {row.owner or 'nobody'}"
        raise_alarm(DIFFERENCE_UNOWNED, "payments.difference", row.pk, words)
        deadlines.schedule(row, DIFFERENCE_UNOWNED, next_business_close(at), replace=True)
