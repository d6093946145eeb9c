from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.references import new_reference


def _notice_reference() -> str:
    return new_reference("ntc")


def _mail_reference() -> str:
    return new_reference("mai")


class Notice(models.Model):
    """Something a person should know, behind the bell on every page."""

    reference = models.CharField(max_length=40, unique=True, default=_notice_reference, editable=False)
    key = models.CharField(max_length=200)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    company = models.ForeignKey("companies.Company", on_delete=models.PROTECT, related_name="+", null=True)
    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=300)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [models.UniqueConstraint(fields=["key", "user"], name="one_notice_per_key")]
        indexes = [
            models.Index(fields=["user", "-created_at", "-id"], name="notice_newest"),
            models.Index(fields=["user"], condition=models.Q(read_at__isnull=True), name="notice_unread"),
        ]

    def __str__(self) -> str:
        return self.title


class MailState(models.TextChoices):
    WAITING = "WAITING", _("waiting")
    SENT = "SENT", _("sent")
    FAILED = "FAILED", _("given up")


class Mail(models.Model):
    """One e-mail to one address, rendered. Sent from this row, at least once; its reference makes the Message-ID.

    `due_at`, `leased_until` and `sent_at` are wall time; `created_at` is business time.
    """

    reference = models.CharField(max_length=40, unique=True, default=_mail_reference, editable=False)
    key = models.CharField(max_length=250, unique=True)
    kind = models.CharField(max_length=60)
    to = models.EmailField(max_length=254)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    language = models.CharField(max_length=10)
    subject = models.CharField(max_length=300)
    body_text = models.TextField()
    body_html = models.TextField(blank=True)
    holds_secret = models.BooleanField(default=False)
    """It carries a link that opens something to its holder: its text is dropped once sent, outside the sandbox."""
    state = models.CharField(max_length=10, choices=MailState, default=MailState.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("e-mail")
        verbose_name_plural = _("e-mails")
        indexes = [
            models.Index(fields=["due_at", "id"], condition=models.Q(state="WAITING"), name="mail_waiting"),
            models.Index(fields=["-id"], name="mail_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.to}: {self.subject}"
