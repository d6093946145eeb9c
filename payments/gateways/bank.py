"""The bank gateway: T/T by statements. Its other side is our own record of what the bank's statements say.

No network: the statements come in by `payments.actions.statements`, and what they brought is read from rows here.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time

from django.conf import settings

from payments.bank_references import account_number, reference_of
from payments.gateways.base import (
    Absent,
    BadSignature,
    BankAccount,
    GatewayDispute,
    GatewayPayment,
    GatewayReceipt,
    GatewayTransfer,
    Movement,
    Rejected,
    WebhookEvent,
)
from payments.models import Allocation, Payment, PaymentState
from payments.packets import EvidencePacket

STATUS = {
    PaymentState.CREATED: "pending",
    PaymentState.PENDING: "pending",
    PaymentState.SECURED: "succeeded",
    PaymentState.FAILED: "failed",
    PaymentState.EXPIRED: "expired",
    PaymentState.ABANDONED: "canceled",
}
ID = "tt_"


class BankGateway:
    """Keeps the promises of `Gateway`. A payment is known here from its claim on; money may come for it at any time."""

    name = "bank"

    # --- payments -----------------------------------------------------------------------------------------------------
    def create_payment(
        self,
        *,
        key: str,
        amount_minor: int,
        currency: str,
        method: str,
        reference: str,
        return_url: str,
        description: str,
    ) -> GatewayPayment:
        if currency not in settings.BANK_ACCOUNTS:
            raise Rejected("no_account", f"BANK_ACCOUNTS names no account in {currency}")
        return self.read_payment(ID + reference)

    def cancel_payment(self, *, key: str, payment_id: str) -> GatewayPayment:
        """Nothing has to be undone at the bank: its account stays open, and what comes later is sent back."""
        payment = _find(reference=payment_id.removeprefix(ID))
        return _payment(payment, "canceled" if payment.is_live else STATUS[PaymentState(payment.state)])

    def read_payment(self, payment_id: str) -> GatewayPayment:
        payment = _find(reference=payment_id.removeprefix(ID))
        return _payment(payment, STATUS[PaymentState(payment.state)])

    def find_payment(self, key: str) -> GatewayPayment | None:
        try:
            payment = _find(idempotency_key=key)
        except Absent:
            return None
        return _payment(payment, STATUS[PaymentState(payment.state)])

    # --- refunds and payouts ------------------------------------------------------------------------------------------
    def create_refund(
        self, *, key: str, payment_id: str, amount_minor: int, currency: str, reference: str
    ) -> GatewayTransfer:
        raise Rejected("no_orders", "no bank orders are sent from here")

    def read_refund(self, refund_id: str) -> GatewayTransfer:
        raise Absent("unknown", refund_id)

    def find_refund(self, key: str) -> GatewayTransfer | None:
        return None

    def create_payout(
        self, *, key: str, amount_minor: int, currency: str, reference: str, account: BankAccount
    ) -> GatewayTransfer:
        raise Rejected("no_orders", "no bank orders are sent from here")

    def read_payout(self, payout_id: str) -> GatewayTransfer:
        raise Absent("unknown", payout_id)

    def find_payout(self, key: str) -> GatewayTransfer | None:
        return None

    # --- disputes: a wire is never charged back -----------------------------------------------------------------------
    def read_dispute(self, dispute_id: str) -> GatewayDispute:
        raise Absent("unknown", dispute_id)

    def list_disputes(self, payment_id: str) -> list[GatewayDispute]:
        return []

    def submit_evidence(self, *, key: str, dispute_id: str, packet: EvidencePacket) -> GatewayDispute:
        raise Rejected("no_disputes", "a wire is not charged back")

    # --- its record ---------------------------------------------------------------------------------------------------
    def list_movements(self, *, since: int = 0) -> Iterator[Movement]:
        rows = Allocation.objects.filter(pk__gt=since, item__isnull=True).select_related("line", "payment")
        for allocation in rows.order_by("pk").iterator(chunk_size=500):
            yield Movement(
                sequence=allocation.pk,
                kind="receipt",
                object_id=allocation.reference,
                payment_id=ID + allocation.payment.reference,
                amount_minor=allocation.amount_minor,
                currency=allocation.line.currency,
                at=allocation.at,
            )

    def read_webhook(self, *, body: bytes, headers: Mapping[str, str], at: datetime) -> WebhookEvent:
        raise BadSignature("a bank that speaks by statements sends no webhooks")


def bank_details_of(escrow_id: int, currency: str) -> dict[str, str]:
    """What the payer tells their bank. Without a range for single orders, the platform's own account and the reference
    do.
    """
    account_range = settings.BANK_ORDER_ACCOUNTS.get(currency, "")
    return {
        "account_holder": settings.BANK_ACCOUNT_HOLDER,
        "account_number": account_number(escrow_id, account_range)
        if account_range
        else settings.BANK_ACCOUNTS[currency],
        "bic": settings.BANK_BIC,
        "bank_name": settings.BANK_NAME,
        "bank_address": settings.BANK_ADDRESS,
        "reference": reference_of(escrow_id),
    }


def _find(**by: str) -> Payment:
    payment = Payment.objects.select_related("escrow").filter(gateway=BankGateway.name, **by).first()
    if payment is None:
        raise Absent("unknown", "no payment under this name")
    return payment


def _payment(payment: Payment, status: str) -> GatewayPayment:
    receipts = tuple(_receipt(row) for row in _allocations(payment))
    currency = payment.escrow.currency
    return GatewayPayment(
        id=ID + payment.reference,
        status=status,
        reference=payment.reference,
        method=payment.method,
        amount_minor=payment.amount_minor,
        currency=currency,
        received_minor=sum(receipt.amount_minor for receipt in receipts if receipt.currency == currency),
        receipts=receipts,
        checkout_url="",
        bank_details=bank_details_of(payment.escrow_id, currency) if currency in settings.BANK_ACCOUNTS else None,
        bank_page_url="",
        failure_code=payment.failure_code,
    )


def _allocations(payment: Payment) -> list[Allocation]:
    return list(Allocation.objects.filter(payment=payment).select_related("line", "item").order_by("pk"))


def _receipt(allocation: Allocation) -> GatewayReceipt:
    line = allocation.line
    return GatewayReceipt(
        id=allocation.reference,
        amount_minor=allocation.amount_minor,
        currency=line.currency,
        remitter_name=line.counterparty_name,
        remitter_account=line.counterparty_account,
        received_at=datetime.combine(line.booked_on, time(12), tzinfo=UTC),
        item_id=allocation.item_id,
    )
