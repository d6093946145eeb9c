"""Idempotency keys: the same key and body give the stored answer; key, action and answer commit together."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from core import clock
from core.actions import action
from core.errors import Refused
from core.models import IdempotencyRecord

KEPT = timedelta(days=7)


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
    IdempotencyRecord.objects.create(scope=scope, key=key, body_hash=body_hash, status=status, answer=answer)
    return Answer(status=status, body=answer)


def forget_old_keys() -> int:
    """Delete keys older than seven days of wall time."""
    return IdempotencyRecord.objects.filter(created_at__lt=clock.wall() - KEPT).delete()[0]
