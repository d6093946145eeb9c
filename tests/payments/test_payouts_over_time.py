"""Payouts that the gateway speaks of now and then, that fail and are replaced, or that are too large for one."""

from datetime import timedelta

import pytest

from companies.actions import verify_payout_account
from core import deadlines
from core.actors import platform as platform_actor
from core.models import Alarm, Transition
from core.money import MAX_MINOR
from payments.actions.overdue import alarm_about_payout, try_waiting_payout
from payments.actions.payout import NOT_CARRIED, PayoutNotCarried, request_payout
from payments.actions.sending import (
    PAYOUT_FAILED,
    claim_payout,
    record_payout_failed,
    record_payout_paid,
    record_payout_sent,
    record_payout_unknown,
)
from payments.models import Account, Payout, SendState
from payments.timing import PAYOUT_OVERDUE, PAYOUT_WAITS
from tests.cast import LONG_AGO, NOW, actor, company_of
from tests.payments.steps import balances, new_escrow, pay, release_all, sent_payout, state_of, told
from tests.payments.test_payouts import add_account

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def payout(funded_escrow, platform):
    release_all(funded_escrow)
    return request_payout(company_id=funded_escrow.payee_id, currency="USD", by=platform, at=NOW)


def live(kind):
    return Alarm.objects.filter(kind=kind, cleared_at__isnull=True)


# --- a gateway that answers now and then ------------------------------------------------------------------------------
def test_a_gateway_that_falls_silent_does_not_begin_its_clock_anew(payout, platform):
    claim_payout(payout_id=payout.pk, by=platform, at=NOW)
    record_payout_sent(payout_id=payout.pk, gateway_id="so_1", by=platform, at=NOW)
    due_at = deadlines.get(payout, PAYOUT_OVERDUE).due_at
    for hours in range(1, 60):
        at = NOW + hours * HOUR
        record_payout_unknown(payout_id=payout.pk, by=platform, at=at)
        record_payout_sent(payout_id=payout.pk, gateway_id="so_1", by=platform, at=at)
    payout.refresh_from_db()
    assert (payout.state, payout.sent_at) == (SendState.SENT, NOW)
    assert deadlines.get(payout, PAYOUT_OVERDUE).due_at == due_at
    assert len(told("PayoutSent")) == 1


def test_what_is_first_heard_of_after_a_doubt_is_sent_then(payout, platform):
    claim_payout(payout_id=payout.pk, by=platform, at=NOW)
    record_payout_unknown(payout_id=payout.pk, by=platform, at=NOW + HOUR)
    assert told("PayoutSent") == []
    record_payout_sent(payout_id=payout.pk, gateway_id="so_1", by=platform, at=NOW + 30 * HOUR)
    payout.refresh_from_db()
    assert payout.sent_at == NOW + 30 * HOUR
    assert deadlines.get(payout, PAYOUT_OVERDUE).due_at > NOW + 30 * HOUR
    assert len(told("PayoutSent")) == 1


# --- alarms end with their cause --------------------------------------------------------------------------------------
def test_a_failed_payout_is_overdue_no_more_and_its_alarm_ends_with_the_payment_of_the_next(
    payout, platform, seller_owner
):
    sent_payout(payout)
    alarm_about_payout(subject_id=payout.pk, at=NOW)
    assert live(PAYOUT_OVERDUE).exists()
    record_payout_failed(payout_id=payout.pk, failure_code="account_closed", by=platform, at=NOW)
    assert not live(PAYOUT_OVERDUE).exists()
    assert live(PAYOUT_FAILED).get().subject_id == payout.pk

    by = actor(seller_owner)
    again = request_payout(company_id=payout.company_id, currency="USD", by=by, at=NOW)
    assert live(PAYOUT_FAILED).exists()
    record_payout_paid(payout_id=sent_payout(again).pk, by=platform, at=NOW)
    assert not live(PAYOUT_FAILED).exists()


# --- who asked --------------------------------------------------------------------------------------------------------
def test_a_person_who_asks_for_a_payout_stands_in_its_history(funded_escrow, seller_owner):
    release_all(funded_escrow)
    by = actor(seller_owner)
    payout = request_payout(company_id=funded_escrow.payee_id, currency="USD", by=by, at=NOW)
    row = Transition.objects.get(subject_type="payments.payout", subject_id=payout.pk, verb="request_payout")
    assert (row.user_id, row.company_id, row.target, row.at) == (seller_owner.pk, payout.company_id, "REQUESTED", NOW)


