from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.models.append_only import append_only, frozen


class AccountKind(models.TextChoices):
    CLEARING = "CLEARING"
    HELD = "HELD"
    REFUND_DUE = "REFUND_DUE"
    PAYABLE = "PAYABLE"
    IN_TRANSIT = "IN_TRANSIT"
    FROZEN = "FROZEN"
    PAYER_FEE = "PAYER_FEE"
    SUSPENSE = "SUSPENSE"
    CHARGEBACK = "CHARGEBACK"
    RECEIVABLE = "RECEIVABLE"
    FEES = "FEES"
    COSTS = "COSTS"
    LOSSES = "LOSSES"


STORED_KINDS = (
    AccountKind.HELD,
    AccountKind.REFUND_DUE,
    AccountKind.PAYABLE,
    AccountKind.IN_TRANSIT,
    AccountKind.FROZEN,
    AccountKind.PAYER_FEE,
    AccountKind.SUSPENSE,
    AccountKind.CHARGEBACK,
    AccountKind.RECEIVABLE,
)
"""Kinds whose balance is stored and never below zero. The others are touched by every deal and store none."""

DEBIT_KINDS = (
    AccountKind.CLEARING,
    AccountKind.CHARGEBACK,
    AccountKind.RECEIVABLE,
    AccountKind.COSTS,
    AccountKind.LOSSES,
)
"""Assets and expenses: a debit adds to them. To all others a credit adds."""


OF_AN_ESCROW = (AccountKind.HELD, AccountKind.REFUND_DUE, AccountKind.FROZEN, AccountKind.PAYER_FEE)
OF_A_COMPANY = (AccountKind.PAYABLE, AccountKind.RECEIVABLE)


@frozen("code", "kind", "currency", "escrow", "company", "payout")
class Account(models.Model):
    """One account of the books. `version` counts the entries of a stored balance; `moved_at` is the last one's date."""

    code = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=20, choices=AccountKind)
    currency = models.CharField(max_length=3)
    escrow = models.ForeignKey("payments.Escrow", on_delete=models.PROTECT, related_name="+", null=True)
    company = models.ForeignKey("companies.Company", on_delete=models.PROTECT, related_name="+", null=True)
    payout = models.ForeignKey("payments.Payout", on_delete=models.PROTECT, related_name="+", null=True)
    balance_minor = models.BigIntegerField(null=True)
    version = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(balance_minor__isnull=True) | models.Q(balance_minor__gte=0),
                name="account_never_below_zero",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=STORED_KINDS, balance_minor__isnull=False)
                | (~models.Q(kind__in=STORED_KINDS) & models.Q(balance_minor__isnull=True)),
                name="account_stores_by_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=OF_AN_ESCROW, escrow__isnull=False)
                | models.Q(kind__in=OF_A_COMPANY, company__isnull=False)
                | models.Q(kind=AccountKind.IN_TRANSIT, payout__isnull=False)
                | ~models.Q(kind__in=[*OF_AN_ESCROW, *OF_A_COMPANY, AccountKind.IN_TRANSIT]),
                name="account_has_its_owner",
            ),
        ]
        indexes = [
            models.Index(
                fields=["kind", "currency"], condition=models.Q(balance_minor__gt=0), name="account_with_money"
            )
        ]

    def __str__(self) -> str:
        return self.code


class TransferKind(models.TextChoices):
    FUND = "FUND"
    FUND_REFUNDABLE = "FUND_REFUNDABLE"
    RELEASE = "RELEASE"
    FEE = "FEE"
    REFUND_OWED = "REFUND_OWED"
    REFUND_PAID = "REFUND_PAID"
    REFUND_RETURNED = "REFUND_RETURNED"
    PAYOUT_REQUESTED = "PAYOUT_REQUESTED"
    PAYOUT_PAID = "PAYOUT_PAID"
    PAYOUT_FAILED = "PAYOUT_FAILED"
    PAYOUT_RETURNED = "PAYOUT_RETURNED"
    FREEZE = "FREEZE"
    UNFREEZE = "UNFREEZE"
    CHARGEBACK_TAKEN = "CHARGEBACK_TAKEN"
    CHARGEBACK_WON = "CHARGEBACK_WON"
    CHARGEBACK_LOST = "CHARGEBACK_LOST"
    RECEIVABLE_REPAID = "RECEIVABLE_REPAID"
    PAYER_FEE = "PAYER_FEE"
    GATEWAY_COST = "GATEWAY_COST"
    SUSPENSE_IN = "SUSPENSE_IN"
    SUSPENSE_MATCHED = "SUSPENSE_MATCHED"
    SUSPENSE_SENT_BACK = "SUSPENSE_SENT_BACK"
    SUSPENSE_RETURNED = "SUSPENSE_RETURNED"
    SETTLEMENT = "SETTLEMENT"
    DEBT_REPAID = "DEBT_REPAID"
    DEBT_WRITTEN_OFF = "DEBT_WRITTEN_OFF"


@append_only
class Transfer(models.Model):
    """One amount from one account to another of the same currency: the books balance by construction.

    `event_at` is business time, `booked_at` the database's wall time, taken under the gate that the closing shuts.
    """

    key = models.CharField(max_length=120, unique=True)
    debit = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    credit = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    kind = models.CharField(max_length=20, choices=TransferKind)
    escrow = models.ForeignKey("payments.Escrow", on_delete=models.PROTECT, related_name="+", null=True)
    event_at = models.DateTimeField()
    booked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="transfer_above_zero"),
            models.CheckConstraint(condition=~models.Q(debit=models.F("credit")), name="transfer_between_two"),
        ]
        indexes = [
            models.Index(fields=["debit", "booked_at"], name="transfer_debits"),
            models.Index(fields=["credit", "booked_at"], name="transfer_credits"),
        ]

    def __str__(self) -> str:
        return self.key


@append_only
class Entry(models.Model):
    """A transfer as one stored account sees it: the change, and the balance after. A statement is one index range.

    `entered_at` is the transfer's business time, or that of the entry before where this one is told of late: so dates
    run as versions do, and the entries of a period are a range of versions.
    """

    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    change_minor = models.BigIntegerField()
    balance_minor = models.BigIntegerField()
    version = models.BigIntegerField()
    entered_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = _("entries")
        indexes = [models.Index(fields=["account", "entered_at", "version"], name="entry_by_date")]
        constraints = [
            models.UniqueConstraint(fields=["account", "version"], name="one_entry_per_version"),
            models.CheckConstraint(condition=models.Q(balance_minor__gte=0), name="entry_never_below_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} v{self.version}: {self.change_minor:+d}"


@append_only
class DailyClosing(models.Model):
    """The balance of an account without a stored one, of all that was booked before `through` (wall time)."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    through = models.DateTimeField()
    balance_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "through"], name="one_closing_per_day")]

    def __str__(self) -> str:
        return f"{self.account_id} through {self.through:%Y-%m-%d}"
