"""Every address of the API and what it does; reads by list answer always, the others may be told to fail."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox import bank, disputes, events, faults, fields, ledger, payments, payouts, refunds, teller, views
from sandbox.gateway import Gateway, Request
from sandbox.idempotency import Answer, object_of_key, once
from sandbox.problems import Problem, invalid

PAYMENTS, REFUNDS, PAYOUTS, DISPUTES = "/v1/payments", "/v1/refunds", "/v1/payouts", "/v1/disputes"
OPERATIONS = faults.Operations(
    effects=("payments.create", "payments.cancel", "refunds.create", "payouts.create", "disputes.evidence"),
    reads=("payments.get", "refunds.get", "payouts.get", "disputes.get"),
)


@dataclass(frozen=True)
class Call:
    """One call of the API; `thing` is the id in its path."""

    gateway: Gateway
    request: Request
    thing: str

    def body(self) -> dict[str, Any]:
        try:
            body = json.loads(self.request.body or b"{}")
            json.dumps(body, ensure_ascii=False).encode()  # a lone surrogate is no text and can't be stored
        except (ValueError, RecursionError):
            raise Problem(400, "invalid_json", "The body is not JSON.") from None
        if not isinstance(body, dict):
            raise Problem(400, "invalid_json", "The body must be a JSON object.")
        return body

    def payment(self, db: sqlite3.Connection, payment_id: str) -> dict[str, Any]:
        return views.payment(db, payment_id, account_holder=self.gateway.config.account_holder)


@dataclass(frozen=True)
class Route:
    """`operation` is the name that faults know it by; without one it is never told to fail."""

    method: str
    path: str
    do: Callable[[Call], Answer]
    operation: str | None = None


def _once(call: Call, act: Callable[[sqlite3.Connection, dict[str, Any]], dict[str, Any]], status: int) -> Answer:
    """Do `act` once per Idempotency-Key, in one transaction with the key."""
    key = call.request.headers.get("idempotency-key", "")
    if not 0 < len(key) <= 200:
        raise Problem(400, "idempotency_key_required", "Give an Idempotency-Key of 1 to 200 characters.")
    body = call.body()
    with call.gateway.store.write() as db:
        return once(db, key=key, path=call.request.path, body=body, effect=lambda: (status, act(db, body)))


def _found(call: Call, path: str, table: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    """The ids that the query asks for, newest first: by key, or by one of `columns`."""
    query = call.request.query
    with call.gateway.store.read() as db:
        if key := query.get("idempotency_key"):
            known = object_of_key(db, key=key, path=path)
            return (known,) if known else ()
        for column in columns:
            if value := query.get(column):
                sql = f"SELECT id FROM {table} WHERE {column} = ? {payments.NEWEST_FIRST}"  # noqa: S608 (fixed names)
                return tuple(row["id"] for row in db.execute(sql, (value,)))
    raise invalid("idempotency_key", f"Ask by one of: idempotency_key, {', '.join(columns)}.")


def create_payment(call: Call) -> Answer:
    return _once(call, lambda db, body: call.payment(db, payments.create(db, body)), 201)


def read_payment(call: Call) -> Answer:
    with call.gateway.store.read() as db:
        return Answer(200, call.payment(db, call.thing))


def find_payments(call: Call) -> Answer:
    found = _found(call, PAYMENTS, "payments", ("reference",))
    with call.gateway.store.read() as db:
        return Answer(200, {"data": [call.payment(db, payment_id) for payment_id in found]})


def cancel_payment(call: Call) -> Answer:
    def cancel(db: sqlite3.Connection, _body: dict[str, Any]) -> dict[str, Any]:
        payments.cancel(db, call.thing)
        return call.payment(db, call.thing)

    return _once(call, cancel, 200)


def create_refund(call: Call) -> Answer:
    def create(db: sqlite3.Connection, body: dict[str, Any]) -> dict[str, Any]:
        return views.refund(refunds.get(db, refunds.create(db, body, call.gateway.config)))

    return _once(call, create, 201)


def read_refund(call: Call) -> Answer:
    with call.gateway.store.read() as db:
        return Answer(200, views.refund(refunds.get(db, call.thing)))


def find_refunds(call: Call) -> Answer:
    found = _found(call, REFUNDS, "refunds", ("payment_id", "reference"))
    with call.gateway.store.read() as db:
        return Answer(200, {"data": [views.refund(refunds.get(db, refund_id)) for refund_id in found]})


def create_payout(call: Call) -> Answer:
    def create(db: sqlite3.Connection, body: dict[str, Any]) -> dict[str, Any]:
        return views.payout(payouts.get(db, payouts.create(db, body, call.gateway.config)))

    return _once(call, create, 201)


def read_payout(call: Call) -> Answer:
    with call.gateway.store.read() as db:
        return Answer(200, views.payout(payouts.get(db, call.thing)))


def find_payouts(call: Call) -> Answer:
    found = _found(call, PAYOUTS, "payouts", ("reference",))
    with call.gateway.store.read() as db:
        return Answer(200, {"data": [views.payout(payouts.get(db, payout_id)) for payout_id in found]})


def read_dispute(call: Call) -> Answer:
    with call.gateway.store.read() as db:
        return Answer(200, views.dispute(disputes.get(db, call.thing)))


def find_disputes(call: Call) -> Answer:
    payment_id = fields.text(dict(call.request.query), "payment_id", longest=100)
    with call.gateway.store.read() as db:
        return Answer(200, {"data": [views.dispute(row) for row in disputes.list_of(db, payment_id)]})


def submit_evidence(call: Call) -> Answer:
    def submit(db: sqlite3.Connection, body: dict[str, Any]) -> dict[str, Any]:
        disputes.take_evidence(db, call.thing, body)
        return views.dispute(disputes.get(db, call.thing))

    return _once(call, submit, 200)


def open_dispute(call: Call) -> Answer:
    body = call.body()
    with call.gateway.store.write() as db:
        return Answer(201, views.dispute(disputes.get(db, disputes.create(db, body))))


def list_movements(call: Call) -> Answer:
    since = fields.whole_number(call.request.query, "since", default=0)
    limit = fields.whole_number(call.request.query, "limit", default=500, most=1000)
    with call.gateway.store.read() as db:
        return Answer(200, ledger.list_movements(db, since=since, limit=max(limit, 1)))


def add_up(call: Call) -> Answer:
    with call.gateway.store.read() as db:
        return Answer(200, {"data": ledger.totals(db)})


def read_endpoint(call: Call) -> Answer:
    with call.gateway.store.read() as db:
        return Answer(200, {"url": events.endpoint(db)})


def set_endpoint(call: Call) -> Answer:
    url = fields.web_address(call.body(), "url")
    with call.gateway.store.write() as db:
        events.set_endpoint(db, url)
    return Answer(200, {"url": url})


def list_events(call: Call) -> Answer:
    since = fields.whole_number(call.request.query, "since", default=0)
    with call.gateway.store.read() as db:
        return Answer(200, events.list_events(db, since=since, limit=500))


def plan_fault(call: Call) -> Answer:
    body = call.body()
    with call.gateway.store.write() as db:
        return Answer(201, faults.plan(db, body, OPERATIONS))


def list_faults(call: Call) -> Answer:
    with call.gateway.store.read() as db:
        return Answer(200, {"data": faults.list_planned(db)})


def clear_faults(call: Call) -> Answer:
    with call.gateway.store.write() as db:
        db.execute("DELETE FROM faults")
    return Answer(204, {})


def send_wire(call: Call) -> Answer:
    body = call.body()
    wire, seconds = bank.read_wire(body), fields.seconds(body, "delay_seconds")
    with call.gateway.store.write() as db:
        payment_id = bank.find_account(db, body)
        if seconds:
            return Answer(202, {"scheduled_at": bank.receive_later(db, payment_id, wire, seconds=seconds)})
        receipt_id = bank.receive(db, payment_id, wire)
        payment = call.payment(db, payment_id)
    receipt = next(found for found in payment["receipts"] if found["id"] == receipt_id)
    return Answer(201, {"receipt": receipt, "payment": payment})


def set_webhook_mode(call: Call) -> Answer:
    body = call.body()
    with call.gateway.store.write() as db:
        return Answer(200, events.set_mode(db, body))


def settle(call: Call) -> Answer:
    body = call.body()
    with call.gateway.store.write() as db:
        if not body.get("object_id"):
            return Answer(200, {"settled": teller.settle_all(db, call.gateway.config)})
        teller.settle_one(db, body)
        return Answer(200, {"settled": 1})


ID = "/(?P<thing>[A-Za-z0-9_-]{1,100})"
ROUTES = (
    Route("POST", PAYMENTS, create_payment, "payments.create"),
    Route("GET", PAYMENTS, find_payments),
    Route("GET", PAYMENTS + ID, read_payment, "payments.get"),
    Route("POST", PAYMENTS + ID + "/cancel", cancel_payment, "payments.cancel"),
    Route("POST", REFUNDS, create_refund, "refunds.create"),
    Route("GET", REFUNDS, find_refunds),
    Route("GET", REFUNDS + ID, read_refund, "refunds.get"),
    Route("POST", PAYOUTS, create_payout, "payouts.create"),
    Route("GET", PAYOUTS, find_payouts),
    Route("GET", PAYOUTS + ID, read_payout, "payouts.get"),
    Route("GET", DISPUTES, find_disputes),
    Route("GET", DISPUTES + ID, read_dispute, "disputes.get"),
    Route("POST", DISPUTES + ID + "/evidence", submit_evidence, "disputes.evidence"),
    Route("GET", "/v1/ledger", list_movements),
    Route("GET", "/v1/ledger/totals", add_up),
    Route("GET", "/v1/webhook-endpoint", read_endpoint),
    Route("PUT", "/v1/webhook-endpoint", set_endpoint),
    Route("GET", "/v1/events", list_events),
    Route("POST", "/v1/control/faults", plan_fault),
    Route("GET", "/v1/control/faults", list_faults),
    Route("DELETE", "/v1/control/faults", clear_faults),
    Route("POST", "/v1/control/wires", send_wire),
    Route("POST", "/v1/control/disputes", open_dispute),
    Route("POST", "/v1/control/webhooks", set_webhook_mode),
    Route("POST", "/v1/control/settle", settle),
)
