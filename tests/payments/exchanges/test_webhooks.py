"""The door for gateways: what is signed is stored once, what is not is not stored, and events are hints only."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.models import Alarm
from payments.exchanges.events import process_event
from payments.models import GatewayEvent, Payment, PaymentState, Payout, SendState
from payments.queries import money_of
from payments.tasks import ask_about_open_payments, process_gateway_events, send_outgoing_money
from services.gateway import SandboxGateway
from tests.cast import NOW
from tests.payments.exchanges.control import TWICE_CARD, Control
from tests.payments.exchanges.scene import (
    FEE_MINOR,
    PRICE_MINOR,
    Deal,
    ask,
    fund,
    let_back_off_pass,
    owe_payout,
    start,
)

STORED, REFUSED = 200, 400


def signature(body: bytes, secret: str, at: float) -> str:
    return f"t={int(at)},v1=" + hmac.new(secret.encode(), f"{int(at)}.".encode() + body, hashlib.sha256).hexdigest()


def event(object_id: str, *, kind: str = "payment.updated", event_id: str = "ev_1") -> bytes:
    return json.dumps(
        {"id": event_id, "type": kind, "object_id": object_id, "created_at": "2026-03-03T02:00:00Z"}
    ).encode()


class Sender:
    """Posts to the door as a gateway would, or as somebody who would like to be one."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.client = Client(enforce_csrf_checks=True)

    def __call__(self, body: bytes, *, header: str | None = None, at: float | None = None) -> int:
        header = signature(body, self.secret, at or time.time()) if header is None else header
        headers = {"X-Sandbox-Signature": header} if header else {}
        path = reverse("sandbox-webhook")
        return self.client.post(path, data=body, content_type="application/json", headers=headers).status_code


@pytest.fixture
def send(transactional_db: None, settings: Any) -> Sender:
    return Sender(settings.SANDBOX_WEBHOOK_SECRET)


# --- the door ---------------------------------------------------------------------------------------------------------
def test_a_signed_event_is_stored_and_answered_at_once(send: Sender) -> None:
    assert send(event("sp_x")) == STORED
    stored = GatewayEvent.objects.get()
    assert (stored.gateway, stored.event_id, stored.payload["object_id"]) == ("sandbox", "ev_1", "sp_x")
    assert stored.processed_at is None


def test_the_same_event_is_stored_once(send: Sender) -> None:
    assert [send(event("sp_x")) for _time in range(3)] == [STORED] * 3
    assert GatewayEvent.objects.count() == 1


def test_the_same_event_is_not_overwritten_by_another_body(send: Sender) -> None:
    send(event("sp_x"))
    send(event("sp_other"))
    assert GatewayEvent.objects.get().payload["object_id"] == "sp_x"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=1",
        "v1=00",
        "t=,v1=",
        "t=abc,v1=00",
        "t=٣,v1=00",
        "t=1,t=2,v1=00",
        f"t={10**13},v1=00",
        "nonsense",
        "t=1,v1=ü",
    ],
)
def test_an_unsigned_event_is_refused_and_not_stored(send: Sender, header: str) -> None:
    assert send(event("sp_x"), header=header) == REFUSED
    assert not GatewayEvent.objects.exists()


def test_another_secret_is_refused(send: Sender) -> None:
    assert send(event("sp_x"), header=signature(event("sp_x"), "guessed", time.time())) == REFUSED
    assert not GatewayEvent.objects.exists()


def test_a_changed_body_is_refused(send: Sender) -> None:
    assert send(event("sp_y"), header=signature(event("sp_x"), send.secret, time.time())) == REFUSED
    assert not GatewayEvent.objects.exists()


@pytest.mark.parametrize(("age", "answer"), [(290, STORED), (310, REFUSED), (-290, STORED), (-310, REFUSED)])
def test_a_signature_lives_for_five_minutes(send: Sender, age: int, answer: int) -> None:
    assert send(event("sp_x"), at=time.time() - age) == answer
    assert GatewayEvent.objects.count() == (answer == STORED)


def test_while_a_secret_is_changed_one_right_signature_of_two_is_enough(send: Sender) -> None:
    right = signature(event("sp_x"), send.secret, time.time())
    assert send(event("sp_x"), header=right.replace(",v1=", f",v1={'0' * 64},v1=")) == STORED


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"id": 1, "type": "x", "object_id": "y"}'])
def test_signed_nonsense_is_refused(send: Sender, body: bytes) -> None:
    assert send(body) == REFUSED
    assert not GatewayEvent.objects.exists()


