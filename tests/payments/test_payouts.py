from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from companies.actions import add_payout_account, remove_payout_account, verify_payout_account
from companies.events import PayoutAccountVerified
from core import deadlines
from core.errors import NotAllowed
from core.models import Alarm
from payments.actions.overdue import alarm_about_payout, try_waiting_payout
from payments.actions.payout import request_payout
from payments.actions.sending import (
    BOOKS_ALARM,
    claim_payout,
    record_payout_failed,
    record_payout_paid,
    record_payout_returned,
    record_payout_sent,
    record_payout_unknown,
)
from payments.events import EscrowReleased
from payments.models import Account, Payout, Release, SendState
from payments.queries import balance_minor, list_payouts, money_of
from payments.reactions import pay_out_after_release, pay_out_when_account_is_ready
from payments.self_check import run_self_check
from payments.timing import PAYOUT_OVERDUE, PAYOUT_WAITS
from tests.cast import LONG_AGO, NOW, actor, company_of
from tests.concurrency.racing import locks_before_writing, locks_off, meeting_before, run_at_once
from tests.payments.steps import Books, balances, new_escrow, pay, release_all, sent_payout, state_of, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def released_escrow(funded_escrow):
    release_all(funded_escrow)
    return funded_escrow


@pytest.fixture
def payout(released_escrow, seller_owner, platform):
    return ask(seller_owner, platform)


def ask(seller_owner, by, *, currency="USD", at=NOW):
    return request_payout(company_id=company_of(seller_owner).pk, currency=currency, by=by, at=at)


def payable_account(escrow):
    return Account.objects.get(kind="PAYABLE", company_id=escrow.payee_id)


def test_takes_all_that_is_payable(released_escrow, seller_owner, platform):
    with locks_before_writing():
        payout = ask(seller_owner, platform)
    assert (payout.amount_minor, payout.currency, payout.state) == (245_000, "USD", SendState.REQUESTED)
    assert payout.advice == "TA-2026-000123 · Lakeside Furniture Inc. · INV-9 · PO-77"
    assert balances(released_escrow)["payable"] == 0
    assert Account.objects.get(payout=payout).balance_minor == 245_000
    assert deadlines.get(payout, PAYOUT_OVERDUE) is not None
    assert ask(seller_owner, platform) is None


def test_several_deals_are_one_payout(buyer_owner, seller_owner, platform):
    for _number in range(3):
        escrow = new_escrow(buyer_owner, seller_owner, amounts=[10_000])
        pay(escrow, buyer_owner)
        release_all(escrow)
    payout = ask(seller_owner, platform)
    assert payout.amount_minor == 29_400
    assert len(payout.advice.splitlines()) == 3
    record_payout_paid(payout_id=sent_payout(payout).pk, by=platform, at=NOW)
    assert len(told("PayoutPaid")[0]["escrow_ids"]) == 3


def test_happens_by_itself_after_a_release(released_escrow):
    event = EscrowReleased(escrow_id=released_escrow.pk, amount_minor=250_000, fee_minor=5_000, at=NOW)
    pay_out_after_release(event)
    pay_out_after_release(event)
    assert [each.amount_minor for each in list_payouts(released_escrow.payee_id)] == [245_000]


@pytest.mark.parametrize("who", ["buyer_owner", "stranger", "seller_sales", "arbiter"])
def test_is_refused_to_anyone_without_the_right(request, released_escrow, seller_owner, who):
    books = Books()
    with pytest.raises(NotAllowed):
        ask(seller_owner, actor(request.getfixturevalue(who)))
    assert books.unchanged()


def test_nothing_payable_is_no_payout(funded_escrow, seller_owner, platform):
    assert ask(seller_owner, platform) is None
    assert ask(seller_owner, platform, currency="EUR") is None


