from datetime import timedelta

from django.db import models


class SandboxClock(models.Model):
    """One row: how far business time is ahead of the wall, in sandbox mode."""

    offset = models.DurationField(default=timedelta(0))

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="sandbox_clock_is_one_row")]

    def __str__(self) -> str:
        return f"+{self.offset}"

    @classmethod
    def read_offset(cls) -> timedelta:
        row = cls.objects.filter(pk=1).values_list("offset", flat=True).first()
        return row or timedelta(0)


class Heartbeat(models.Model):
    """When a loop last ran, in wall time. A long gap is an outage, and moves the deadlines that fell due inside it."""

    name = models.CharField(max_length=40, unique=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.beat_at:%Y-%m-%d %H:%M:%S}"
