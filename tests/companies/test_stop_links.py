"""The link in an owner's mail: it stops a payout account without a log-in, and does nothing else."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from companies.actions import change_role, remove_payout_account
from companies.history import history_of
from companies.models import Membership
from companies.stop_links import stop_token
from core.events import run_courier
from messaging.models import Mail
from tests.cast import LONG_AGO, actor, company_of
from tests.companies.test_payout_account import add, two_usable


@pytest.fixture
def second_owner(seller_owner, seller_sales):
    give_role(seller_sales, "owner", by=seller_owner, at=LONG_AGO)
    return seller_sales


def give_role(user, role, *, by, at):
    membership = Membership.objects.get(user=user)
    change_role(reference=membership.reference, company_id=membership.company_id, role=role, by=actor(by), at=at)


def link_of(account, user):
    mail = Mail.objects.get(key=f"payout-account-added:{account.pk}:{user.pk}")
    return re.search(r"https?://[^/]+(/company/payout-accounts/stop/\S+)", mail.body_text)[1]


def test_each_owner_stops_it_from_their_mail(client, seller_owner, second_owner, now):
    account = add(seller_owner, now)
    run_courier()
    path, other = (link_of(account, user) for user in (second_owner, seller_owner))
    assert path != other
    page = client.get(path)
    assert "Stop this payout account?" in page.text and account.number not in page.text
    account.refresh_from_db()
    assert account.removed_at is None
    for _time in (1, 2):
        assert "This account is stopped" in client.post(path, follow=True).text
    account.refresh_from_db()
    assert account.removed_at is not None
    assert (history_of(account)[-1].verb, history_of(account)[-1].user_id) == ("remove", second_owner.pk)
    run_courier()
    told = Mail.objects.filter(kind="payout_account_removed").values_list("user_id", flat=True)
    assert sorted(told) == sorted([seller_owner.pk, second_owner.pk])


def test_a_link_ends_with_the_role_of_its_owner(client, seller_owner, second_owner, stranger, now):
    account = add(seller_owner, now)
    good = reverse("payout-account-stop", args=[stop_token(account, Membership.objects.get(user=second_owner))])
    foreign = reverse("payout-account-stop", args=[stop_token(account, Membership.objects.get(user=stranger))])
    give_role(second_owner, "sales", by=seller_owner, at=now)
    for path in (good, good[:-3] + "x/", foreign):
        assert client.post(path).status_code == 404
    account.refresh_from_db()
    assert account.removed_at is None


def test_owners_hear_of_the_verification_and_of_where_money_goes_next(stranger, verifier, now):
    first, second = two_usable(stranger, verifier, now)
    remove_payout_account(
        reference=second.reference, company_id=company_of(stranger).pk, by=actor(stranger), at=now + timedelta(days=10)
    )
    run_courier()
    verified = Mail.objects.filter(kind="payout_account_verified", user=stranger)
    assert verified.count() == 2 and all("/payout-accounts/stop/" in mail.body_text for mail in verified)
    removed = Mail.objects.get(kind="payout_account_removed", user=stranger)
    assert f"ending {first.number[-4:]}" in removed.body_text