def test_a_huge_body_is_refused_unread(send: Sender) -> None:
    assert send(event("x" * 300_000)) == 413
    assert not GatewayEvent.objects.exists()


def test_only_post_is_answered(client: Client) -> None:
    assert client.get(reverse("sandbox-webhook")).status_code == 405


# --- what events do ---------------------------------------------------------------------------------------------------
def test_an_event_makes_us_read_the_payment_again(deal: Deal, control: Control, send: Sender) -> None:
    payment = start(deal, "card")
    control.pay_by_card(payment.gateway_id)
    send(event(payment.gateway_id))

    assert process_gateway_events() == 1

    payment.refresh_from_db()
    assert payment.state == PaymentState.SECURED
    assert GatewayEvent.objects.get().processed_at is not None


def test_an_event_that_lies_changes_nothing(deal: Deal, send: Sender) -> None:
    payment = start(deal, "card")
    lie = json.loads(event(payment.gateway_id)) | {"status": "succeeded", "amount_minor": PRICE_MINOR}
    send(json.dumps(lie).encode())

    process_gateway_events()

    payment.refresh_from_db()
    assert payment.state == PaymentState.PENDING
    assert money_of(deal.escrow_id).held_minor == 0


def test_events_twice_late_and_out_of_order_have_one_effect(deal: Deal, control: Control, send: Sender) -> None:
    payment = start(deal, "wire")
    control.wire(payment.reference, 100_000)
    control.wire(payment.reference, 25_000)
    for number, kind in enumerate(("payment.updated", "payment.receipt", "payment.receipt", "payment.updated")):
        send(event(payment.gateway_id, kind=kind, event_id=f"ev_{number}"))
    for row in GatewayEvent.objects.order_by("-pk"):
        for _twice in range(2):
            assert process_event(gateway_event_id=row.pk, at=NOW)

    assert money_of(deal.escrow_id).held_minor == PRICE_MINOR


def test_an_event_ahead_of_our_own_record_finds_the_payment_by_its_reference(
    deal: Deal, control: Control, send: Sender
) -> None:
    control.plan("payments.create", "timeout_after_effect")
    payment = start(deal, "wire")
    [known] = control.list_by("payments", payment.reference)
    control.wire(payment.reference, PRICE_MINOR)
    send(event(known["id"]))

    process_gateway_events()

    payment.refresh_from_db()
    assert (payment.state, payment.gateway_id) == (PaymentState.SECURED, known["id"])


def test_an_event_about_a_payout_in_doubt_resolves_it(deal: Deal, control: Control, send: Sender) -> None:
    fund(deal, control)
    payout = owe_payout(deal)
    control.plan("payouts.create", "timeout_after_effect")
    let_back_off_pass()
    send_outgoing_money()
    [known] = control.list_by("payouts", payout.reference)
    control.settle()
    send(event(known["id"], kind="payout.updated"))

    process_gateway_events()

    payout.refresh_from_db()
    assert payout.state == SendState.PAID


@pytest.mark.parametrize("kind", ["payment.updated", "payout.updated", "refund.updated", "weather.updated"])
def test_an_event_about_nothing_of_ours_is_alarmed_and_done(send: Sender, control: Control, kind: str) -> None:
    send(event("so_unknown", kind=kind))
    assert process_gateway_events() == 1
    assert GatewayEvent.objects.get().processed_at is not None
    assert Alarm.objects.filter(kind="gateway_event_unknown").count() == 1


@pytest.mark.parametrize("fault", ["timeout_before_effect", "error_500", "error_429"])
def test_an_event_whose_object_cannot_be_read_waits(deal: Deal, control: Control, send: Sender, fault: str) -> None:
    payment = start(deal, "wire")
    control.wire(payment.reference, PRICE_MINOR)
    control.plan("payments.get", fault)
    send(event(payment.gateway_id))

    process_gateway_events()

    waiting = GatewayEvent.objects.get()
    assert waiting.processed_at is None and "Unanswered" in waiting.last_error
    let_back_off_pass()
    process_gateway_events()
    waiting.refresh_from_db()
    assert waiting.processed_at is not None
    assert money_of(deal.escrow_id).held_minor == PRICE_MINOR


def test_an_event_about_another_object_than_ours_is_alarmed_until_it_is_understood(
    deal: Deal, control: Control, send: Sender
) -> None:
    payment = start(deal, "wire")
    control.wire(payment.reference, PRICE_MINOR)
    Payment.objects.filter(pk=payment.pk).update(amount_minor=PRICE_MINOR - 1)
    send(event(payment.gateway_id))
    alarms = Alarm.objects.filter(kind="gateway_answer", cleared_at__isnull=True)

    process_gateway_events()

    assert "WrongAnswer" in alarms.get(subject_id=GatewayEvent.objects.get().pk).message
    Payment.objects.filter(pk=payment.pk).update(amount_minor=PRICE_MINOR)
    let_back_off_pass()
    process_gateway_events()
    assert not alarms.exists()
    assert money_of(deal.escrow_id).held_minor == PRICE_MINOR


