from django.db import models

from evidence.models import Document
from orders.models.order import Order
from orders.process import Stage


class StageReport(models.Model):
    """The seller says that a stage is reached, with proof.

    It counts once `counted_at` is set and it isn't challenged.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=12, choices=Stage)
    note = models.TextField(blank=True)
    reported_at = models.DateTimeField()
    reported_by_id = models.BigIntegerField()
    counted_at = models.DateTimeField(null=True)
    counted_why = models.CharField(max_length=20, blank=True)
    challenged_at = models.DateTimeField(null=True)
    challenge = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["order", "id"], name="stage_report_order")]

    def __str__(self) -> str:
        return f"{self.stage} of {self.order_id}"


class StageProof(models.Model):
    """A document of the order's folder that proves a stage."""

    report = models.ForeignKey(StageReport, on_delete=models.PROTECT, related_name="+")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "document"], name="stage_proof_once")]

    def __str__(self) -> str:
        return f"{self.document_id} for {self.report_id}"


class Cancellation(models.Model):
    """Why an order ended early and how its money is divided; settled later when a share may have been earned."""

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="+")
    side = models.CharField(max_length=10)
    cause = models.CharField(max_length=20)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()
    settle_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    earned_basis_points = models.PositiveIntegerField(null=True)
    earned_minor = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.cause} by {self.side}"
