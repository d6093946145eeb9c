"""Staff: no admin without a second factor given in this session; switches by actions, with history."""

import time

import pytest
from allauth.mfa import app_settings
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.urls import reverse

from companies.actions import create_staff
from companies.demo_logins import DEMO_LOGINS
from companies.history import history_of
from companies.models import PayoutAccount
from companies.queries import staff_actor_of
from companies.templatetags.demo import code_of
from core.actors import platform
from core.errors import NotAllowed
from tests.cast import LONG_AGO, PASSWORD, company_of


def code_now(secret):
    return format_hotp_value(hotp_value(secret, int(time.time()) // app_settings.TOTP_PERIOD))


def log_in(client, user):
    return client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})


@pytest.fixture
def staff_client(client, verifier):
    """Logged in with both factors."""
    secret = generate_totp_secret()
    TOTP.activate(verifier, secret)
    assert log_in(client, verifier).url.startswith(reverse("mfa_authenticate"))
    assert client.get("/admin/").url.startswith(reverse("account_login"))
    assert client.post(reverse("mfa_authenticate"), {"code": code_now(secret)}).url == reverse("admin:index")
    return client


def test_the_admin_is_not_there_for_others(client, buyer_owner):
    assert client.get("/admin/").url.startswith(reverse("account_login"))
    assert client.get("/admin/login/").url.startswith(reverse("account_login"))
    log_in(client, buyer_owner)
    assert client.get("/admin/").status_code == 404
    assert client.get("/admin/companies/company/").status_code == 404


def test_a_password_alone_leads_to_the_setting_up(client, verifier):
    assert log_in(client, verifier).url == reverse("admin:index")
    answer = client.get("/admin/companies/company/")
    assert answer.url.startswith(reverse("mfa_activate_totp"))
    page = client.get(answer.url)
    secret = page.context["form"].secret
    assert "sandbox-code" not in page.text
    done = client.post(reverse("mfa_activate_totp"), {"code": code_now(secret)})
    assert done.url == reverse("mfa_view_recovery_codes")
    assert reverse("admin:index") in client.get(done.url).text
    assert client.get("/admin/").status_code == 200


def test_a_session_older_than_the_second_factor_must_give_it(client, verifier):
    log_in(client, verifier)
    secret = generate_totp_secret()
    TOTP.activate(verifier, secret)
    answer = client.get("/admin/")
    assert answer.url.startswith(reverse("mfa_reauthenticate"))
    assert client.post(answer.url, {"code": code_now(secret), "next": "/admin/"}).url == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_the_second_factor_is_asked_at_log_in(staff_client):
    assert staff_client.get("/admin/").status_code == 200
    for name in ("company", "payoutaccount", "user", "invitation", "identity"):
        assert staff_client.get(f"/admin/companies/{name}/").status_code == 200, name
    for name in ("mail", "notice"):
        assert staff_client.get(f"/admin/messaging/{name}/").status_code == 200, name


def test_verifier_switches_with_reasons(staff_client, verifier, buyer_owner):
    company = company_of(buyer_owner)
    url = reverse("admin:companies_company_verify", args=[company.pk])
    assert "Verify this company?" in staff_client.get(url).text
    staff_client.post(url, {"why": "licence seen"})
    company.refresh_from_db()
    assert company.is_verified
    row = history_of(company)[-1]
    assert (row.user_id, row.door, row.actor_kind, row.why) == (
        verifier.pk,
        "admin",
        "staff",
        "licence seen",
    )
    enrol = staff_client.post(reverse("admin:companies_company_enrol", args=[company.pk]))
    assert "Add a payout account first" in enrol.text
    staff_client.post(reverse("admin:companies_company_suspend", args=[company.pk]), {"why": ""})
    company.refresh_from_db()
    assert company.suspended_at is None
    staff_client.post(reverse("admin:companies_company_suspend", args=[company.pk]), {"why": "doubtful"})
    staff_client.post(reverse("admin:companies_company_reinstate", args=[company.pk]), {"why": "fine"})
    assert [each.verb for each in history_of(company)] == ["verify", "suspend", "reinstate"]
    assert "doubtful" in staff_client.get(reverse("admin:companies_company_change", args=[company.pk])).text


def test_verifier_verifies_accounts(staff_client, seller_owner):
    account = PayoutAccount.objects.get()
    PayoutAccount.objects.update(verified_at=None)
    assert account.number in staff_client.get(f"/admin/companies/payoutaccount/{account.pk}/change/").text
    verify = reverse("admin:companies_payoutaccount_verify", args=[account.pk])
    assert account.number in staff_client.get(verify).text
    account.refresh_from_db()
    assert account.verified_at is None
    staff_client.post(verify, {"why": "statement seen"})
    account.refresh_from_db()
    assert account.verified_at is not None


def test_nothing_is_edited_by_hand(staff_client, buyer_owner):
    company = company_of(buyer_owner)
    change = reverse("admin:companies_company_change", args=[company.pk])
    assert staff_client.post(change, {"name": "Mine"}).status_code == 403
    assert staff_client.get("/admin/companies/company/add/").status_code == 403
    assert staff_client.post(f"/admin/companies/company/{company.pk}/delete/", {"post": "yes"}).status_code == 403
    company.refresh_from_db()
    assert company.name == "Lakeside Furniture Inc."


def test_groups_decide_in_the_admin_too(client, treasurer, buyer_owner):
    secret = generate_totp_secret()
    TOTP.activate(treasurer, secret)
    log_in(client, treasurer)
    client.post(reverse("mfa_authenticate"), {"code": code_now(secret)})
    company = company_of(buyer_owner)
    answer = client.post(reverse("admin:companies_company_verify", args=[company.pk]), {"why": "seen"})
    assert "doesn&#x27;t allow this" in answer.text or "doesn't allow this" in answer.text
    company.refresh_from_db()
    assert not company.is_verified


def test_demo_staff_see_their_code_in_the_sandbox_only(client, db, settings):
    demo = next(login for login in DEMO_LOGINS if login.group)
    user = create_staff(
        email=demo.email, password=demo.password, full_name="D", groups=[demo.group], by=platform(), at=LONG_AGO
    )
    client.post(reverse("account_login"), {"login": demo.email, "password": demo.password})
    page = client.get(reverse("mfa_activate_totp"))
    code = code_now(page.context["form"].secret)
    assert f'id="sandbox-code">{code}<' in page.text
    client.post(reverse("mfa_activate_totp"), {"code": code})
    assert f'id="sandbox-code">{code_of(user)}<' in client.get(reverse("mfa_reauthenticate")).text
    settings.SANDBOX = False
    assert code_of(user) == ""
    assert "sandbox-code" not in client.get(reverse("mfa_reauthenticate")).text


def test_staff_act_for_no_company(rf, buyer_owner, verifier):
    request = rf.get("/")
    request.user = buyer_owner
    with pytest.raises(NotAllowed):
        staff_actor_of(request)
    request.user = verifier
    assert (staff_actor_of(request).role, staff_actor_of(request).company_id) == ("verifier", None)
    verifier.is_superuser = True
    assert staff_actor_of(request).role == "arbiter treasurer verifier"
