from datetime import datetime

from django.db import models
from django_fsm import transition

from core.models.append_only import frozen
from core.states import StateField, guard_states
from payments.fees import Rate


class EscrowState(models.TextChoices):
    AWAITING_FUNDS = "AWAITING_FUNDS"
    PARTLY_FUNDED = "PARTLY_FUNDED"
    FUNDED = "FUNDED"
    CLOSED = "CLOSED"


class DueOn(models.TextChoices):
    CONFIRMATION = "confirmation"
    READINESS = "readiness"


@frozen(
    "reference",
    "payer",
    "payee",
    "currency",
    "total_minor",
    "bank_charges",
    "schedule_version",
    "fee_basis_points",
    "fee_fixed_minor",
    "fee_cap_minor",
)
@guard_states("state")
class Escrow(models.Model):
    """The money of one deal, held for its payer and payee. Amounts live in its ledger accounts.

    Its clock is the deal's: whoever opened it stops or settles it.
    """

    reference = models.CharField(max_length=30, unique=True)
    payer = models.ForeignKey("companies.Company", on_delete=models.PROTECT, related_name="+")
    payee = models.ForeignKey("companies.Company", on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    state = StateField(max_length=20, choices=EscrowState, default=EscrowState.AWAITING_FUNDS)
    title = models.CharField(max_length=140)
    payer_ref = models.CharField(max_length=60, blank=True)
    payee_ref = models.CharField(max_length=60, blank=True)
    methods = models.JSONField(default=list)
    bank_charges = models.CharField(max_length=10)
    schedule_version = models.PositiveIntegerField()
    fee_basis_points = models.PositiveIntegerField()
    fee_fixed_minor = models.BigIntegerField(default=0, db_default=0)
    fee_cap_minor = models.BigIntegerField()
    created_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    stop_reason = models.CharField(max_length=60, blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(total_minor__gt=0), name="escrow_above_zero"),
            models.CheckConstraint(condition=~models.Q(payer=models.F("payee")), name="escrow_of_two_companies"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def payee_rate(self) -> Rate:
        """What the payee is charged on releases, as it was quoted."""
        return Rate(basis_points=self.fee_basis_points, fixed_minor=self.fee_fixed_minor, cap_minor=self.fee_cap_minor)

    @transition(state, source=EscrowState.AWAITING_FUNDS, target=EscrowState.PARTLY_FUNDED)
    def fund_partly(self, at: datetime) -> None:
        """Money came in, and not all of it."""

    @transition(state, source=[EscrowState.AWAITING_FUNDS, EscrowState.PARTLY_FUNDED], target=EscrowState.FUNDED)
    def fund(self, at: datetime) -> None:
        """Every instalment is secured."""

    @transition(state, source=EscrowState.FUNDED, target=EscrowState.PARTLY_FUNDED)
    def fall_back(self, at: datetime) -> None:
        """An instalment was added, or money was lost."""

    @transition(
        state,
        source=[EscrowState.AWAITING_FUNDS, EscrowState.PARTLY_FUNDED, EscrowState.FUNDED],
        target=EscrowState.CLOSED,
    )
    def close(self, at: datetime) -> None:
        self.closed_at = at


@frozen("escrow", "sequence", "amount_minor", "due_on")
class Instalment(models.Model):
    """What is asked of the payer, and when. `carried_minor` is what the instalment before came short of.

    `shortfall_minor` is what payments need not bring: it came short of so much once, and a later instalment was asked
    for it, or the payee bears it. While it is not secured: what a later one was asked for already.
    """

    escrow = models.ForeignKey(Escrow, on_delete=models.PROTECT, related_name="+", db_index=False)
    sequence = models.PositiveSmallIntegerField()
    amount_minor = models.BigIntegerField()
    carried_minor = models.BigIntegerField(default=0)
    due_on = models.CharField(max_length=20, choices=DueOn)
    due_at = models.DateTimeField(null=True)
    secured_at = models.DateTimeField(null=True)
    shortfall_minor = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["escrow", "sequence"], name="one_instalment_per_place"),
            models.CheckConstraint(
                condition=models.Q(amount_minor__gt=0, carried_minor__gte=0, shortfall_minor__gte=0),
                name="instalment_amounts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.escrow_id}/{self.sequence}"

    @property
    def asked_minor(self) -> int:
        return self.amount_minor + self.carried_minor

    @property
    def to_bring_minor(self) -> int:
        """What its payments must bring together, without fees, for it to be secured."""
        return self.asked_minor - self.shortfall_minor


@frozen("escrow", "reason", "sequence", "amount_minor", "fee_minor", "payer_fee_minor", "payable", "at")
class Release(models.Model):
    """Money that became the payee's: once per (escrow, reason, sequence). `payout` is the one that takes it out.

    `fee_minor` is taken from the amount, `payer_fee_minor` from what the payer paid on top; `repaid_minor` of the
    amount went to what the payee owed the platform.
    """

    escrow = models.ForeignKey(Escrow, on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=60)
    sequence = models.PositiveIntegerField()
    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    payer_fee_minor = models.BigIntegerField(default=0, db_default=0)
    repaid_minor = models.BigIntegerField(default=0, db_default=0)
    payable = models.ForeignKey("payments.Account", on_delete=models.PROTECT, related_name="+", db_index=False)
    payout = models.ForeignKey("payments.Payout", on_delete=models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["escrow", "reason", "sequence"], name="one_release_per_reason"),
            models.CheckConstraint(
                condition=models.Q(amount_minor__gt=0, fee_minor__gte=0, repaid_minor__gte=0)
                & models.Q(amount_minor__gte=models.F("fee_minor") + models.F("repaid_minor"))
                & models.Q(payer_fee_minor__gte=0),
                name="release_amounts",
            ),
        ]
        indexes = [
            models.Index(fields=["payable"], condition=models.Q(payout__isnull=True), name="release_not_paid_out")
        ]

    def __str__(self) -> str:
        return f"{self.escrow_id} {self.reason} {self.sequence}"

    @property
    def net_minor(self) -> int:
        """What became payable by it."""
        return self.amount_minor - self.fee_minor - self.repaid_minor
