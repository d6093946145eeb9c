"""What the self-check found wrong, as cases that somebody owns; and the totals of each day, for charts."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django_fsm import transition

from core.models.append_only import append_only
from core.states import StateField, guard_states
from payments.models.ledger import AccountKind


class DifferenceState(models.TextChoices):
    OPEN = "OPEN"
    GONE = "GONE"


@guard_states("state")
class Difference(models.Model):
    """One thing that is wrong with the books, or between them and a gateway's record, from when it was first seen until
    a full check saw it no more. `fingerprint` names it: the check and what it is about. `missing`: the line of a
    gateway's record that our books have nothing for, where that is all that is wrong. All times are business times.
    """

    fingerprint = models.CharField(max_length=64)
    check_name = models.CharField("check", max_length=60)
    words = models.TextField()
    missing = models.JSONField(null=True)
    state = StateField(max_length=10, choices=DifferenceState, default=DifferenceState.OPEN)
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    seen = models.PositiveIntegerField(default=1)
    gone_at = models.DateTimeField(null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    taken_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint"], condition=models.Q(state="OPEN"), name="one_open_difference_of_a_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.check_name}: {self.words[:80]}"

    @transition(state, source=DifferenceState.OPEN, target=DifferenceState.GONE)
    def go(self, at: datetime) -> None:
        """A full check saw it no more."""
        self.gone_at = at


@append_only
class DailyFigure(models.Model):
    """What stood in all accounts of a kind at the end of a day (UTC), in minor units of the currency."""

    day = models.DateField()
    kind = models.CharField(max_length=20, choices=AccountKind)
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    accounts = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "kind", "currency"], name="one_figure_a_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.kind} {self.currency}"


class BookedInto(models.TextChoices):
    """What stands against a line that was explained: the platform's costs, or money between a gateway and our bank."""

    COSTS = "COSTS"
    SETTLING = "SETTLING"


@append_only
class LineExplanation(models.Model):
    """One treasurer's word on a line of a gateway's record that our books have no row for. Two agree, and it is booked.

    `key` is that of the transfer. Minor units of `currency`.
    """

    difference = models.ForeignKey(Difference, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=120)
    booked_into = models.CharField(max_length=10, choices=BookedInto)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    why = models.CharField(max_length=500)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key", "booked_into", "amount_minor", "currency", "user"], name="one_word_per_line_and_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} about {self.key}"
