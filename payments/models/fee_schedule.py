from django.conf import settings
from django.db import models

from core.models.append_only import append_only


@append_only
class FeeSchedule(models.Model):
    """One published version of what the platform charges. The newest is quoted; an escrow keeps the one it was quoted.

    `rules`: {"payee": {currency: rate}, "payer": {method: {currency: rate}}}; a rate is basis points and minor
    units.
    """

    version = models.PositiveIntegerField(unique=True)
    rules = models.JSONField()
    note = models.CharField(max_length=500)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(version__gt=0), name="fee_schedule_numbered")]

    def __str__(self) -> str:
        return f"version {self.version}"
