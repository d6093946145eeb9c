from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from companies.models import Company
from core.money import MAX_MINOR

PRICE_BASES = (1, 100, 1000)
MAX_THOUSANDTHS = 10**12
"""A thousand million units: the largest quantity, in thousandths."""


class Severity(models.TextChoices):
    """How bad a failed requirement is (ISO 2859-1: AQL 0, 2.5 and 4.0)."""

    CRITICAL = "critical", _("Critical: none may fail")
    MAJOR = "major", _("Major: AQL 2.5")
    MINOR = "minor", _("Minor: AQL 4.0")


class Product(models.Model):
    """What a seller offers. `price_minor` of `currency` buys `price_basis` units; `min_quantity` is in thousandths.

    Orders copy what they need, so that an edit here changes no order. `version` rises with every change.
    """

    reference = models.CharField(max_length=30, unique=True)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=100, blank=True)
    specification = models.TextField(blank=True)
    unit = models.CharField(max_length=20)
    price_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    price_basis = models.PositiveIntegerField(default=1)
    min_quantity = models.BigIntegerField(default=1000)
    hs_code = models.CharField(max_length=12, blank=True)
    packing = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(price_minor__range=(1, MAX_MINOR)), name="product_price_in_range"),
            models.CheckConstraint(condition=Q(price_basis__in=PRICE_BASES), name="product_price_basis"),
            models.CheckConstraint(
                condition=Q(min_quantity__range=(1, MAX_THOUSANDTHS)), name="product_min_quantity_in_range"
            ),
        ]
        indexes = [
            models.Index(fields=["company", "name", "id"], condition=Q(archived_at__isnull=True), name="product_live"),
            models.Index(fields=["company", "-id"], name="product_company"),
        ]

    def __str__(self) -> str:
        return self.name


class ProductRequirement(models.Model):
    """A requirement that drafts for this product start with: something that can be tested."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="requirements")
    position = models.PositiveSmallIntegerField()
    attribute = models.CharField(max_length=200)
    target = models.CharField(max_length=200)
    tolerance = models.CharField(max_length=100, blank=True)
    unit = models.CharField(max_length=40, blank=True)
    method = models.CharField(max_length=300)
    sample_plan = models.CharField(max_length=200, default="ISO 2859-1, level II")
    severity = models.CharField(max_length=10, choices=Severity, default=Severity.MAJOR)
    remedy = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["product", "position"], name="product_requirement_position_once")
        ]

    def __str__(self) -> str:
        return f"{self.attribute}: {self.target}"
