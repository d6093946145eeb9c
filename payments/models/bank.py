"""What a bank's statements say, as read, and what became of each line of them."""

from datetime import datetime

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.models.append_only import append_only, frozen
from core.states import StateField, guard_states


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
@frozen("uploaded_by", "sha256")
class StatementFile(models.Model):
    """A file as it came, once by its hash. Its lines stand in the database whole, or, when quarantined, not at all.

    `problem_line` is where in the file the reader stopped, from 1, 0 for the whole file. `lines` were read,
    `lines_booked` of them, in the order of their places, have their outcome. `needs_another`: only a person
    sent it, and it is read when another one, `confirmed_by`, has looked at it.
    """

    reference = models.CharField(max_length=30, unique=True)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, unique=True)
    size_bytes = models.BigIntegerField()
    uploaded_by = models.ForeignKey("companies.User", on_delete=models.PROTECT, related_name="+", null=True)
    door = models.CharField(max_length=10, choices=StatementDoor)
    received_at = models.DateTimeField()
    needs_another = models.BooleanField(default=False, db_default=False)
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
            models.CheckConstraint(
                condition=models.Q(needs_another=False)
                | models.Q(confirmed_by__isnull=False)
                | ~models.Q(state__in=["READ", "BOOKED"]),
                name="statement_file_unconfirmed_is_unread",
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
        """A person sent it: nothing of it is kept before another one has looked."""

    @transition(state, source=StatementState.UNCONFIRMED, target=StatementState.RECEIVED)
    def confirm(self, at: datetime) -> None:
        """Another treasurer has compared it with what the bank shows, or the bank's own channel brought it, too."""
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


class AheadStatement(models.Model):
    """One statement of a file that waits for a second treasurer, as the reader saw it. `place` counts from 1.

    `account` as the settings spell it. Amounts in minor units; `opening_minor` and `closing_minor` are signed. Kept
    when the file was decided on: by it a refused file is found again when its day comes in another one.
    """

    file = models.ForeignKey(StatementFile, on_delete=models.PROTECT, related_name="+", db_index=False)
    place = models.PositiveIntegerField()
    account = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    number = models.CharField(max_length=40, blank=True)
    opening_minor = models.BigIntegerField()
    opened_on = models.DateField()
    closing_minor = models.BigIntegerField()
    closed_on = models.DateField()
    lines = models.PositiveIntegerField()
    in_minor = models.BigIntegerField()
    out_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "place"], name="one_ahead_statement_per_place")]
        indexes = [models.Index(fields=["account", "currency", "closed_on"], name="ahead_statement_day")]

    def __str__(self) -> str:
        return f"{self.account} {self.closed_on:%Y-%m-%d} {self.number}".strip()


class AheadPage(models.Model):
    """A page of the lines of a file that waits for a second treasurer, so that a look at it parses nothing.

    `content`: [{"statement": its place, "lines": [the line as the reader gives it]}]. Gone once the file is read.
    """

    file = models.ForeignKey(StatementFile, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField()
    content = models.JSONField(encoder=DjangoJSONEncoder)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "number"], name="one_ahead_page_per_number")]

    def __str__(self) -> str:
        return f"{self.file_id}/{self.number}"


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
    DIFFERS = "DIFFERS", _("Known, and told otherwise before")


@append_only
class LineOutcome(models.Model):
    """What a line was taken for when it was booked, and why, in words: once per line."""

    line = models.OneToOneField(BankLine, on_delete=models.PROTECT, related_name="outcome")
    outcome = models.CharField(max_length=20, choices=Outcome)
    why = models.CharField(max_length=300)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.line_id} {self.outcome}"