# --- the gateway's own deliveries -------------------------------------------------------------------------------------
@pytest.fixture
def connected(live_server: Any, sandbox_gateway: SandboxGateway, control: Control) -> Iterator[None]:
    """The sandbox gateway sends its webhooks here, and to nobody after the test."""
    sandbox_gateway.send_webhooks_to(live_server.url)
    control.webhooks("normal")
    yield
    control.webhooks("drop")
    sandbox_gateway.send_webhooks_to("http://127.0.0.1:9")


def wait_for_events(object_id: str, count: int) -> None:
    until = time.monotonic() + 30
    while GatewayEvent.objects.filter(payload__object_id=object_id).count() < count:
        assert time.monotonic() < until, "the webhooks did not come"
        time.sleep(0.05)


@pytest.mark.parametrize("mode", ["normal", "duplicate", "reorder", "delay"])
def test_from_payment_to_payout_by_webhooks_alone(connected: None, deal: Deal, control: Control, mode: str) -> None:
    control.webhooks(mode)
    payment = start(deal, "wire")
    control.wire(payment.reference, 100_000)
    control.wire(payment.reference, 30_000)
    wait_for_events(payment.gateway_id, 3)
    process_gateway_events()
    assert money_of(deal.escrow_id).held_minor == PRICE_MINOR

    payout = owe_payout(deal)
    let_back_off_pass()
    send_outgoing_money()
    payout.refresh_from_db()
    control.settle()
    wait_for_events(payout.gateway_id, 1)
    process_gateway_events()

    payout.refresh_from_db()
    assert (payout.state, payout.amount_minor) == (SendState.PAID, PRICE_MINOR - FEE_MINOR)


def test_a_card_whose_news_comes_twice_pays_once(connected: None, deal: Deal, control: Control) -> None:
    payment = start(deal, "card")
    control.pay_by_card(payment.gateway_id, TWICE_CARD)
    wait_until_told(control, payment.gateway_id, 2)
    process_gateway_events()
    assert GatewayEvent.objects.filter(payload__object_id=payment.gateway_id).count() == 1
    assert money_of(deal.escrow_id).held_minor == ask(payment).received_minor == PRICE_MINOR


def wait_until_told(control: Control, object_id: str, times: int) -> None:
    """Until the gateway has had so many answers of ours about one object."""
    until = time.monotonic() + 30
    while control.delivered(object_id) < times:
        assert time.monotonic() < until, "the webhooks did not come"
        time.sleep(0.05)


def test_with_every_webhook_lost_polling_finds_all(connected: None, deal: Deal, control: Control) -> None:
    control.webhooks("drop")
    payment = start(deal, "wire")
    control.wire(payment.reference, PRICE_MINOR)
    let_back_off_pass()
    ask_about_open_payments()
    payout = owe_payout(deal)
    for _round in range(2):
        let_back_off_pass()
        send_outgoing_money()
        control.settle()

    payout.refresh_from_db()
    assert payout.state == SendState.PAID
    lost = [payment.gateway_id, payout.gateway_id]
    assert not GatewayEvent.objects.filter(payload__object_id__in=lost).exists()
    assert Payment.objects.get().state == PaymentState.SECURED
    assert Payout.objects.count() == 1


def test_late_money_on_an_ended_payment_is_found_without_webhooks(
    connected: None, deal: Deal, control: Control
) -> None:
    control.webhooks("drop")
    payment = start(deal, "wire")
    start(deal, "card")
    control.wire(payment.reference, 40_000)
    Payment.objects.update(ask_at=None)

    ask_about_open_payments()

    assert money_of(deal.escrow_id).refund_due_minor == 40_000
    assert ask(payment).received_minor == 40_000


@pytest.mark.django_db
def test_the_sandbox_has_no_door_in_live_mode(settings: Any) -> None:
    settings.SANDBOX = False
    body = event("sp_1")
    signed = signature(body, settings.SANDBOX_WEBHOOK_SECRET, time.time())
    answer = Client().post(
        reverse("sandbox-webhook"), body, content_type="application/json", headers={"X-Sandbox-Signature": signed}
    )
    assert answer.status_code == 404
    assert GatewayEvent.objects.count() == 0
