from django.db import models

from catalog.models import Product
from orders.models.order import Order


class OrderLine(models.Model):
    """One product of an order: copied from the catalogue, so that a later edit there changes nothing here.

    `quantity_thousandths` of `unit`; `unit_price_minor` per `price_basis` units (1, 100 or 1,000).
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    product = models.ForeignKey(Product, on_delete=models.SET_NULL, related_name="+", null=True, blank=True)
    name = models.CharField(max_length=200)
    specification = models.TextField(blank=True)
    size = models.CharField(max_length=200, blank=True)
    quantity_thousandths = models.BigIntegerField()
    unit = models.CharField(max_length=20)
    unit_price_minor = models.BigIntegerField()
    price_basis = models.PositiveIntegerField(default=1)
    tolerance = models.CharField(max_length=100, blank=True)
    packing = models.CharField(max_length=500, blank=True)
    sample_number = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="line_position_once"),
            models.CheckConstraint(condition=models.Q(quantity_thousandths__gt=0), name="line_quantity_above_zero"),
            models.CheckConstraint(condition=models.Q(unit_price_minor__gt=0), name="line_price_above_zero"),
            models.CheckConstraint(condition=models.Q(price_basis__in=[1, 100, 1000]), name="line_price_basis"),
        ]

    def __str__(self) -> str:
        return self.name


class Requirement(models.Model):
    """Something that can be tested about a line. A claim cites a row."""

    line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="requirements")
    position = models.PositiveSmallIntegerField()
    attribute = models.CharField(max_length=200)
    target = models.CharField(max_length=200)
    tolerance = models.CharField(max_length=100, blank=True)
    unit = models.CharField(max_length=40, blank=True)
    test_method = models.CharField(max_length=300)
    sample_plan = models.CharField(max_length=200, default="ISO 2859-1, level II")
    severity = models.CharField(
        max_length=10, choices=[("critical", "critical"), ("major", "major"), ("minor", "minor")], default="major"
    )
    remedy = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["line", "position"], name="requirement_position_once")]

    def __str__(self) -> str:
        return f"{self.attribute}: {self.target}"


class PlannedInstalment(models.Model):
    """Step 5: what share of the price falls due when. Basis points of the price; together 10,000."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="planned_instalments")
    sequence = models.PositiveSmallIntegerField()
    basis_points = models.PositiveIntegerField()
    due_on = models.CharField(max_length=20, choices=[("confirmation", "confirmation"), ("readiness", "readiness")])

    class Meta:
        ordering = ["sequence"]
        constraints = [
            models.UniqueConstraint(fields=["order", "sequence"], name="planned_instalment_once"),
            models.CheckConstraint(condition=models.Q(basis_points__range=(1, 10_000)), name="planned_share"),
        ]

    def __str__(self) -> str:
        return f"{self.basis_points / 100:g} % on {self.due_on}"
