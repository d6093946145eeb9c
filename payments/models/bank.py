"""What a bank's statements say, as read, and what became of each line of them."""

from datetime import datetime

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.models.append_only import append_only, frozen
from core.states import StateField, guard_states
from payments.models.payment import Payment


class StatementState(models.TextChoices):
    RECEIVED = "RECEIVED", _("Waiting to be read")
    READ = "READ", _("Read, being booked")
    BOOKED = "BOOKED", _("Booked")
    UNCONFIRMED = "UNCONFIRMED", _("Waits for a second treasurer")
    QUARANTINED = "QUARANTINED", _("Quarantined")


class StatementDoor(models.TextChoices):
    ADMIN = "admin", _("Upload")
    API = "api", _("API")
    TASK = "task", _("Folder")


@guard_states("state")
class StatementFile(models.Model):
    """A file as it came, once by its hash. Its lines stand in the database whole, or, when quarantined, not at all.

    `problem_line` is where in the file the reader stopped, from 1, 0 for the whole file. `lines` were read,
    `lines_booked` of them, in the order of their places, have their outcome. `confirmed_by` looked at a file that a
    person wrote.
    """

    reference = models.CharField(max_length=30, unique=True)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, unique=True)
    format = models.CharField(max_length=20, blank=True)
    size_bytes = models.BigIntegerField()
    uploaded_by = models.ForeignKey("companies.User", on_delete=models.PROTECT, related_name="+", null=True)
    door = models.CharField(max_length=10, choices=StatementDoor)
    received_at = models.DateTimeField()
    confirmed_by = models.ForeignKey("companies.User", on_delete=models.PROTECT, related_name="+", null=True)
    confirmed_at = models.DateTimeField(null=True)
    state = StateField(max_length=20, choices=StatementState, default=StatementState.RECEIVED)
    read_at = models.DateTimeField(null=True)
    booked_at = models.DateTimeField(null=True)
    quarantined_at = models.DateTimeField(null=True)
    problem_code = models.CharField(max_length=60, blank=True)
    problem_words = models.CharField(max_length=500, blank=True)
    problem_line = models.PositiveIntegerField(default=0)
    lines = models.PositiveIntegerField(default=0)
    lines_booked = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(lines_booked__lte=models.F("lines")), name="statement_file_books_what_it_has"
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_by__isnull=True)
                | models.Q(uploaded_by__isnull=True)
                | ~models.Q(confirmed_by=models.F("uploaded_by")),
                name="statement_file_needs_another",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=models.Q(state__in=["RECEIVED", "READ"]), name="statement_file_waiting"
            )
        ]

    def __str__(self) -> str:
        return self.file_name

    @transition(state, source=StatementState.RECEIVED, target=StatementState.READ)
    def note_read(self, at: datetime) -> None:
        """The reader reached its end: statements and lines are stored."""
        self.read_at = at

    @transition(state, source=StatementState.READ, target=StatementState.BOOKED)
    def note_booked(self, at: datetime) -> None:
        """Every line has its outcome."""
        self.booked_at = at

    @transition(state, source=StatementState.RECEIVED, target=StatementState.UNCONFIRMED)
    def wait_for_another(self, at: datetime) -> None:
        """A person wrote it and a person sent it: nothing of it is read before another one has looked."""

    @transition(state, source=StatementState.UNCONFIRMED, target=StatementState.RECEIVED)
    def confirm(self, at: datetime) -> None:
        """Another treasurer has compared it with what the bank shows."""
        self.confirmed_at = at

    @transition(
        state,
        source=[StatementState.RECEIVED, StatementState.UNCONFIRMED],
        target=StatementState.QUARANTINED,
    )
    def quarantine(self, at: datetime) -> None:
        """It can't be trusted: nothing of it is stored but the file itself, for staff to look at."""
        self.quarantined_at = at

    @transition(state, source=StatementState.QUARANTINED, target=StatementState.RECEIVED)
    def read_again(self, at: datetime) -> None:
        """What it was refused for was ours, and is mended."""
        self.problem_code, self.problem_words, self.problem_line = "", "", 0


