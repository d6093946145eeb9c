"""The test's hand at the stand-in: plan faults, play customers' banks, read what moved. Stripe has none of this."""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from sandbox import events, faults, fields
from sandbox.config import Config
from sandbox.gateway import Gateway, Request, Response
from sandbox.problems import Problem
from sandbox.stripe import balance, disputes, errands, intents, record, refunds, transfers
from sandbox.stripe.routes import OPERATIONS

Body = dict[str, Any]


def plan_fault(db: sqlite3.Connection, body: Body, _config: Config) -> Body:
    return faults.plan(db, body, OPERATIONS)


def clear_faults(db: sqlite3.Connection, _body: Body, _config: Config) -> Body:
    db.execute("DELETE FROM faults")
    return {}


def set_webhooks(db: sqlite3.Connection, body: Body, _config: Config) -> Body:
    return events.set_mode(db, body)


def set_endpoint(db: sqlite3.Connection, body: Body, _config: Config) -> Body:
    url = fields.web_address(body, "url")
    events.set_endpoint(db, url)
    return {"url": url}


def settle(db: sqlite3.Connection, _body: Body, config: Config) -> Body:
    return {"settled": errands.settle_all(db, config)}


def open_dispute(db: sqlite3.Connection, body: Body, _config: Config) -> Body:
    """Of the charge of a session; `amount` in the smallest unit, all of it if 0."""
    session = record.get(db, "checkout.session", fields.text(body, "session", longest=100))
    intent = intents.of_session(db, session)
    charge = record.get(db, "charge", str(intent["latest_charge"]))
    reason = fields.text(body, "reason", longest=100, default="fraudulent")
    return disputes.open_for(db, charge, reason=reason, amount=int(body.get("amount", 0)))


def decide_dispute(db: sqlite3.Connection, body: Body, _config: Config) -> Body:
    outcome = fields.choice(body, "outcome", disputes.OUTCOMES)
    return disputes.decide(db, fields.text(body, "dispute", longest=100), outcome)


def end_refund(db: sqlite3.Connection, body: Body, _config: Config) -> Body:
    refund_id = fields.text(body, "refund", longest=100)
    refunds.end(db, refund_id, fields.choice(body, "outcome", ("succeeded", "failed")))
    return record.get(db, "refund", refund_id)


def reverse_transfer(db: sqlite3.Connection, body: Body, _config: Config) -> Body:
    return transfers.reverse(db, fields.text(body, "transfer", longest=100), {})


def totals(db: sqlite3.Connection, _body: Body, _config: Config) -> Body:
    return balance.totals(db)


CONTROLS: dict[str, Callable[[sqlite3.Connection, Body, Config], Body]] = {
    "/control/faults": plan_fault,
    "/control/faults/clear": clear_faults,
    "/control/webhooks": set_webhooks,
    "/control/webhook-endpoint": set_endpoint,
    "/control/settle": settle,
    "/control/disputes": open_dispute,
    "/control/disputes/decide": decide_dispute,
    "/control/refunds/end": end_refund,
    "/control/transfers/reverse": reverse_transfer,
    "/control/totals": totals,
}


def answer(gateway: Gateway, request: Request) -> Response:
    """POST with a JSON body. Raises Refusal for an object that isn't there or can't do that."""
    do = CONTROLS.get(request.path)
    try:
        if do is None or request.method != "POST":
            raise Problem(404, "not_found", "There is no such control.")
        with gateway.store.write() as db:
            return Response(200, json.dumps(do(db, json.loads(request.body or b"{}"), gateway.config)).encode())
    except Problem as problem:
        return Response(problem.status, json.dumps(problem.as_dict()).encode())