def test_what_the_platform_asks_for_needs_no_name(payout):
    assert not Transition.objects.filter(subject_type="payments.payout", verb="request_payout").exists()


# --- more than one may carry ------------------------------------------------------------------------------------------
def test_what_is_too_large_for_one_payout_goes_out_by_several(buyer_owner, seller_owner, platform):
    price_minor = 600_000_000_000
    for _number in range(3):
        escrow = new_escrow(buyer_owner, seller_owner, amounts=[price_minor])
        pay(escrow, buyer_owner)
        release_all(escrow)
    owed_minor = balances(escrow)["payable"]
    assert owed_minor > MAX_MINOR

    company_id = company_of(seller_owner).pk
    request_payout(company_id=company_id, currency="USD", by=platform, at=NOW)
    account = Account.objects.get(kind="PAYABLE", company_id=company_id)
    while (clock := deadlines.get(account, PAYOUT_WAITS)) is not None:
        assert clock.due_at == NOW
        try_waiting_payout(subject_id=account.pk, at=clock.due_at)

    payouts = list(Payout.objects.order_by("pk"))
    assert [each.amount_minor for each in payouts] == [owed_minor // 3] * 3
    assert [each.advice.count("TA-2026-000123") for each in payouts] == [1, 1, 1]
    assert balances(escrow)["payable"] == 0
    assert state_of(payouts[-1]) == SendState.REQUESTED


# --- more than the gateway carries ------------------------------------------------------------------------------------
def released(buyer, seller, price_minor, currency="USD"):
    escrow = new_escrow(buyer, seller, amounts=[price_minor], currency=currency)
    pay(escrow, buyer)
    release_all(escrow)
    return escrow


def connect(seller, currency):
    account = add_account(seller, currency, at=LONG_AGO)
    verify_payout_account(reference=account.reference, by=platform_actor("admin"), at=LONG_AGO)


def ask(escrow, by):
    return request_payout(company_id=escrow.payee_id, currency=escrow.currency, by=by, at=NOW)


@pytest.fixture
def stripe_pays(settings):
    settings.PAYOUT_GATEWAY = "stripe"


def test_what_stripe_cannot_carry_at_once_goes_out_by_whole_releases(stripe_pays, buyer_owner, seller_owner, platform):
    """USD 600,000.00, 1,200,000.00 and 300,000.00 less 2 % each, at most 5,000.00: Stripe carries 999,999.99."""
    parts = [released(buyer_owner, seller_owner, price) for price in (60_000_000, 120_000_000, 30_000_000)]
    assert ask(parts[0], platform).amount_minor == 60_000_000 - 500_000 + 30_000_000 - 500_000
    account = Account.objects.get(kind="PAYABLE", company_id=parts[0].payee_id)
    assert deadlines.get(account, PAYOUT_WAITS).due_at == NOW
    try_waiting_payout(subject_id=account.pk, at=NOW)
    assert "no release of it" in live(NOT_CARRIED).get().message
    assert (Payout.objects.count(), deadlines.get(account, PAYOUT_WAITS).due_at > NOW) == (1, True)


def test_of_what_it_cannot_carry_people_are_told_and_another_gateway_takes_it(
    stripe_pays, settings, buyer_owner, seller_owner, platform
):
    connect(seller_owner, "VND")
    escrow = released(buyer_owner, seller_owner, 250_000_000, "VND")
    assert ask(escrow, platform) is None and live(NOT_CARRIED).exists()
    with pytest.raises(PayoutNotCarried):
        ask(escrow, actor(seller_owner))
    assert balances(escrow)["payable"] > 0 and Payout.objects.count() == 0
    settings.PAYOUT_GATEWAY = "sandbox"
    account = Account.objects.get(kind="PAYABLE", company_id=escrow.payee_id, currency="VND")
    try_waiting_payout(subject_id=account.pk, at=NOW)
    assert balances(escrow)["payable"] == 0 and not live(NOT_CARRIED).exists()
    assert deadlines.get(account, PAYOUT_WAITS) is None


def test_a_last_digit_that_it_does_not_take_keeps_the_others_not_back(stripe_pays, buyer_owner, seller_owner, platform):
    """KWD 100.050 less 2.001 leaves 98.049; 100.000 less 2.000 leaves 98.000."""
    connect(seller_owner, "KWD")
    odd, even = (released(buyer_owner, seller_owner, price, "KWD") for price in (100_050, 100_000))
    assert ask(odd, platform).amount_minor == 98_000
    assert balances(even)["payable"] == 98_049
