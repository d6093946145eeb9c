"""One effect per key: the key, the effect and the first answer commit together."""

import hashlib
import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox import moments
from sandbox.problems import Problem


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]
    replayed: bool = False


Effect = Callable[[], tuple[int, dict[str, Any]]]


def once(db: sqlite3.Connection, *, key: str, path: str, body: dict[str, Any], effect: Effect) -> Answer:
    """Run `effect` for a new key, else give back its first answer. Call inside `Store.write`.

    Raises Problem 422 when the key was used for another path or body. A refusal leaves no trace: the caller may mend
    the body and keep the key.
    """
    body_hash = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    known = db.execute("SELECT * FROM answers WHERE key = ?", (key,)).fetchone()
    if known:
        if (known["path"], known["body_hash"]) != (path, body_hash):
            raise Problem(422, "idempotency_key_reused", "This key was used with another path or body.")
        return Answer(known["status"], json.loads(known["body"]), replayed=True)
    status, answer = effect()
    db.execute(
        "INSERT INTO answers (key, path, body_hash, object_id, status, body, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (key, path, body_hash, answer["id"], status, json.dumps(answer), moments.now_text()),
    )
    return Answer(status, answer)


def object_of_key(db: sqlite3.Connection, *, key: str, path: str) -> str | None:
    """The id of what a key made at `path`, if that call ever arrived."""
    row = db.execute("SELECT object_id FROM answers WHERE key = ? AND path = ?", (key, path)).fetchone()
    return row["object_id"] if row else None
