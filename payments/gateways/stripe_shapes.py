"""What Stripe's objects mean in our words. Minor units are Stripe's smallest unit, for every currency held here."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal, TypeVar

from core.money import CURRENCIES
from payments.carriage import STRIPE_REDIRECTS, STRIPE_TENS, amounts_of
from payments.gateways.base import (
    GatewayDispute,
    GatewayPayment,
    GatewayReceipt,
    GatewayTransfer,
    Rejected,
    Unanswered,
)
from payments.gateways.stripe_calls import Document
from payments.models import Method

T = TypeVar("T")

ZERO_DECIMALS = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
"""Stripe's own list."""

EXPAND = ["payment_intent.latest_charge"]
FAILURES = {"payment_intent_authentication_failure": "authentication_failed"}
"""Stripe's word -> the platform's, where they differ."""


def digits_at_stripe(currency: str) -> int:
    return 0 if currency in ZERO_DECIMALS else 3 if currency in STRIPE_TENS else 2


def check_carried(amount_minor: int, currency: str) -> None:
    """Raises Rejected, before any call, for an amount that Stripe can't carry."""
    if digits_at_stripe(currency) != CURRENCIES[currency]:
        raise Rejected("currency_not_carried", f"Stripe counts {currency} in other units")
    carried = amounts_of("stripe", currency)
    if amount_minor > carried.most_minor:
        raise Rejected("amount_too_large", f"Stripe takes at most {carried.most_minor}")
    if not carried.carry(amount_minor):
        raise Rejected("amount_not_carried", f"Stripe takes amounts in {currency} that end in 0 only")


def method_types(method: str, currency: str) -> list[str]:
    """Raises Rejected for a method that Stripe does not have in this currency."""
    if method == Method.CARD:
        return ["card"]
    if method == Method.TRANSFER and currency in STRIPE_REDIRECTS:
        return list(STRIPE_REDIRECTS[currency])
    raise Rejected("method_not_carried", f"Stripe has no {method} in {currency}")


def shaped(convert: Callable[[Document], T], answer: Document) -> T:
    """An answer of another shape is no answer: whatever it meant may have happened."""
    try:
        return convert(answer)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unanswered("an answer of another shape") from error


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# --- payments ---------------------------------------------------------------------------------------------------------
def payment_of(session: Document) -> GatewayPayment:
    """A Checkout Session with its intent and charge expanded."""
    intent = session["payment_intent"] or {}
    charge = intent.get("latest_charge") or {}
    receipts = (_receipt_of(charge),) if charge.get("status") == "succeeded" and charge["amount_captured"] else ()
    return GatewayPayment(
        id=session["id"],
        status=_status_of(session, intent),
        reference=session["client_reference_id"],
        method=session["metadata"]["method"],
        amount_minor=session["amount_total"],
        currency=session["currency"].upper(),
        received_minor=sum(receipt.amount_minor for receipt in receipts),
        receipts=receipts,
        checkout_url=session["url"] or "",
        bank_details=None,
        bank_page_url="",
        failure_code=_failure_of(intent),
    )


def _status_of(session: Document, intent: Document) -> str:
    """A declined card leaves the session open: the payer may try another on the same page."""
    if session["payment_status"] == "paid":
        return "succeeded"
    if session["status"] == "complete":
        return "pending" if intent["status"] in ("processing", "succeeded") else "failed"
    return {"open": "requires_action", "expired": "expired"}[session["status"]]


def _failure_of(intent: Document) -> str:
    error = intent.get("last_payment_error") or {}
    code = error.get("code") or ""
    if error.get("decline_code") == "insufficient_funds":
        return "insufficient_funds"
    return str(FAILURES.get(code, code))[:60]


def _receipt_of(charge: Document) -> GatewayReceipt:
    details = charge["payment_method_details"]
    return GatewayReceipt(
        id=charge["id"],
        amount_minor=charge["amount_captured"],
        currency=charge["currency"].upper(),
        remitter_name=(charge["billing_details"] or {}).get("name") or "",
        remitter_account=_account_of(details["type"], details.get(details["type"]) or {}),
        received_at=moment(charge["created"]),
    )


def _account_of(method: str, details: Document) -> str:
    """Such as "visa 4242" or "ideal 5264"."""
    name = details.get("brand") or method
    return " ".join(part for part in (name, details.get("last4") or details.get("iban_last4")) if part)


# --- money out --------------------------------------------------------------------------------------------------------
def refund_of(refund: Document) -> GatewayTransfer:
    """`succeeded` from when it has left the balance at Stripe, as its record and our books count it."""
    return GatewayTransfer(
        id=refund["id"],
        status=_refund_status(refund),
        reference=refund["metadata"].get("reference") or "",
        amount_minor=refund["amount"],
        currency=refund["currency"].upper(),
        failure_code=(refund.get("failure_reason") or "")[:60],
    )


def _refund_status(refund: Document) -> str:
    if refund["status"] in ("failed", "canceled"):
        return "returned" if refund.get("failure_balance_transaction") else "failed"
    return "succeeded" if refund["balance_transaction"] else "pending"


def transfer_of(transfer: Document) -> GatewayTransfer:
    """A payout: it is paid once the seller's account at Stripe has it, and returned once all was taken back."""
    is_back = transfer["reversed"]
    return GatewayTransfer(
        id=transfer["id"],
        status="returned" if is_back else "paid",
        reference=transfer["metadata"].get("reference") or "",
        amount_minor=transfer["amount"],
        currency=transfer["currency"].upper(),
        failure_code="reversed" if is_back else "",
    )


# --- charge-backs -----------------------------------------------------------------------------------------------------
ENDED = ("won", "lost", "warning_closed", "prevented")


def _dispute_status(dispute: Document) -> Literal["open", "won", "lost", "inquiry", "inquiry_closed"]:
    """What took no money is an inquiry of the payer's bank, or one that came to nothing."""
    status = dispute["status"]
    if not dispute["balance_transactions"]:
        return "inquiry_closed" if status in ENDED else "inquiry"
    return "won" if status == "won" else "lost" if status == "lost" else "open"


def dispute_of(dispute: Document, payment_id: str) -> GatewayDispute:
    evidence = dispute["evidence_details"]
    due_by = evidence["due_by"]
    return GatewayDispute(
        id=dispute["id"],
        payment_id=payment_id,
        status=_dispute_status(dispute),
        amount_minor=dispute["amount"],
        currency=dispute["currency"].upper(),
        reason=dispute["reason"],
        fee_minor=sum(line["fee"] for line in dispute["balance_transactions"] if line["amount"] < 0),
        evidence_due_at=moment(due_by) if due_by else None,
        has_evidence=bool(evidence["submission_count"]),
    )