# --- without a usable account -----------------------------------------------------------------------------------------
@pytest.fixture
def eur_escrow(buyer_owner, seller_owner):
    """Released in a currency for which the payee has no account."""
    escrow = new_escrow(buyer_owner, seller_owner, amounts=[50_000], currency="EUR")
    pay(escrow, buyer_owner)
    release_all(escrow)
    return escrow


def add_eur_account(seller_owner, *, at):
    return add_account(seller_owner, "EUR", at=at)


def add_account(seller_owner, currency, *, at):
    return add_payout_account(
        company_id=company_of(seller_owner).pk,
        currency=currency,
        holder="Công ty TNHH Bình Minh",
        number="0071000999999",
        bic="BFTVVNVX",
        bank_name="Ngân hàng Ngoại thương",
        country="VN",
        by=actor(seller_owner),
        at=at,
    )


def test_waits_for_an_account_and_tells_the_company_once(eur_escrow, seller_owner, platform):
    assert ask(seller_owner, platform, currency="EUR") is None
    assert ask(seller_owner, platform, currency="EUR") is None
    assert told("PayoutWaits") == [{"company_id": eur_escrow.payee_id, "currency": "EUR", "amount_minor": 49_000}]
    account = payable_account(eur_escrow)
    due_at = deadlines.get(account, PAYOUT_WAITS).due_at
    try_waiting_payout(subject_id=account.pk, at=due_at)
    assert deadlines.get(account, PAYOUT_WAITS).due_at > due_at
    assert balances(eur_escrow)["payable"] == 49_000


@pytest.mark.parametrize(("seconds", "paid"), [(-1, False), (0, True), (1, True)])
def test_a_new_account_waits_72_hours_to_the_second(eur_escrow, seller_owner, platform, seconds, paid):
    account = add_eur_account(seller_owner, at=NOW)
    verify_payout_account(reference=account.reference, by=platform, at=NOW)
    payout = ask(seller_owner, platform, currency="EUR", at=NOW + timedelta(hours=72, seconds=seconds))
    assert (payout is not None) is paid


def test_is_tried_when_the_new_account_becomes_usable(eur_escrow, seller_owner, platform):
    ask(seller_owner, platform, currency="EUR")
    account = add_eur_account(seller_owner, at=NOW)
    verify_payout_account(reference=account.reference, by=platform, at=NOW)
    pay_out_when_account_is_ready(PayoutAccountVerified(payout_account_id=account.pk, at=NOW))
    clock = deadlines.get(payable_account(eur_escrow), PAYOUT_WAITS)
    assert clock.due_at == NOW + timedelta(hours=72)
    try_waiting_payout(subject_id=clock.subject_id, at=clock.due_at)
    assert Payout.objects.get().amount_minor == 49_000
    assert deadlines.live_of(payable_account(eur_escrow)) == []


# --- on the way -------------------------------------------------------------------------------------------------------
def test_is_claimed_once_sent_and_paid(payout, released_escrow, platform):
    assert claim_payout(payout_id=payout.pk, by=platform, at=NOW).is_first is True
    assert claim_payout(payout_id=payout.pk, by=platform, at=NOW).is_first is False
    record_payout_sent(payout_id=payout.pk, gateway_id="so_1", by=platform, at=NOW)
    record_payout_paid(payout_id=payout.pk, by=platform, at=NOW)
    books = Books()
    record_payout_paid(payout_id=payout.pk, by=platform, at=NOW)
    assert books.unchanged()
    assert state_of(payout) == SendState.PAID
    assert balances(released_escrow)["clearing"] == 5_000
    assert deadlines.live_of(payout) == []
    assert claim_payout(payout_id=payout.pk, by=platform, at=NOW) is None
    assert told("PayoutPaid") == [
        {
            "payout_id": payout.pk,
            "company_id": payout.company_id,
            "amount_minor": 245_000,
            "escrow_ids": [released_escrow.pk],
        }
    ]
    assert money_of(released_escrow.pk).paid_out_minor == 245_000


