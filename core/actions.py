"""The shape of every write: one transaction, no savepoint inside another action, so a refusal undoes all of it."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction
from psycopg2 import errorcodes

from core.errors import Busy, Refused

P = ParamSpec("P")
R = TypeVar("R")

RETRIED = {errorcodes.DEADLOCK_DETECTED, errorcodes.SERIALIZATION_FAILURE}
GIVEN_UP = RETRIED | {errorcodes.LOCK_NOT_AVAILABLE}


def action(function: Callable[P, R]) -> Callable[P, R]:
    """Run in a transaction of its own, or as part of the action that called it (nobody may catch a refusal there)."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        blocks = connection.atomic_blocks
        # A test's own transaction is not an action: there a refusal must undo this action alone.
        inner = bool(blocks) and not getattr(blocks[-1], "_from_testcase", False)
        with transaction.atomic(savepoint=not inner):
            return function(*args, **kwargs)

    run.is_action = True  # type: ignore[attr-defined]
    return run


def carry_out(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call an action from a door: one retry on deadlock, then Busy. Never inside a transaction."""
    for attempt in (1, 2):
        try:
            return function(*args, **kwargs)
        except OperationalError as error:
            if _code_of(error) in RETRIED and attempt == 1:
                continue
            if is_busy(error):
                raise Busy from error
            raise
    raise AssertionError("unreachable")


def lets_pass(check: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> bool:
    """Whether an action's own check would refuse nothing now: for pages that show only what can be pressed."""
    try:
        check(*args, **kwargs)
    except Refused:
        return False
    return True


def is_busy(error: Exception) -> bool:
    """Whether an error of the database says only that a lock was not to be had, or a deadlock."""
    return isinstance(error, OperationalError) and _code_of(error) in GIVEN_UP


def _code_of(error: OperationalError) -> str | None:
    return getattr(error.__cause__, "pgcode", None)
