"""A gateway in memory that keeps the promises of `payments.gateways.base` and does to money what a story says."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from payments.gateways.base import Absent, GatewayPayment, GatewayReceipt, GatewayTransfer, Unanswered

ANSWERS = ("yes", "yes", "silent before", "silent after")
"""What calls that send money out meet: an answer, or none, before or after their effect."""


@dataclass
class ScriptedGateway:
    """Objects by id, ids by key. `news`: (event id, payload) of all that ever happened, oldest first."""

    name: str = "sandbox"
    answer: str = "yes"
    payments: dict[str, GatewayPayment] = field(default_factory=dict)
    transfers: dict[str, GatewayTransfer] = field(default_factory=dict)
    by_key: dict[str, str] = field(default_factory=dict)
    news: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    # --- what our side calls ------------------------------------------------------------------------------------------
    def create_payment(
        self, *, key: str, amount_minor: int, currency: str, method: str, reference: str, **_words: str
    ) -> GatewayPayment:
        if key not in self.by_key:
            made = GatewayPayment(
                id=f"sp_{reference}",
                status="requires_action",
                reference=reference,
                method=method,
                amount_minor=amount_minor,
                currency=currency,
                received_minor=0,
                receipts=(),
                checkout_url="",
                bank_details=None,
                bank_page_url="",
                failure_code="",
            )
            self.by_key[key], self.payments[made.id] = made.id, made
        return self.payments[self.by_key[key]]

    def cancel_payment(self, *, key: str, payment_id: str) -> GatewayPayment:
        if self.payments[payment_id].status == "requires_action":
            self.payment_becomes(payment_id, "canceled")
        return self.payments[payment_id]

    def read_payment(self, payment_id: str) -> GatewayPayment:
        return self.payments[payment_id]

    def find_payment(self, key: str) -> GatewayPayment | None:
        return self.payments.get(self.by_key.get(key, ""))

    def create_refund(self, *, payment_id: str, **given: Any) -> GatewayTransfer:
        return self._send("refund", "pending", **given)

    def create_payout(self, *, account: Any, **given: Any) -> GatewayTransfer:
        return self._send("payout", "processing", **given)

    def read_refund(self, refund_id: str) -> GatewayTransfer:
        return self._read(refund_id)

    read_payout = read_refund

    def find_refund(self, key: str) -> GatewayTransfer | None:
        return self.transfers.get(self.by_key.get(key, ""))

    find_payout = find_refund

    def _read(self, transfer_id: str) -> GatewayTransfer:
        if transfer_id not in self.transfers:
            raise Absent("not_found", transfer_id)
        return self.transfers[transfer_id]

    def _send(
        self, noun: str, status: str, *, key: str, amount_minor: int, currency: str, reference: str
    ) -> GatewayTransfer:
        if self.answer == "silent before":
            raise Unanswered(key)
        if key not in self.by_key:
            made = GatewayTransfer(
                id=f"{noun}_{reference}",
                status=status,
                reference=reference,
                amount_minor=amount_minor,
                currency=currency,
                failure_code="",
            )
            self.by_key[key], self.transfers[made.id] = made.id, made
        if self.answer == "silent after":
            raise Unanswered(key)
        return self.transfers[self.by_key[key]]

    # --- what the world does ------------------------------------------------------------------------------------------
    def money_comes(self, payment_id: str, amount_minor: int, at: datetime) -> None:
        """A receipt; the payment succeeds once all is there, whatever it was before."""
        known = self.payments[payment_id]
        receipt = GatewayReceipt(
            id=f"{payment_id}_{len(known.receipts)}",
            amount_minor=amount_minor,
            currency=known.currency,
            remitter_name="Lakeside Furniture Inc.",
            remitter_account="US120003",
            received_at=at,
        )
        received = known.received_minor + amount_minor
        status = "succeeded" if received >= known.amount_minor else known.status
        self.payments[payment_id] = replace(known, receipts=(*known.receipts, receipt), received_minor=received)
        self.payment_becomes(payment_id, status)

    def payment_becomes(self, payment_id: str, status: str) -> None:
        self.payments[payment_id] = replace(self.payments[payment_id], status=status)
        self._tell("payment", payment_id, status)

    def transfer_becomes(self, transfer_id: str, status: str) -> None:
        code = "closed" if status in ("failed", "returned") else ""
        self.transfers[transfer_id] = replace(self.transfers[transfer_id], status=status, failure_code=code)
        self._tell(transfer_id.split("_")[0], transfer_id, status)

    def ways_of(self, transfer_id: str) -> list[str]:
        """What may become of money on its way out."""
        noun, status = transfer_id.split("_")[0], self.transfers[transfer_id].status
        done = "paid" if noun == "payout" else "succeeded"
        ways = {"processing": [done, "failed"], "pending": [done, "failed"], done: ["returned"]}
        return ways.get(status, [])

    def unended(self) -> list[str]:
        """Money out of which something may still become."""
        return [each for each in self.transfers if self.ways_of(each)]

    def _tell(self, noun: str, object_id: str, status: str) -> None:
        payload = {"type": f"{noun}.{status}", "object_id": object_id}
        self.news.append((f"ev_{len(self.news) + 1}", payload))
