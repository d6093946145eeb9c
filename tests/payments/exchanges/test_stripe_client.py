"""Stripe's client by itself: how it is built, whose news it believes, what it hands in, what it calls a movement."""

import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import stripe
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse

from core.models import Alarm
from core.money import CURRENCIES
from payments.exchanges.events import process_event
from payments.gateways.base import Absent
from payments.gateways.registry import gateway
from payments.gateways.stripe import StripeGateway
from payments.gateways.stripe_record import list_movements, movements_of
from payments.gateways.stripe_shapes import digits_at_stripe, dispute_of
from payments.models import GatewayEvent
from payments.packets import EvidenceFile, EvidencePacket
from tests.cast import NOW
from tests.sandbox.running import KEY
from tests.sandbox.stripe_running import RunningStripe

SECRET = "whsec_of_the_tests"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningStripe]:
    running = RunningStripe(tmp_path / "stripe.db")
    yield running
    assert running.stop() == 0


def client_of(running: RunningStripe) -> StripeGateway:
    return StripeGateway(url=running.url, key=KEY, secret=SECRET, timeout_seconds=2.0)


# --- how it is built --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("is_sandbox", "url", "key", "words"),
    [
        (True, "https://api.stripe.com", "", "together"),
        (True, "https://api.stripe.com", "sk_live_1", "a test key in the sandbox"),
        (False, "https://api.stripe.com", "sk_test_1", "a live key in live mode"),
        (False, "https://stripe.example", "rk_live_1", "to nobody else"),
        (False, "http://127.0.0.1:18000", "sk_live_1", "to nobody else"),
    ],
)
def test_no_client_is_built_for_the_wrong_world(
    settings: Any, is_sandbox: bool, url: str, key: str, words: str
) -> None:
    settings.SANDBOX, settings.STRIPE_API_URL, settings.STRIPE_SECRET_KEY = is_sandbox, url, key
    settings.STRIPE_WEBHOOK_SECRET = SECRET
    with pytest.raises(ImproperlyConfigured, match=words):
        gateway("stripe")
    settings.STRIPE_SECRET_KEY = "sk_test_1" if is_sandbox else "sk_live_1"
    settings.STRIPE_API_URL = "https://api.stripe.com"
    assert gateway("stripe").name == "stripe"


def test_every_currency_is_counted_alike_at_stripe() -> None:
    assert {code: digits_at_stripe(code) for code in CURRENCIES} == CURRENCIES


