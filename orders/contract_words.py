"""What the rules of an order mean, in words and from the terms alone: money, cover, time limits, cancelling.

One source for the contract as a PDF and for the pages on which both sides read what they sign.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.money import format_money, percent
from orders.methods import OFFERS
from orders.models import Stage
from orders.process import CLOCKS, ETA_GRACE_DAYS, LEAST_TRANSIT_DAYS, SHIP_CLOCK_BUFFER_DAYS
from orders.totals import InstalmentAmount, cover_of
from orders.trade_terms import DOCUMENT_WORDS
from payments.fee_words import rate_words
from payments.fees import Rate

Body = dict[str, Any]

_BUYERS_CLOCKS: dict[str, Any] = {
    "first_payment": _("First payment after the signature"),
    "ready_payment": _("Payment after readiness"),
    "carriage_booking": _("Booking of the carriage, under E and F terms"),
    "buyer_refused": _("Goods ready, and payment or booking missing"),
}
_INSURANCE: dict[str, Any] = {
    "A": _("by the seller, for 110 % of the price, Institute Cargo Clauses (A)"),
    "C": _("by the seller, for 110 % of the price, Institute Cargo Clauses (C)"),
    "": _("nobody owes one under this trade term"),
}


@dataclass(frozen=True)
class TimeLimit:
    """`days` as people write them; `silence`: what happens if nobody acts."""

    what: str
    days: str
    silence: str


def fee_words(body: Body) -> list[str]:
    """What the buyer pays in all, what the seller gets, and what each method costs on top."""
    payment, currency = body["payment"], body["currency"]
    facts = {
        "pays": format_money(payment["buyer_pays_minor"], currency),
        "gets": format_money(payment["seller_gets_minor"], currency),
        "fee": format_money(payment["seller_fee_minor"], currency),
    }
    words = gettext("The buyer pays %(pays)s in all; the seller gets %(gets)s after the platform's fee of %(fee)s.")
    told = [words % facts, *(_method_fee(each, currency) for each in payment["buyer_fees"])]
    if payment.get("wire_allowance_minor"):
        allowance = gettext(
            "A wire that arrives short by at most %(amount)s, and by at most a tenth of what is due, counts as paid: "
            "banks on the way take charges. What is missing is added to the next instalment; on the last one the "
            "seller bears it."
        )
        told.append(allowance % {"amount": format_money(payment["wire_allowance_minor"], currency)})
    return told


def _method_fee(fee: dict[str, Any], currency: str) -> str:
    facts = {
        "method": OFFERS[fee["method"]].label,
        "rate": rate_words(Rate(**fee["rate"]), currency),
        "amount": format_money(fee["fee_minor"], currency),
    }
    return gettext("Paid by %(method)s, the buyer pays %(rate)s on top: %(amount)s for all of it.") % facts


def cover_words(body: Body) -> list[str]:
    """What share of the price is held from each moment on."""
    parts = [InstalmentAmount(**part) for part in body["payment"]["instalments"]]
    return [str(cover.words) for cover in cover_of(parts, body["currency"])]


def insurance_words(body: Body) -> str:
    return str(_INSURANCE[body["trade_term"]["insurance_clauses"]])


def papers_words(body: Body) -> str:
    """The papers without which the shipment can't be reported."""
    roles = ["invoice", "packing_list", *body["trade_term"]["documents_needed"]]
    return ", ".join(str(DOCUMENT_WORDS[role]) for role in roles)


def time_limits(body: Body) -> list[TimeLimit]:
    """Every clock of the signed order, by the days that its terms name."""
    return [*_of_the_buyer(body), *_of_shipping(body), *_of_receipt(body)]


def _of_the_buyer(body: Body) -> list[TimeLimit]:
    days = body["clocks"]
    rows = [TimeLimit(str(words), str(days[kind]), str(CLOCKS[kind].silence)) for kind, words in _BUYERS_CLOCKS.items()]
    wire = gettext("A declared wire adds, once, to the time to pay")
    return [*rows, TimeLimit(wire, str(days["declared_wire_extra"]), "")]


def _of_shipping(body: Body) -> list[TimeLimit]:
    days = body["clocks"]
    buffer = days.get("ship_clock_buffer", SHIP_CLOCK_BUFFER_DAYS)
    late = gettext("The buyer may cancel for a full refund; after %(days)s days the order is cancelled for lateness.")
    stands = gettext(
        "From readiness on it stands still while the buyer has to pay or to book. If the buyer was overdue, or the "
        "money came just before the ship date, the seller has these days more."
    )
    return [
        TimeLimit(
            gettext("Late shipment, after the ship date"),
            str(days["late_buyer_may_cancel"]),
            late % {"days": days["late_cancelled"]},
        ),
        TimeLimit(gettext("The seller's time to ship"), str(buffer), stands),
        TimeLimit(
            gettext("A reported stage unchallenged, business days"),
            str(days["stage_unchallenged"]),
            str(CLOCKS["stage_unchallenged"].silence),
        ),
    ]


def _of_receipt(body: Body) -> list[TimeLimit]:
    days, mode = body["clocks"], body["trade_term"]["transport_mode"]
    grace = days.get("eta_grace", ETA_GRACE_DAYS)
    least = days.get("least_transit", LEAST_TRANSIT_DAYS)[mode]
    arrival = gettext("Arrival, after shipping; or %(days)s days after the ETA, whichever is later")
    moved = gettext("A new ETA of the carrier moves the arrival, in all by at most")
    told = gettext("The seller's word for an arrival counts after the ETA, and no sooner after shipping than")
    contest = gettext("The buyer may contest it; the inspection then ends no sooner than by silence.")
    return [
        TimeLimit(arrival % {"days": grace}, str(days["transit"][mode]), str(CLOCKS["arrival"].silence)),
        TimeLimit(moved, str(days["not_arrived_most"]), ""),
        TimeLimit(told, str(least), contest),
        TimeLimit(
            gettext("Inspection after arrival; once %(days)s days more") % {"days": days["inspection_extension"]},
            str(body["inspection"]["days"]),
            str(CLOCKS["inspection"].silence),
        ),
    ]


def cancellation_words(body: Body) -> str:
    words = gettext(
        "A seller who cancels, or is cancelled for lateness, earns nothing. A buyer may cancel before shipment and "
        "owes the share of the price earned by the last proven stage, paid from what is held and never more. The "
        "seller has %(days)s business days to prove a later stage."
    )
    return words % {"days": body["clocks"]["cancellation_settles_business"]}


def earned_shares(body: Body) -> list[tuple[str, str]]:
    """Stage and share in words, in the order of the process: the database keeps keys in another."""
    earned = body["earned_basis_points"]
    return [(str(Stage(stage).label), percent(earned[stage])) for stage in Stage.values if stage in earned]
