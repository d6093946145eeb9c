"""Staff's look at orders: where each stands, which clocks run, what happened. Nothing is typed."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from companies.models import StaffGroup
from core import deadlines
from core.admin_base import BY_CURRENCY, ReadOnlyModelAdmin, ReadOnlyTabularInline
from core.models import Deadline, DeadlineState
from core.money import format_money
from orders.models import Order, OrderLine, Shipment, StageReport, Terms
from orders.queries import timeline

COLOURS = {
    "DRAFT": "info",
    "OFFERED": "warning",
    "AWAITING_PAYMENT": "warning",
    "IN_PRODUCTION": "info",
    "READY": "warning",
    "SHIPPED": "info",
    "DELIVERED": "warning",
    "COMPLETED": "success",
    "CANCELLED": "danger",
    "DECLINED": "danger",
    "EXPIRED": "danger",
}
SEEN_BY = (StaffGroup.ARBITER, StaffGroup.TREASURER)


class LineInline(ReadOnlyTabularInline):
    model = OrderLine
    seen_by: ClassVar[tuple[str, ...]] = SEEN_BY
    fields = ("position", "name", "quantity_thousandths", "unit", "unit_price_minor", "price_basis", "specification")


@admin.register(Order)
class OrderAdmin(ReadOnlyModelAdmin):
    seen_by: ClassVar[tuple[str, ...]] = SEEN_BY
    list_display = ("number", "standing", "seller", "buyer", "total", "next_due", "created_at", "reference")
    list_filter = ("state", BY_CURRENCY, "incoterm")
    search_fields = ("number", "reference", "seller__name", "buyer__name", "buyer_email")
    list_select_related = ("seller", "buyer", "escrow")
    ordering = ("-id",)
    readonly_fields = ("clocks", "story")
    inlines = (LineInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        live = Deadline.objects.filter(
            subject_type="orders.order",
            subject_id=OuterRef("pk"),
            state__in=[DeadlineState.WAITING, DeadlineState.PAUSED],
            is_reminder=False,
        )
        return super().get_queryset(request).annotate(due=Subquery(live.order_by("due_at").values("due_at")[:1]))

    @display(description=_("state"), label=COLOURS)
    def standing(self, order: Order) -> tuple[str, Any]:
        return order.state, order.get_state_display()

    @admin.display(description=_("total"))
    def total(self, order: Order) -> str:
        return format_money(order.escrow.total_minor, order.currency) if order.escrow else "–"

    @admin.display(description=_("next clock ends"))
    def next_due(self, order: Any) -> Any:
        return order.due

    @admin.display(description=_("clocks"))
    def clocks(self, order: Order) -> str:
        lines = [
            f"{row.due_at:%Y-%m-%d %H:%M} UTC {row.kind} {row.state}: {deadlines.silence_of(row.kind)}"
            for row in deadlines.live_of(order)
        ]
        return "\n".join(lines) or "–"

    @admin.display(description=_("timeline"))
    def story(self, order: Order) -> str:
        return "\n".join(
            f"{row.at:%Y-%m-%d %H:%M} UTC {row.verb} ({row.side}) {row.state} {row.note}".rstrip()
            for row in timeline(order)
        )


class OrderPartAdmin(ReadOnlyModelAdmin):
    seen_by: ClassVar[tuple[str, ...]] = SEEN_BY
    ordering: ClassVar = ("-id",)
    list_select_related: ClassVar = ("order",)


@admin.register(Terms)
class TermsAdmin(OrderPartAdmin):
    list_display = ("order", "number", "sha256", "made_at")
    search_fields = ("=order__number", "=order__reference", "=sha256")


@admin.register(Shipment)
class ShipmentAdmin(OrderPartAdmin):
    list_display = ("order", "state", "carrier", "transport_number", "eta", "shipped_at", "arrived_at")
    list_filter = ("state",)
    search_fields = ("=order__number", "=order__reference", "transport_number", "container")


@admin.register(StageReport)
class StageReportAdmin(OrderPartAdmin):
    list_display = ("order", "stage", "reported_at", "counted_at", "counted_why", "challenged_at")
    list_filter = ("stage",)
    search_fields = ("=order__number", "=order__reference")
