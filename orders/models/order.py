from datetime import datetime

from django.db import models
from django_fsm import transition

from companies.models import Company, User
from core.states import StateField, guard_states
from evidence.models import Folder
from orders.process import INSPECTION_DAYS_DEFAULT, OrderState
from orders.trade_terms import Incoterm, TransportMode
from payments.models import Escrow

S = OrderState


@guard_states("state")
class Order(models.Model):
    """One deal between a seller and a buyer, from draft to the end.

    Its money lives in `escrow`, its papers in `folder`.

    `version` rises with every change of the row; doors compare it with the one their reader saw.
    """

    reference = models.CharField(max_length=30, unique=True)
    number = models.CharField(max_length=20, unique=True)
    version = models.PositiveIntegerField(default=1)
    state = StateField(max_length=20, choices=OrderState, default=OrderState.DRAFT)
    seller = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    buyer = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    folder = models.OneToOneField(Folder, on_delete=models.PROTECT, related_name="+")
    escrow = models.OneToOneField(Escrow, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    copied_from = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    # Step 1: parties
    buyer_email = models.EmailField(blank=True)
    buyer_company_name = models.CharField(max_length=200, blank=True)
    seller_ref = models.CharField(max_length=60, blank=True)
    buyer_ref = models.CharField(max_length=60, blank=True)
    language = models.CharField(max_length=10, default="en")
    governing_law = models.CharField(max_length=200, blank=True)
    # Step 3: delivery time
    delivery_basis = models.CharField(max_length=10, choices=[("date", "date"), ("days", "days")], default="date")
    ship_date = models.DateField(null=True, blank=True)
    ship_days = models.PositiveIntegerField(null=True, blank=True)
    price_valid_until = models.DateField(null=True, blank=True)
    # Step 4: trade term and inspection
    incoterm = models.CharField(max_length=3, choices=Incoterm, blank=True)
    named_place = models.CharField(max_length=200, blank=True)
    transport_mode = models.CharField(max_length=10, choices=TransportMode, blank=True)
    freight_note = models.CharField(max_length=500, blank=True)
    consignee = models.TextField(blank=True)
    documents_promised = models.JSONField(default=list)
    inspection_booked_by = models.CharField(max_length=10, default="buyer")
    inspection_paid_by = models.CharField(max_length=10, default="buyer")
    inspection_passes = models.TextField(blank=True)
    inspection_days = models.PositiveSmallIntegerField(default=INSPECTION_DAYS_DEFAULT)
    # Step 5: payment
    currency = models.CharField(max_length=3, default="USD")
    methods = models.JSONField(default=list)
    bank_charges = models.CharField(max_length=10, default="payer")

    # Fixed by the signatures: zone and holidays of each side, whatever a company says of itself later.
    seller_zone = models.CharField(max_length=60, blank=True)
    seller_country = models.CharField(max_length=2, blank=True)
    buyer_zone = models.CharField(max_length=60, blank=True)
    buyer_country = models.CharField(max_length=2, blank=True)
    process_version = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField()
    touched_at = models.DateTimeField()
    offered_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    production_at = models.DateTimeField(null=True)
    ship_due_at = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(null=True)
    buyer_overdue_at = models.DateTimeField(null=True)
    carriage_booked_at = models.DateTimeField(null=True)
    carriage_note = models.CharField(max_length=500, blank=True)
    shipped_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    inspection_extended_at = models.DateTimeField(null=True)
    wire_declared_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[S.DRAFT, S.OFFERED, S.DECLINED, S.EXPIRED])
                | models.Q(escrow__isnull=False, buyer__isnull=False),
                name="confirmed_order_has_escrow_and_buyer",
            ),
            models.CheckConstraint(condition=models.Q(inspection_days__range=(1, 30)), name="inspection_1_to_30_days"),
        ]
        indexes = [
            models.Index(fields=["seller", "-id"], name="order_seller"),
            models.Index(fields=["buyer", "-id"], name="order_buyer"),
            models.Index(fields=["buyer_email"], name="order_buyer_email"),
        ]

    def __str__(self) -> str:
        return self.number

    @transition(state, source=S.DRAFT, target=S.OFFERED)
    def send(self, *, at: datetime) -> None:
        self.offered_at = at

    @transition(state, source=S.OFFERED, target=S.DRAFT)
    def withdraw(self, *, at: datetime) -> None:
        self.touched_at = at

    @transition(state, source=S.OFFERED, target=S.DRAFT)
    def request_changes(self, *, at: datetime) -> None:
        self.touched_at = at

    @transition(state, source=S.OFFERED, target=S.DECLINED)
    def decline(self, *, at: datetime, reason: str) -> None:
        self.end(at, reason)

    @transition(state, source=S.OFFERED, target=S.AWAITING_PAYMENT)
    def confirm(self, *, at: datetime) -> None:
        self.confirmed_at = at

    @transition(state, source=[S.DRAFT, S.OFFERED, S.AWAITING_PAYMENT], target=S.EXPIRED)
    def expire(self, *, at: datetime) -> None:
        self.end(at, "")

    @transition(state, source=S.AWAITING_PAYMENT, target=S.IN_PRODUCTION)
    def start_production(self, *, at: datetime) -> None:
        self.production_at = at

    @transition(state, source=S.IN_PRODUCTION, target=S.READY)
    def declare_ready(self, *, at: datetime) -> None:
        self.ready_at = at

    @transition(state, source=[S.IN_PRODUCTION, S.READY], target=S.SHIPPED)
    def ship(self, *, at: datetime) -> None:
        self.shipped_at = at

    @transition(state, source=S.SHIPPED, target=S.DELIVERED)
    def arrive(self, *, at: datetime) -> None:
        self.delivered_at = at

    @transition(state, source=S.DELIVERED, target=S.COMPLETED)
    def accept(self, *, at: datetime) -> None:
        self.end(at, "")

    @transition(state, source=[S.AWAITING_PAYMENT, S.IN_PRODUCTION, S.READY], target=S.CANCELLED)
    def cancel(self, *, at: datetime, reason: str) -> None:
        self.end(at, reason)

    def end(self, at: datetime, reason: str) -> None:
        self.ended_at = at
        self.end_reason = reason
