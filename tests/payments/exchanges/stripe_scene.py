"""Deals that are paid, refunded and paid out by Stripe: the stand-in of one test's own, wired to the platform."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from companies.models import User
from core import clock
from payments.actions.gateway_event import store_gateway_event
from payments.books import check_books, compare_with_gateway
from payments.exchanges.reconcile import list_movements
from payments.models import Payment
from tests.cast import NOW
from tests.payments.exchanges.scene import Deal, catch_up, open_deal
from tests.sandbox.running import KEY, SECRET
from tests.sandbox.stripe_running import RunningStripe

__all__ = ["deal_by_stripe", "stripe_runs"]


@pytest.fixture
def stripe_runs(tmp_path: Path, settings: Any, transactional_db: None, quick_people: None) -> Iterator[RunningStripe]:
    """Cards, online transfers and payouts go by it. After the test all that waits happens, and the books agree."""
    running = RunningStripe(tmp_path / "stripe.db", "--late-seconds", "600", "--payout-seconds", "600")
    settings.STRIPE_API_URL, settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = running.url, KEY, SECRET
    settings.PAYMENT_GATEWAYS = {"card": "stripe", "transfer": "stripe", "wire": "sandbox"}
    settings.PAYOUT_GATEWAY = "stripe"
    try:
        yield running
        running.control("faults/clear")
        running.control("settle")
        catch_up(gateway_name="stripe", since=0, at=NOW)
        assert check_books() == []
        assert compare_with_gateway(gateway="stripe", movements=list_movements("stripe")) == []
    finally:
        code = running.stop()
    assert code == 0
    assert "Traceback" not in running.database.with_suffix(".log").read_text()


@pytest.fixture
def deal_by_stripe(stripe_runs: RunningStripe, buyer_owner: User, seller_owner: User) -> Callable[[str], Deal]:
    """One instalment of 1,250.00, due; nothing paid yet."""

    def new(currency: str) -> Deal:
        return open_deal(buyer_owner, seller_owner, currency=currency, methods=("card", "transfer", "wire"))

    return new


class OnPage:
    """The buyer on the hosted page of a payment."""

    def __init__(self, running: RunningStripe, payment: Payment) -> None:
        self.running, self.place = running, f"/c/pay/{payment.gateway_id}"

    def press(self, place: str = "", **form: str) -> None:
        assert self.running.open_page(self.place + place, form).status == 303


def hear_all(running: RunningStripe) -> int:
    """Every event that the stand-in ever had is stored, the newest first: the order of a bad day."""
    events = running.api.events.list({"limit": 100}).data
    for event in events:
        subject = event.data.object
        noun = {"checkout.session": "payment", "refund": "refund", "transfer": "payout"}.get(subject.object, "none")
        payload = {"type": f"{noun}.{event.type}", "object_id": subject.id}
        store_gateway_event(gateway="stripe", event_id=event.id, payload=payload, wall=clock.wall())
    return len(events)
