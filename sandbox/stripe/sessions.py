"""Checkout Sessions: a hosted page that takes one payment, within a day."""

import sqlite3
import time
from typing import Any

from sandbox import errands
from sandbox.amounts import digits_of
from sandbox.stripe import news, params, record
from sandbox.stripe.record import Document
from sandbox.stripe.refusals import malformed, refused

REDIRECTS: dict[str, tuple[str, ...]] = {
    "ideal": ("eur",),
    "bancontact": ("eur",),
    "eps": ("eur",),
    "p24": ("eur", "pln"),
    "pay_by_bank": ("gbp",),
}
"""Bank-redirect methods and the currencies that each takes."""

SOONEST_SECONDS, LATEST_SECONDS = 30 * 60, 24 * 3600
LEAST = {0: 50, 2: 50, 3: 500}
"""The smallest charge, by the digits of its currency."""

CREATE: params.Shape = {
    "mode*": params.one_of("payment"),
    "success_url*": params.web_address,
    "cancel_url": params.web_address,
    "client_reference_id": params.text(200),
    "payment_method_types": [params.one_of("card", *REDIRECTS)],
    "line_items*": [
        {
            "quantity*": params.integer,
            "price_data*": {
                "currency*": params.currency,
                "unit_amount*": params.amount,
                "product_data*": {"name*": params.text(1500), "description": params.text()},
            },
        }
    ],
    "payment_intent_data": {
        "capture_method": params.one_of("automatic", "automatic_async"),
        "description": params.text(1000),
        "metadata": params.metadata,
        "transfer_group": params.text(),
    },
    "metadata": params.metadata,
    "expires_at": params.integer,
    "locale": params.text(10),
    "expand": [params.text()],
}
LIST: params.Shape = {**params.PAGE, "payment_intent": params.text()}


def create(db: sqlite3.Connection, given: dict[str, Any]) -> Document:
    items = given["line_items"]
    if len(items) != 1 or items[0]["quantity"] != 1:
        raise malformed("parameter_invalid_integer", "The stand-in takes one line of quantity 1.", "line_items")
    price, types = items[0]["price_data"], given.get("payment_method_types") or ["card"]
    _check_carried(price, types)
    expires_at = given.get("expires_at", int(time.time()) + LATEST_SECONDS)
    if not SOONEST_SECONDS - 60 <= expires_at - time.time() <= LATEST_SECONDS + 60:
        raise malformed("parameter_invalid_integer", "expires_at must be 30 minutes to 24 hours away.", "expires_at")
    session = record.add(
        db,
        "cs",
        {
            "mode": "payment",
            "status": "open",
            "payment_status": "unpaid",
            "amount_total": price["unit_amount"],
            "currency": price["currency"],
            "client_reference_id": given.get("client_reference_id"),
            "metadata": given.get("metadata", {}),
            "payment_method_types": types,
            "payment_intent": None,
            "success_url": given["success_url"],
            "cancel_url": given.get("cancel_url"),
            "expires_at": expires_at,
            "customer_details": None,
            "name_of_goods": price["product_data"]["name"],
            "payment_intent_data": given.get("payment_intent_data", {}),
        },
    )
    session["url"] = f"/c/pay/{session['id']}"
    record.save(db, session)
    errands.put_off(db, "expire_session", session["id"], seconds=expires_at - time.time())
    return session


def _check_carried(price: dict[str, Any], types: list[str]) -> None:
    currency, minor = price["currency"], price["unit_amount"]
    digits = digits_of(currency.upper())
    for name in types:
        if name != "card" and currency not in REDIRECTS[name]:
            raise refused("parameter_invalid", f"{name} can't be used with {currency}.", "payment_method_types")
    if digits == 3 and minor % 10:
        raise refused("parameter_invalid_integer", f"Amounts in {currency} must end in 0.", "unit_amount")
    if minor < LEAST[digits]:
        raise refused("amount_too_small", f"The amount must be at least {LEAST[digits]} {currency}.", "unit_amount")


def shown(session: Document) -> Document:
    """What the API gives of it; the page's address only while it is open."""
    hidden = ("name_of_goods", "payment_intent_data")
    document = {name: value for name, value in session.items() if name not in hidden}
    return document if session["status"] == "open" else document | {"url": None}


def expire(db: sqlite3.Connection, session_id: str) -> Document:
    """Close an open one for good. Raises Refusal when it is not open any more."""
    session = record.get(db, "checkout.session", session_id)
    if session["status"] != "open":
        raise refused(
            "", f'Only Checkout Sessions with a status in ["open"] can be expired. This one is {session["status"]}.'
        )
    errands.forget(db, session_id)
    session["status"] = "expired"
    record.save(db, session)
    if session["payment_intent"]:
        _cancel_intent(db, session["payment_intent"])
    news.tell(db, "checkout.session.expired", shown(session))
    return session


def _cancel_intent(db: sqlite3.Connection, intent_id: str) -> None:
    intent = record.get(db, "payment_intent", intent_id)
    intent["status"] = "canceled"
    record.save(db, intent)
    news.tell(db, "payment_intent.canceled", intent)


def expire_if_open(db: sqlite3.Connection, session_id: str) -> None:
    if record.get(db, "checkout.session", session_id)["status"] == "open":
        expire(db, session_id)


def complete(db: sqlite3.Connection, session: Document, *, paid: bool) -> None:
    """The customer is through: the page takes nothing more."""
    errands.forget(db, session["id"])
    session |= {"status": "complete", "payment_status": "paid" if paid else "unpaid"}
    record.save(db, session)
    news.tell(db, "checkout.session.completed", shown(session))


def note_async(db: sqlite3.Connection, session: Document, *, paid: bool) -> None:
    """A bank that took its time has spoken."""
    session["payment_status"] = "paid" if paid else "unpaid"
    record.save(db, session)
    outcome = "succeeded" if paid else "failed"
    news.tell(db, f"checkout.session.async_payment_{outcome}", shown(session))
