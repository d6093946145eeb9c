"""Refunds: money back to the payer, over the payment it came by."""

from datetime import datetime

from payments.actions import sending as actions
from payments.actions.absence import note_refund_absent
from payments.exchanges.sending import Route, ask, send
from payments.gateways.base import Gateway, GatewayTransfer
from payments.models import Refund


def send_refund(*, refund_id: int, at: datetime) -> None:
    """Send a refund, or find out what became of it; see `sending.send`."""
    send(ROUTE, refund_id, at=at)


def ask_about_refund(*, refund_id: int, at: datetime) -> None:
    """Record what the gateway knows of a refund; see `sending.ask`."""
    ask(ROUTE, refund_id, at=at)


def _create(client: Gateway, refund: Refund) -> GatewayTransfer:
    return client.create_refund(
        key=refund.idempotency_key,
        payment_id=refund.payment.gateway_id if refund.payment else "",
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        reference=refund.reference,
    )


ROUTE = Route(
    noun="refund",
    id_name="refund_id",
    rows=Refund,
    claim=actions.claim_refund,
    create=_create,
    read=lambda client, gateway_id: client.read_refund(gateway_id),
    find=lambda client, key: client.find_refund(key),
    note_absent=note_refund_absent,
    record={
        "pending": actions.record_refund_sent,
        "succeeded": actions.record_refund_paid,
        "failed": actions.record_refund_failed,
        "returned": actions.record_refund_returned,
        "unknown": actions.record_refund_unknown,
    },
)
