"""The doors: sign-up to company, people, payout accounts; refused forms keep what was typed."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse

from companies.actions import invite_colleague
from companies.demo_logins import DEMO_LOGINS
from companies.models import Company, Invitation, Membership, PayoutAccount, User
from core import clock
from tests.cast import PASSWORD, actor, company_of, person


def log_in(client, user, **more):
    return client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD, **more})


FOUNDING = {
    "full_name": "Anna Blum",
    "name": "Blum & Söhne",
    "country": "DE",
    "city": "Köln",
    "address": "Ring 1",
    "time_zone": "",
}


def test_from_sign_up_to_a_company(client, db):
    strong = "violet-harbour-91"
    signed = client.post(
        reverse("account_signup"), {"email": "anna@blum.example", "password1": strong, "password2": strong}
    )
    assert signed.url == reverse("account_email_verification_sent")
    sent_page = client.get(signed.url)
    assert reverse("sandbox-mail") in sent_page.text
    link = re.search(r"https?://[^/]+(/accounts/confirm-email/\S+)", mail.outbox[0].body)[1]
    assert "Yes, go on" in client.get(link).text
    confirmed = client.post(link, follow=True)
    assert confirmed.redirect_chain[-1][0] == reverse("company-new")
    founded = client.post(reverse("company-new"), FOUNDING)
    assert founded.status_code == 302 and founded.url == reverse("dashboard")
    user = User.objects.get(email="anna@blum.example")
    company = company_of(user)
    assert (user.full_name, company.name, company.time_zone) == ("Anna Blum", "Blum & Söhne", "Europe/Berlin")
    assert actor(user).role == "owner"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * 10_000),
        ("name", "abc\u202edef"),
        ("full_name", "An\u200bna"),
        ("country", "QQ"),
        ("time_zone", "Mars/Base"),
        ("name", ""),
    ],
)
def test_a_bad_company_form_keeps_what_was_typed(client, db, field, value):
    client.force_login(person("p@p.example", "P"))
    answer = client.post(reverse("company-new"), FOUNDING | {field: value})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert 'value="Ring 1"' in answer.text
    assert not Company.objects.exists()


def test_wrong_passwords_are_throttled(client, stranger):
    for _try in range(5):
        client.post(reverse("account_login"), {"login": stranger.email, "password": "wrong"})
    answer = log_in(client, stranger)
    assert answer.status_code == 200 and "sessionid" not in answer.cookies
    assert "Too many failed login attempts" in answer.text


def test_people_without_a_company_tell_about_it_first(client, db):
    user = person("p@p.example", "P")
    assert log_in(client, user).url == reverse("company-new")
    assert client.get(reverse("company-detail")).url == f"{reverse('company-new')}?next=%2Fcompany%2F"
    assert client.post(reverse("company-new"), FOUNDING | {"next": "/company/"}).url == "/company/"
    assert client.post(reverse("company-new"), FOUNDING | {"next": "https://evil.example/"}).url == "/dashboard/"


def test_guests_log_in_first(client, db):
    for name in (
        "company-detail",
        "members",
        "payout-accounts",
        "payout-account-new",
        "account-settings",
        "company-new",
    ):
        assert client.get(reverse(name)).url.startswith(reverse("account_login")), name


def test_log_in_leads_to_the_dashboard_in_the_persons_language(client, buyer_owner):
    buyer_owner.language = "vi"
    buyer_owner.save()
    answer = log_in(client, buyer_owner)
    assert answer.url == reverse("dashboard")
    assert answer.cookies["django_language"].value == "vi"


def test_demo_log_ins_show_in_the_sandbox_only(client, db, settings):
    person(DEMO_LOGINS[0].email, "Demo")
    shown = client.get(reverse("account_login")).text
    assert DEMO_LOGINS[0].email in shown and DEMO_LOGINS[1].email not in shown
    settings.SANDBOX = False
    assert DEMO_LOGINS[0].email not in client.get(reverse("account_login")).text


def test_switching_the_company(client, stranger, buyer_owner):
    client.force_login(stranger)
    client.post(reverse("company-new"), FOUNDING)
    assert "Blum &amp; Söhne" in client.get(reverse("company-detail")).text
    first = company_of(stranger)
    assert client.post(reverse("company-switch"), {"company": first.reference}).url == reverse("dashboard")
    assert "Elsewhere GmbH" in client.get(reverse("company-detail")).text
    assert client.post(reverse("company-switch"), {"company": company_of(buyer_owner).reference}).status_code == 404


def test_a_lost_membership_is_no_longer_acted_under(client, stranger):
    client.force_login(stranger)
    client.post(reverse("company-new"), FOUNDING)
    Membership.objects.filter(user=stranger, company__name="Blum & Söhne").delete()
    assert "Elsewhere GmbH" in client.get(reverse("company-detail")).text


def test_owner_saves_settings_and_others_only_read(client, buyer_owner, buyer_viewer):
    company = company_of(buyer_owner)
    data = {
        "name": company.name,
        "country": "US",
        "city": "Gary",
        "address": "",
        "time_zone": "America/Denver",
        "calendar_country": "CA",
    }
    client.force_login(buyer_viewer)
    assert client.post(reverse("company-detail"), data).status_code == 422
    assert "Only an owner changes this" in client.get(reverse("company-detail")).text
    client.force_login(buyer_owner)
    assert client.post(reverse("company-detail"), data | {"time_zone": "Nope"}).status_code == 422
    assert client.post(reverse("company-detail"), data).status_code == 302
    company.refresh_from_db()
    assert (company.city, company.time_zone, company.calendar_country) == ("Gary", "America/Denver", "CA")


def test_enrolling_says_what_is_missing(client, buyer_owner):
    client.force_login(buyer_owner)
    answer = client.post(reverse("company-enrol"), follow=True)
    assert "must be verified first" in answer.text


def test_profile_changes_the_language_of_the_site(client, stranger):
    client.force_login(stranger)
    data = {"full_name": "Sam", "language": "zh-hans", "time_zone": "Asia/Shanghai"}
    answer = client.post(reverse("account-settings"), data)
    assert answer.cookies["django_language"].value == "zh-hans"
    assert client.post(reverse("account-settings"), data | {"language": "xx"}).status_code == 422


def test_inviting_and_joining(client, buyer_owner):
    client.force_login(buyer_owner)
    bad = client.post(reverse("members"), {"email": "nobody", "role": "sales"})
    assert bad.status_code == 422 and 'value="nobody"' in bad.text
    assert client.post(reverse("members"), {"email": "new@l.example", "role": "sales"}).status_code == 302
    invitation = Invitation.objects.get()
    assert "new@l.example" in client.get(reverse("members")).text
    url = reverse("invitation", args=[invitation.reference])
    assert "Another address" in client.get(url).text
    assert client.post(url, {"full_name": "G"}).status_code == 422
    client.logout()
    assert "Sign up with this address" in client.get(url).text
    colleague = person("new@l.example", "Nell")
    client.force_login(colleague)
    assert reverse("invitation", args=[invitation.reference]) in client.get(reverse("company-new")).text
    assert client.post(url, {"full_name": "Nell\u202e"}).status_code == 422
    assert client.post(url, {"full_name": "Nell New"}).url == reverse("dashboard")
    assert actor(colleague).role == "sales"
    assert "This invitation is over" in client.get(url).text
    assert client.get(reverse("invitation", args=["inv_none"])).status_code == 404


def test_members_page_refuses_what_the_role_forbids(client, buyer_owner, buyer_viewer, stranger):
    mine, theirs = Membership.objects.get(user=buyer_owner), Membership.objects.get(user=stranger)
    client.force_login(buyer_viewer)
    assert "Invite a colleague" not in client.get(reverse("members")).text
    client.post(reverse("member-role", args=[mine.reference]), {"role": "viewer"})
    client.post(reverse("member-remove", args=[mine.reference]))
    assert actor(buyer_owner).role == "owner"
    client.force_login(buyer_owner)
    assert client.post(reverse("member-role", args=[theirs.reference]), {"role": "viewer"}).status_code == 404
    assert client.get(reverse("member-remove", args=[theirs.reference])).status_code == 404
    own = Membership.objects.get(user=buyer_viewer)
    client.post(reverse("member-role", args=[own.reference]), {"role": "finance"})
    assert actor(buyer_viewer).role == "finance"
    client.post(reverse("member-role", args=[own.reference]), {"role": "emperor"})
    assert actor(buyer_viewer).role == "finance"
    assert "Remove" in client.get(reverse("member-remove", args=[own.reference])).text
    client.post(reverse("member-remove", args=[own.reference]))
    assert actor(buyer_viewer).company_id is None
    invitation = invite_colleague(
        company_id=company_of(buyer_owner).pk, email="x@l.example", role="sales", by=actor(buyer_owner), at=clock.now()
    )
    client.force_login(stranger)
    assert client.post(reverse("invitation-revoke", args=[invitation.reference])).status_code == 404
    client.force_login(buyer_owner)
    client.post(reverse("invitation-revoke", args=[invitation.reference]))
    invitation.refresh_from_db()
    assert invitation.revoked_at is not None


ACCOUNT = {
    "currency": "EUR",
    "holder": "Elsewhere GmbH",
    "number": "DE89 3704 0044 0532 0130 00",
    "country": "DE",
    "bank_name": "Commerzbank",
    "bic": "COBADEFF",
}


def test_a_payout_account_is_asked_for_twice(client, stranger):
    log_in(client, stranger)
    url = reverse("payout-account-new")
    asked = client.post(url, ACCOUNT | {"step": "check"})
    assert "DE89370400440532013000" in asked.text and "Is this the account" in asked.text
    corrected = client.post(url, ACCOUNT | {"step": ["confirm", "edit"]})
    assert corrected.status_code == 200 and 'value="Commerzbank"' in corrected.text
    assert not PayoutAccount.objects.exists()
    assert client.post(url, ACCOUNT | {"step": "confirm"}).url == reverse("payout-accounts")
    account = PayoutAccount.objects.get()
    assert account.usable_from - account.added_at == timedelta(hours=72)
    listed = client.get(reverse("payout-accounts")).text
    assert "Resting 72 hours" in listed and "DE8937" not in listed
    again = client.post(url, ACCOUNT | {"step": "confirm"})
    assert again.status_code == 422 and "there already" in again.text
    remove = reverse("payout-account-remove", args=[account.reference])
    assert "Remove this payout account" in client.get(remove).text
    client.post(remove)
    account.refresh_from_db()
    assert account.removed_at is not None
    assert client.get(remove).status_code == 404


@pytest.mark.parametrize(
    ("field", "value"), [("number", "DE89 3704 0044 0532 0130 01"), ("bic", "CHASUS33"), ("holder", "")]
)
def test_a_wrong_account_is_refused_before_the_question(client, stranger, field, value):
    log_in(client, stranger)
    answer = client.post(reverse("payout-account-new"), ACCOUNT | {field: value, "step": "check"})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert 'value="Commerzbank"' in answer.text


def test_adding_an_account_asks_for_the_password_anew(client, stranger):
    client.force_login(stranger)
    answer = client.get(reverse("payout-account-new"))
    assert answer.url.startswith(reverse("account_reauthenticate"))


def test_roles_without_banking_only_look(client, buyer_purchasing, seller_owner, stranger):
    log_in(client, buyer_purchasing)
    assert client.get(reverse("payout-account-new")).url == reverse("payout-accounts")
    account = PayoutAccount.objects.get(company=company_of(seller_owner))
    assert client.post(reverse("payout-account-remove", args=[account.reference])).status_code == 302
    log_in(client, stranger)
    client.post(reverse("payout-account-remove", args=[account.reference]))
    account.refresh_from_db()
    assert account.removed_at is None


def test_what_was_typed_outlives_the_question_for_the_password(client, stranger):
    client.force_login(stranger)
    asked = client.post(reverse("payout-account-new"), ACCOUNT | {"step": "check"})
    assert asked.url.startswith(reverse("account_reauthenticate"))
    answer = client.post(asked.url, {"password": PASSWORD, "next": reverse("payout-account-new")}, follow=True)
    assert "Commerzbank" in answer.text and PayoutAccount.objects.count() == 0
