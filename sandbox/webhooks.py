"""The courier: signs and posts what is waiting, one at a time and in order, again and again until a 2xx."""

import hashlib
import hmac
import http.client
import json
import sqlite3
import threading
import time
from urllib.parse import urlsplit

from sandbox import events, moments
from sandbox.store import Store

STEPS_SECONDS = (0.2, 0.5, 1, 2, 4, 8, 15, 30, 60, 60, 60, 120, 120, 120, 300, 300, 300, 300, 300)
"""Waits after each failed try: twenty tries in about half an hour."""

ANSWER_SECONDS = 5.0
IDLE_SECONDS = 0.05


def signature(secret: str, body: bytes, *, at: int) -> str:
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


class Courier(threading.Thread):
    """Runs until `stop`; all that it knows is in the store, so a new one goes on where an old one died."""

    signature_header = "X-Sandbox-Signature"

    def __init__(self, store: Store, secret: str) -> None:
        super().__init__(name="courier", daemon=True)
        self._store = store
        self._secret = secret
        self._stopping = threading.Event()

    def stop(self) -> None:
        self._stopping.set()
        self.join(timeout=ANSWER_SECONDS + 1)

    def run(self) -> None:
        while not self._stopping.is_set():
            if not self.deliver_next():
                self._stopping.wait(IDLE_SECONDS)

    def deliver_next(self) -> bool:
        """Send the first delivery that is due, if any. The store is not held while the endpoint thinks."""
        with self._store.read() as db:
            url = events.endpoint(db)
            delivery = _first_due(db) if url else None
            body = self.body_of(db, delivery) if delivery else b""
        if not url or not delivery:
            return False
        answer = self._post(url, body)
        with self._store.write() as db:
            _note_answer(db, delivery, answer)
        return True

    def body_of(self, db: sqlite3.Connection, delivery: sqlite3.Row) -> bytes:
        """What is posted of an event; a provider with other bodies says its own."""
        return json.dumps({name: delivery[name] for name in ("id", "type", "object_id", "created_at")}).encode()

    def _post(self, url: str, body: bytes) -> int | str:
        """The status, or the words of what went wrong."""
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "sandbox-gateway",
            self.signature_header: signature(self._secret, body, at=int(time.time())),
        }
        try:
            return _request(url, body, headers)
        except (OSError, http.client.HTTPException, ValueError) as problem:
            return f"{type(problem).__name__}: {problem}"[:200]


def _first_due(db: sqlite3.Connection) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT deliveries.id AS delivery_id, tries, events.* FROM deliveries JOIN events ON events.seq = event_seq"
        " WHERE state = 'waiting' AND due_at <= ? ORDER BY due_at, rank, delivery_id LIMIT 1",
        (moments.now_text(),),
    ).fetchone()
    return row


def _request(url: str, body: bytes, headers: dict[str, str]) -> int:
    parts = urlsplit(url)
    maker = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = maker(parts.netloc, timeout=ANSWER_SECONDS)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, headers)
        response = connection.getresponse()
        response.read(65_536)
        return response.status
    finally:
        connection.close()


def _note_answer(db: sqlite3.Connection, delivery: sqlite3.Row, answer: int | str) -> None:
    tries = delivery["tries"] + 1
    if isinstance(answer, int) and 200 <= answer < 300:
        state, wait = "delivered", 0.0
    elif tries > len(STEPS_SECONDS):
        state, wait = "gave_up", 0.0
    else:
        state, wait = "waiting", STEPS_SECONDS[tries - 1]
    db.execute(
        "UPDATE deliveries SET state = ?, tries = ?, last_answer = ?, due_at = ? WHERE id = ?",
        (state, tries, str(answer), moments.text_after(wait), delivery["delivery_id"]),
    )
