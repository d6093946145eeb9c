"""Telling people, and the life of one mail: claimed by a lease, sent outside every transaction, recorded."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

from companies.history import record
from companies.models import User
from companies.queries import members_to_tell
from core import clock
from core.actions import action
from core.actors import Actor
from core.alarms import clear_alarms, raise_alarm
from core.errors import NotAllowed
from messaging.models import Mail, MailState, Notice
from messaging.rendering import Message, render
from messaging.words import Words

LEASE = timedelta(seconds=90)
BACK_OFF_SECONDS = (10, 60, 300, 900, 3600, 4 * 3600)
ALARM_AFTER = 3
GIVE_UP_AFTER = 12


@action
def tell(
    *,
    key: str,
    kind: str,
    subject: Words,
    lines: Sequence[Words],
    at: datetime,
    url: str = "",
    users: Sequence[User] | None = None,
    company_id: int | None = None,
    verb: str = "read",
    action_label: Words = "",
    silence: Words = "",
    why: Words = "",
) -> int:
    """Notice and mail for each of `users`, or for everybody in the company whose role allows `verb`. Returns how many.

    `key` names the news (for example "order-confirmed:17"): whoever was told under it is not told again. Subject and
    lines are put into each reader's language and zone (`messaging.words`). Two statements, besides finding the people.
    """
    assert users is not None or company_id is not None
    people = users if users is not None else members_to_tell(company_id or 0, [verb])
    message = Message(
        kind=kind, subject=subject, lines=lines, url=url, action_label=action_label, silence=silence, why=why
    )
    notices, mails, due_at = [], [], clock.wall()
    for user in {user.pk: user for user in people}.values():
        said = render(message, language=user.language, time_zone=user.time_zone, reader_name=user.full_name)
        notices.append(
            Notice(
                key=key,
                user=user,
                company_id=company_id,
                kind=kind,
                title=said.subject,
                body=said.body,
                url=url,
                created_at=at,
            )
        )
        mails.append(
            Mail(
                key=f"{key}:{user.pk}",
                kind=kind,
                to=user.email,
                user=user,
                language=user.language,
                subject=said.subject,
                body_text=said.text,
                body_html=said.html,
                due_at=due_at,
                created_at=at,
            )
        )
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    Mail.objects.bulk_create(mails, ignore_conflicts=True)
    return len(mails)


@action
def tell_address(
    *,
    key: str,
    email: str,
    kind: str,
    subject: Words,
    lines: Sequence[Words],
    at: datetime,
    url: str = "",
    language: str = "en",
    time_zone: str = "UTC",
    action_label: Words = "",
    silence: Words = "",
    why: Words = "",
) -> None:
    """Mail to somebody without an account, once per `key`. One statement.

    Its link opens something to whoever holds it, so the text isn't kept once it is sent.
    """
    message = Message(
        kind=kind, subject=subject, lines=lines, url=url, action_label=action_label, silence=silence, why=why
    )
    said = render(message, language=language, time_zone=time_zone, reader_name="")
    mail = Mail(
        key=f"{key}:{email.lower()}"[:250],
        kind=kind,
        to=email.lower(),
        language=language,
        subject=said.subject,
        body_text=said.text,
        body_html=said.html,
        holds_secret=True,
        due_at=clock.wall(),
        created_at=at,
    )
    Mail.objects.bulk_create([mail], ignore_conflicts=True)


@action
def queue_account_mail(*, key: str, to: str, subject: str, text: str, html: str, language: str, at: datetime) -> Mail:
    """Mail about an account itself (confirm, reset), rendered already; its text holds a secret link."""
    return Mail.objects.create(
        key=key,
        kind="account",
        to=to,
        language=language,
        subject=" ".join(subject.split())[:300],
        body_text=text,
        body_html=html,
        holds_secret=True,
        due_at=clock.wall(),
        created_at=at,
    )


@action
def mark_read(*, by: Actor, at: datetime, reference: str | None = None) -> int:
    """The acting person has read one notice, or all of them. Returns how many were unread. One UPDATE."""
    rows = Notice.objects.filter(user_id=by.user_id or 0, read_at__isnull=True)
    if reference is not None:
        rows = rows.filter(reference=reference)
    return rows.update(read_at=at)


@action
def claim_mail(*, at: datetime) -> Mail | None:
    """Lease the mail that has been due longest, for 90 s of wall time (`at`). None when nothing is due."""
    mail = (
        Mail.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(state=MailState.WAITING, due_at__lte=at)
        .filter(models.Q(leased_until__isnull=True) | models.Q(leased_until__lt=at))
        .order_by("due_at", "id")
        .first()
    )
    if mail is not None:
        mail.leased_until = at + LEASE
        mail.attempts += 1
        mail.save(update_fields=["leased_until", "attempts"])
    return mail


@action
def record_sent(*, mail_id: int, at: datetime) -> None:
    """The mail server took it. Outside the sandbox a secret link isn't kept."""
    changes: dict[str, object] = {"state": MailState.SENT, "sent_at": at, "leased_until": None, "last_error": ""}
    waiting = Mail.objects.filter(pk=mail_id, state=MailState.WAITING)
    if not settings.SANDBOX:
        waiting.filter(holds_secret=True).update(body_text="", body_html="")
    if waiting.update(**changes):
        clear_alarms("mail_fails", "messaging.mail", mail_id)


@action
def record_failure(*, mail_id: int, error: str, at: datetime) -> None:
    """Not sent: later, with back-off; an alarm from the third time on; given up after twelve (about a day).

    Locks the mail. `at` is wall time.
    """
    mail = Mail.objects.select_for_update(of=("self",)).get(pk=mail_id)
    if mail.state != MailState.WAITING:
        return
    wait = BACK_OFF_SECONDS[min(mail.attempts - 1, len(BACK_OFF_SECONDS) - 1)]
    mail.due_at = at + timedelta(seconds=wait)
    mail.leased_until = None
    mail.last_error = error[:2000]
    if mail.attempts >= GIVE_UP_AFTER:
        mail.state = MailState.FAILED
    mail.save()
    if mail.attempts >= ALARM_AFTER:
        raise_alarm("mail_fails", "messaging.mail", mail.pk, f"to {mail.to}: {mail.last_error}")


@action
def retry_mail(*, mail_id: int, why: str = "", by: Actor, at: datetime) -> bool:
    """Staff asked: due at once, attempts counted anew. False when it was sent already. `at` is wall time.

    Who asked and `why` stand in its history. Locks: the mail.
    """
    if by.kind != "staff" and not by.is_platform:
        raise NotAllowed
    mail = Mail.objects.select_for_update(no_key=True).filter(pk=mail_id).exclude(state=MailState.SENT).first()
    if mail is None:
        return False
    record(mail, field="retried", verb="retry_mail", source=mail.state, target=MailState.WAITING, why=why, by=by, at=at)
    mail.state, mail.due_at, mail.attempts, mail.leased_until = MailState.WAITING, at, 0, None
    mail.save(update_fields=["state", "due_at", "attempts", "leased_until"])
    return True