def test_may_leave_by_a_gateway_that_never_took_money(settings, released_escrow, seller_owner, platform):
    settings.PAYOUT_GATEWAY = "stripe"
    paid = record_payout_paid(
        payout_id=sent_payout(ask(seller_owner, platform)).pk, gateway_id="o1", by=platform, at=NOW
    )
    assert (paid.state, balance_minor("clearing:stripe:USD")) == (SendState.PAID, -paid.amount_minor)


def test_unknown_keeps_the_money_where_it_is(payout, released_escrow, platform):
    claim_payout(payout_id=payout.pk, by=platform, at=NOW)
    record_payout_unknown(payout_id=payout.pk, by=platform, at=NOW)
    record_payout_unknown(payout_id=payout.pk, by=platform, at=NOW)
    assert state_of(payout) == SendState.UNKNOWN
    assert Account.objects.get(payout=payout).balance_minor == 245_000
    assert deadlines.get(payout, PAYOUT_OVERDUE) is not None


def test_failed_is_payable_again_and_not_tried_by_itself_on_the_same_account(
    payout, released_escrow, seller_owner, platform
):
    sent_payout(payout)
    record_payout_failed(payout_id=payout.pk, failure_code="account_closed", by=platform, at=NOW)
    record_payout_failed(payout_id=payout.pk, failure_code="account_closed", by=platform, at=NOW)
    assert state_of(payout) == SendState.FAILED
    assert balances(released_escrow)["payable"] == 245_000
    assert Release.objects.get().payout is None
    assert len(told("PayoutFailed")) == 1
    assert deadlines.get(payable_account(released_escrow), PAYOUT_WAITS) is not None

    assert ask(seller_owner, platform) is None
    again = ask(seller_owner, actor(seller_owner))
    assert again.amount_minor == 245_000
    assert again.idempotency_key != payout.idempotency_key


@pytest.mark.parametrize("told_of_payment", [True, False])
def test_returned_is_payable_again(payout, released_escrow, platform, told_of_payment):
    sent_payout(payout)
    if told_of_payment:
        record_payout_paid(payout_id=payout.pk, by=platform, at=NOW)
    record_payout_returned(payout_id=payout.pk, by=platform, at=NOW)
    record_payout_returned(payout_id=payout.pk, by=platform, at=NOW)
    assert state_of(payout) == SendState.RETURNED
    assert balances(released_escrow)["payable"] == 245_000
    assert balances(released_escrow)["clearing"] == 250_000


def remove_account(seller_owner, account):
    remove_payout_account(reference=account.reference, company_id=account.company_id, by=actor(seller_owner), at=NOW)


def test_one_whose_account_was_removed_is_not_sent_but_owed_again(payout, released_escrow, seller_owner, platform):
    remove_account(seller_owner, payout.account)

    assert claim_payout(payout_id=payout.pk, by=platform, at=NOW) is None

    payout.refresh_from_db()
    assert (payout.state, payout.failure_code, payout.sending_at) == (SendState.FAILED, "account_removed", None)
    assert balances(released_escrow)["payable"] == 245_000
    assert balances(released_escrow)["clearing"] == 250_000
    assert deadlines.live_of(payout) == []
    assert deadlines.get(payable_account(released_escrow), PAYOUT_WAITS).due_at > NOW
    assert told("PayoutWaits") == [{"company_id": payout.company_id, "currency": "USD", "amount_minor": 245_000}]
    assert told("PayoutFailed") == []
    assert claim_payout(payout_id=payout.pk, by=platform, at=NOW) is None


def test_one_whose_account_was_removed_goes_to_the_other_account_at_once(
    payout, released_escrow, seller_owner, platform
):
    other = add_account(seller_owner, "USD", at=LONG_AGO)
    verify_payout_account(reference=other.reference, by=platform, at=LONG_AGO)
    remove_account(seller_owner, payout.account)
    claim_payout(payout_id=payout.pk, by=platform, at=NOW)
    owed = payable_account(released_escrow)
    assert deadlines.get(owed, PAYOUT_WAITS).due_at == NOW
    try_waiting_payout(subject_id=owed.pk, at=NOW)
    assert Payout.objects.latest("pk").account == other


