"""The stand-in of Stripe as a process of one test's own, spoken to by Stripe's own library."""

from typing import Any

import stripe

from tests.sandbox.running import KEY, RETURN_URL, RunningSandbox

GOOD_CARD, DECLINED_CARD, DISPUTED_CARD = "4242424242424242", "4000000000000002", "4000000000000259"
SECOND_STEP_CARD, REFUND_FAILS_CARD = "4000002500003155", "4000000000005126"
ACCOUNT = "acct_1Nv0FGQ9RKHgCVdK"

stripe.enable_telemetry = False


class RunningStripe(RunningSandbox):
    module = "sandbox.stripe"

    @property
    def api(self) -> Any:
        return stripe.StripeClient(KEY, base_addresses={"api": self.url}, max_network_retries=0).v1

    def new_session(self, key: str = "", **changes: Any) -> Any:
        options = {"idempotency_key": key} if key else {}
        return self.api.checkout.sessions.create(session_params(**changes), options)

    def press(self, session: Any, place: str = "", **form: str) -> str:
        """Press a button of the hosted page; answers where it leads."""
        reply = self.open_page(f"/c/pay/{session.id}{place}", form)
        assert reply.status == 303, reply.text
        return reply.headers["Location"]

    def paid(self, card: str = GOOD_CARD, **changes: Any) -> Any:
        """A session that was paid by card, as it is now."""
        session = self.new_session(**changes)
        self.press(session, test_card=card)
        return self.read(session)

    def read(self, session: Any) -> Any:
        return self.api.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})

    def control(self, place: str, **body: Any) -> dict[str, Any]:
        reply = self.call("POST", f"/control/{place}", body)
        assert reply.status == 200, reply.text
        return reply.json

    def lines(self) -> list[tuple[str, int, int]]:
        """(type, amount, fee) of the balance, newest first."""
        found = self.api.balance_transactions.list({"limit": 100}).data
        return [(line.type, line.amount, line.fee) for line in found]


def session_params(
    *, amount: int = 125_000, currency: str = "usd", methods: tuple[str, ...] = ("card",), **more: Any
) -> dict[str, Any]:
    price = {"currency": currency, "unit_amount": amount, "product_data": {"name": "TA-2026-000123"}}
    return {
        "mode": "payment",
        "success_url": RETURN_URL,
        "cancel_url": RETURN_URL + "&back=1",
        "payment_method_types": list(methods),
        "line_items": [{"quantity": 1, "price_data": price}],
        "metadata": {"reference": "pay_1"},
        **more,
    }
