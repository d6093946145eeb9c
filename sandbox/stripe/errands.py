"""What happens later by itself: sessions that run out, banks that answer late, refunds and transfers that come back."""

import json
import sqlite3

from sandbox import errands
from sandbox.config import Config
from sandbox.stripe import intents, refunds, sessions, transfers


def do(db: sqlite3.Connection, errand: sqlite3.Row, _config: Config) -> None:
    """Do one errand that `sandbox.errands.take_next` has just taken, in the same transaction."""
    object_id, details = errand["object_id"], json.loads(errand["details"])
    match errand["kind"]:
        case "expire_session":
            sessions.expire_if_open(db, object_id)
        case "bank_answers":
            intents.bank_answers(db, object_id, details["outcome"])
        case "end_refund":
            refunds.end(db, object_id, details["outcome"])
        case "reverse_transfer":
            transfers.reverse_all(db, object_id)
        case kind:
            raise AssertionError(f"unknown errand {kind}")


def settle_all(db: sqlite3.Connection, config: Config) -> int:
    """Do everything that waits, but no session's end, now; answers how many errands it was."""
    done = 0
    while errand := errands.take_next(db, until="9999-12-31T23:59:59.999999Z", leave=("expire_session",)):
        do(db, errand, config)
        done += 1
    return done