def test_one_on_its_way_is_not_stopped_by_removing_its_account(payout, seller_owner, platform):
    sent_payout(payout)
    remove_account(seller_owner, payout.account)
    assert claim_payout(payout_id=payout.pk, by=platform, at=NOW).is_first is False
    assert state_of(payout) == SendState.SENT


def test_the_account_is_locked_while_a_payout_to_it_is_claimed(payout, platform):
    with CaptureQueriesContext(connection) as seen:
        claim_payout(payout_id=payout.pk, by=platform, at=NOW)
    locks = [query["sql"] for query in seen if "FOR NO KEY UPDATE" in query["sql"]]
    assert len(locks) == 2
    assert "payments_payout" in locks[0]
    assert "companies_payoutaccount" in locks[1]


def unasked(name):
    raise AssertionError(f"nobody asked for the record of {name}")


def test_nothing_new_is_sent_while_the_books_are_wrong(payout, platform, owner_breaks_a_balance):
    assert run_self_check(gateways=[], fetch=unasked, at=NOW)
    assert claim_payout(payout_id=payout.pk, by=platform, at=NOW) is None
    assert state_of(payout) == SendState.REQUESTED
    owner_breaks_a_balance.mend()
    assert run_self_check(gateways=[], fetch=unasked, at=NOW) == []
    assert Alarm.objects.get(kind=BOOKS_ALARM).cleared_at is not None
    assert claim_payout(payout_id=payout.pk, by=platform, at=NOW).is_first is True


@pytest.fixture
def owner_breaks_a_balance(payout):
    class Break:
        def __init__(self):
            self.add(1)

        def mend(self):
            self.add(-1)

        @staticmethod
        def add(minor):
            account = Account.objects.get(payout=payout)
            Account.objects.filter(pk=account.pk).update(balance_minor=account.balance_minor + minor)

    return Break()


def test_a_day_of_silence_alarms_staff(payout):
    due_at = deadlines.get(payout, PAYOUT_OVERDUE).due_at
    assert due_at == NOW.replace(day=4, hour=10)
    alarm_about_payout(subject_id=payout.pk, at=due_at)
    assert Alarm.objects.get(kind=PAYOUT_OVERDUE).seen == 1
    assert state_of(payout) == SendState.REQUESTED


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_requests_pay_once(self, released_escrow, seller_owner, platform):
        results = run_at_once(partial(ask, seller_owner, platform), count=2)
        assert sorted(type(result).__name__ for result in results) == ["NoneType", "Payout"]
        assert Payout.objects.get().amount_minor == 245_000

    def test_with_the_lock_off_the_database_refuses_the_second(self, released_escrow, seller_owner, platform):
        with locks_off(), meeting_before("payments.actions.payout._pay_out"):
            results = run_at_once(partial(ask, seller_owner, platform), count=2)
        assert sorted(type(result).__name__ for result in results) == ["IntegrityError", "Payout"]
        assert Payout.objects.get().amount_minor == 245_000

    def test_two_workers_claim_one_payout_once(self, payout, platform):
        claims = run_at_once(partial(claim_payout, payout_id=payout.pk, by=platform, at=NOW), count=3)
        assert sorted(claim.is_first for claim in claims) == [False, False, True]

    def test_a_release_while_a_payout_is_asked_is_in_one_or_the_next(self, buyer_owner, seller_owner, platform):
        first, second = (new_escrow(buyer_owner, seller_owner, amounts=[10_000]) for _number in range(2))
        for escrow in (first, second):
            pay(escrow, buyer_owner)
        release_all(first)
        run_at_once(partial(ask, seller_owner, platform), partial(release_all, second))
        ask(seller_owner, platform)
        assert sum(each.amount_minor for each in Payout.objects.all()) == 19_600
