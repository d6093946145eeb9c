from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import transition

from core.states import StateField, guard_states
from evidence.models import Document
from orders.models.line import OrderLine
from orders.models.order import Order


class ShipmentState(models.TextChoices):
    PLANNED = "PLANNED", _("Planned")
    SHIPPED = "SHIPPED", _("On the way")
    ARRIVED = "ARRIVED", _("Arrived")
    ACCEPTED = "ACCEPTED", _("Accepted")
    CANCELLED = "CANCELLED", _("Cancelled")


@guard_states("state")
class Shipment(models.Model):
    """Goods on their way. Exactly one per order in this version (a constraint, so that lifting it is one migration)."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="+")
    state = StateField(max_length=12, choices=ShipmentState, default=ShipmentState.PLANNED)
    carrier = models.CharField(max_length=120, blank=True)
    transport_number = models.CharField(max_length=60, blank=True)
    container = models.CharField(max_length=60, blank=True)
    seal = models.CharField(max_length=60, blank=True)
    dispatched_on = models.DateField(null=True)
    eta = models.DateField(null=True)
    first_eta = models.DateField(null=True)
    shipped_at = models.DateTimeField(null=True)
    arrival_assumed_at = models.DateTimeField(null=True)
    first_arrival_due_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    arrival_told_by = models.CharField(max_length=10, blank=True)
    arrival_contested_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order"], name="one_shipment_per_order")]

    def __str__(self) -> str:
        return f"shipment of {self.order_id}"

    @transition(state, source=ShipmentState.PLANNED, target=ShipmentState.SHIPPED)
    def ship(self, *, at: datetime) -> None:
        self.shipped_at = at

    @transition(state, source=ShipmentState.SHIPPED, target=ShipmentState.ARRIVED)
    def arrive(self, *, at: datetime) -> None:
        self.arrived_at = at

    @transition(state, source=ShipmentState.ARRIVED, target=ShipmentState.ACCEPTED)
    def accept(self, *, at: datetime) -> None:
        self.accepted_at = at

    @transition(state, source=ShipmentState.PLANNED, target=ShipmentState.CANCELLED)
    def cancel(self, *, at: datetime) -> None:
        """The order ended before anything was shipped."""


class ShipmentLine(models.Model):
    """How much of an order line is in a shipment."""

    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="+")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="+")
    quantity_thousandths = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shipment", "line"], name="line_once_in_a_shipment")]

    def __str__(self) -> str:
        return f"{self.quantity_thousandths} of {self.line_id}"


class ShipmentDocument(models.Model):
    """A paper of the trade term: role is one of `trade_terms` documents, 'packing_list' or 'invoice'."""

    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="+")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=30)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shipment", "document", "role"], name="shipment_document_once")]

    def __str__(self) -> str:
        return f"{self.role}"
