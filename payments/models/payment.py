from datetime import datetime

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.models.append_only import append_only
from core.states import StateField, guard_states
from payments.models.escrow import Escrow, Instalment


class Method(models.TextChoices):
    CARD = "card", _("Card")
    WIRE = "wire", _("T/T (bank wire)")
    TRANSFER = "transfer", _("Online transfer")


class PaymentState(models.TextChoices):
    CREATED = "CREATED"
    PENDING = "PENDING"
    SECURED = "SECURED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"
    ABANDONED = "ABANDONED"
    CHARGEBACK_OPEN = "CHARGEBACK_OPEN"
    CHARGED_BACK = "CHARGED_BACK"
    KEPT = "KEPT"


LIVE_PAYMENT_STATES = (PaymentState.CREATED, PaymentState.PENDING)
LOST_PAYMENT_STATES = (PaymentState.CHARGEBACK_OPEN, PaymentState.CHARGED_BACK, PaymentState.KEPT)
"""It was to secure its instalment, and the payer's bank took it back, or another payment that it needed. What is left
of it counts for the instalment still."""


@guard_states("state")
class Payment(models.Model):
    """One attempt to pay one instalment: what is asked, and `fee_minor` on top for the method.

    `received_minor` and `refunded_minor` are in the escrow's currency: all its receipts, and all that is to go back or
    went, of which `fee_refunded_minor` is the payer's fee; `charged_back_minor` is what the payer's bank took back and
    has not given back. `ask_at` (wall time) is when the gateway is next asked about it, null for never;
    `cancel_asked_at` says that no money is wanted on it any more.
    """

    reference = models.CharField(max_length=30, unique=True)
    escrow = models.ForeignKey(Escrow, on_delete=models.PROTECT, related_name="+")
    instalment = models.ForeignKey(Instalment, on_delete=models.PROTECT, related_name="+")
    method = models.CharField(max_length=10, choices=Method)
    gateway = models.CharField(max_length=20)
    amount_minor = models.BigIntegerField()
    state = StateField(max_length=20, choices=PaymentState, default=PaymentState.CREATED)
    idempotency_key = models.CharField(max_length=60, unique=True)
    return_url = models.CharField(max_length=500, blank=True)
    gateway_id = models.CharField(max_length=100, blank=True)
    checkout_url = models.CharField(max_length=2000, blank=True)
    bank_details = models.JSONField(default=dict, blank=True)
    failure_code = models.CharField(max_length=60, blank=True)
    fee_minor = models.BigIntegerField(default=0, db_default=0)
    received_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)
    fee_refunded_minor = models.BigIntegerField(default=0, db_default=0)
    charged_back_minor = models.BigIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField()
    pending_at = models.DateTimeField(null=True)
    secured_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    cancel_asked_at = models.DateTimeField(null=True)
    ask_at = models.DateTimeField(null=True, db_default=Now())
    asked = models.PositiveIntegerField(default=0)
    declared_at = models.DateTimeField(null=True)
    declared_on = models.DateField(null=True)
    declared_minor = models.BigIntegerField(null=True)
    declared_bank_reference = models.CharField(max_length=140, blank=True)
    declared_document_ref = models.CharField(max_length=30, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["instalment"],
                condition=models.Q(state__in=["CREATED", "PENDING"]),
                name="one_live_payment_per_instalment",
            ),
            # One that is to be cancelled may stand beside it: a charge-back was won while the payer was paying anew.
            models.UniqueConstraint(
                fields=["instalment"],
                condition=models.Q(state="SECURED")
                | models.Q(state__in=["CREATED", "PENDING"], cancel_asked_at__isnull=True),
                name="one_wanted_payment_per_instalment",
            ),
            models.UniqueConstraint(
                fields=["gateway", "gateway_id"], condition=~models.Q(gateway_id=""), name="one_payment_per_gateway_id"
            ),
            models.CheckConstraint(
                condition=models.Q(amount_minor__gt=0, refunded_minor__gte=0, charged_back_minor__gte=0)
                & models.Q(refunded_minor__lte=models.F("received_minor"))
                & models.Q(fee_minor__gte=0, fee_minor__lt=models.F("amount_minor"))
                & models.Q(fee_refunded_minor__gte=0, fee_refunded_minor__lte=models.F("fee_minor")),
                name="payment_amounts",
            ),
        ]
        indexes = [
            models.Index(
                fields=["ask_at", "id"],
                condition=models.Q(ask_at__isnull=False),
                name="payment_to_ask",
            ),
            models.Index(
                fields=["amount_minor"],
                condition=models.Q(gateway="bank", state__in=["CREATED", "PENDING"]),
                name="wire_by_amount",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_PAYMENT_STATES

    @property
    def left_minor(self) -> int:
        """What it brought and has neither gone back nor been taken back."""
        return max(self.received_minor - self.refunded_minor - self.charged_back_minor, 0)

    @property
    def counts_as_wire(self) -> bool:
        """It was declared, or brought something that is still there: no other method takes its place."""
        return bool(self.left_minor or self.declared_at)

    @property
    def own_fee_minor(self) -> int:
        """The payer's fee in what is left of it; a bank that takes a part back takes the price first."""
        return min(self.fee_minor - self.fee_refunded_minor, self.left_minor) if self.secured_at else 0

    @property
    def price_left_minor(self) -> int:
        """What is left of it without the payer's fee, which is set apart once it is secured."""
        return self.left_minor - self.own_fee_minor

    @transition(state, source=PaymentState.CREATED, target=PaymentState.PENDING)
    def await_money(self, at: datetime) -> None:
        """The gateway knows of it."""
        self.pending_at = at

    @transition(state, source=PaymentState.PENDING, target=PaymentState.SECURED)
    def secure(self, at: datetime) -> None:
        self.secured_at = self.ended_at = at

    @transition(state, source=[PaymentState.CREATED, PaymentState.PENDING], target=PaymentState.FAILED)
    def fail(self, at: datetime) -> None:
        self.ended_at = at

    @transition(state, source=PaymentState.PENDING, target=PaymentState.EXPIRED)
    def expire(self, at: datetime) -> None:
        self.ended_at = at

    @transition(state, source=[PaymentState.CREATED, PaymentState.PENDING], target=PaymentState.ABANDONED)
    def abandon(self, at: datetime) -> None:
        """Cancelled at the gateway, or never known there."""
        self.ended_at = at

    @transition(
        state,
        source=[PaymentState.SECURED, PaymentState.KEPT, PaymentState.CHARGED_BACK],
        target=PaymentState.CHARGEBACK_OPEN,
    )
    def open_chargeback(self, at: datetime) -> None:
        """The payer's bank took it back, or more of it; the case is open."""

    @transition(
        state,
        source=[PaymentState.PENDING, PaymentState.SECURED, PaymentState.CHARGEBACK_OPEN],
        target=PaymentState.KEPT,
    )
    def keep(self, at: datetime) -> None:
        """All of it is here, and its instalment misses what was taken back of another payment: held for the next."""
        self.secured_at, self.ended_at = self.secured_at or at, at

    @transition(state, source=PaymentState.KEPT, target=PaymentState.SECURED)
    def secure_again(self, at: datetime) -> None:
        """What its instalment missed was given back."""
        self.secured_at = self.ended_at = at

    @transition(state, source=PaymentState.CHARGEBACK_OPEN, target=PaymentState.SECURED)
    def win_chargeback(self, at: datetime) -> None:
        """The bank gave it back."""
        self.secured_at = self.ended_at = at

    @transition(state, source=PaymentState.CHARGEBACK_OPEN, target=PaymentState.CHARGED_BACK)
    def end_charged_back(self, at: datetime) -> None:
        """It is the payer's again: the case is lost, or was won after the instalment had been paid anew."""
        self.ended_at = at


@append_only
class Receipt(models.Model):
    """Money that came in, as the gateway tells it. `held_minor` of it counts for the instalment; the rest goes back.

    `item`: where it was booked before it was matched; empty for what came straight from the gateway.
    """

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="+")
    gateway = models.CharField(max_length=20)
    gateway_receipt_id = models.CharField(max_length=100)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    held_minor = models.BigIntegerField()
    remitter_name = models.CharField(max_length=200, blank=True)
    remitter_account = models.CharField(max_length=60, blank=True)
    item = models.ForeignKey("payments.SuspenseItem", on_delete=models.PROTECT, related_name="+", null=True)
    received_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gateway", "gateway_receipt_id"], name="one_receipt_per_gateway_id"),
            models.CheckConstraint(
                condition=models.Q(amount_minor__gt=0, held_minor__gte=0, held_minor__lte=models.F("amount_minor")),
                name="receipt_amounts",
            ),
        ]
        indexes = [
            models.Index(
                fields=["amount_minor", "id"], condition=models.Q(gateway="bank"), name="wire_received_by_amount"
            ),
            models.Index(
                fields=["remitter_account", "id"],
                condition=models.Q(gateway="bank") & ~models.Q(remitter_account=""),
                name="wire_received_by_account",
            ),
        ]

    def __str__(self) -> str:
        return self.gateway_receipt_id
