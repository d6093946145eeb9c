"""The life of a mail: claimed once, sent, recorded; failed ones wait longer and longer, and alarm."""

import smtplib
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.core import mail as django_mail
from django.core.mail.backends.base import BaseEmailBackend

from core import clock
from core.errors import NotAllowed
from core.models import Alarm
from messaging.actions import GIVE_UP_AFTER, claim_mail, record_sent, retry_mail, tell_address
from messaging.models import Mail, MailState
from messaging.sending import message_of, send, send_waiting
from messaging.tasks import send_waiting_mail
from tests.cast import actor

REFUSING = "tests.messaging.test_sending.RefusingBackend"


class RefusingBackend(BaseEmailBackend):
    """A mail server that is down."""

    def send_messages(self, email_messages):
        raise smtplib.SMTPConnectError(421, "try later")


@pytest.fixture
def folder(settings, tmp_path):
    settings.MAIL_TRANSPORT = "messaging.sandbox_mail.ConsoleAndFolderBackend"
    settings.MAIL_FOLDER = tmp_path / "mail"
    return settings.MAIL_FOLDER


@pytest.fixture
def waiting(db, now):
    tell_address(
        key="k:1",
        email="buyer@b.example",
        kind="offer",
        subject="Đơn hàng 订单",
        lines=["Xem thử 看看"],
        url="/o/1/",
        at=now,
    )
    return Mail.objects.get()


def test_a_mail_is_sent_once_into_the_folder(waiting, folder, caplog):
    caplog.set_level("INFO", logger="mail")
    assert send_waiting_mail() == 1
    assert send_waiting_mail() == 0
    waiting.refresh_from_db()
    assert waiting.state == MailState.SENT and waiting.sent_at and waiting.leased_until is None
    sent = message_from_bytes((folder / f"{waiting.reference}.eml").read_bytes(), policy=policy.default)
    assert (sent["To"], sent["Subject"]) == ("buyer@b.example", "Đơn hàng 订单")
    assert sent["Message-ID"] == f"<{waiting.reference}@assurance.example>"
    assert sent["Auto-Submitted"] == "auto-generated"
    assert "Xem thử 看看" in sent.get_body(("plain",)).get_content()
    assert "Xem thử 看看" in (folder / f"{waiting.reference}.html").read_text("utf-8")
    assert "to buyer@b.example: Đơn hàng 订单" in caplog.text


def test_a_claimed_mail_is_left_alone_until_its_lease_ends(waiting, folder):
    at = clock.wall()
    assert claim_mail(at=at).pk == waiting.pk
    assert claim_mail(at=at) is None
    assert claim_mail(at=at + timedelta(seconds=89)) is None
    assert claim_mail(at=at + timedelta(seconds=91)).attempts == 2


def test_killed_between_sending_and_recording_it_goes_again_under_the_same_name(waiting, folder):
    claimed = claim_mail(at=clock.wall())
    message_of(claimed).send()
    Mail.objects.update(leased_until=clock.wall() - timedelta(seconds=1))
    assert send_waiting() == 1
    assert [path.name for path in folder.glob("*.eml")] == [f"{waiting.reference}.eml"]


def test_a_server_that_is_down_delays_and_alarms(waiting, settings):
    settings.MAIL_TRANSPORT = REFUSING
    waits = []
    for _attempt in range(GIVE_UP_AFTER):
        Mail.objects.update(due_at=clock.wall() - timedelta(seconds=1))
        before = clock.wall()
        assert send_waiting(most=1) == 0
        waiting.refresh_from_db()
        waits.append(round((waiting.due_at - before).total_seconds()))
    assert waits[:6] == [10, 60, 300, 900, 3600, 14400] and waits[-1] == 14400
    assert (waiting.state, waiting.attempts) == (MailState.FAILED, GIVE_UP_AFTER)
    assert "421" in waiting.last_error
    alarm = Alarm.objects.get(kind="mail_fails")
    assert (alarm.subject_id, alarm.seen) == (waiting.pk, GIVE_UP_AFTER - 2)


def test_one_failing_mail_holds_up_no_other(waiting, folder, now):
    tell_address(key="k:2", email="other@b.example", kind="offer", subject="B", lines=[], at=now)
    Mail.objects.filter(pk=waiting.pk).update(subject="broken\nheader")
    assert send_waiting() == 1
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempts) == (MailState.WAITING, 1)
    assert Mail.objects.get(key__startswith="k:2").state == MailState.SENT


def test_staff_retry_what_failed(waiting, verifier, buyer_owner, folder):
    Mail.objects.update(state=MailState.FAILED, attempts=12)
    with pytest.raises(NotAllowed):
        retry_mail(mail_id=waiting.pk, by=actor(buyer_owner), at=clock.wall())
    assert retry_mail(mail_id=waiting.pk, by=actor(verifier, "admin"), at=clock.wall())
    assert send_waiting() == 1
    assert not retry_mail(mail_id=waiting.pk, by=actor(verifier, "admin"), at=clock.wall())


def test_sending_clears_the_alarm(waiting, settings, folder):
    settings.MAIL_TRANSPORT = REFUSING
    Mail.objects.update(attempts=5)
    send(claim_mail(at=clock.wall()))
    assert Alarm.objects.get().cleared_at is None
    settings.MAIL_TRANSPORT = "messaging.sandbox_mail.ConsoleAndFolderBackend"
    Mail.objects.update(due_at=clock.wall())
    assert send_waiting() == 1
    assert Alarm.objects.get().cleared_at is not None


def test_account_mail_becomes_a_row_and_loses_its_secret_in_live_mode(db, settings, folder):
    settings.EMAIL_BACKEND = "messaging.queue_backend.QueueBackend"
    django_mail.send_mail("Reset\n", "open https://s.example/secret-link/", None, ["p@p.example"])
    row = Mail.objects.get()
    assert (row.to, row.holds_secret, row.state) == ("p@p.example", True, "WAITING")
    assert '<a href="https://s.example/secret-link/"' in row.body_html
    settings.SANDBOX = False
    assert send_waiting() == 1
    row.refresh_from_db()
    assert (row.state, row.body_text, row.body_html) == ("SENT", "", "")
    assert "secret-link" in next(folder.glob("*.eml")).read_text()


def test_recording_twice_changes_nothing(waiting):
    at = clock.wall()
    record_sent(mail_id=waiting.pk, at=at)
    record_sent(mail_id=waiting.pk, at=at + timedelta(hours=1))
    assert Mail.objects.get().sent_at == at
