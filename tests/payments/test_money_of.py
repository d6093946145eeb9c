import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.errors import NotFound
from payments.actions.funding import close_to_funding
from payments.actions.payout import request_payout
from payments.actions.release import refund_rest, release_escrow
from payments.models import Account
from payments.queries import (
    funding_certificate,
    get_payment_for,
    get_payout_for,
    money_of,
    payable_by_currency,
    statement,
)
from tests.cast import NOW, company_of
from tests.payments.steps import money, new_escrow, pay, receive, release_all, start

pytestmark = pytest.mark.django_db


def test_nothing_paid(escrow):
    seen = money_of(escrow.pk)
    assert (seen.due_minor, seen.held_minor, seen.released_minor) == (250_000, 0, 0)
    assert [each.state for each in seen.instalments] == ["DUE", "DUE"]
    assert seen.next_to_pay.sequence == 1
    assert not seen.is_secured


def test_what_is_not_due_is_not_asked(buyer_owner, seller_owner):
    seen = money_of(new_escrow(buyer_owner, seller_owner, due=False).pk)
    assert seen.due_minor == 75_000
    assert [each.state for each in seen.instalments] == ["DUE", "NOT_DUE"]


def test_on_the_way(escrow, buyer_owner):
    payment = start(escrow, buyer_owner, method="wire")
    assert money_of(escrow.pk).instalments[0].state == "PENDING"
    receive(payment, money(10_000))
    first = money_of(escrow.pk).instalments[0]
    assert (first.state, first.received_minor, first.missing_minor) == ("SHORT", 10_000, 65_000)
    assert first.live_payment == payment


def test_secured_and_released(funded_escrow, platform):
    release_escrow(escrow_id=funded_escrow.pk, amount_minor=100_000, reason="stage", sequence=1, by=platform, at=NOW)
    seen = money_of(funded_escrow.pk)
    assert (seen.held_minor, seen.released_minor, seen.fee_minor, seen.net_minor) == (150_000, 100_000, 2_000, 98_000)
    assert (seen.payable_minor, seen.due_minor, seen.is_secured) == (98_000, 0, True)
    assert [each.state for each in seen.instalments] == ["SECURED", "SECURED"]


def test_the_statements_do_not_grow(funded_escrow, buyer_owner, platform):
    for sequence in range(1, 6):
        release_escrow(
            escrow_id=funded_escrow.pk, amount_minor=1_000, reason="stage", sequence=sequence, by=platform, at=NOW
        )
    with CaptureQueriesContext(connection) as captured:
        money_of(funded_escrow.pk)
    assert len(captured) == 7


def test_the_certificate_says_what_is_held_and_nothing_of_the_rest(partly_funded_escrow, buyer_owner):
    start(partly_funded_escrow, buyer_owner, sequence=2)
    certificate = funding_certificate(partly_funded_escrow.pk)
    assert (certificate.secured_minor, certificate.total_minor, certificate.secured_at) == (75_000, 250_000, NOW)
    assert certificate.payer_name == "Lakeside Furniture Inc."
    assert [each.sequence for each in certificate.instalments] == [1]


@pytest.mark.parametrize("fixture", ["escrow", "funded_escrow"])
def test_no_certificate_without_held_money(request, fixture, platform):
    escrow = request.getfixturevalue(fixture)
    refund_rest(escrow_id=escrow.pk, reason="cancelled", by=platform, at=NOW)
    with pytest.raises(NotFound):
        funding_certificate(escrow.pk)


def test_no_certificate_once_the_deal_is_being_undone(partly_funded_escrow, platform):
    close_to_funding(escrow_id=partly_funded_escrow.pk, reason="cancelled", by=platform, at=NOW)
    assert money_of(partly_funded_escrow.pk).held_minor == 75_000
    with pytest.raises(NotFound):
        funding_certificate(partly_funded_escrow.pk)


def test_two_hundred_failed_attempts_hide_no_secured_instalment(partly_funded_escrow, buyer_owner):
    for _attempt in range(205):
        last = start(partly_funded_escrow, buyer_owner, sequence=2)
        receive(last, status="failed")
    first, second = money_of(partly_funded_escrow.pk).instalments
    assert (first.state, first.received_minor, first.missing_minor) == ("SECURED", 75_000, 0)
    assert (second.state, second.missing_minor, second.last_payment.pk) == ("DUE", 175_000, last.pk)


def test_a_stranger_finds_nothing(funded_escrow, buyer_owner, seller_owner, stranger, platform):
    release_all(funded_escrow)
    payout = request_payout(company_id=funded_escrow.payee_id, currency="USD", by=platform, at=NOW)
    payment = money_of(funded_escrow.pk).instalments[0].last_payment
    payer, payee, other = (company_of(each).pk for each in (buyer_owner, seller_owner, stranger))
    for company_id in (payer, payee):
        assert get_payment_for(company_id, payment.reference) == payment
    assert get_payout_for(payee, payout.reference) == payout
    for gate, reference in (
        (get_payment_for, payment.reference),
        (get_payout_for, payout.reference),
    ):
        for company_id in (other, None):
            with pytest.raises(NotFound):
                gate(company_id, reference)
    with pytest.raises(NotFound):
        get_payout_for(payer, payout.reference)


def test_the_statement_is_newest_first_with_the_running_balance(buyer_owner, seller_owner):
    for _number in range(3):
        escrow = new_escrow(buyer_owner, seller_owner, amounts=[10_000])
        pay(escrow, buyer_owner)
        release_all(escrow)
    account = Account.objects.get(kind="PAYABLE")
    assert [entry.balance_minor for entry in statement(account.pk)] == [29_400, 19_600, 9_800]
    assert [entry.balance_minor for entry in statement(account.pk, before_version=2)] == [9_800]
    assert payable_by_currency(account.company_id) == {"USD": 29_400}
