"""Client of Stripe, by its official library. A payment is a Checkout Session: the buyer pays on Stripe's own page."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from payments.gateways import stripe_record
from payments.gateways.base import (
    Absent,
    BankAccount,
    GatewayDispute,
    GatewayPayment,
    GatewayTransfer,
    Movement,
    Rejected,
    WebhookEvent,
)
from payments.gateways.stripe_calls import (
    Answer,
    Broken,
    Document,
    ask,
    document,
    make_client,
    pages,
    read,
    was_replayed,
)
from payments.gateways.stripe_evidence import submit_packet
from payments.gateways.stripe_news import read_webhook
from payments.gateways.stripe_shapes import (
    EXPAND,
    check_carried,
    dispute_of,
    method_types,
    payment_of,
    refund_of,
    shaped,
    transfer_of,
)
from payments.packets import EvidencePacket

CONNECTED = "acct_"
LOOKED_THROUGH = 1000
"""So many of the newest are looked through for what an unanswered call may have made."""


class StripeGateway:
    """Keeps the promises of `Gateway`. Our key goes with every object, as Stripe forgets its own keys after a day."""

    name = "stripe"

    def __init__(self, *, url: str, key: str, secret: str, timeout_seconds: float) -> None:
        self._client = make_client(url=url.rstrip("/"), key=key, timeout_seconds=timeout_seconds)
        self._secret = secret

    @property
    def _api(self) -> Any:
        """Of plain dicts: what comes back is judged by its shape, not by the library's types."""
        return self._client.v1

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
        check_carried(amount_minor, currency)
        price = {
            "currency": currency.lower(),
            "unit_amount": amount_minor,
            "product_data": {"name": description or reference},
        }
        told = {"key": key, "reference": reference, "method": method}
        params = {
            "mode": "payment",
            "payment_method_types": method_types(method, currency),
            "line_items": [{"quantity": 1, "price_data": price}],
            "client_reference_id": reference,
            "metadata": told,
            "payment_intent_data": {"description": reference, "metadata": told},
            "success_url": return_url,
            "cancel_url": return_url,
        }
        made = self._once(
            lambda options: self._api.checkout.sessions.create(params, options),
            key,
            find=lambda: self._find_session(key),
            read=self._read_session,
        )
        return shaped(payment_of, made)

    def cancel_payment(self, *, key: str, payment_id: str) -> GatewayPayment:
        try:
            ask(lambda: self._api.checkout.sessions.expire(payment_id, {}, {"idempotency_key": key}))
        except Rejected:
            return self.read_payment(payment_id)  # It is not open any more: whoever came first has won.
        seen = self.read_payment(payment_id)
        return replace(seen, status="canceled") if seen.status == "expired" else seen

    def read_payment(self, payment_id: str) -> GatewayPayment:
        """By its session, or by the intent that the record names."""
        return shaped(payment_of, self._read_session(payment_id))

    def find_payment(self, key: str) -> GatewayPayment | None:
        """A page whose address we never got can't have been paid: only the newest need looking through."""
        found = self._find_session(key)
        return shaped(payment_of, found) if found else None

    def _read_session(self, payment_id: str) -> Document:
        if not payment_id.startswith("pi_"):
            return read(lambda: self._api.checkout.sessions.retrieve(payment_id, {"expand": EXPAND}))
        found = list(pages(self._api.checkout.sessions.list, payment_intent=payment_id, expand=_in_lists(EXPAND)))
        if not found:
            raise Absent("resource_missing", f"no session has {payment_id}")
        return found[0]

    def _find_session(self, key: str) -> Document | None:
        newest = pages(self._api.checkout.sessions.list, expand=_in_lists(EXPAND))
        return _with_key(islice(newest, LOOKED_THROUGH), key)

    # --- refunds ------------------------------------------------------------------------------------------------------
    def create_refund(
        self, *, key: str, payment_id: str, amount_minor: int, currency: str, reference: str
    ) -> GatewayTransfer:
        """Looks first among the payment's own refunds: Stripe may have forgotten a key whose answer we never got."""
        check_carried(amount_minor, currency)
        session = self._read_session(payment_id)
        intent_id = (session["payment_intent"] or {}).get("id")
        if intent_id is None or session["currency"].upper() != currency:
            raise Rejected("nothing_to_refund", f"{payment_id} brought nothing in {currency}")
        known = self._refund_of_intent(intent_id, key)
        if known:
            return shaped(refund_of, known)
        told = {"key": key, "reference": reference}
        params = {"payment_intent": intent_id, "amount": amount_minor, "metadata": told}
        made = self._once(
            lambda options: self._api.refunds.create(params, options),
            key,
            find=lambda: self._refund_of_intent(intent_id, key),
            read=self._read_refund,
        )
        return shaped(refund_of, made)

    def read_refund(self, refund_id: str) -> GatewayTransfer:
        return shaped(refund_of, self._read_refund(refund_id))

    def find_refund(self, key: str) -> GatewayTransfer | None:
        found = _with_key(islice(pages(self._api.refunds.list), LOOKED_THROUGH), key)
        return shaped(refund_of, found) if found else None

    def _read_refund(self, refund_id: str) -> Document:
        return read(lambda: self._api.refunds.retrieve(refund_id))

    def _refund_of_intent(self, intent_id: str, key: str) -> Document | None:
        return _with_key(pages(self._api.refunds.list, payment_intent=intent_id), key)

    # --- payouts ------------------------------------------------------------------------------------------------------
    def create_payout(
        self, *, key: str, amount_minor: int, currency: str, reference: str, account: BankAccount
    ) -> GatewayTransfer:
        """To the seller's own account at Stripe, whose number begins with acct_; from there Stripe pays its bank."""
        check_carried(amount_minor, currency)
        if not account.number.startswith(CONNECTED):
            raise Rejected("account_not_connected", "the payout account is not an account at Stripe")
        params = {
            "amount": amount_minor,
            "currency": currency.lower(),
            "destination": account.number,
            "transfer_group": key,
            "description": reference,
            "metadata": {"key": key, "reference": reference},
        }
        made = self._once(
            lambda options: self._api.transfers.create(params, options),
            key,
            find=lambda: self._find_transfer(key),
            read=self._read_transfer,
        )
        return shaped(transfer_of, made)

    def read_payout(self, payout_id: str) -> GatewayTransfer:
        return shaped(transfer_of, self._read_transfer(payout_id))

    def find_payout(self, key: str) -> GatewayTransfer | None:
        found = self._find_transfer(key)
        return shaped(transfer_of, found) if found else None

    def _read_transfer(self, payout_id: str) -> Document:
        return read(lambda: self._api.transfers.retrieve(payout_id))

    def _find_transfer(self, key: str) -> Document | None:
        """Stripe lists transfers by their group, which is our key."""
        return next(pages(self._api.transfers.list, transfer_group=key), None)

    # --- charge-backs -------------------------------------------------------------------------------------------------
    def read_dispute(self, dispute_id: str) -> GatewayDispute:
        return self._dispute(read(lambda: self._api.disputes.retrieve(dispute_id)))

    def submit_evidence(self, *, key: str, dispute_id: str, packet: EvidencePacket) -> GatewayDispute:
        """Once: Stripe takes one packet for good."""
        seen = self.read_dispute(dispute_id)
        if seen.has_evidence:
            return seen
        return self._dispute(submit_packet(self._api, key=key, dispute_id=dispute_id, packet=packet))

    def _dispute(self, found: Document) -> GatewayDispute:
        session = self._read_session(found["payment_intent"])
        return shaped(lambda each: dispute_of(each, session["id"]), found)

    # --- its record, its webhooks -------------------------------------------------------------------------------------
    def list_movements(self, *, since: int = 0) -> Iterator[Movement]:
        """See `stripe_record`."""
        return stripe_record.list_movements(self._client, since=since)

    def read_webhook(self, *, body: bytes, headers: Mapping[str, str], at: datetime) -> WebhookEvent:
        return read_webhook(body=body, headers=headers, secret=self._secret)

    # --- one effect per key -------------------------------------------------------------------------------------------
    def _once(
        self,
        create: Callable[[dict[str, str]], Answer],
        key: str,
        *,
        find: Callable[[], Document | None],
        read: Callable[[str], Document],
    ) -> Document:
        """Create under our key, and give the object as it is now.

        A stored answer is as old as the first call, so the object is read again. A stored 500 would be given for a
        day, so what it made is looked for. Raises Unanswered, Rejected.
        """
        try:
            made = ask(lambda: create({"idempotency_key": key}))
        except Broken:
            found = find()
            if found is None:
                raise
            return found
        told = document(made)
        return read(told["id"]) if was_replayed(made) else told


def _with_key(found: Iterator[Document], key: str) -> Document | None:
    return next((each for each in found if (each.get("metadata") or {}).get("key") == key), None)


def _in_lists(paths: list[str]) -> list[str]:
    return [f"data.{path}" for path in paths]
