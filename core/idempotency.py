"""Idempotency keys: the same key and body give the stored answer; key, action and answer commit together."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import JSONField, Value
from django.utils.translation import gettext_lazy as _

from core import clock
from core.actions import action
from core.errors import Refused
from core.models import IdempotencyRecord

KEPT = timedelta(days=7)
NOT_FINISHED = 202


class KeyReused(Refused):
    code = "idempotency_key_reused"
    status = 422
    message = _("This key was used for another request. Use a new key for a new request.")


class StillRunning(Refused):
    code = "request_in_flight"
    message = _("The same request is being carried out right now. Ask again in a moment.")


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    replayed: bool = False


def hash_body(body: Any) -> str:
    """Stable over the order of keys."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()


@action
def once(*, scope: str, key: str, body: Any, run: Callable[[], tuple[int, Any]]) -> Answer:
    """Run `run` once per (scope, key) and keep its (status, JSON body); give the stored answer afterwards.

    Locks: the key (an advisory lock, first in the lock order) until commit. Raises KeyReused for another body,
    StillRunning for a twin in flight. A refusal of `run` rolls all back: refusals are not stored.
    """
    body_hash = hash_body(body)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"{scope}\n{key}"])
        row = cursor.fetchone()
    if not row[0]:
        raise StillRunning
    stored = IdempotencyRecord.objects.filter(scope=scope, key=key).first()
    if stored is not None:
        if stored.body_hash != body_hash:
            raise KeyReused
        return Answer(status=stored.status, body=stored.answer, replayed=True)
    status, answer = run()
    kept = Value(None, JSONField()) if answer is None else answer  # JSON's null, not the database's
    IdempotencyRecord.objects.create(scope=scope, key=key, body_hash=body_hash, status=status, answer=kept)
    return Answer(status=status, body=answer)


def is_answered(*, scope: str, key: str, body: Any) -> bool:
    """Whether this very request was carried out: the key with this body. Unlocked."""
    return IdempotencyRecord.objects.filter(scope=scope, key=key, body_hash=hash_body(body)).exists()


def once_alone(*, scope: str, key: str, body: Any, run: Callable[[], tuple[int, Any]]) -> Answer:
    """As `once`, for work that calls the network or commits by itself: never inside a transaction.

    `run` must itself be safe to repeat, as a crash between its commit and ours runs it again. A 202 isn't kept: the
    same key asks again. Locks: the key, for this session. Raises KeyReused, StillRunning and what `run` raises.
    """
    with _alone(f"{scope}\n{key}"):
        stored = IdempotencyRecord.objects.filter(scope=scope, key=key).first()
        if stored is not None:
            return once(scope=scope, key=key, body=body, run=run)
        status, answer = run()
        if status == NOT_FINISHED:
            return Answer(status=status, body=answer)
        return once(scope=scope, key=key, body=body, run=lambda: (status, answer))


@contextmanager
def _alone(name: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        row = cursor.fetchone()
    if not row[0]:
        raise StillRunning
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def forget_old_keys() -> int:
    """Delete keys older than seven days of wall time."""
    return IdempotencyRecord.objects.filter(created_at__lt=clock.wall() - KEPT).delete()[0]
