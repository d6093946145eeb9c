from django.db import models


class OrderCounter(models.Model):
    """The last number given in a year. Numbers are for people; a draft that is given up leaves a gap."""

    year = models.PositiveSmallIntegerField(unique=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"
