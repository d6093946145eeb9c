"""The only clock for business times.

In sandbox mode it can be moved forward; wall time stays for sessions and time-outs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

from django.conf import settings

from core.models.clock import SandboxClock

_offset: ContextVar[timedelta | None] = ContextVar("clock_offset", default=None)
_remembers: ContextVar[bool] = ContextVar("clock_remembers", default=False)


def wall() -> datetime:
    """Real time, for leases, back-off, sessions and time-outs."""
    return datetime.now(tz=UTC)


def now() -> datetime:
    """Business time, aware, in UTC."""
    return wall() + offset()


def offset() -> timedelta:
    """How far the sandbox clock is ahead of the wall. Read once per request or task."""
    if not settings.SANDBOX:
        return timedelta(0)
    known = _offset.get()
    if known is not None:
        return known
    ahead = SandboxClock.read_offset()
    if _remembers.get():
        _offset.set(ahead)
    return ahead


def forget() -> None:
    """Read the row again at the next use; after the clock was moved in this request."""
    _offset.set(None)


@contextmanager
def read_once() -> Iterator[None]:
    """Around one request or task."""
    offset_token, remember_token = _offset.set(None), _remembers.set(True)
    try:
        yield
    finally:
        _remembers.reset(remember_token)
        _offset.reset(offset_token)
