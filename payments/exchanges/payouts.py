"""Payouts: money to a company's own bank account."""

from datetime import datetime

from payments.actions import sending as actions
from payments.actions.absence import note_payout_absent
from payments.exchanges.sending import Route, ask, send
from payments.gateways.base import BankAccount, Gateway, GatewayTransfer
from payments.models import Payout


def send_payout(*, payout_id: int, at: datetime) -> None:
    """Send a payout, or find out what became of it; see `sending.send`."""
    send(ROUTE, payout_id, at=at)


def ask_about_payout(*, payout_id: int, at: datetime) -> None:
    """Record what the gateway knows of a payout; see `sending.ask`."""
    ask(ROUTE, payout_id, at=at)


def _create(client: Gateway, payout: Payout) -> GatewayTransfer:
    account = payout.account
    return client.create_payout(
        key=payout.idempotency_key,
        amount_minor=payout.amount_minor,
        currency=payout.currency,
        reference=payout.reference,
        account=BankAccount(
            holder=account.holder, number=account.number, bic=account.bic, country=str(account.country)
        ),
    )


ROUTE = Route(
    noun="payout",
    id_name="payout_id",
    rows=Payout,
    claim=actions.claim_payout,
    create=_create,
    read=lambda client, gateway_id: client.read_payout(gateway_id),
    find=lambda client, key: client.find_payout(key),
    note_absent=note_payout_absent,
    record={
        "processing": actions.record_payout_sent,
        "paid": actions.record_payout_paid,
        "failed": actions.record_payout_failed,
        "returned": actions.record_payout_returned,
        "unknown": actions.record_payout_unknown,
    },
)
