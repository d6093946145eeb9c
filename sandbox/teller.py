"""The teller does errands when their time comes, or all of them at once when told to."""

import json
import sqlite3
import threading
from collections.abc import Callable
from typing import Any

from sandbox import bank, cards, disputes, errands, moments, payments, payouts, refunds
from sandbox.config import Config
from sandbox.payments import Receipt
from sandbox.problems import invalid
from sandbox.store import Store

Do = Callable[[sqlite3.Connection, sqlite3.Row, Config], None]
"""Does one errand in the transaction that took it."""

IDLE_SECONDS = 0.05
END_OF_TIME = "9999-12-31T23:59:59.999999Z"
OUTCOMES = {
    "so": ("paid", "failed", "returned"),
    "sr": ("succeeded", "failed", "returned"),
    "sp": ("succeeded", "failed"),
    "sd": ("won", "lost"),
}


def do_errand(db: sqlite3.Connection, errand: sqlite3.Row, config: Config) -> None:
    """Do one errand that `errands.take_next` has just taken, in the same transaction."""
    object_id, details = errand["object_id"], json.loads(errand["details"])
    match errand["kind"]:
        case "settle_payout":
            payouts.settle(db, object_id, config)
        case "settle_refund":
            refunds.settle(db, object_id)
        case "capture_card":
            cards.capture(db, object_id, details["holder"])
        case "receive_wire":
            bank.receive(db, details.pop("to"), Receipt(**details))
        case "open_dispute":
            disputes.open_left(db, object_id)
        case "expire_payment":
            payments.expire(db, object_id)
        case kind:
            raise AssertionError(f"unknown errand {kind}")


def settle_all(db: sqlite3.Connection, config: Config) -> int:
    """Do everything that waits but expiries now, also what that makes wait; answers how many errands it was."""
    done = 0
    while errand := errands.take_next(db, until=END_OF_TIME, leave=("expire_payment",)):
        do_errand(db, errand, config)
        done += 1
    return done


def settle_one(db: sqlite3.Connection, body: dict[str, Any]) -> None:
    """Decide one payout, refund, dispute or card payment as `outcome` says. Raises Problem when it can't be so."""
    object_id = str(body["object_id"])
    allowed = OUTCOMES.get(object_id.partition("_")[0])
    outcome = body.get("outcome")
    if not allowed:
        raise invalid("object_id", "object_id must be a payment, refund, payout or dispute.")
    if outcome not in allowed:
        raise invalid("outcome", f"outcome must be one of: {', '.join(allowed)}.")
    if object_id.startswith("so"):
        payouts.decide(db, object_id, outcome)
    elif object_id.startswith("sr"):
        refunds.decide(db, object_id, outcome)
    elif object_id.startswith("sd"):
        disputes.decide(db, object_id, outcome)
    else:
        payments.decide(db, object_id, outcome)


class Teller(threading.Thread):
    """Runs until `stop`; all that it knows is in the store."""

    def __init__(self, store: Store, config: Config, do: Do = do_errand) -> None:
        super().__init__(name="teller", daemon=True)
        self._store = store
        self._config = config
        self._do = do
        self._stopping = threading.Event()

    def stop(self) -> None:
        self._stopping.set()
        self.join(timeout=5)

    def run(self) -> None:
        while not self._stopping.is_set():
            if not self.do_next():
                self._stopping.wait(IDLE_SECONDS)

    def do_next(self) -> bool:
        """Do the first errand that is due, if any."""
        with self._store.read() as db:
            due_at = errands.next_due(db)
        if not due_at or due_at > moments.now_text():
            return False
        with self._store.write() as db:
            errand = errands.take_next(db, until=moments.now_text())
            if errand:
                self._do(db, errand, self._config)
        return errand is not None
