"""The bank gateway: T/T by statements. Its other side is our own record of what the bank's statements say.

No network: the statements come in by `payments.actions.statements`, and what they brought is read from rows here.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time
from itertools import islice

from django.conf import settings
from django.db.models import Q

from payments.bank_references import account_number, name_at_bank, reference_of
from payments.gateways.bank_out import OutgoingTransfers
from payments.gateways.base import (
    Absent,
    BadSignature,
    GatewayDispute,
    GatewayPayment,
    GatewayReceipt,
    Movement,
    Rejected,
    WebhookEvent,
)
from payments.models import (
    Allocation,
    BankLine,
    BankOrder,
    Direction,
    Outcome,
    Payment,
    PaymentState,
    SuspenseItem,
    SuspenseState,
)
from payments.movements import MovementKind
from payments.packets import EvidencePacket

STATUS = {
    PaymentState.CREATED: "pending",
    PaymentState.PENDING: "pending",
    PaymentState.SECURED: "succeeded",
    PaymentState.FAILED: "failed",
    PaymentState.EXPIRED: "expired",
    PaymentState.ABANDONED: "canceled",
    PaymentState.CHARGEBACK_OPEN: "succeeded",
    PaymentState.CHARGED_BACK: "succeeded",
    PaymentState.KEPT: "succeeded",
}
TAKEN_BACK = "taken back by the bank"
PAGE = 500
KINDS: dict[str, MovementKind] = {
    Outcome.SUSPENSE: "unmatched",
    Outcome.COST: "cost",
    Outcome.INTEREST: "interest",
    Outcome.SETTLEMENT: "settled",
    Outcome.UNORDERED: "unordered",
}
"""What a line is in the record where no payment, refund or payout tells of it."""

EXPLAINED: dict[str, MovementKind | None] = {
    SuspenseState.OURS: "cost",
    SuspenseState.TRANSFER: None,
    SuspenseState.TAKEN_BACK: "desk_return",
}
"""What money that left unordered is once treasurers have decided: taken back from no payment, it lay on the desk."""


class BankGateway(OutgoingTransfers):
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
        return self.read_payment(name_at_bank(reference))

    def cancel_payment(self, *, key: str, payment_id: str) -> GatewayPayment:
        """Nothing has to be undone at the bank: its account stays open, and what comes later is sent back."""
        payment = _find(reference=_reference_in(payment_id))
        return _payment(payment, "canceled" if payment.is_live else STATUS[PaymentState(payment.state)])

    def read_payment(self, payment_id: str) -> GatewayPayment:
        payment = _find(reference=_reference_in(payment_id))
        return _payment(payment, STATUS[PaymentState(payment.state)])

    def find_payment(self, key: str) -> GatewayPayment | None:
        try:
            payment = _find(idempotency_key=key)
        except Absent:
            return None
        return _payment(payment, STATUS[PaymentState(payment.state)])

    # --- disputes: a wire that the bank took back, once two treasurers said so of its line; nobody contests it --------
    def read_dispute(self, dispute_id: str) -> GatewayDispute:
        """Lost from the start: the bank took the money and asks nobody."""
        item = SuspenseItem.objects.select_related("payment").filter(reference=dispute_id).first()
        if item is None or item.payment is None:
            raise Absent("unknown", dispute_id)
        return GatewayDispute(
            id=item.reference,
            payment_id=name_at_bank(item.payment.reference),
            status="lost",
            amount_minor=item.amount_minor,
            currency=item.currency,
            reason=TAKEN_BACK,
            fee_minor=0,
            evidence_due_at=None,
        )

    def submit_evidence(self, *, key: str, dispute_id: str, packet: EvidencePacket) -> GatewayDispute:
        raise Rejected("no_evidence", "the bank that took a wire back takes no evidence")

    # --- its record ---------------------------------------------------------------------------------------------------
    def list_movements(self, *, since: int = 0) -> Iterator[Movement]:
        """The lines of the statements that were booked, each as what it was taken for; numbered by line."""
        rows = BankLine.objects.filter(pk__gt=since, repeats__isnull=True, outcome__isnull=False)
        lines = rows.select_related("outcome").order_by("pk").iterator(chunk_size=PAGE)
        while page := list(islice(lines, PAGE)):
            yield from _movements_of(page)

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


def _reference_in(payment_id: str) -> str:
    return payment_id.removeprefix(name_at_bank(""))


def _movements_of(page: list[BankLine]) -> Iterator[Movement]:
    given: dict[int, list[Allocation]] = {}
    for row in Allocation.objects.filter(line__in=page, item__isnull=True).select_related("payment").order_by("pk"):
        given.setdefault(row.line_id, []).append(row)
    decided = {item.line_id: item for item in SuspenseItem.objects.filter(line__in=page).select_related("payment")}
    orders = _orders_of(page)
    for line in page:
        if line.pk in orders:
            yield from _own_transfer(line, orders[line.pk])
        for row in given.get(line.pk, []):
            paid = name_at_bank(row.payment.reference)
            yield _movement(line, "receipt", row.reference, payment_id=paid, amount_minor=row.amount_minor)
        item = decided.get(line.pk)
        if item is not None and item.payment is not None:
            paid = name_at_bank(item.payment.reference)
            yield _movement(line, "chargeback", item.reference, payment_id=paid, amount_minor=item.amount_minor)
            continue
        kind = _kind_of(line, item.state if item else "")
        if kind:
            yield _movement(line, kind, line.reference, payment_id="", amount_minor=line.amount_minor)


def _kind_of(line: BankLine, decided: str) -> MovementKind | None:
    """As what a line itself stands in the record; None where only what it was given to does."""
    kind = KINDS.get(line.outcome.outcome)
    return EXPLAINED.get(decided, kind) if kind == "unordered" else kind


def _orders_of(page: list[BankLine]) -> dict[int, BankOrder]:
    """By the line that shows them leave, or come back."""
    rows = BankOrder.objects.filter(Q(debit_line__in=page) | Q(credit_line__in=page))
    return {line_id: order for order in rows for line_id in (order.debit_line_id, order.credit_line_id) if line_id}


def _own_transfer(line: BankLine, order: BankOrder) -> Iterator[Movement]:
    """With what the bank kept of it as a cost. What came back by way of the desk is taken off the desk."""
    kinds: dict[tuple[bool, str], MovementKind] = {
        (True, Direction.OUT): "payout",
        (True, Direction.IN): "payout_return",
        (False, Direction.OUT): "refund",
        (False, Direction.IN): "refund_return",
    }
    kind = kinds[order.payout_id is not None, line.direction]
    yield _movement(line, kind, order.reference, payment_id="", amount_minor=order.amount_minor)
    charge_minor = abs(order.amount_minor - line.amount_minor)
    if line.direction == Direction.IN and line.outcome.outcome == Outcome.SUSPENSE:
        yield _movement(line, "desk_return", line.reference, payment_id="", amount_minor=line.amount_minor)
    if charge_minor:
        yield _movement(line, "cost", line.reference, payment_id="", amount_minor=charge_minor)


def _movement(line: BankLine, kind: MovementKind, name: str, *, payment_id: str, amount_minor: int) -> Movement:
    return Movement(
        sequence=line.pk,
        kind=kind,
        object_id=name,
        payment_id=payment_id,
        amount_minor=amount_minor,
        currency=line.currency,
        at=_noon(line),
    )


def _noon(line: BankLine) -> datetime:
    """Banks give days, and no hour."""
    return datetime.combine(line.booked_on, time(12), tzinfo=UTC)


def _find(**by: str) -> Payment:
    payment = Payment.objects.select_related("escrow").filter(gateway=BankGateway.name, **by).first()
    if payment is None:
        raise Absent("unknown", "no payment under this name")
    return payment


def _payment(payment: Payment, status: str) -> GatewayPayment:
    receipts = tuple(_receipt(row) for row in _allocations(payment))
    currency = payment.escrow.currency
    return GatewayPayment(
        id=name_at_bank(payment.reference),
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
        received_at=_noon(line),
        item_id=allocation.item_id,
    )
