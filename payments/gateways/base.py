"""What every gateway can do, in words of money only. A new gateway is one class that keeps these promises."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from payments.movements import MovementKind
from payments.packets import EvidencePacket


class GatewayError(Exception):
    """Base of what a call to a gateway may raise."""


class Unanswered(GatewayError):
    """No usable answer: a time-out, a lost connection, 5xx or 429.

    The effect may have happened: ask, never resend blindly.
    """


class Rejected(GatewayError):
    """The gateway said no and did nothing. `code` is the gateway's word."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(f"{code}: {message}")


KEY_REUSED = "idempotency_key_reused"
"""The gateway knows the key for something else: that proves nothing about what we asked for."""


class Absent(Rejected):
    """The gateway knows nothing under this id."""


class BadSignature(GatewayError):
    """A webhook that the gateway did not sign, or signed too long ago. `str()` says what is wrong, without secrets."""


@dataclass(frozen=True, kw_only=True)
class BankAccount:
    """Where a payout goes. Personal data: stays out of logs."""

    holder: str
    number: str
    bic: str
    country: str


@dataclass(frozen=True, kw_only=True)
class GatewayReceipt:
    """Money that came in for a payment. Minor units of its own currency, which may differ from the payment's.

    `item_id`: the case on the desk where it was booked before it was matched; None for what comes straight in.
    """

    id: str
    amount_minor: int
    currency: str
    remitter_name: str
    remitter_account: str
    received_at: datetime
    item_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class GatewayPayment:
    """A payment as the gateway knows it at this moment. Minor units.

    `status`: requires_action, pending, succeeded, failed, canceled, expired. Money may come after any of them.
    """

    id: str
    status: str
    reference: str
    method: str
    amount_minor: int
    currency: str
    received_minor: int
    receipts: tuple[GatewayReceipt, ...]
    checkout_url: str
    bank_details: dict[str, str] | None
    bank_page_url: str
    failure_code: str


@dataclass(frozen=True, kw_only=True)
class GatewayTransfer:
    """Money on its way out: a refund (pending, succeeded, failed, returned) or a payout (processing, paid, failed,
    returned). Some gateways say `failed` of money that went out and came back: it then means `returned`.
    """

    id: str
    status: str
    reference: str
    amount_minor: int
    currency: str
    failure_code: str


@dataclass(frozen=True, kw_only=True)
class GatewayDispute:
    """A charge-back as the gateway knows it: `open`, `won` or `lost`. The gateway took `amount_minor` when it opened.

    An `inquiry` took nothing so far: the payer's bank asks, and takes the money later if nobody answers; or it is
    `inquiry_closed`. `evidence_due_at`: until when a packet of evidence is taken. `fee_minor`: what the gateway charges
    us for it. `has_evidence`: whether a packet was taken already; only one is.
    """

    id: str
    payment_id: str
    status: Literal["open", "won", "lost", "inquiry", "inquiry_closed"]
    amount_minor: int
    currency: str
    reason: str
    fee_minor: int
    evidence_due_at: datetime | None
    has_evidence: bool = False


@dataclass(frozen=True, kw_only=True)
class Movement:
    """One line of the gateway's own record, numbered from 1. Minor units, above zero."""

    sequence: int
    kind: MovementKind
    object_id: str
    payment_id: str
    amount_minor: int
    currency: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class WebhookEvent:
    """A hint that an object changed: `object_id` is read again, nothing else of it is believed.

    `type` begins with our noun: payment, refund, payout, dispute; or UNCONCERNED.
    """

    id: str
    type: str
    object_id: str
    payload: dict[str, object]


UNCONCERNED = "none"
"""The noun of news about what is none of our nouns; it is kept, and nothing is asked."""


class Gateway(Protocol):
    """Every call may raise Unanswered; calls that name an object, Absent; the others, Rejected.

    A `key` names one intent: the same key with the same arguments has its effect once, however often it is sent.
    What comes back is the object's present state, never a stored earlier answer. No call may run inside a transaction.
    """

    name: str

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
    ) -> GatewayPayment: ...

    def cancel_payment(self, *, key: str, payment_id: str) -> GatewayPayment: ...

    def read_payment(self, payment_id: str) -> GatewayPayment: ...

    def find_payment(self, key: str) -> GatewayPayment | None: ...

    def create_refund(
        self, *, key: str, payment_id: str, amount_minor: int, currency: str, reference: str
    ) -> GatewayTransfer: ...

    def read_refund(self, refund_id: str) -> GatewayTransfer: ...

    def find_refund(self, key: str) -> GatewayTransfer | None: ...

    def create_payout(
        self, *, key: str, amount_minor: int, currency: str, reference: str, account: BankAccount
    ) -> GatewayTransfer: ...

    def read_payout(self, payout_id: str) -> GatewayTransfer: ...

    def find_payout(self, key: str) -> GatewayTransfer | None: ...

    def read_dispute(self, dispute_id: str) -> GatewayDispute: ...

    def submit_evidence(self, *, key: str, dispute_id: str, packet: EvidencePacket) -> GatewayDispute: ...

    def list_movements(self, *, since: int = 0) -> Iterator[Movement]: ...

    def read_webhook(self, *, body: bytes, headers: Mapping[str, str], at: datetime) -> WebhookEvent: ...
