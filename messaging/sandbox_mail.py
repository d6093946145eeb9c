"""The sandbox's mail server: a line in the log, and each mail as files in a folder. Nothing leaves the machine."""

import logging
import re
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

log = logging.getLogger("mail")


class ConsoleAndFolderBackend(BaseEmailBackend):
    """Writes <message id>.eml and .html into settings.MAIL_FOLDER; a mail sent twice is one file."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            self._write(message)
        return len(email_messages)

    def _write(self, message: EmailMessage) -> None:
        folder = Path(settings.MAIL_FOLDER)
        folder.mkdir(parents=True, exist_ok=True)
        sent = message.message()
        name = re.sub(r"[^\w]", "", str(sent["Message-ID"]).partition("@")[0]) or "mail"
        (folder / f"{name}.eml").write_bytes(sent.as_bytes())
        alternatives = message.alternatives if isinstance(message, EmailMultiAlternatives) else []
        for content, mimetype in alternatives:
            if mimetype == "text/html":
                (folder / f"{name}.html").write_text(str(content), encoding="utf-8")
        log.info("to %s: %s (%s.eml)", ", ".join(message.recipients()), message.subject, name)
