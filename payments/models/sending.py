"""What payouts and refunds have in common: the states of money on its way out, and who is at work on it."""

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models.functions import Now
from django_fsm import transition

from core.states import StateField

ACCOUNT_REMOVED = "account_removed"
TAKEN_BACK = "taken_back"
NAME_NOT_LATIN = "name_not_latin"
NO_ACCOUNT_HERE = "no_account"
"""Failure codes of the platform's own: no bank was asked."""


class SendState(models.TextChoices):
    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    SENDING = "SENDING"
    SENT = "SENT"
    UNKNOWN = "UNKNOWN"
    PAID = "PAID"
    FAILED = "FAILED"
    RETURNED = "RETURNED"
    STOPPED = "STOPPED"


OPEN_STATES = (SendState.REQUESTED, SendState.APPROVED, SendState.SENDING, SendState.SENT, SendState.UNKNOWN)
"""States in which the money may still go out, or may be on its way."""

NOT_SENT_STATES = (SendState.REQUESTED, SendState.APPROVED)
"""States before the first claim: no gateway can have heard of it."""


class Sending(models.Model):
    """Money on its way out through a gateway. `ask_at` (wall time) is when it is next sent or asked about.

    `approvals_needed`: so many treasurers must approve it before it leaves, 0 for all but large ones, by the version of
    `payments.limits` that it was judged by (0: before there were limits). `declined_why` is read by whoever it is for.
    `absent_at` (wall time): since when the gateway says that it has nothing under the key that we may have sent.
    """

    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    state: Any = StateField(max_length=20, choices=SendState, default=SendState.REQUESTED)
    gateway = models.CharField(max_length=20)
    idempotency_key = models.CharField(max_length=60, unique=True)
    gateway_id = models.CharField(max_length=100, blank=True)
    failure_code = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField()
    sending_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ask_at = models.DateTimeField(null=True, db_default=Now())
    asked = models.PositiveIntegerField(default=0)
    absent_at = models.DateTimeField(null=True)
    limits_version = models.PositiveSmallIntegerField(default=0)
    approvals_needed = models.PositiveSmallIntegerField(default=0)
    approved_at = models.DateTimeField(null=True)
    declined_why = models.CharField(max_length=500, blank=True)

    class Meta:
        abstract = True

    @property
    def waits_for_approval(self) -> bool:
        return bool(self.state == SendState.REQUESTED and self.approvals_needed)

    @transition(state, source=SendState.REQUESTED, target=SendState.APPROVED)
    def approve(self, at: datetime) -> None:
        """Large, and enough treasurers said yes."""
        self.approved_at = at

    @transition(state, source=[SendState.REQUESTED, SendState.APPROVED], target=SendState.FAILED)
    def decline(self, at: datetime) -> None:
        """Large, and a treasurer said no: nothing was sent."""
        self.ended_at = at

    @transition(state, source=[SendState.REQUESTED, SendState.APPROVED], target=SendState.SENDING)
    def begin_sending(self, at: datetime) -> None:
        """Claimed: from here on the gateway may have it."""
        self.sending_at = at

    @transition(state, source=[SendState.SENDING, SendState.UNKNOWN], target=SendState.SENT)
    def note_sent(self, at: datetime) -> None:
        """The gateway has taken it over; `sent_at` is when it first said so."""
        self.sent_at = self.sent_at or at

    @transition(state, source=[SendState.SENDING, SendState.SENT], target=SendState.UNKNOWN)
    def note_unknown(self, at: datetime) -> None:
        """No answer: never taken for a failure, never sent again blindly."""

    @transition(state, source=[SendState.SENT, SendState.UNKNOWN], target=SendState.PAID)
    def note_paid(self, at: datetime) -> None:
        self.paid_at = self.ended_at = at

    @transition(state, source=[SendState.SENDING, SendState.SENT, SendState.UNKNOWN], target=SendState.FAILED)
    def note_failed(self, at: datetime) -> None:
        """The gateway said no: nothing went out."""
        self.ended_at = at

    @transition(state, source=[SendState.SENT, SendState.PAID], target=SendState.RETURNED)
    def note_returned(self, at: datetime) -> None:
        """It came back: the money is owed again."""
        self.ended_at = at
