from django.db import models


class GatewayEvent(models.Model):
    """A hint from a gateway, stored once before it is understood. `due_at` is wall time."""

    gateway = models.CharField(max_length=20)
    event_id = models.CharField(max_length=100)
    payload = models.JSONField()
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    last_error = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["gateway", "event_id"], name="one_row_per_gateway_event")]
        indexes = [
            models.Index(
                fields=["due_at", "id"], condition=models.Q(processed_at__isnull=True), name="gateway_event_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.event_id}"
