"""Every call of the API that the stand-in knows, with what it takes; all others are refused."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.config import Config
from sandbox.faults import Operations
from sandbox.stripe import balance, disputes, files, news, params, record, refunds, sessions, transfers
from sandbox.stripe.record import Document
from sandbox.stripe.refusals import missing

OPERATIONS = Operations(
    effects=(
        "checkout.sessions.create",
        "checkout.sessions.expire",
        "refunds.create",
        "transfers.create",
        "disputes.update",
        "files.create",
    ),
    reads=(
        "checkout.sessions.get",
        "refunds.get",
        "transfers.get",
        "disputes.get",
        "balance_transactions.list",
    ),
)
"""What can be told to fail; lists by which a lost answer is looked for answer always."""


@dataclass(frozen=True)
class Call:
    """One call that was read: `thing` is the id in its path, `given` its parameters, each of its type."""

    db: sqlite3.Connection
    config: Config
    path: str
    thing: str
    given: dict[str, Any]


@dataclass(frozen=True)
class Route:
    """A POST has an effect, and runs under its key; a GET only reads."""

    method: str
    path: str
    do: Callable[[Call], Document]
    shape: params.Shape
    operation: str = ""


READ: params.Shape = {"expand": [params.text()]}
LINES: params.Shape = {**params.PAGE, "type": params.text(), "source": params.text()}


def _read(kind: str) -> Callable[[Call], Document]:
    return lambda call: record.get(call.db, kind, call.thing)


def _list(kind: str, by: str = "") -> Callable[[Call], Document]:
    return lambda call: record.page(call.db, kind, call.given, path=call.path, parent=call.given.get(by, ""))


def list_sessions(call: Call) -> Document:
    found = _list("checkout.session", "payment_intent")(call)
    return found | {"data": [sessions.shown(session) for session in found["data"]]}


def list_transfers(call: Call) -> Document:
    found = _list("transfer", "transfer_group")(call)
    return found | {"data": [transfers.shown(call.db, transfer) for transfer in found["data"]]}


def read_session(call: Call) -> Document:
    return sessions.shown(record.get(call.db, "checkout.session", call.thing))


def read_transfer(call: Call) -> Document:
    return transfers.shown(call.db, record.get(call.db, "transfer", call.thing))


def read_balance(call: Call) -> Document:
    found = [{"amount": total["available"], "currency": code} for code, total in balance.totals(call.db).items()]
    return {"object": "balance", "available": found, "pending": [], "livemode": False}


def read_event(call: Call) -> Document:
    body = news.body_of(call.db, call.thing)
    if body is None:
        raise missing("event", call.thing)
    return news.as_document(body)


def list_events(call: Call) -> Document:
    return news.page(call.db, call.given, path=call.path)


FILES = "/v1/files"
ID = "/(?P<thing>[A-Za-z0-9_]{1,100})"
SESSIONS, REFUNDS, TRANSFERS, DISPUTES = "/v1/checkout/sessions", "/v1/refunds", "/v1/transfers", "/v1/disputes"
ROUTES = (
    Route(
        "POST",
        SESSIONS,
        lambda call: sessions.shown(sessions.create(call.db, call.given)),
        sessions.CREATE,
        "checkout.sessions.create",
    ),
    Route("GET", SESSIONS, list_sessions, sessions.LIST),
    Route("GET", SESSIONS + ID, read_session, READ, "checkout.sessions.get"),
    Route(
        "POST",
        SESSIONS + ID + "/expire",
        lambda call: sessions.shown(sessions.expire(call.db, call.thing)),
        READ,
        "checkout.sessions.expire",
    ),
    Route("GET", "/v1/payment_intents" + ID, _read("payment_intent"), READ),
    Route("GET", "/v1/charges" + ID, _read("charge"), READ),
    Route(
        "POST", REFUNDS, lambda call: refunds.create(call.db, call.given, call.config), refunds.CREATE, "refunds.create"
    ),
    Route("GET", REFUNDS, _list("refund", "payment_intent"), refunds.LIST),
    Route("GET", REFUNDS + ID, _read("refund"), READ, "refunds.get"),
    Route(
        "POST",
        TRANSFERS,
        lambda call: transfers.shown(call.db, transfers.create(call.db, call.given, call.config)),
        transfers.CREATE,
        "transfers.create",
    ),
    Route("GET", TRANSFERS, list_transfers, transfers.LIST),
    Route("GET", TRANSFERS + ID, read_transfer, READ, "transfers.get"),
    Route(
        "POST",
        TRANSFERS + ID + "/reversals",
        lambda call: transfers.reverse(call.db, call.thing, call.given),
        transfers.REVERSE,
    ),
    Route("GET", DISPUTES, _list("dispute", "payment_intent"), disputes.LIST),
    Route("GET", DISPUTES + ID, _read("dispute"), READ, "disputes.get"),
    Route(
        "POST",
        DISPUTES + ID,
        lambda call: disputes.submit(call.db, call.thing, call.given),
        disputes.UPDATE,
        "disputes.update",
    ),
    Route("POST", FILES, lambda call: files.create(call.db, call.given), files.CREATE, "files.create"),
    Route("POST", "/v1/payouts", lambda call: transfers.pay_out(call.db, call.given), transfers.PAYOUT),
    Route("GET", "/v1/payouts" + ID, _read("payout"), READ),
    Route("GET", "/v1/balance_transactions", _list("balance_transaction"), LINES, "balance_transactions.list"),
    Route("GET", "/v1/balance_transactions" + ID, _read("balance_transaction"), READ),
    Route("GET", "/v1/balance", read_balance, READ),
    Route("GET", "/v1/events", list_events, {**params.PAGE, "type": params.text()}),
    Route("GET", "/v1/events" + ID, read_event, READ),
)
