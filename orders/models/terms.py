from django.db import models
from django.utils.translation import gettext_lazy as _

from companies.models import Identity
from core.models.append_only import append_only
from orders.models.order import Order


@append_only
class Terms(models.Model):
    """What was offered, whole and in canonical JSON, with its SHA-256.

    A new offer is a new row; none is ever changed.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    body = models.JSONField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = _("terms")
        constraints = [models.UniqueConstraint(fields=["order", "number"], name="terms_number_once")]

    def __str__(self) -> str:
        return f"{self.order_id} terms {self.number}"


@append_only
class Signature(models.Model):
    """Who signed which terms, and when. The name, and where from, live in an erasable row."""

    terms = models.ForeignKey(Terms, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=10, choices=[("seller", "seller"), ("buyer", "buyer")])
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["terms", "side"], name="one_signature_a_side")]

    def __str__(self) -> str:
        return f"{self.side} signed terms {self.terms_id}"


class ChangeRequest(models.Model):
    """The buyer's wishes about an offer: a comment per field, answered by the next offer."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="+")
    terms = models.ForeignKey(Terms, on_delete=models.PROTECT, related_name="+")
    comments = models.JSONField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"changes asked for {self.order_id}"


class OfferLink(models.Model):
    """The link in the e-mail: only its hash is kept. Opens the offer to read, nothing else."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="+")
    token_sha256 = models.CharField(max_length=64, unique=True)
    email = models.EmailField()
    made_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"link to {self.order_id}"
