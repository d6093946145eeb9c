"""The terms of an offer: everything agreed, whole, as canonical JSON, with its SHA-256. Both sides sign the hash."""

import hashlib
import json
from dataclasses import asdict
from typing import Any

from core.money import WIRE_ALLOWANCE_MINOR
from orders.draft_parts import DraftParts
from orders.models import Order, OrderLine, Requirement
from orders.process import (
    CLOCKS,
    DECLARED_WIRE_EXTRA_DAYS,
    EARNED_BASIS_POINTS,
    ETA_GRACE_DAYS,
    INSPECTION_EXTENSION_DAYS,
    LATE_BUYER_MAY_CANCEL_DAYS,
    LATE_CANCELLED_DAYS,
    LEAST_TRANSIT_DAYS,
    NOT_ARRIVED_MOST_DAYS,
    PROCESS_VERSION,
    SHIP_CLOCK_BUFFER_DAYS,
    TRANSIT_DAYS,
)
from orders.totals import Totals, amount_of
from orders.trade_terms import TRADE_TERMS

FORMAT = 1


def canonical(body: dict[str, Any]) -> bytes:
    """UTF-8 JSON, keys sorted, no blanks: the same bytes for the same terms, whoever writes them."""
    return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def hash_of(body: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON, in hex."""
    return hashlib.sha256(canonical(body)).hexdigest()


def body_of(draft: DraftParts, number: int) -> dict[str, Any]:
    """The terms of a draft that is complete, or has its trade term and mode of transport at least.

    Amounts in minor units, shares in basis points, dates in ISO 8601.

    The buyer's e-mail address is not part of it: people are named by signatures only, in a row that can be erased.
    """
    order, totals = draft.order, draft.totals()
    return {
        "format": FORMAT,
        "order": {"reference": order.reference, "number": order.number, "terms_number": number},
        "process_version": PROCESS_VERSION,
        "fee_schedule_version": totals.fee_schedule_version,
        "language": order.language,
        "governing_law": order.governing_law,
        "parties": _parties(order),
        "lines": [_line(line) for line in draft.lines],
        "total_minor": totals.total_minor,
        "currency": order.currency,
        "delivery": _delivery(order),
        "trade_term": _trade_term(order),
        "inspection": {
            "booked_by": order.inspection_booked_by,
            "paid_by": order.inspection_paid_by,
            "passes": order.inspection_passes,
            "days": order.inspection_days,
        },
        "payment": _payment(order, totals),
        "clocks": _clocks(),
        "earned_basis_points": {stage: points for stage, points in EARNED_BASIS_POINTS.items() if stage},
    }


def _parties(order: Order) -> dict[str, Any]:
    return {
        "seller": {
            "reference": order.seller.reference,
            "name": order.seller.name,
            "address": order.seller.postal_address,
            "ref": order.seller_ref,
        },
        "buyer": {"name": order.buyer_company_name, "ref": order.buyer_ref},
    }


_LINE = (
    "position", "name", "specification", "size", "quantity_thousandths", "unit", "unit_price_minor", "price_basis",
    "tolerance", "packing", "sample_number",
)  # fmt: skip
_REQUIREMENT = (
    "position", "attribute", "target", "tolerance", "unit", "test_method", "sample_plan", "severity", "remedy",
)  # fmt: skip


def _line(line: OrderLine) -> dict[str, Any]:
    requirements = [_requirement(row) for row in line.requirements.all()]
    return {name: getattr(line, name) for name in _LINE} | {
        "amount_minor": amount_of(line),
        "requirements": requirements,
    }


def _requirement(row: Requirement) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _REQUIREMENT}


def _delivery(order: Order) -> dict[str, Any]:
    calendar = order.seller.calendar
    return {
        "basis": order.delivery_basis,
        "ship_date": order.ship_date.isoformat() if order.ship_date else None,
        "ship_days": order.ship_days,
        "price_valid_until": order.price_valid_until.isoformat() if order.price_valid_until else None,
        "calendar": {"zone": calendar.zone, "country": calendar.country},
    }


def _trade_term(order: Order) -> dict[str, Any]:
    term = TRADE_TERMS[order.incoterm]
    return {
        "edition": "Incoterms 2020",
        "incoterm": order.incoterm,
        "named_place": order.named_place,
        "transport_mode": order.transport_mode,
        "carriage_by": term.carriage_by,
        "insurance_clauses": term.insurance,
        "inspection_starts": term.inspection_starts,
        "documents_needed": list(term.documents),
        "documents_promised": order.documents_promised,
        "freight_note": order.freight_note,
        "consignee": order.consignee,
    }


def _payment(order: Order, totals: Totals) -> dict[str, Any]:
    return {
        "methods": order.methods,
        "bank_charges": order.bank_charges,
        "instalments": [part.__dict__ for part in totals.instalments],
        "buyer_fees": [
            {"method": each.method, "fee_minor": each.fee_minor, "rate": asdict(each.rate)}
            for each in totals.buyer_fees
        ],
        "wire_allowance_minor": WIRE_ALLOWANCE_MINOR[order.currency] if "wire" in order.methods else 0,
        "buyer_pays_minor": totals.buyer_pays_minor,
        "seller_fee_minor": totals.seller_fee_minor,
        "seller_rate": asdict(totals.seller_rate) if totals.seller_rate else None,
        "seller_gets_minor": totals.seller_gets_minor,
        "cover": [
            {"moment": each.moment, "basis_points": each.basis_points, "amount_minor": each.amount_minor}
            for each in totals.cover
        ],
    }


def _clocks() -> dict[str, Any]:
    """Every clock that can run after the signature, in days."""
    kinds = ("first_payment", "ready_payment", "carriage_booking", "buyer_refused", "stage_unchallenged")
    return {kind: CLOCKS[kind].days for kind in kinds} | {
        "declared_wire_extra": DECLARED_WIRE_EXTRA_DAYS,
        "late_buyer_may_cancel": LATE_BUYER_MAY_CANCEL_DAYS,
        "late_cancelled": LATE_CANCELLED_DAYS,
        "ship_clock_buffer": SHIP_CLOCK_BUFFER_DAYS,
        "transit": dict(TRANSIT_DAYS),
        "least_transit": dict(LEAST_TRANSIT_DAYS),
        "eta_grace": ETA_GRACE_DAYS,
        "not_arrived_most": NOT_ARRIVED_MOST_DAYS,
        "inspection_extension": INSPECTION_EXTENSION_DAYS,
        "cancellation_settles_business": CLOCKS["cancellation_settles"].days,
    }