# --- whose news it believes -------------------------------------------------------------------------------------------
class Sender:
    """Posts to the door as Stripe would, or as somebody who would like to be it."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True)

    def __call__(self, body: str, *, secret: str = SECRET, at: float | None = None, header: str | None = None) -> int:
        if header is None:
            header = stripe.WebhookSignature.generate_signature_header(body, secret, timestamp=int(at or time.time()))
        headers = {"Stripe-Signature": header} if header else {}
        path = reverse("stripe-webhook")
        return self.client.post(path, data=body, content_type="application/json", headers=headers).status_code


@pytest.fixture
def send(db: None, settings: Any) -> Sender:
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = "sk_test_1", SECRET
    return Sender()


def event(event_id: str = "evt_1", kind: str = "checkout.session.completed", **subject: str) -> str:
    told = {"object": "checkout.session", "id": "cs_1", "customer_email": "person@example.com"} | subject
    return json.dumps({"id": event_id, "object": "event", "type": kind, "data": {"object": told}})


def test_a_signed_event_is_stored_once_however_often_it_comes_and_without_personal_data(send: Sender) -> None:
    assert [send(event()) for _ in range(3)] == [200, 200, 200]
    stored = GatewayEvent.objects.get()
    assert (stored.gateway, stored.event_id) == ("stripe", "evt_1")
    assert stored.payload == {"type": "payment.checkout.session.completed", "object_id": "cs_1"}


def test_what_is_not_signed_by_our_secret_or_too_old_is_not_stored(send: Sender) -> None:
    body = event()
    good = stripe.WebhookSignature.generate_signature_header(body, SECRET)
    refused = [
        send(body, header=""),
        send(body, header="t=1,v1=0"),
        send(body, header="nonsense"),
        send(body, secret="whsec_of_a_stranger"),
        send(body, at=time.time() - 301),
        send(event("evt_2"), header=good),
        send("[]"),
        send('{"id": "evt_1"}'),
        send(event(id="x" * 101)),
    ]
    assert refused == [400] * len(refused)
    assert not GatewayEvent.objects.exists()
    assert send(body, header=good) == 200


def test_the_door_is_closed_where_stripe_is_not_set_up_and_to_huge_bodies(send: Sender, settings: Any) -> None:
    assert send(event(id="x" * 300_000)) == 413
    settings.STRIPE_SECRET_KEY = ""
    assert send(event()) == 404


def test_news_of_what_is_none_of_ours_is_kept_and_alarms_nobody(send: Sender) -> None:
    assert send(event("evt_3", "balance.available", object="balance", id="")) == 200
    assert send(event("evt_4", "charge.succeeded", object="charge", id="ch_1")) == 200
    for stored in GatewayEvent.objects.all():
        assert process_event(gateway_event_id=stored.pk, at=NOW)
    assert GatewayEvent.objects.filter(processed_at__isnull=True).count() == 0
    assert not Alarm.objects.exists()


# --- what it calls a movement -----------------------------------------------------------------------------------------
def line(type: str, amount: int, *, fee: int = 0, source: Any = None, category: str = "") -> dict[str, Any]:
    told = {"id": "txn_1", "created": 1_800_000_000, "currency": "usd", "reporting_category": category or type}
    return told | {"type": type, "amount": amount, "fee": fee, "source": source}


@pytest.mark.parametrize(
    ("found", "movements"),
    [
        (line("stripe_fee", -700, category="fee"), [("cost", "txn_1", 700)]),
        (line("stripe_fee", 700, category="fee"), [("cost_return", "txn_1", 700)]),
        (line("payout", -900, source={"object": "payout", "id": "po_1"}), [("settlement", "po_1", 900)]),
        (line("payout_failure", 900, source={"object": "payout", "id": "po_1"}), [("settlement_return", "po_1", 900)]),
        (line("payout", 900, source={"object": "payout", "id": "po_1"}), [("settlement_return", "po_1", 900)]),
        (line("tax_fee", -60, category="tax"), [("cost", "txn_1", 60)]),
        (line("network_cost", -5), [("cost", "txn_1", 5)]),
        (line("climate_order_purchase", 50), [("other_in", "txn_1", 50)]),
        (line("reserve_transaction", -50), [("other_out", "txn_1", 50)]),
        (line("topup", 50, source={"object": "topup", "id": "tu_1"}), [("settlement_return", "tu_1", 50)]),
        (
            line("adjustment", 800, fee=-1_500, source={"object": "dispute", "id": "dp_1", "payment_intent": "pi_1"}),
            [("chargeback_won", "dp_1", 800), ("cost_return", "txn_1", 1_500)],
        ),
    ],
)
def test_every_line_of_the_balance_is_named_and_none_is_left_out(found: Any, movements: list[Any]) -> None:
    seen = list(movements_of(found))
    assert [(each.kind, each.object_id, each.amount_minor) for each in seen] == movements
    assert [each.sequence for each in seen] == [seen[0].sequence + place for place in range(len(seen))]


class Balance:
    """A long balance, listed as Stripe lists it: by pages, the newest first. Counts what it is asked."""

    def __init__(self, seconds: list[int]) -> None:
        self.lines = [
            line("stripe_fee", -1, category="fee") | {"id": f"txn_{number}", "created": at}
            for number, at in sorted(enumerate(seconds), key=lambda each: each[1], reverse=True)
        ]
        self.asked = 0
        self.v1 = SimpleNamespace(balance_transactions=self)

    def list(self, params: Any) -> Any:
        self.asked += 1
        begin, end = params["created"]["gte"], params["created"].get("lt", math.inf)
        found = [each for each in self.lines if begin <= each["created"] < end]
        if after := params.get("starting_after"):
            found = found[[each["id"] for each in found].index(after) + 1 :]
        page = {"data": found[: params["limit"]], "has_more": len(found) > params["limit"]}
        return SimpleNamespace(to_dict=lambda: page)


def test_a_long_balance_is_read_from_its_old_end_page_by_page() -> None:
    """Years apart, a busy week, and more lines in one second than a page has."""
    begin = 1_700_000_000
    balance = Balance([begin, *range(begin + 10**7, begin + 10**7 + 600_000, 2_000), *[begin + 3 * 10**7] * 150])
    movements: Any = list_movements(balance, since=0)  # type: ignore[arg-type]
    first = next(movements)
    assert (first.object_id, balance.asked < 40) == ("txn_0", True)
    seen = [first, *movements]
    assert sorted(each.object_id for each in seen) == sorted(each["id"] for each in balance.lines)
    assert [each.sequence for each in seen] == sorted(each.sequence for each in seen)
    assert balance.asked < 100, "450 lines"

    balance.asked = 0
    later = list(list_movements(balance, since=seen[-1].sequence))  # type: ignore[arg-type]
    assert (len(later), balance.asked < 25) == (150, True)


# --- charge-backs -----------------------------------------------------------------------------------------------------
def test_a_packet_of_evidence_is_handed_in_with_its_papers(running: RunningStripe) -> None:
    client = client_of(running)
    session = running.paid(client_reference_id="pay_1", metadata={"method": "card"})
    dispute_id = running.control("disputes", session=session.id, reason="product_not_received")["id"]
    papers = [("terms", "terms.pdf"), ("terms", "change.pdf"), ("shipment", "bill.pdf")]
    files = tuple(
        EvidenceFile(name=name, role=role, media_type="application/pdf", content=name.encode())  # type: ignore[arg-type]
        for role, name in papers
    )
    for _ in range(2):
        seen = client.submit_evidence(key="e1", dispute_id=dispute_id, packet=EvidencePacket(text="Story", files=files))
    assert (seen.payment_id, seen.status, seen.has_evidence, seen.fee_minor) == (session.id, "open", True, 1_500)
    assert client.read_dispute(dispute_id) == seen
    evidence = running.api.disputes.retrieve(dispute_id).evidence
    assert evidence.service_documentation.startswith("file_") and evidence.shipping_documentation.startswith("file_")
    assert evidence.uncategorized_text.startswith("Story\n") and files[1].sha256 in evidence.uncategorized_text
    running.control("disputes/decide", dispute=dispute_id, outcome="won")
    assert client.read_dispute(dispute_id).status == "won"
    kinds = sorted((line.kind, line.amount_minor) for line in client.list_movements() if line.object_id == dispute_id)
    assert kinds == [("chargeback", 125_000), ("chargeback_won", 125_000), ("cost", 1_500)]
    with pytest.raises(Absent):
        client.read_dispute("dp_0")


@pytest.mark.parametrize(
    ("status", "taken", "seen"),
    [
        ("warning_needs_response", False, "inquiry"),
        ("warning_under_review", False, "inquiry"),
        ("warning_closed", False, "inquiry_closed"),
        ("needs_response", False, "inquiry"),
        ("needs_response", True, "open"),
        ("under_review", True, "open"),
        ("won", True, "won"),
        ("lost", True, "lost"),
    ],
)
def test_what_took_no_money_is_an_inquiry(status: str, taken: bool, seen: str) -> None:
    found = {
        "id": "dp_1", "status": status, "amount": 5_000, "currency": "usd", "reason": "general",
        "balance_transactions": [{"amount": -5_000, "fee": 1_500}] if taken else [],
        "evidence_details": {"due_by": 1_800_000_000, "submission_count": 0},
    }  # fmt: skip
    assert (dispute_of(found, "cs_1").status, dispute_of(found, "cs_1").fee_minor) == (seen, 1_500 if taken else 0)
