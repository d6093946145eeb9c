"""A gateway that money is no longer routed by is watched until nothing of ours is left there."""

import time

import pytest

from core.models import Alarm
from payments.actions.gateway_lines import book_gateway_line
from payments.actions.payout import request_payout
from payments.actions.sending import record_payout_paid
from payments.candidates import known_for
from payments.routing import gateways_in_use, gateways_watched
from payments.tasks import _follow_record, _record_of
from tests.cast import NOW
from tests.payments.chargebacks import charge_back
from tests.payments.steps import DEPOSIT, new_escrow, pay, release_all, sent_payout, start

pytestmark = pytest.mark.django_db


@pytest.fixture
def moved(settings):
    """All money goes by the bank from now on."""

    def move() -> None:
        settings.PAYMENT_GATEWAYS, settings.PAYOUT_GATEWAY = {"wire": "bank"}, "bank"

    return move


def line(gateway, kind, amount_minor, platform):
    book_gateway_line(
        gateway=gateway, kind=kind, object_id=f"x{amount_minor}", amount_minor=amount_minor, currency="USD",
        by=platform, at=NOW,
    )  # fmt: skip


def test_money_that_lies_there_keeps_it_watched_until_it_is_paid_out(funded_escrow, moved, platform):
    assert gateways_watched() == gateways_in_use() == ("sandbox",)
    moved()
    assert (gateways_in_use(), gateways_watched()) == (("bank",), ("bank", "sandbox"))
    assert known_for([]).gateways == ("SANDBOX",), "its settlements are known on a statement"
    line("sandbox", "settlement", 250_000, platform)
    assert gateways_watched() == ("bank",), "what is on its way to the bank lies there no more"


def test_so_does_an_open_attempt(escrow, buyer_owner, moved):
    start(escrow, buyer_owner)
    moved()
    assert gateways_watched() == ("bank", "sandbox")


def test_and_an_open_charge_back(buyer_owner, seller_owner, moved, platform):
    escrow = new_escrow(buyer_owner, seller_owner, amounts=[DEPOSIT])
    row = charge_back(pay(escrow, buyer_owner))
    line("sandbox", "cost_return", row.fee_minor, platform)
    moved()
    assert gateways_watched() == ("bank", "sandbox")


def test_and_a_payout_that_is_not_over(funded_escrow, moved, platform):
    release_all(funded_escrow)
    payout = request_payout(company_id=funded_escrow.payee_id, currency="USD", by=platform, at=NOW)
    line("sandbox", "settlement", 250_000, platform)
    moved()
    assert gateways_watched() == ("bank", "sandbox")
    record_payout_paid(payout_id=sent_payout(payout).pk, by=platform, at=NOW)
    line("sandbox", "settlement_return", 245_000, platform)
    assert gateways_watched() == ("bank",)


def test_one_whose_client_is_no_longer_set_up_is_unread_and_stops_no_other(settings, platform):
    settings.STRIPE_SECRET_KEY = ""
    line("stripe", "cost", 700, platform)
    assert gateways_watched() == ("sandbox", "stripe")
    assert _record_of("stripe") is None
    assert "STRIPE_SECRET_KEY" in Alarm.objects.get(kind="gateway_record_unread", cleared_at__isnull=True).message
    _follow_record("stripe", 0, time.monotonic())
