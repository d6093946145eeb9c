from django.db import models
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """News that was committed: ids and numbers, no personal data."""

    name = models.CharField(max_length=80)
    payload = models.JSONField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"


class DeliveryState(models.TextChoices):
    WAITING = "WAITING"
    DONE = "DONE"


class Delivery(models.Model):
    """One event on its way to one reaction. Retried with back-off until done."""

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")
    reaction = models.CharField(max_length=160)
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = _("deliveries")
        constraints = [models.UniqueConstraint(fields=["event", "reaction"], name="one_delivery_per_reaction")]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=models.Q(state="WAITING"), name="delivery_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.reaction} of event {self.event_id}"
