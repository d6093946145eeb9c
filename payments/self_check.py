"""The nightly look at all books. While anything is wrong, nothing new is sent out."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from payments.actions.books import note_self_check
from payments.books import Movement, Problem, check_books, compare_with_gateway


def run_self_check(*, movements: Mapping[str, Sequence[Movement]] | None, at: datetime) -> list[Problem]:
    """Check all books, and the gateways' own records where given, and note what was found. Not in a transaction.

    The books are read in one snapshot of their own, so that money on its way between two reads is no false alarm.
    """
    problems = check_books()
    for gateway, lines in (movements or {}).items():
        problems += compare_with_gateway(gateway=gateway, movements=lines)
    note_self_check(problems=[str(problem) for problem in problems], at=at)
    return problems
