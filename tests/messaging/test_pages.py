import pytest
from django.urls import reverse

from messaging.actions import tell
from messaging.models import Mail, Notice


@pytest.fixture
def told(buyer_owner, now):
    tell(
        key="k",
        users=[buyer_owner],
        kind="x",
        subject="Goods arrived",
        lines=["Look: https://x.example/a"],
        url="/settings/",
        at=now,
    )
    return Notice.objects.get()


def test_the_bell_counts_and_the_list_shows(client, told, buyer_owner):
    client.force_login(buyer_owner)
    page = client.get(reverse("notices"))
    assert page.status_code == 200
    assert "Goods arrived" in page.text
    assert str(page.context["unread_notices"]) == "1"
    client.post(reverse("notices-read"))
    assert str(client.get(reverse("notices")).context["unread_notices"]) == ""


def test_opening_reads_and_leads_on(client, told, buyer_owner):
    client.force_login(buyer_owner)
    answer = client.get(reverse("notice-open", args=[told.reference]))
    assert (answer.status_code, answer.url) == (302, "/settings/")
    told.refresh_from_db()
    assert told.read_at is not None


def test_somebody_elses_notice_is_not_there(client, told, stranger):
    client.force_login(stranger)
    assert client.get(reverse("notice-open", args=[told.reference])).status_code == 404
    client.post(reverse("notices-read"), {"reference": told.reference})
    told.refresh_from_db()
    assert told.read_at is None
    assert "Goods arrived" not in client.get(reverse("notices")).text


def test_guests_log_in_first(client, db):
    for name in ("notices", "notices-read"):
        assert client.post(reverse(name)).url.startswith(reverse("account_login"))


@pytest.mark.parametrize("number", ["0", "-1", "x", "9" * 30, "1.5", "²"])
def test_odd_page_numbers_are_the_first_page(client, told, buyer_owner, number):
    client.force_login(buyer_owner)
    assert "Goods arrived" in client.get(reverse("notices"), {"page": number}).text


def test_sandbox_mail_is_listed_and_read(client, told, buyer_owner):
    mail = Mail.objects.get()
    listed = client.get(reverse("sandbox-mail"))
    assert "Goods arrived" in listed.text and buyer_owner.email in listed.text
    assert "Goods arrived" not in client.get(reverse("sandbox-mail"), {"to": "stranger"}).text
    shown = client.get(reverse("sandbox-mail-view", args=[mail.reference])).text
    assert '<a href="https://x.example/a" rel="nofollow">' in shown
    assert "<iframe" not in shown


def test_live_mode_has_no_sandbox_mail(client, told, settings):
    settings.SANDBOX = False
    assert client.get(reverse("sandbox-mail")).status_code == 404
    assert client.get(reverse("sandbox-mail-view", args=[Mail.objects.get().reference])).status_code == 404
    settings.SANDBOX = True
    assert client.get(reverse("sandbox-mail-view", args=["mai_none"])).status_code == 404
