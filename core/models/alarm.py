from django.db import models


class Alarm(models.Model):
    """Something that staff must look at. One live row per kind and subject; `seen` counts repetitions."""

    kind = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    message = models.TextField()
    seen = models.PositiveIntegerField(default=1)
    raised_at = models.DateTimeField()
    last_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_type", "subject_id"],
                condition=models.Q(cleared_at__isnull=True),
                name="one_live_alarm",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.message[:80]}"
