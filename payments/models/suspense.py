"""The suspense desk: lines that nobody could match, whose money they were found to be, and who decided so."""

from datetime import datetime

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.models.append_only import append_only, frozen
from core.states import StateField, guard_states
from payments.models.bank import BankLine, Direction
from payments.models.payment import Payment


class SuspenseState(models.TextChoices):
    OPEN = "OPEN", _("To decide")
    MATCHED = "MATCHED", _("Matched")
    SENT_BACK = "SENT_BACK", _("Sent back")
    OURS = "OURS", _("Our own money")
    SETTLEMENT = "SETTLEMENT", _("From a gateway")
    TRANSFER = "TRANSFER", _("Our own transfer")
    REPAYMENT = "REPAYMENT", _("Repaid by a company")
    TAKEN_BACK = "TAKEN_BACK", _("Taken back by the bank")


ALWAYS_TWO = (
    SuspenseState.OURS,
    SuspenseState.TRANSFER,
    SuspenseState.REPAYMENT,
    SuspenseState.TAKEN_BACK,
)
"""What two treasurers decide, whatever the amount."""

TWO_DECIDE = """
IF (NEW.state IN ('OURS', 'TRANSFER', 'REPAYMENT', 'TAKEN_BACK')
    OR (NEW.approvals_needed > 0 AND NEW.state <> 'SENT_BACK'))
   AND NOT EXISTS (SELECT FROM payments_deskproposal WHERE item_id = NEW.id AND decision = NEW.state
                   AND confirmed_by_id <> proposed_by_id) THEN
    RAISE EXCEPTION 'case % was decided by one person', NEW.id USING ERRCODE = 'check_violation';
END IF;
RETURN NEW;
"""


@guard_states("state")
@frozen("line", "direction", "amount_minor", "currency", "approvals_needed", "limits_version")
@pgtrigger.register(
    pgtrigger.Trigger(
        name="two_decide",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(old__state="OPEN") & ~pgtrigger.Q(new__state="OPEN"),
        func=TWO_DECIDE,
    )
)
class SuspenseItem(models.Model):
    """A line that nobody could match, until a treasurer decides. `amount_minor` in minor units of `currency`.

    Money that came in stands in an account of its own; money that left without an order is only told of.
    `approvals_needed`: so many treasurers must agree on it, 0 where one is enough, by the version of `payments.limits`
    that it was judged by. What is sent back is approved as a refund. `payment`: whose wire the bank took back by it.
    """

    reference = models.CharField(max_length=30, unique=True)
    line = models.OneToOneField(BankLine, on_delete=models.PROTECT, related_name="+")
    direction = models.CharField(max_length=3, choices=Direction)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    suggestion = models.CharField(max_length=500, blank=True)
    suggested = models.JSONField(default=list, blank=True)
    state = StateField(max_length=20, choices=SuspenseState, default=SuspenseState.OPEN)
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("companies.User", on_delete=models.PROTECT, related_name="+", null=True)
    reason = models.CharField(max_length=500, blank=True)
    limits_version = models.PositiveSmallIntegerField(default=0)
    approvals_needed = models.PositiveSmallIntegerField(default=0)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="suspense_above_zero"),
            models.CheckConstraint(
                condition=models.Q(payment__isnull=True) | models.Q(state=SuspenseState.TAKEN_BACK, direction="out"),
                name="suspense_payment_was_taken_back",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(state="OPEN"), name="suspense_open"),
            models.Index(
                fields=["payment"], condition=models.Q(payment__isnull=False), name="suspense_taken_from_payment"
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @transition(state, source=SuspenseState.OPEN, target=SuspenseState.MATCHED)
    def match(self, at: datetime) -> None:
        """It is the money of one payment, or of several."""
        self.decided_at = at

    @transition(state, source=SuspenseState.OPEN, target=SuspenseState.SENT_BACK)
    def send_back(self, at: datetime) -> None:
        """It goes back to where it came from: a refund without a payment."""
        self.decided_at = at

    @transition(state, source=SuspenseState.OPEN, target=SuspenseState.OURS)
    def take_as_ours(self, at: datetime) -> None:
        """A charge, or a credit, of the platform's own."""
        self.decided_at = at

    @transition(state, source=SuspenseState.OPEN, target=SuspenseState.SETTLEMENT)
    def take_as_settlement(self, at: datetime) -> None:
        """What a gateway paid out to the platform's bank."""
        self.decided_at = at

    @transition(state, source=SuspenseState.OPEN, target=SuspenseState.TRANSFER)
    def take_as_transfer(self, at: datetime) -> None:
        """A transfer of ours that left with charges on top, or came back less charges."""
        self.decided_at = at

    @transition(state, source=SuspenseState.OPEN, target=SuspenseState.REPAYMENT)
    def take_as_repayment(self, at: datetime) -> None:
        """A company paid what it owes the platform."""
        self.decided_at = at

    @transition(state, source=SuspenseState.OPEN, target=SuspenseState.TAKEN_BACK)
    def note_taken_back(self, at: datetime) -> None:
        """The bank took a wire back: of a payment, or what lay here undecided."""
        self.decided_at = at

    def needs_two(self, decision: str) -> bool:
        """Whether the word of one treasurer is not enough to decide it so."""
        return decision in ALWAYS_TWO or bool(self.approvals_needed and decision != SuspenseState.SENT_BACK)


WITHIN_ITS_LINE = """
IF (SELECT sum(amount_minor) FROM payments_allocation WHERE line_id = NEW.line_id)
   > (SELECT amount_minor FROM payments_bankline WHERE id = NEW.line_id AND direction = 'in') THEN
    RAISE EXCEPTION 'line % has more allocated than it brought', NEW.line_id USING ERRCODE = 'check_violation';
END IF;
RETURN NULL;
"""


@append_only
class Allocation(models.Model):
    """A line's money, or part of it, given to a payment, and why, in words. `amount_minor` in the line's currency.

    `item` is the case on the desk that it was decided from, when no rule did.
    """

    reference = models.CharField(max_length=30, unique=True)
    line = models.ForeignKey(BankLine, on_delete=models.PROTECT, related_name="+")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey(SuspenseItem, on_delete=models.PROTECT, related_name="+", null=True)
    amount_minor = models.BigIntegerField()
    rule = models.CharField(max_length=30)
    why = models.CharField(max_length=300)
    is_third_party = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "payment"], name="one_allocation_per_line_and_payment"),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="allocation_above_zero"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="within_its_line", when=pgtrigger.After, operation=pgtrigger.Insert, func=WITHIN_ITS_LINE
            )
        ]

    def __str__(self) -> str:
        return self.reference
