"""Every read that a door needs of messages."""

from companies.models import User
from core.errors import NotFound
from messaging.models import Mail, Notice

PAGE = 25


def unread_count(user: User) -> int:
    """At most 100: the bell shows "99+"."""
    return Notice.objects.filter(user=user, read_at__isnull=True)[:100].count()


def notices_of(user: User, *, page: int) -> tuple[list[Notice], bool]:
    """One page of a person's notices, newest first, and whether there are more."""
    start = (page - 1) * PAGE
    rows = list(Notice.objects.filter(user=user).order_by("-created_at", "-id")[start : start + PAGE + 1])
    return rows[:PAGE], len(rows) > PAGE


def notice_for(user: User, reference: str) -> Notice:
    """Raises NotFound for somebody else's."""
    notice = Notice.objects.filter(user=user, reference=reference).first()
    if notice is None:
        raise NotFound
    return notice


def newest_mail(*, to: str, page: int) -> tuple[list[Mail], bool]:
    """One page of the sandbox's mail, newest first, and whether there are more. Addresses holding `to`."""
    start = (page - 1) * PAGE
    rows = Mail.objects.order_by("-id")
    if to:
        rows = rows.filter(to__icontains=to)
    found = list(rows[start : start + PAGE + 1])
    return found[:PAGE], len(found) > PAGE


def mail_by_reference(reference: str) -> Mail:
    """Raises NotFound."""
    mail = Mail.objects.filter(reference=reference).first()
    if mail is None:
        raise NotFound
    return mail
