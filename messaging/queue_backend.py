"""What Django and allauth send becomes a row first, so that a mail server that is down stops no sign-up."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.utils.translation import get_language

from core import clock
from messaging.actions import queue_account_mail


class QueueBackend(BaseEmailBackend):
    """EMAIL_BACKEND of the site. The rows are sent through MAIL_TRANSPORT by `messaging.tasks`."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            for address in message.recipients():
                self._queue(message, address)
        return len(email_messages)

    def _queue(self, message: EmailMessage, address: str) -> None:
        text, subject = str(message.body), str(message.subject)
        context: dict[str, Any] = {"text": text, "subject": subject, "site_name": settings.SITE_NAME}
        queue_account_mail(
            key=f"account:{uuid.uuid4()}",
            to=address,
            subject=subject,
            text=text,
            html=render_to_string("mail/account.html", context),
            language=get_language() or settings.LANGUAGE_CODE,
            at=clock.now(),
        )
