"""News for the endpoint: a row per event and a row per delivery, written with what they tell of."""

import sqlite3
from typing import Any

from sandbox import fields, moments
from sandbox.store import keep_setting, new_id, setting

MODES = ("normal", "duplicate", "drop", "delay", "reorder")
DEFAULT_MODE_SECONDS = 1.0


def emit(db: sqlite3.Connection, event_type: str, object_id: str, *, copies: int = 1, prefix: str = "ev") -> str:
    """Record an event and plan its deliveries as the present mode says. `object_id` is what to read again.

    Returns the event's id.
    """
    event_id = new_id(prefix)
    added = db.execute(
        "INSERT INTO events (id, type, object_id, created_at) VALUES (?, ?, ?, ?)",
        (event_id, event_type, object_id, moments.now_text()),
    )
    seq = added.lastrowid
    assert seq is not None
    mode = mode_of(db)
    due_at, rank = _place_in_queue(db, mode["mode"], mode["seconds"], seq)
    state = "dropped" if mode["mode"] == "drop" else "waiting"
    for _ in range(2 if mode["mode"] == "duplicate" else copies):
        db.execute(
            "INSERT INTO deliveries (event_seq, state, due_at, rank) VALUES (?, ?, ?, ?)", (seq, state, due_at, rank)
        )
    return event_id


def _place_in_queue(db: sqlite3.Connection, mode: str, seconds: float, seq: int) -> tuple[str, int]:
    """Reordering holds all events of one window and sends the newest first."""
    if mode == "delay":
        return moments.text_after(seconds), seq
    if mode != "reorder":
        return moments.now_text(), seq
    held_until = setting(db, "held_until")
    if held_until <= moments.now_text():
        held_until = moments.text_after(seconds)
        keep_setting(db, "held_until", held_until)
    return held_until, -seq


def mode_of(db: sqlite3.Connection) -> dict[str, Any]:
    return {
        "mode": setting(db, "webhook_mode", "normal"),
        "seconds": float(setting(db, "webhook_seconds", str(DEFAULT_MODE_SECONDS))),
    }


def set_mode(db: sqlite3.Connection, body: dict[str, Any]) -> dict[str, Any]:
    mode = fields.choice(body, "mode", MODES)
    seconds = fields.seconds(body, "seconds")
    keep_setting(db, "webhook_mode", mode)
    keep_setting(db, "webhook_seconds", str(DEFAULT_MODE_SECONDS if seconds is None else seconds))
    return mode_of(db)


def endpoint(db: sqlite3.Connection) -> str | None:
    return setting(db, "webhook_url") or None


def set_endpoint(db: sqlite3.Connection, url: str) -> None:
    """Send to `url` from now on; what had failed before is tried there at once."""
    keep_setting(db, "webhook_url", url)
    db.execute("UPDATE deliveries SET due_at = ? WHERE state = 'waiting' AND tries > 0", (moments.now_text(),))


def list_events(db: sqlite3.Connection, *, since: int, limit: int) -> dict[str, Any]:
    events = [
        dict(row) for row in db.execute("SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?", (since, limit))
    ]
    for event in events:
        rows = db.execute(
            "SELECT state, tries, last_answer FROM deliveries WHERE event_seq = ? ORDER BY id", (event["seq"],)
        )
        event["deliveries"] = [dict(row) for row in rows]
    return {"data": events, "next_since": events[-1]["seq"] if events else since}
