"""The sandbox's own record in SQLite: one connection, one writer, on disk before anything is answered."""

import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

COMMON_SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS errands (
    id INTEGER PRIMARY KEY AUTOINCREMENT, due_at TEXT NOT NULL, kind TEXT NOT NULL, object_id TEXT NOT NULL,
    details TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS errands_due ON errands (due_at);
CREATE INDEX IF NOT EXISTS errands_object ON errands (object_id);
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY AUTOINCREMENT, operation TEXT NOT NULL, fault TEXT NOT NULL, times INTEGER NOT NULL,
    seconds REAL) STRICT;
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, object_id TEXT NOT NULL,
    created_at TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event_seq INTEGER NOT NULL REFERENCES events, state TEXT NOT NULL,
    due_at TEXT NOT NULL, rank INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0, last_answer TEXT) STRICT;
CREATE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (due_at, rank) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS deliveries_event ON deliveries (event_seq);
"""
"""What every provider that is played here keeps: settings, errands, planned faults, news and its deliveries."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, path TEXT NOT NULL, body_hash TEXT NOT NULL, object_id TEXT NOT NULL,
    status INTEGER NOT NULL, body TEXT NOT NULL, at TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS answers_path ON answers (path, key);
CREATE TABLE IF NOT EXISTS payments (
    id TEXT PRIMARY KEY, status TEXT NOT NULL, method TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0), currency TEXT NOT NULL, reference TEXT NOT NULL,
    description TEXT NOT NULL, return_url TEXT NOT NULL, expires_at TEXT, created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL, failure_code TEXT, account_number TEXT UNIQUE, card TEXT, wrong_codes INTEGER NOT NULL
    DEFAULT 0) STRICT;
CREATE INDEX IF NOT EXISTS payments_reference ON payments (reference);
CREATE TABLE IF NOT EXISTS receipts (
    id TEXT PRIMARY KEY, payment_id TEXT NOT NULL REFERENCES payments, amount_minor INTEGER NOT NULL
    CHECK (amount_minor > 0), currency TEXT NOT NULL, remitter_name TEXT NOT NULL, remitter_account TEXT NOT NULL,
    late INTEGER NOT NULL, received_at TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS receipts_payment ON receipts (payment_id);
CREATE TABLE IF NOT EXISTS refunds (
    id TEXT PRIMARY KEY, payment_id TEXT NOT NULL REFERENCES payments, amount_minor INTEGER NOT NULL
    CHECK (amount_minor > 0), currency TEXT NOT NULL, reference TEXT NOT NULL, status TEXT NOT NULL,
    failure_code TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS refunds_payment ON refunds (payment_id);
CREATE INDEX IF NOT EXISTS refunds_reference ON refunds (reference);
CREATE TABLE IF NOT EXISTS payouts (
    id TEXT PRIMARY KEY, amount_minor INTEGER NOT NULL CHECK (amount_minor > 0), currency TEXT NOT NULL,
    reference TEXT NOT NULL, holder TEXT NOT NULL, number TEXT NOT NULL, bic TEXT NOT NULL, country TEXT NOT NULL,
    status TEXT NOT NULL, failure_code TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS payouts_reference ON payouts (reference);
CREATE TABLE IF NOT EXISTS disputes (
    id TEXT PRIMARY KEY, payment_id TEXT NOT NULL REFERENCES payments, amount_minor INTEGER NOT NULL
    CHECK (amount_minor > 0), currency TEXT NOT NULL, reason TEXT NOT NULL, fee_minor INTEGER NOT NULL,
    status TEXT NOT NULL, evidence_due_at TEXT NOT NULL, evidence_at TEXT, evidence TEXT, created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS disputes_payment ON disputes (payment_id);
CREATE TABLE IF NOT EXISTS movements (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    kind TEXT NOT NULL, amount_minor INTEGER NOT NULL CHECK (amount_minor > 0), currency TEXT NOT NULL,
    object_id TEXT NOT NULL, payment_id TEXT, reference TEXT NOT NULL, at TEXT NOT NULL,
    UNIQUE (kind, object_id)) STRICT;
"""


class Store:
    """Opens the file, makes what is missing, and hands out the one connection under a lock.

    `write` is a transaction that is on disk (synchronous=FULL) when the block ends; any exception undoes it.
    `read` sees only what is committed. Neither may be held while waiting for a network.
    """

    def __init__(self, path: str, schema: str = SCHEMA) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(COMMON_SCHEMA + schema)

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            yield self._connection

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def new_id(prefix: str) -> str:
    """An unguessable public id: for the hosted pages it is the only secret."""
    return f"{prefix}_{secrets.token_hex(16)}"


def setting(db: sqlite3.Connection, name: str, default: str = "") -> str:
    row = db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
    return row["value"] if row else default


def keep_setting(db: sqlite3.Connection, name: str, value: str) -> None:
    db.execute(
        "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )
