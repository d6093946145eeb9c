"""Transfers that the platform orders from its bank, and the files in which it orders them."""

from datetime import datetime

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.models.append_only import append_only
from core.states import StateField, guard_states
from payments.models.bank import BankLine
from payments.models.payout import Payout
from payments.models.refund import Refund


class BatchState(models.TextChoices):
    MADE = "MADE", _("Made")
    DOWNLOADED = "DOWNLOADED", _("Downloaded")
    HANDED_OVER = "HANDED_OVER", _("Handed to the bank")
    REJECTED = "REJECTED", _("Not taken by the bank")


ENDED_BATCHES = (BatchState.HANDED_OVER, BatchState.REJECTED)
"""Files with which nobody has anything left to do."""


@guard_states("state")
@pgtrigger.register(
    pgtrigger.ReadOnly(
        name="file_stays",
        fields=["reference", "message_id", "currency", "orders", "total_minor", "file", "created_by", "created_at"],
    )
)
class BankBatch(models.Model):
    """One file of orders in one currency, pain.001.001.09, kept as it was made: each download is the same.

    `message_id` is what the bank knows it by. `total_minor` in minor units of `currency`.
    """

    reference = models.CharField(max_length=30, unique=True)
    message_id = models.CharField(max_length=35, unique=True)
    currency = models.CharField(max_length=3)
    orders = models.PositiveIntegerField()
    total_minor = models.BigIntegerField()
    file = models.TextField()
    state = StateField(max_length=20, choices=BatchState, default=BatchState.MADE)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    downloaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    downloaded_at = models.DateTimeField(null=True)
    handed_over_at = models.DateTimeField(null=True)
    rejected_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("bank batch")
        verbose_name_plural = _("bank batches")
        constraints = [
            models.CheckConstraint(condition=models.Q(orders__gt=0, total_minor__gt=0), name="bank_batch_amounts")
        ]

    def __str__(self) -> str:
        return self.message_id

    @transition(state, source=BatchState.MADE, target=BatchState.DOWNLOADED)
    def note_downloaded(self, at: datetime) -> None:
        """Somebody has the file: from here on the bank may have it."""
        self.downloaded_at = at

    @transition(state, source=BatchState.DOWNLOADED, target=BatchState.HANDED_OVER)
    def hand_over(self, at: datetime) -> None:
        """Staff gave the file to the bank."""
        self.handed_over_at = at

    @transition(
        state, source=[BatchState.MADE, BatchState.DOWNLOADED, BatchState.HANDED_OVER], target=BatchState.REJECTED
    )
    def reject(self, at: datetime) -> None:
        """The bank took none of it, or never gets it: two people say so."""
        self.rejected_at = at


class BankOrderState(models.TextChoices):
    WAITING = "WAITING", _("Waiting for a batch")
    BATCHED = "BATCHED", _("In a batch")
    CONFIRMED = "CONFIRMED", _("Confirmed by a statement")
    REJECTED = "REJECTED", _("Rejected by the bank")
    RETURNED = "RETURNED", _("Came back")
    CANCELLED = "CANCELLED", _("Not sent")


TWO_PEOPLE = """
IF (SELECT count(DISTINCT user_id) FROM payments_bankrejection WHERE order_id = NEW.id) < 2 THEN
    RAISE EXCEPTION 'order % was not rejected by two people', NEW.id USING ERRCODE = 'check_violation';
END IF;
RETURN NEW;
"""
UNBATCHED = models.Q(state__in=["WAITING", "CANCELLED"])


@guard_states("state")
class BankOrder(models.Model):
    """One transfer for a payout or a refund, whose clock is its own. Minor units of `currency`.

    `end_to_end` is our reference as banks can carry it; the statement's line that carries it confirms the order.
    `debit_line` is where it left our account, `credit_line` where it came back.
    """

    reference = models.CharField(max_length=30, unique=True)
    payout = models.OneToOneField(Payout, on_delete=models.PROTECT, related_name="+", null=True)
    refund = models.OneToOneField(Refund, on_delete=models.PROTECT, related_name="+", null=True)
    idempotency_key = models.CharField(max_length=60, unique=True)
    end_to_end = models.CharField(max_length=35, unique=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    creditor_name = models.CharField(max_length=200)
    creditor_account = models.CharField(max_length=60)
    creditor_bic = models.CharField(max_length=11, blank=True)
    remittance = models.CharField(max_length=140, blank=True)
    batch = models.ForeignKey(BankBatch, on_delete=models.PROTECT, related_name="+", null=True)
    state = StateField(max_length=20, choices=BankOrderState, default=BankOrderState.WAITING)
    failure_code = models.CharField(max_length=60, blank=True)
    debit_line = models.OneToOneField(BankLine, on_delete=models.PROTECT, related_name="+", null=True)
    credit_line = models.OneToOneField(BankLine, on_delete=models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("bank order")
        verbose_name_plural = _("bank orders")
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="bank_order_above_zero"),
            models.CheckConstraint(
                condition=models.Q(payout__isnull=True) ^ models.Q(refund__isnull=True), name="bank_order_of_one_thing"
            ),
            models.CheckConstraint(
                condition=(UNBATCHED & models.Q(batch__isnull=True)) | (~UNBATCHED & models.Q(batch__isnull=False)),
                name="bank_order_in_its_batch",
            ),
        ]
        indexes = [
            models.Index(fields=["currency", "id"], condition=models.Q(state="WAITING"), name="bank_order_waiting")
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="transfer_stays",
                fields=[
                    "payout",
                    "refund",
                    "end_to_end",
                    "amount_minor",
                    "currency",
                    "creditor_name",
                    "creditor_account",
                    "creditor_bic",
                ],
            ),
            pgtrigger.Protect(
                name="one_batch_for_ever",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.batch_id IS NOT NULL AND OLD.batch_id IS DISTINCT FROM NEW.batch_id"
                ),
            ),
            pgtrigger.Trigger(
                name="two_people_reject",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state="BATCHED", new__state="REJECTED"),
                func=TWO_PEOPLE,
            ),
        ]

    def __str__(self) -> str:
        return self.end_to_end

    @transition(state, source=BankOrderState.WAITING, target=BankOrderState.BATCHED)
    def put_in_batch(self, at: datetime, batch: BankBatch) -> None:
        self.batch = batch

    @transition(state, source=BankOrderState.WAITING, target=BankOrderState.CANCELLED)
    def cancel(self, at: datetime) -> None:
        """In no file yet, and its account may not be used any more, or its wire was taken back."""
        self.ended_at = at

    @transition(state, source=BankOrderState.BATCHED, target=BankOrderState.CONFIRMED)
    def confirm(self, at: datetime, line: BankLine) -> None:
        """A statement shows that it left."""
        self.debit_line, self.ended_at = line, at

    @transition(state, source=BankOrderState.BATCHED, target=BankOrderState.REJECTED)
    def reject(self, at: datetime) -> None:
        """The bank did not carry it out: two people say so."""
        self.ended_at = at

    @transition(state, source=[BankOrderState.BATCHED, BankOrderState.CONFIRMED], target=BankOrderState.RETURNED)
    def note_returned(self, at: datetime, line: BankLine) -> None:
        """A statement shows that it came back; sometimes before the line by which it left."""
        self.credit_line, self.ended_at = line, at


@append_only
class BankRejection(models.Model):
    """One person's word that the bank rejected an order, and what they saw. Two people make it rejected."""

    order = models.ForeignKey(BankOrder, on_delete=models.PROTECT, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    why = models.CharField(max_length=500)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "user"], name="one_rejection_per_order_and_person")]

    def __str__(self) -> str:
        return f"{self.user_id} about {self.order_id}"
