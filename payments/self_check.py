"""The self-check of all the books, and of the gateways' records, before money is sent out."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from payments.actions.books import note_self_check
from payments.books import Problem, RecordLine, check_books, compare_with_gateway, lasting

LOOKS = 3

FetchRecord = Callable[[str], Sequence[RecordLine] | None]
"""Brings the record of a gateway, now; None when it is not to be had."""


@dataclass
class _Compared:
    """`problems`: those of the last look that every look before it had found. `unread`: gateways nobody could ask."""

    problems: dict[str, list[Problem]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)


def run_self_check(
    *,
    gateways: Iterable[str],
    fetch: FetchRecord,
    at: datetime,
    before_next_look: Callable[[], None] = lambda: time.sleep(1),
) -> list[Problem]:
    """Check all books, and the gateways' own records, and note once what was found. Not in a transaction.

    Each record is compared as soon as it is fetched. Money may be on its way between the two, so that a difference is
    looked for again, up to three times, and believed when it is there each time. A gateway whose record is not to be
    had was not checked: then a clean rest neither lets outgoing money go again nor counts as a check.
    """
    compared = _Compared()
    waiting = sorted(gateways)
    for look in range(LOOKS):
        if look:
            before_next_look()
        waiting = [name for name in waiting if _look(name, compared, fetch)]
        if not waiting:
            break
    problems = [*check_books(), *(problem for found in compared.problems.values() for problem in found)]
    note_self_check(problems=problems, unread=sorted(compared.unread), at=at)
    return problems


def _look(name: str, compared: _Compared, fetch: FetchRecord) -> bool:
    """Whether it must be looked at again."""
    movements = fetch(name)
    if movements is None:
        compared.unread.add(name)
        compared.problems.pop(name, None)
        return False
    found = compare_with_gateway(gateway=name, movements=movements)
    compared.problems[name] = lasting(compared.problems[name], found) if name in compared.problems else found
    return bool(compared.problems[name])
