"""PaymentIntents and their charges: what a customer's card or bank makes of a payment."""

import sqlite3

from sandbox import errands
from sandbox.config import Config
from sandbox.stripe import balance, disputes, news, record, sessions
from sandbox.stripe.cards import StripeCard
from sandbox.stripe.record import Document

HOLDER = "Test Cardholder"


def of_session(db: sqlite3.Connection, session: Document) -> Document:
    """The session's intent, made with the customer's first try."""
    if session["payment_intent"]:
        return record.get(db, "payment_intent", session["payment_intent"])
    told = session["payment_intent_data"]
    intent = record.add(
        db,
        "pi",
        {
            "amount": session["amount_total"],
            "amount_received": 0,
            "currency": session["currency"],
            "status": "requires_payment_method",
            "latest_charge": None,
            "last_payment_error": None,
            "description": told.get("description"),
            "metadata": told.get("metadata", {}),
            "transfer_group": told.get("transfer_group"),
            "payment_method_types": session["payment_method_types"],
            "next_action": None,
        },
    )
    session["payment_intent"] = intent["id"]
    record.save(db, session, parent=intent["id"])
    news.tell(db, "payment_intent.created", intent)
    return intent


def session_of(db: sqlite3.Connection, intent: Document) -> Document:
    return record.children(db, "checkout.session", intent["id"])[0]


# --- cards ------------------------------------------------------------------------------------------------------------
def pay_by_card(db: sqlite3.Connection, session: Document, card: StripeCard, holder: str) -> bool:
    """Charge the card; true when the customer has a second step to take."""
    intent = of_session(db, session)
    if card.conduct == "second_step":
        intent |= {"status": "requires_action", "next_action": {"type": "use_stripe_sdk"}, "last_payment_error": None}
        record.save(db, intent)
        news.tell(db, "payment_intent.requires_action", intent)
        return True
    if card.conduct == "decline":
        refuse(db, intent, "card_declined", card.decline_code)
    else:
        charge = succeed(db, intent, "card", holder, {"brand": "visa", "last4": card.number[-4:]}, card=card.number)
        if card.conduct == "disputed":
            disputes.open_for(db, charge, reason="fraudulent")
    return False


def end_second_step(db: sqlite3.Connection, session: Document, *, confirmed: bool, last4: str) -> None:
    """Nothing where the step is over already."""
    intent = of_session(db, session)
    if intent["status"] != "requires_action":
        return
    intent["next_action"] = None
    if confirmed:
        succeed(db, intent, "card", HOLDER, {"brand": "visa", "last4": last4})
    else:
        refuse(db, intent, "payment_intent_authentication_failure", "")


# --- banks ------------------------------------------------------------------------------------------------------------
def await_bank(db: sqlite3.Connection, session: Document, config: Config, *, outcome: str) -> None:
    """The customer has authorised, and the bank says later what it made of it."""
    intent = of_session(db, session)
    intent |= {"status": "processing", "last_payment_error": None}
    record.save(db, intent)
    news.tell(db, "payment_intent.processing", intent)
    sessions.complete(db, session, paid=False)
    errands.put_off(db, "bank_answers", intent["id"], seconds=config.late_seconds, outcome=outcome)


def bank_answers(db: sqlite3.Connection, intent_id: str, outcome: str) -> None:
    intent = record.get(db, "payment_intent", intent_id)
    if intent["status"] != "processing":
        return
    method = next(name for name in intent["payment_method_types"] if name != "card")
    if outcome == "succeeded":
        succeed(db, intent, method, HOLDER, bank_details(method))
    else:
        refuse(db, intent, "payment_intent_payment_attempt_failed", "")
    sessions.note_async(db, session_of(db, intent), paid=outcome == "succeeded")


def bank_details(method: str) -> Document:
    return (
        {"bank": "test_bank", "bank_name": "Test Bank", "iban_last4": "5264"}
        if method != "eps"
        else {"bank": "test_bank"}
    )


# --- both -------------------------------------------------------------------------------------------------------------
def succeed(
    db: sqlite3.Connection, intent: Document, method: str, holder: str, details: Document, *, card: str = ""
) -> Document:
    """The money is there: one charge, one line of the balance, and the session is complete."""
    amount, currency = intent["amount"], intent["currency"]
    charge = record.add(
        db,
        "ch" if method == "card" else "py",
        {
            "amount": amount,
            "amount_captured": amount,
            "amount_refunded": 0,
            "currency": currency,
            "status": "succeeded",
            "paid": True,
            "captured": True,
            "refunded": False,
            "disputed": False,
            "payment_intent": intent["id"],
            "billing_details": {"name": holder, "email": None, "phone": None, "address": None},
            "payment_method_details": {"type": method, method: details},
            "failure_code": None,
            "metadata": intent["metadata"],
            "test_card": card,
        },
        parent=intent["id"],
    )
    fee = balance.card_fee(amount, currency) if method == "card" else balance.bank_fee(currency)
    kind = "charge" if method == "card" else "payment"
    line = balance.book(
        db, source=charge["id"], type=kind, category="charge", amount=amount, currency=currency, fee=fee
    )
    charge["balance_transaction"] = line["id"]
    record.save(db, charge)
    intent |= {
        "status": "succeeded",
        "amount_received": amount,
        "latest_charge": charge["id"],
        "last_payment_error": None,
    }
    record.save(db, intent)
    news.tell(db, "charge.succeeded", charge)
    news.tell(db, "payment_intent.succeeded", intent)
    session = session_of(db, intent)
    if session["status"] == "open":
        sessions.complete(db, session, paid=True)
    return charge


def refuse(db: sqlite3.Connection, intent: Document, code: str, decline_code: str) -> None:
    """No money: an open session stays open, and the customer may try again there."""
    error = {"code": code, "type": "card_error", "message": "Your payment was declined."}
    intent |= {
        "status": "requires_payment_method",
        "next_action": None,
        "last_payment_error": error | ({"decline_code": decline_code} if decline_code else {}),
    }
    record.save(db, intent)
    news.tell(db, "payment_intent.payment_failed", intent)
