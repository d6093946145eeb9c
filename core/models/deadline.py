from django.db import models


class DeadlineState(models.TextChoices):
    WAITING = "WAITING"
    PAUSED = "PAUSED"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


LIVE = models.Q(state__in=[DeadlineState.WAITING, DeadlineState.PAUSED])


class Deadline(models.Model):
    """What happens to a subject, and when, unless somebody acts first.

    `due_at` is business time, computed once. `leased_until` is wall time. A reminder is a row of its own that
    only tells; it lives and dies with the deadline of its kind.
    """

    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    kind = models.CharField(max_length=60)
    is_reminder = models.BooleanField(default=False)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=DeadlineState, default=DeadlineState.WAITING)
    paused_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_type", "subject_id", "kind"],
                condition=LIVE & models.Q(is_reminder=False),
                name="one_live_deadline_per_kind",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=models.Q(state="WAITING"), name="deadline_waiting"),
            models.Index(fields=["subject_type", "subject_id"], condition=LIVE, name="deadline_live_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.subject_type} {self.subject_id} at {self.due_at:%Y-%m-%d %H:%M}"
