"""How a message becomes a mail: one template per kind where there is one, else the generic one."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.template.loader import select_template
from django.utils.translation import gettext as _

from messaging.words import Words, as_read_by, say

SUBJECT_LIMIT = 300


@dataclass(frozen=True, kw_only=True)
class Message:
    """What is to be said, before it is known who reads it. `url` is a path of this site or a whole address."""

    kind: str
    subject: Words
    lines: Sequence[Words] = ()
    url: str = ""
    action_label: Words = ""
    silence: Words = ""
    why: Words = ""


@dataclass(frozen=True, kw_only=True)
class Rendered:
    subject: str
    body: str
    text: str
    html: str


def absolute(url: str) -> str:
    return f"{settings.SITE_URL.rstrip('/')}{url}" if url.startswith("/") else url


def render(message: Message, *, language: str, time_zone: str, reader_name: str) -> Rendered:
    """The message in one reader's words. Subjects are one line, at most 300 characters."""
    with as_read_by(language, time_zone):
        subject = " ".join(say(message.subject).split())[:SUBJECT_LIMIT]
        lines = [say(line) for line in message.lines]
        context = {
            "site_name": settings.SITE_NAME,
            "reader_name": reader_name,
            "subject": subject,
            "body": "\n\n".join(lines),
            "lines": lines,
            "action_url": absolute(message.url),
            "action_label": say(message.action_label) or _("Open the page"),
            "silence": say(message.silence),
            "reason": say(message.why),
        }
        text = select_template([f"mail/{message.kind}.txt", "mail/generic.txt"]).render(context)
        html = select_template([f"mail/{message.kind}.html", "mail/generic.html"]).render(context)
    return Rendered(subject=subject, body="\n".join(lines), text=text.strip() + "\n", html=html)