@append_only
class StatementChunk(models.Model):
    """A piece of a file as it came, so that no file is ever in memory whole."""

    file = models.ForeignKey(StatementFile, on_delete=models.PROTECT, related_name="+", db_index=False)
    place = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "place"], name="one_chunk_per_place")]

    def __str__(self) -> str:
        return f"{self.file_id}/{self.place}"


@append_only
class BankStatement(models.Model):
    """One statement of one account. `opening_minor` and `closing_minor` are signed, in minor units of `currency`.

    `goes_on_from_minor`: the balance that its own new lines go on from, once those of earlier files are taken off;
    null when it has none. From each balance only one statement goes on.
    """

    file = models.ForeignKey(StatementFile, on_delete=models.PROTECT, related_name="+")
    account = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    number = models.CharField(max_length=40, blank=True)
    opening_minor = models.BigIntegerField()
    opened_on = models.DateField()
    closing_minor = models.BigIntegerField()
    closed_on = models.DateField()
    lines = models.PositiveIntegerField()
    goes_on_from_minor = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["account", "currency", "closed_on", "id"], name="statement_of_account"),
            models.Index(fields=["account", "currency", "goes_on_from_minor"], name="statement_goes_on"),
            models.Index(fields=["account", "currency", "closing_minor"], name="statement_ends"),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.closed_on:%Y-%m-%d} {self.number}".strip()


class Direction(models.TextChoices):
    IN = "in", _("in")
    OUT = "out", _("out")


@append_only
class BankLine(models.Model):
    """One booking of a bank. `place` counts through the file, from 1. `amount_minor` is above zero.

    `fingerprint` and `nth` (the how-many-th like it in its statement) name the booking whatever file it comes in.
    `repeats` is set on a line that an earlier file brought: it moves nothing.
    """

    file = models.ForeignKey(StatementFile, on_delete=models.PROTECT, related_name="+", db_index=False)
    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="+", db_index=False)
    place = models.PositiveIntegerField()
    at_line = models.PositiveIntegerField()
    direction = models.CharField(max_length=3, choices=Direction)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    booked_on = models.DateField()
    value_on = models.DateField(null=True)
    bank_reference = models.CharField(max_length=140, blank=True)
    end_to_end = models.CharField(max_length=140, blank=True)
    remittance = models.TextField(blank=True)
    counterparty_name = models.CharField(max_length=200, blank=True)
    counterparty_account = models.CharField(max_length=60, blank=True)
    code = models.CharField(max_length=60, blank=True)
    is_return = models.BooleanField(default=False)
    fingerprint = models.CharField(max_length=32)
    nth = models.PositiveIntegerField()
    repeats = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True, db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["file", "place"], name="one_line_per_place"),
            models.UniqueConstraint(fields=["fingerprint", "nth", "statement"], name="one_line_per_statement_and_nth"),
            models.UniqueConstraint(
                fields=["fingerprint", "nth"], condition=models.Q(repeats__isnull=True), name="one_line_per_fingerprint"
            ),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0, nth__gt=0), name="bank_line_amounts"),
        ]

    def __str__(self) -> str:
        return f"{self.booked_on:%Y-%m-%d} {self.direction} {self.currency} {self.amount_minor}"

    @property
    def reference(self) -> str:
        """Its name in the record of the bank gateway."""
        return f"line_{self.pk}"


class Outcome(models.TextChoices):
    ALLOCATED = "ALLOCATED", _("Matched to a payment")
    SUSPENSE = "SUSPENSE", _("Waits on the desk")
    ORDER = "ORDER", _("Our own transfer")
    COST = "COST", _("Bank charge")
    INTEREST = "INTEREST", _("Interest")
    SETTLEMENT = "SETTLEMENT", _("Settlement of a gateway")
    UNORDERED = "UNORDERED", _("Left without an order of ours")
    DUPLICATE = "DUPLICATE", _("Known from an earlier file")


@append_only
class LineOutcome(models.Model):
    """What a line was taken for when it was booked, and why, in words: once per line."""

    line = models.OneToOneField(BankLine, on_delete=models.PROTECT, related_name="outcome")
    outcome = models.CharField(max_length=20, choices=Outcome)
    why = models.CharField(max_length=300)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.line_id} {self.outcome}"


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
