"""Money out by the bank: each payout and refund becomes an order of ours, and statements tell what became of it."""

from django.conf import settings

from core import clock
from core.actions import carry_out
from core.actors import platform
from payments.actions.bank_orders import place_order
from payments.bank_references import transfer_name
from payments.gateways.base import Absent, BankAccount, GatewayTransfer, Rejected
from payments.models import BankOrder, BankOrderState, Payout, Refund
from payments.models.sending import NAME_NOT_LATIN, NO_ACCOUNT_HERE
from payments.pain001 import TEXT_LIMIT, Party, plain, plain_name
from payments.refund_targets import NO_ACCOUNT_KNOWN, party_of_refund

PAYOUT_STATUS = {
    BankOrderState.WAITING: "processing",
    BankOrderState.BATCHED: "processing",
    BankOrderState.CONFIRMED: "paid",
    BankOrderState.REJECTED: "failed",
    BankOrderState.CANCELLED: "failed",
    BankOrderState.RETURNED: "returned",
}
REFUND_STATUS = {**PAYOUT_STATUS, BankOrderState.CONFIRMED: "succeeded"} | dict.fromkeys(
    (BankOrderState.WAITING, BankOrderState.BATCHED), "pending"
)
GATEWAY = platform("gateway")


class OutgoingTransfers:
    """Those promises of `Gateway` that are about money out. An order once written is only ever read again."""

    # --- refunds ------------------------------------------------------------------------------------------------------
    def create_refund(
        self, *, key: str, payment_id: str, amount_minor: int, currency: str, reference: str
    ) -> GatewayTransfer:
        """To the account that paid, else to a verified one of the payer. Rejected where neither is known."""
        found = self.find_refund(key)
        if found is not None:
            return found
        refund = _refund(reference=reference)
        creditor = party_of_refund(refund, at=clock.now())
        if creditor is None:
            raise Rejected(NO_ACCOUNT_KNOWN, "the payer's account is not known: ask for a payout account in their name")
        title = refund.escrow.title if refund.escrow else ""
        return _shown(_place(refund, creditor, title), REFUND_STATUS)

    def read_refund(self, refund_id: str) -> GatewayTransfer:
        return _shown(_order(refund__isnull=False, reference=refund_id), REFUND_STATUS)

    def find_refund(self, key: str) -> GatewayTransfer | None:
        order = BankOrder.objects.filter(refund__isnull=False, idempotency_key=key).first()
        return _shown(order, REFUND_STATUS) if order else None

    # --- payouts ------------------------------------------------------------------------------------------------------
    def create_payout(
        self, *, key: str, amount_minor: int, currency: str, reference: str, account: BankAccount
    ) -> GatewayTransfer:
        found = self.find_payout(key)
        if found is not None:
            return found
        payout = _payout(reference=reference)
        creditor = Party(name=account.holder, account=account.number, bic=account.bic)
        return _shown(_place(payout, creditor, payout.advice.partition("\n")[0]), PAYOUT_STATUS)

    def read_payout(self, payout_id: str) -> GatewayTransfer:
        return _shown(_order(payout__isnull=False, reference=payout_id), PAYOUT_STATUS)

    def find_payout(self, key: str) -> GatewayTransfer | None:
        order = BankOrder.objects.filter(payout__isnull=False, idempotency_key=key).first()
        return _shown(order, PAYOUT_STATUS) if order else None


def _place(row: Payout | Refund, creditor: Party, about: str) -> BankOrder:
    if row.currency not in settings.BANK_ACCOUNTS:
        raise Rejected(NO_ACCOUNT_HERE, f"BANK_ACCOUNTS names no account in {row.currency}")
    if not plain_name(creditor.name):
        raise Rejected(NAME_NOT_LATIN, "banks carry Latin letters only, and the holder's name has none")
    remittance = plain(f"{transfer_name(row.reference)} {about}", TEXT_LIMIT)
    return carry_out(place_order, row=row, creditor=creditor, remittance=remittance, by=GATEWAY, at=clock.now())


def _payout(**by: str) -> Payout:
    payout = Payout.objects.filter(**by).first()
    if payout is None:
        raise Rejected("unknown", "no payout under this reference")
    return payout


def _refund(**by: str) -> Refund:
    refund = Refund.objects.select_related("escrow__payer", "item__line").filter(**by).first()
    if refund is None:
        raise Rejected("unknown", "no refund under this reference")
    return refund


def _order(**by: object) -> BankOrder:
    order = BankOrder.objects.filter(**by).first()
    if order is None:
        raise Absent("unknown", "no order under this reference")
    return order


def _shown(order: BankOrder, status: dict[BankOrderState, str]) -> GatewayTransfer:
    row = order.payout or order.refund
    assert row is not None
    state = BankOrderState(order.state)
    return GatewayTransfer(
        id=order.reference,
        status=status[state],
        reference=row.reference,
        amount_minor=order.amount_minor,
        currency=order.currency,
        failure_code=order.failure_code or ("returned" if state == BankOrderState.RETURNED else ""),
    )
