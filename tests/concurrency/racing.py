"""Races: threads behind a barrier, an assertion on the SQL, and a way to show the race with the locks off."""

import contextlib
import pkgutil
import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, connections
from django.db.backends.utils import CursorWrapper
from django.test.utils import CaptureQueriesContext

WRITES = re.compile(r"\b(INSERT INTO|UPDATE \"?\w+\"? SET|DELETE FROM)\b", re.IGNORECASE)
ROW_LOCKS = re.compile(r"\bFOR (NO KEY )?UPDATE( OF [\w\", ]+)?( SKIP LOCKED| NOWAIT)?", re.IGNORECASE)
LOCKS = re.compile(r"FOR (NO KEY )?UPDATE\b|pg_\w*advisory_xact_lock", re.IGNORECASE)


def run_at_once(*functions: Callable[[], Any], count: int = 1, seconds: float = 30) -> list[Any]:
    """Run the functions, each `count` times, in threads that start together; returns results or exceptions in order.

    Each thread has its own connection. Needs a test whose rows are committed (transactional).
    """
    work = [function for function in functions for _time in range(count)]
    barrier = threading.Barrier(len(work))
    results: list[Any] = [None] * len(work)

    def run(place: int) -> None:
        try:
            barrier.wait(seconds)
            results[place] = work[place]()
        # The race's loser is a result as well; the test judges which exception it is.
        except Exception as error:  # noqa: BLE001
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[place], daemon=True) for place in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds)
    assert not any(thread.is_alive() for thread in threads), "a racer hangs"
    return results


@contextlib.contextmanager
def locks_before_writing() -> Iterator[None]:
    """The SQL in this block takes a row lock before its first INSERT, UPDATE or DELETE."""
    with CaptureQueriesContext(connection) as captured:
        yield
    written, locked_first = locked_before_writing(captured)
    assert written, "nothing was written"
    assert locked_first, f"written before locked: {written[0][:200]}"


def locked_before_writing(captured: CaptureQueriesContext) -> tuple[list[str], bool]:
    """What was written, and whether a row lock was taken before."""
    statements = [query["sql"] for query in captured.captured_queries]
    written = [(place, text) for place, text in enumerate(statements) if WRITES.search(text)]
    first_lock = next((place for place, text in enumerate(statements) if LOCKS.search(text)), None)
    locked_first = bool(written) and first_lock is not None and first_lock < written[0][0]
    return [text for _place, text in written], locked_first


LOCKED_TABLE = re.compile(r'\bFROM "?(\w+)"?.*\bFOR (NO KEY )?UPDATE\b', re.IGNORECASE | re.DOTALL)


@contextlib.contextmanager
def locks_in_order(*tables: str) -> Iterator[None]:
    """The first row locks of the SQL in this block are those of `tables`, in that order, before the first write."""
    with CaptureQueriesContext(connection) as captured:
        yield
    locked, written = _locks_and_first_write(captured)
    assert [table for _place, table in locked[: len(tables)]] == list(tables), locked
    assert written is not None and locked[len(tables) - 1][0] < written, "written before locked"


@contextlib.contextmanager
def subject_before_deadline() -> Iterator[None]:
    """Whatever the block locks first, it is not the deadline; that comes second, and before the first write."""
    with CaptureQueriesContext(connection) as captured:
        yield
    locked, written = _locks_and_first_write(captured)
    places = [place for place, table in locked if table == "core_deadline"]
    assert places and locked[0][1] != "core_deadline", locked
    assert written is None or places[0] < written, "written before the deadline was locked"


def _locks_and_first_write(captured: CaptureQueriesContext) -> tuple[list[tuple[int, str]], int | None]:
    """(place, table) of each row lock, and the place of the first write."""
    statements = [query["sql"] for query in captured.captured_queries]
    found = [(place, LOCKED_TABLE.search(text)) for place, text in enumerate(statements)]
    written = next((place for place, text in enumerate(statements) if WRITES.search(text)), None)
    return [(place, match[1]) for place, match in found if match], written


@contextlib.contextmanager
def locks_off() -> Iterator[None]:
    """Every SELECT ... FOR UPDATE, the ORM's and ours, reads without locking: shows that a race is real."""
    execute = CursorWrapper.execute

    def without(self: CursorWrapper, sql: Any, params: Any = None) -> Any:
        return execute(self, ROW_LOCKS.sub("", sql) if isinstance(sql, str) else sql, params)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CursorWrapper, "execute", without)
        yield


@contextlib.contextmanager
def meeting_before(*targets: str, parties: int = 2, seconds: float = 1.0, apart: float = 0.0) -> Iterator[None]:
    """Racers wait for each other before calling any of `targets` (dotted names); one that stays alone goes on after

    `seconds`. Without locks both have read before either writes. With locks the second can't come, and the first goes
    on. `apart`: whoever met at the second target goes on so many seconds after whoever met at the first.
    """
    barrier = threading.Barrier(parties)
    with pytest.MonkeyPatch.context() as patch:
        for place, target in enumerate(targets):
            patch.setattr(target, _meet(barrier, pkgutil.resolve_name(target), seconds, apart * place))
        yield


@contextlib.contextmanager
def entering(target: str, *, seconds: float = 0.3) -> Iterator[threading.Event]:
    """Yields what is set once a racer calls `target` (dotted name), which then takes its time: the others run up."""
    entered, original = threading.Event(), pkgutil.resolve_name(target)

    def take_time(*args: Any, **kwargs: Any) -> Any:
        entered.set()
        time.sleep(seconds)
        return original(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(target, take_time)
        yield entered


def once(entered: threading.Event, function: Callable[[], Any]) -> Callable[[], Any]:
    """The function, begun only when another racer has entered."""

    def begin() -> Any:
        assert entered.wait(30), "nobody entered"
        return function()

    return begin


def _meet(barrier: threading.Barrier, original: Any, seconds: float, later: float) -> Callable[..., Any]:
    def meet(*args: Any, **kwargs: Any) -> Any:
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(seconds)
            time.sleep(later)
        return original(*args, **kwargs)

    return meet
