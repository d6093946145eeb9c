from datetime import datetime

from django.db import models
from django.db.models.functions import Now
from django_fsm import transition

from core.states import StateField, guard_states
from payments.models.escrow import Escrow
from payments.models.payment import Payment


class ChargebackState(models.TextChoices):
    OPEN = "OPEN"
    WON = "WON"
    LOST = "LOST"


class LossBearer(models.TextChoices):
    """Who bears what the escrow no longer had. Undecided: the platform, until the deal above has spoken."""

    UNDECIDED = ""
    PLATFORM = "platform"
    PAYEE = "payee"


@guard_states("state")
class Chargeback(models.Model):
    """A payment that the payer's bank took back, in part or in whole. Minor units of the escrow's currency.

    `held_minor` of it was frozen from what the escrow held, `payer_fee_minor` from what the payer had paid on top,
    `refunds_minor` from refunds that were stopped for it; the rest had left before. Lost, that rest is `loss_minor`,
    and `charged_minor` of it the payee's debt. `ask_at` (wall time) is when the gateway is next asked.

    The packet: asked for at `evidence_wanted_at`, with the words of staff; claimed with its key before the gateway
    hears of it; `evidence_refusal` is the gateway's word when it would not take it.
    """

    reference = models.CharField(max_length=30, unique=True)
    escrow = models.ForeignKey(Escrow, on_delete=models.PROTECT, related_name="+")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="+")
    gateway = models.CharField(max_length=20)
    gateway_dispute_id = models.CharField(max_length=100)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=60, blank=True)
    fee_minor = models.BigIntegerField()
    state = StateField(max_length=20, choices=ChargebackState, default=ChargebackState.OPEN)
    held_minor = models.BigIntegerField()
    payer_fee_minor = models.BigIntegerField(default=0)
    refunds_minor = models.BigIntegerField()
    loss_minor = models.BigIntegerField(default=0)
    charged_minor = models.BigIntegerField(default=0)
    bearer = models.CharField(max_length=10, choices=LossBearer, default=LossBearer.UNDECIDED, blank=True)
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ask_at = models.DateTimeField(null=True, db_default=Now())
    asked = models.PositiveIntegerField(default=0)
    evidence_due_at = models.DateTimeField(null=True)
    evidence_wanted_at = models.DateTimeField(null=True)
    evidence_words = models.TextField(blank=True)
    evidence_asked_by = models.ForeignKey("companies.User", on_delete=models.PROTECT, related_name="+", null=True)
    evidence_key = models.CharField(max_length=100, blank=True)
    evidence_text = models.TextField(blank=True)
    evidence_files = models.JSONField(default=list, blank=True)
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    evidence_sent_at = models.DateTimeField(null=True)
    evidence_refusal = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gateway", "gateway_dispute_id"], name="one_chargeback_per_dispute"),
            models.CheckConstraint(
                condition=models.Q(amount_minor__gt=0, fee_minor__gte=0, held_minor__gte=0, refunds_minor__gte=0)
                & models.Q(
                    payer_fee_minor__gte=0,
                    amount_minor__gte=models.F("held_minor") + models.F("payer_fee_minor") + models.F("refunds_minor"),
                )
                & models.Q(charged_minor__gte=0, charged_minor__lte=models.F("loss_minor")),
                name="chargeback_amounts",
            ),
        ]
        indexes = [
            models.Index(fields=["ask_at", "id"], condition=models.Q(state="OPEN"), name="chargeback_to_ask"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def key(self) -> str:
        """Stem of the keys of its transfers."""
        return f"chargeback:{self.reference}"

    @property
    def frozen_minor(self) -> int:
        return self.held_minor + self.payer_fee_minor + self.refunds_minor

    @property
    def uncovered_minor(self) -> int:
        """What had left the escrow before."""
        return self.amount_minor - self.frozen_minor

    @transition(state, source=ChargebackState.OPEN, target=ChargebackState.WON)
    def win(self, at: datetime) -> None:
        """The money came back."""
        self.ended_at, self.ask_at = at, None

    @transition(state, source=ChargebackState.OPEN, target=ChargebackState.LOST)
    def lose(self, at: datetime) -> None:
        self.ended_at, self.ask_at = at, None
