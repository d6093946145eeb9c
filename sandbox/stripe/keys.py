"""Idempotency keys as Stripe keeps them: the first answer for good, a 500 too; other parameters are refused."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sandbox.stripe.refusals import Refusal


@dataclass(frozen=True)
class Kept:
    """The first answer to a key."""

    status: int
    body: str
    request_id: str


@dataclass
class InFlight:
    """The keys whose first call is being done at this moment; the process's own memory, as they die with it."""

    keys: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def holding(self, key: str) -> Iterator[None]:
        """Raises Refusal 409 while another call holds the key."""
        with self.lock:
            if key in self.keys:
                words = "There is currently another in-progress request using this Idempotency-Key."
                raise Refusal(409, "idempotency_error", "idempotency_key_in_use", words, kept=False)
            self.keys.add(key)
        try:
            yield
        finally:
            with self.lock:
                self.keys.discard(key)


@dataclass(frozen=True)
class Keyed:
    """A call under a key."""

    key: str
    path: str
    params: dict[str, Any]

    @property
    def params_text(self) -> str:
        return json.dumps(self.params, sort_keys=True)


def kept(db: sqlite3.Connection, call: Keyed) -> Kept | None:
    """What the key answered first. Raises Refusal 400 when that was to another call."""
    row = db.execute("SELECT * FROM keys WHERE key = ?", (call.key,)).fetchone()
    if not row:
        return None
    if (row["path"], row["params"]) != (call.path, call.params_text):
        words = f"A key can only be used with the parameters it was first used with: '{call.key}'."
        raise Refusal(400, "idempotency_error", "", words, kept=False)
    return Kept(row["status"], row["body"], row["request_id"])


def keep(db: sqlite3.Connection, call: Keyed, answer: Kept) -> None:
    """In the transaction of the effect."""
    db.execute(
        "INSERT INTO keys (key, path, params, status, body, request_id) VALUES (?, ?, ?, ?, ?, ?)",
        (call.key, call.path, call.params_text, answer.status, answer.body, answer.request_id),
    )
