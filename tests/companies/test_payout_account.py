"""Payout accounts: 72 hours, staff's proof, removal."""

from datetime import timedelta

import pytest

from companies.actions import add_payout_account, remove_payout_account, verify_payout_account
from companies.history import history_of
from companies.models import PayoutAccount
from companies.queries import payout_account_of, payout_accounts_of, usable_payout_account
from core.errors import Invalid, NotAllowed, NotFound
from core.models import Event
from tests.cast import actor, company_of

GOOD = {
    "currency": "EUR",
    "holder": "Elsewhere GmbH",
    "number": "DE89 3704 0044 0532 0130 00",
    "bic": "COBADEFF",
    "bank_name": "Commerzbank",
    "country": "DE",
}


def add(user, now, **changed):
    return add_payout_account(company_id=company_of(user).pk, **(GOOD | changed), by=actor(user), at=now)


def test_usable_after_72_hours_and_the_proof(stranger, verifier, now):
    company, account = company_of(stranger), add(stranger, now)
    assert account.number == "DE89370400440532013000"
    wait = timedelta(hours=72)
    assert usable_payout_account(company.pk, "EUR", now + wait) is None
    for _time in (1, 2):
        verify_payout_account(reference=account.reference, by=actor(verifier), at=now)
    assert usable_payout_account(company.pk, "EUR", now + wait - timedelta(seconds=1)) is None
    assert usable_payout_account(company.pk, "EUR", now + wait) == account
    assert usable_payout_account(company.pk, "USD", now + wait) is None
    assert [row.verb for row in history_of(account)] == ["add", "verify"]


def test_the_newest_usable_one_is_taken(stranger, verifier, now):
    company = company_of(stranger)
    first, second = add(stranger, now), add(stranger, now + timedelta(hours=1), number="12345678")
    for account in (first, second):
        verify_payout_account(reference=account.reference, by=actor(verifier), at=now)
    assert usable_payout_account(company.pk, "EUR", now + timedelta(hours=72, minutes=30)) == first
    assert usable_payout_account(company.pk, "EUR", now + timedelta(hours=73)) == second


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", "DE89 3704 0044 0532 0130 01"),
        ("number", "12"),
        ("number", "1" * 35),
        ("number", "٣٤٥٦٧٨٩"),
        ("number", "12\u200b345678"),
        ("bic", "NOPE"),
        ("bic", "CHASUS33"),
        ("currency", "XXX"),
        ("currency", "usd"),
        ("holder", "x" * 10_000),
        ("holder", "A\u202eB"),
        ("bank_name", ""),
        ("country", "ZZ"),
    ],
)
def test_bad_data_is_refused_beside_its_field(stranger, now, field, value):
    with pytest.raises(Invalid) as refusal:
        add(stranger, now, **{field: value})
    assert list(refusal.value.fields) == [field]
    assert not PayoutAccount.objects.exists()


def test_the_same_account_is_added_once(stranger, now):
    add(stranger, now)
    with pytest.raises(Invalid) as refusal:
        add(stranger, now)
    assert list(refusal.value.fields) == ["number"]
    assert add(stranger, now, currency="USD").currency == "USD"


def test_only_owner_and_finance_add(
    buyer_owner, buyer_finance, buyer_purchasing, buyer_viewer, stranger, verifier, now
):
    company = company_of(buyer_owner)
    for user in (buyer_purchasing, buyer_viewer, stranger, verifier):
        with pytest.raises(NotAllowed):
            add_payout_account(company_id=company.pk, **GOOD, by=actor(user), at=now)
    add_payout_account(company_id=company.pk, **GOOD, by=actor(buyer_finance), at=now)
    assert len(payout_accounts_of(company.pk)) == 1


def test_removed_is_used_no_more(seller_owner, seller_sales, stranger, verifier, now):
    company = company_of(seller_owner)
    account = payout_accounts_of(company.pk)[0]
    for user in (seller_sales, stranger):
        with pytest.raises(NotAllowed):
            remove_payout_account(reference=account.reference, company_id=company.pk, by=actor(user), at=now)
    with pytest.raises(NotFound):
        remove_payout_account(
            reference=account.reference, company_id=company_of(stranger).pk, by=actor(stranger), at=now
        )
    assert usable_payout_account(company.pk, "USD", now) == account
    for _time in (1, 2):
        remove_payout_account(reference=account.reference, company_id=company.pk, by=actor(seller_owner), at=now)
    assert usable_payout_account(company.pk, "USD", now) is None
    assert Event.objects.filter(name="companies.PayoutAccountRemoved").count() == 1
    with pytest.raises(NotFound):
        verify_payout_account(reference=account.reference, by=actor(verifier), at=now)
    with pytest.raises(NotFound):
        payout_account_of(company.pk, account.reference)


def test_only_verifiers_verify(stranger, treasurer, now):
    account = add(stranger, now)
    for user in (stranger, treasurer):
        with pytest.raises(NotAllowed):
            verify_payout_account(reference=account.reference, by=actor(user), at=now)
    assert PayoutAccount.objects.get().verified_at is None


# --- whatever changes where money goes, waits and is told -------------------------------------------------------------
def two_usable(stranger, verifier, now):
    """The second is where money goes; both have waited."""
    accounts = [add(stranger, now), add(stranger, now + timedelta(hours=1), number="12345678")]
    for account in accounts:
        verify_payout_account(reference=account.reference, by=actor(verifier), at=now)
    return accounts


def remove(account, user, at):
    remove_payout_account(reference=account.reference, company_id=account.company_id, by=actor(user), at=at)


def test_after_the_account_in_use_was_removed_the_next_one_rests(stranger, verifier, now):
    first, second = two_usable(stranger, verifier, now)
    later = now + timedelta(days=10)
    remove(second, stranger, later)
    company_id, wait = first.company_id, timedelta(hours=72)
    assert usable_payout_account(company_id, "EUR", later) is None
    assert usable_payout_account(company_id, "EUR", later + wait - timedelta(seconds=1)) is None
    assert usable_payout_account(company_id, "EUR", later + wait) == first


def test_removing_one_that_is_not_in_use_changes_nothing_for_the_other(stranger, verifier, now):
    first, second = two_usable(stranger, verifier, now)
    later = now + timedelta(days=10)
    remove(first, stranger, later)
    assert usable_payout_account(second.company_id, "EUR", later) == second
