"""Reading a gateway's answer: is it about our row, and what does it mean there."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from core.alarms import raise_alarm
from payments.actions.receipts import GatewayStatus, SeenReceipt
from payments.gateways.base import KEY_REUSED, GatewayError, GatewayPayment, GatewayTransfer, Unanswered
from payments.gateways.registry import gateway

__all__ = [
    "KEY_REUSED",
    "GatewayError",
    "Unanswered",
    "WrongAnswer",
    "alarm_about",
    "check_same",
    "receipts_of",
    "why_no_gateway",
]

GATEWAY_ANSWER = "gateway_answer"

PAYMENT_STATUS: dict[str, GatewayStatus] = {
    "requires_action": "open",
    "pending": "open",
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "canceled",
    "expired": "expired",
}


class WrongAnswer(GatewayError):
    """The gateway answered with another object than the one asked for. Nothing is recorded; staff are alarmed."""


def why_no_gateway(name: str) -> str:
    """Why this installation can't build the client of the named gateway, in words; empty when it can. Calls nobody."""
    try:
        gateway(name)
    except ImproperlyConfigured as error:
        return str(error)
    return ""


def check_same(row: Any, seen: GatewayPayment | GatewayTransfer) -> None:
    """Raise WrongAnswer unless reference, amount and currency (and a known id) are the row's own."""
    currency = row.escrow.currency if isinstance(seen, GatewayPayment) else row.currency
    ours = (row.reference, row.amount_minor, currency, row.gateway_id or seen.id)
    theirs = (seen.reference, seen.amount_minor, seen.currency, seen.id)
    if ours != theirs:
        raise WrongAnswer(f"the gateway's {theirs} is not our {ours}")


def alarm_about(row: Any, error: Exception) -> None:
    """Staff should look at this row: the gateway's answer makes no sense for it."""
    raise_alarm(GATEWAY_ANSWER, row._meta.label_lower, row.pk, f"{type(error).__name__}: {error}")


def receipts_of(seen: GatewayPayment) -> list[SeenReceipt]:
    return [
        SeenReceipt(
            gateway_receipt_id=receipt.id,
            amount_minor=receipt.amount_minor,
            currency=receipt.currency,
            remitter_name=receipt.remitter_name,
            remitter_account=receipt.remitter_account,
            received_at=receipt.received_at,
            item_id=receipt.item_id,
        )
        for receipt in seen.receipts
    ]
