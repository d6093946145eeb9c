"""An order as the API shows it to one side: values for `orders.serializers.orders`. Unlocked reads."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import prefetch_related_objects

from core import deadlines
from core.actors import Actor
from core.models import Deadline
from orders.actions.shipment import documents_needed
from orders.cancellation_terms import stages_open_to
from orders.drafting import Parties, TradeTermInput
from orders.models import (
    Cancellation,
    Order,
    OrderLine,
    OrderState,
    PlannedInstalment,
    Shipment,
    Signature,
    StageProof,
    StageReport,
    Terms,
)
from orders.policies import may, sees_draft, side_of
from orders.process import CLOCKS, steps_from
from orders.queries import order_lines
from orders.screen import state_words
from orders.totals import amount_of, totals_of
from payments.queries import money_of

MOMENTS = (
    "created_at", "offered_at", "confirmed_at", "production_at", "ship_due_at", "ready_at", "carriage_booked_at",
    "carriage_note", "shipped_at", "delivered_at", "inspection_extended_at", "wire_declared_at", "ended_at",
    "end_reason",
)  # fmt: skip
_LINE = (
    "name", "specification", "size", "quantity_thousandths", "unit", "unit_price_minor", "price_basis", "tolerance",
    "packing", "sample_number",
)  # fmt: skip


def order_view(order: Order, by: Actor, at: datetime) -> dict[str, Any]:
    """Everything about one order; what a draft says is None for whoever may not see it yet."""
    side = side_of(by, order)
    verbs = [step.verb for step in steps_from(order.state) if side in step.who]
    money = money_of(order.escrow_id) if order.escrow_id else None
    draft = _draft(order) if sees_draft(by, order) else _no_draft()
    return {
        **_head(order, side),
        **{name: getattr(order, name) for name in MOMENTS},
        **draft,
        "state_label": str(state_words(order, money)[0]),
        "total_minor": draft["totals"].total_minor if draft["totals"] else None,
        "buyer_email": order.buyer_email,
        "folder": order.folder.reference,
        "may": [verb for verb in verbs if may(by, verb, order) and stages_open_to(verb, order, at)],
        "documents_needed": _papers(order),
        "money": money,
        "stages": stages_of(order),
        "shipment": Shipment.objects.filter(order=order).first(),
        "cancellation": Cancellation.objects.filter(order=order).first(),
    }


def brief_views(orders: Sequence[Order], by: Actor) -> list[dict[str, Any]]:
    """A page of orders; one statement for all their lines."""
    prefetch_related_objects(list(orders), "lines")
    return [_brief(order, by) for order in orders]


def _brief(order: Order, by: Actor) -> dict[str, Any]:
    total_minor = sum(amount_of(line) for line in order.lines.all()) if sees_draft(by, order) else None
    side = "seller" if order.seller_id == by.company_id else "buyer"
    label = str(order.get_state_display())
    return {**_head(order, side), "state_label": label, "total_minor": total_minor, "created_at": order.created_at}


def _head(order: Order, side: str) -> dict[str, Any]:
    names = ("reference", "number", "version", "state", "seller", "buyer", "currency")
    return {name: getattr(order, name) for name in names} | {"side": side}


def _draft(order: Order) -> dict[str, Any]:
    lines = order_lines(order)
    planned = list(PlannedInstalment.objects.filter(order=order))
    return {
        "parties": {name: getattr(order, name) for name in Parties.__dataclass_fields__},
        "lines": [_line(line) for line in lines],
        "delivery": {
            name: getattr(order, name) for name in ("delivery_basis", "ship_date", "ship_days", "price_valid_until")
        },
        "trade_term": {name: getattr(order, name) for name in TradeTermInput.__dataclass_fields__},
        "payment": {
            "currency": order.currency,
            "methods": order.methods,
            "bank_charges": order.bank_charges,
            "instalments": planned,
        },
        "totals": totals_of(order, lines, planned),
    }


def _no_draft() -> dict[str, Any]:
    return dict.fromkeys(("parties", "lines", "delivery", "trade_term", "payment", "totals"))


def _line(line: OrderLine) -> dict[str, Any]:
    return {name: getattr(line, name) for name in _LINE} | {
        "product_ref": line.product.reference if line.product else None,
        "amount_minor": amount_of(line),
        "requirements": list(line.requirements.all()),
    }


def _papers(order: Order) -> list[str]:
    shipping = order.state in (OrderState.IN_PRODUCTION, OrderState.READY)
    return list(documents_needed(order)) if shipping else []


def reports_of(order: Order) -> list[StageReport]:
    """Oldest first; their place in this list, from 1, is what callers name them by."""
    return list(StageReport.objects.filter(order=order).order_by("pk"))


def stages_of(order: Order) -> list[dict[str, Any]]:
    reports = reports_of(order)
    proofs: dict[int, list[Any]] = {report.pk: [] for report in reports}
    for proof in StageProof.objects.filter(report__in=reports).select_related("document").order_by("pk"):
        proofs[proof.report_id].append(proof.document)
    return [
        {
            "stage_number": number,
            "stage": report.stage,
            "state": "challenged" if report.challenged_at else "counts" if report.counted_at else "open",
            "note": report.note,
            "challenge": report.challenge,
            "reported_at": report.reported_at,
            "counted_at": report.counted_at,
            "challenged_at": report.challenged_at,
            "documents": proofs[report.pk],
        }
        for number, report in enumerate(reports, start=1)
    ]


def deadlines_of(order: Order) -> list[dict[str, Any]]:
    """Every live clock of the order and of its reported stages, soonest first."""
    live = list(deadlines.live_of(order))
    for report in reports_of(order):
        if report.counted_at is None and report.challenged_at is None:
            live += deadlines.live_of(report)
    return [_deadline(row) for row in sorted(live, key=lambda row: row.due_at)]


def _deadline(row: Deadline) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "who": CLOCKS[row.kind].who if row.kind in CLOCKS else "platform",
        "due_at": row.due_at,
        "paused_at": row.paused_at,
        "silence": str(deadlines.silence_of(row.kind)),
    }


def terms_view(terms: Terms) -> dict[str, Any]:
    signatures = Signature.objects.filter(terms=terms).select_related("identity").order_by("at")
    return {
        "number": terms.number,
        "sha256": terms.sha256,
        "made_at": terms.made_at,
        "body": terms.body,
        "signatures": list(signatures),
    }
