"""Claim, send, record. Killed anywhere, it is sent again under the same Message-ID: at least once, and recognisable."""

import logging
import smtplib
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from core import clock
from messaging.actions import claim_mail, record_failure, record_sent
from messaging.models import Mail

log = logging.getLogger(__name__)


def send_waiting(*, most: int = 100) -> int:
    """Send what is due, one mail at a time, until nothing is or `most` were tried. Returns how many were sent."""
    sent = 0
    for _round in range(most):
        mail = claim_mail(at=clock.wall())
        if mail is None:
            break
        sent += send(mail)
    return sent


def send(mail: Mail) -> bool:
    """Hand one claimed mail to the transport and record what came of it."""
    try:
        message_of(mail).send()
    except (smtplib.SMTPException, OSError, ValueError) as error:
        log.warning("mail %s not sent: %s", mail.reference, error)
        record_failure(mail_id=mail.pk, error=f"{type(error).__name__}: {error}", at=clock.wall())
        return False
    record_sent(mail_id=mail.pk, at=clock.wall())
    return True


def message_of(mail: Mail) -> EmailMultiAlternatives:
    """The mail as it goes out: text first, HTML beside it."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    message = EmailMultiAlternatives(
        subject=mail.subject,
        body=mail.body_text,
        to=[mail.to],
        headers={
            "Message-ID": f"<{mail.reference}@{domain}>",
            "Auto-Submitted": "auto-generated",
            "Content-Language": mail.language,
        },
        connection=get_connection(settings.MAIL_TRANSPORT),
    )
    if mail.body_html:
        message.attach_alternative(mail.body_html, "text/html")
    return message
