import pgtrigger
from django.db import models

from core.models.append_only import append_only


@append_only
class Transition(models.Model):
    """One step of one state machine: who, when, from, to, why, by which door. Never changed, never deleted."""

    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    field = models.CharField(max_length=40, default="state")
    verb = models.CharField(max_length=60)
    source = models.CharField(max_length=40)
    target = models.CharField(max_length=40)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    actor_kind = models.CharField(max_length=10)
    door = models.CharField(max_length=10)
    user_id = models.BigIntegerField(null=True)
    company_id = models.BigIntegerField(null=True)
    why = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["subject_type", "subject_id", "id"], name="transition_subject")]
        triggers: list[pgtrigger.Trigger] = []

    def __str__(self) -> str:
        return f"{self.subject_type} {self.subject_id}: {self.source} -> {self.target}"
