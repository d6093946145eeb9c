"""A payer's bank asks before it takes anything: staff hear of it in time, and nothing is booked."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from core.models import Alarm
from payments.exchanges import disputes
from payments.exchanges.disputes import follow_dispute
from payments.gateways.base import GatewayDispute
from payments.models import Chargeback
from tests.cast import NOW
from tests.payments.chargebacks import payment_of
from tests.payments.steps import DEPOSIT, Books

pytestmark = pytest.mark.django_db


@pytest.fixture
def inquiry(funded_escrow, monkeypatch):
    """Yields how the gateway shows the dispute from now on."""
    payment = payment_of(funded_escrow)
    seen = GatewayDispute(
        id="dp_1", payment_id=payment.gateway_id, status="inquiry", amount_minor=DEPOSIT, currency="USD",
        reason="general", fee_minor=0, evidence_due_at=NOW,
    )  # fmt: skip
    client = SimpleNamespace(seen=seen, read_dispute=lambda _id: client.seen)
    monkeypatch.setattr(disputes, "gateway", lambda _name: client)
    return client


def follow() -> bool:
    return follow_dispute(gateway_name="sandbox", dispute_id="dp_1", at=NOW)


def live_alarms():
    return Alarm.objects.filter(kind="chargeback_inquiry", cleared_at__isnull=True)


def test_an_inquiry_is_told_with_its_payment_amount_and_date_and_books_nothing(funded_escrow, inquiry):
    books = Books()
    assert follow() and follow(), "it is ours"
    alarm = live_alarms().get()
    assert alarm.subject_id == payment_of(funded_escrow).pk
    assert "TA-2026-000123: USD 750.00, general; answer dp_1" in alarm.message
    assert f"{NOW:%Y-%m-%d}" in alarm.message
    assert books.unchanged() and not Chargeback.objects.exists()


def test_one_that_is_closed_is_over(inquiry):
    follow()
    inquiry.seen = replace(inquiry.seen, status="inquiry_closed")
    assert follow() and not live_alarms().exists() and not Chargeback.objects.exists()


def test_one_that_takes_the_money_is_a_charge_back(inquiry):
    follow()
    inquiry.seen = replace(inquiry.seen, status="open", fee_minor=1_500)
    assert follow() and not live_alarms().exists()
    assert Chargeback.objects.get().held_minor == DEPOSIT


def test_of_a_payment_that_is_not_ours_it_is_unknown(inquiry):
    inquiry.seen = replace(inquiry.seen, payment_id="cs_of_others")
    assert not follow() and not live_alarms().exists()
