"""The order process as data: who may do what in which state, every clock, and the figures. Version 1.

An order fixes the version in force when the buyer confirms it. A later version touches no confirmed order.
Source: the rules of the business, sections 1 and 3.
"""

from dataclasses import dataclass

from django.db import models
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

PROCESS_VERSION = 1


class OrderState(models.TextChoices):
    DRAFT = "DRAFT", _("Draft")
    OFFERED = "OFFERED", _("Buyer to sign")
    DECLINED = "DECLINED", _("Declined")
    EXPIRED = "EXPIRED", _("Expired")
    AWAITING_PAYMENT = "AWAITING_PAYMENT", _("First payment due")
    IN_PRODUCTION = "IN_PRODUCTION", _("In production, money held")
    READY = "READY", _("Goods ready, balance due")
    SHIPPED = "SHIPPED", _("On the way")
    DELIVERED = "DELIVERED", _("Arrived: to be inspected")
    COMPLETED = "COMPLETED", _("Accepted")
    CANCELLED = "CANCELLED", _("Cancelled")


S = OrderState
FUNDING_LOST = "funding_lost"
"""The clock by which the buyer pays anew what a bank took back; it runs in READY as well."""


@dataclass(frozen=True)
class Step:
    """One row of the process table. `who` are sides ("seller", "buyer") or "clock", "system", "carrier"."""

    source: OrderState
    verb: str
    who: tuple[str, ...]
    target: OrderState


PROCESS: tuple[Step, ...] = (
    Step(S.DRAFT, "expire", ("clock",), S.EXPIRED),
    Step(S.DRAFT, "draft", ("seller",), S.DRAFT),
    Step(S.DRAFT, "send", ("seller",), S.OFFERED),
    Step(S.OFFERED, "withdraw", ("seller",), S.DRAFT),
    Step(S.OFFERED, "request_changes", ("buyer",), S.DRAFT),
    Step(S.OFFERED, "decline", ("buyer",), S.DECLINED),
    Step(S.OFFERED, "expire", ("clock",), S.EXPIRED),
    Step(S.OFFERED, "confirm", ("buyer",), S.AWAITING_PAYMENT),
    Step(S.AWAITING_PAYMENT, "pay", ("buyer",), S.AWAITING_PAYMENT),
    Step(S.AWAITING_PAYMENT, "declare_wire", ("buyer",), S.AWAITING_PAYMENT),
    Step(S.AWAITING_PAYMENT, "start_production", ("system",), S.IN_PRODUCTION),
    Step(S.AWAITING_PAYMENT, "expire", ("clock",), S.EXPIRED),
    Step(S.AWAITING_PAYMENT, "cancel", ("buyer", "seller"), S.CANCELLED),
    # Until the goods are accepted: what the buyer's bank took back can be paid anew.
    Step(S.IN_PRODUCTION, "pay", ("buyer",), S.IN_PRODUCTION),
    Step(S.IN_PRODUCTION, "declare_wire", ("buyer",), S.IN_PRODUCTION),
    Step(S.IN_PRODUCTION, "report_progress", ("seller",), S.IN_PRODUCTION),
    Step(S.IN_PRODUCTION, "approve_stage", ("buyer",), S.IN_PRODUCTION),
    Step(S.IN_PRODUCTION, "challenge_stage", ("buyer",), S.IN_PRODUCTION),
    Step(S.IN_PRODUCTION, "declare_ready", ("seller",), S.READY),
    Step(S.IN_PRODUCTION, "ship", ("seller",), S.SHIPPED),
    Step(S.IN_PRODUCTION, "cancel", ("buyer", "seller", "clock"), S.CANCELLED),
    Step(S.READY, "pay", ("buyer",), S.READY),
    Step(S.READY, "declare_wire", ("buyer",), S.READY),
    Step(S.READY, "book_carriage", ("buyer",), S.READY),
    Step(S.READY, "approve_stage", ("buyer",), S.READY),
    Step(S.READY, "challenge_stage", ("buyer",), S.READY),
    Step(S.READY, "ship", ("seller",), S.SHIPPED),
    Step(S.READY, "cancel", ("buyer", "seller", "clock"), S.CANCELLED),
    Step(S.SHIPPED, "pay", ("buyer",), S.SHIPPED),
    Step(S.SHIPPED, "not_arrived", ("buyer",), S.SHIPPED),
    Step(S.SHIPPED, "confirm_arrival", ("buyer", "seller", "clock"), S.DELIVERED),
    # Only where the seller's side alone said that the goods arrived.
    Step(S.DELIVERED, "not_arrived", ("buyer",), S.DELIVERED),
    Step(S.DELIVERED, "pay", ("buyer",), S.DELIVERED),
    Step(S.DELIVERED, "extend_inspection", ("buyer",), S.DELIVERED),
    Step(S.DELIVERED, "accept", ("buyer", "clock"), S.COMPLETED),
    # Until the money of a cancelled order is divided, the seller may prove a later stage.
    Step(S.CANCELLED, "report_progress", ("seller",), S.CANCELLED),
    Step(S.CANCELLED, "approve_stage", ("buyer",), S.CANCELLED),
    Step(S.CANCELLED, "challenge_stage", ("buyer",), S.CANCELLED),
    Step(S.CANCELLED, "settle_cancellation", ("clock",), S.CANCELLED),
)
FINAL_STATES = frozenset({S.DECLINED, S.EXPIRED, S.COMPLETED, S.CANCELLED})


ORDER_VERBS: tuple[str, ...] = tuple(dict.fromkeys(step.verb for step in PROCESS))


@dataclass(frozen=True)
class Clock:
    """One row of the table of clocks: days, the days on which reminders go out, and what silence does."""

    kind: str
    state: OrderState
    who: str
    days: int
    reminder_days: tuple[int, ...]
    silence: object


WIRE_TAKES_DAYS = 3
"""Business days that banks may take: a wire is sent so many before its deadline."""
LATE_BUYER_MAY_CANCEL_DAYS = 14
CLOCKS: dict[str, Clock] = {
    clock.kind: clock
    for clock in (
        Clock("draft_untouched", S.DRAFT, "seller", 90, (60, 83), _("The draft expires. It can be copied.")),
        Clock("offer_open", S.OFFERED, "buyer", 7, (3, 6), _("The offer expires. It can be copied.")),
        Clock(
            "first_payment",
            S.AWAITING_PAYMENT,
            "buyer",
            10,
            (3, 7, 9),
            _("The order expires. Money that comes later is refunded in full."),
        ),
        Clock(
            "ship_date",
            S.IN_PRODUCTION,
            "seller",
            0,
            (-7, -2, 0),
            format_lazy(
                _("The order is late from the next day. After {days} days the buyer may cancel for a full refund."),
                days=LATE_BUYER_MAY_CANCEL_DAYS,
            ),
        ),
        Clock(
            "late_cancel",
            S.IN_PRODUCTION,
            "seller",
            60,
            (),
            _("The order is cancelled for lateness and all money goes back to the buyer."),
        ),
        Clock(
            "ready_payment",
            S.READY,
            "buyer",
            10,
            (3, 7, 9),
            _("The seller may cancel because the buyer refused, and keep the share that was earned."),
        ),
        Clock(
            "carriage_booking",
            S.READY,
            "buyer",
            10,
            (3, 7, 9),
            _("The seller may cancel because the buyer refused, and keep the share that was earned."),
        ),
        Clock(
            "buyer_refused",
            S.READY,
            "buyer",
            30,
            (),
            _("The order is cancelled because the buyer refused; the seller keeps the share that was earned."),
        ),
        Clock(
            FUNDING_LOST,
            S.IN_PRODUCTION,
            "buyer",
            10,
            (3, 7, 9),
            _("The order is cancelled because the buyer refused; the seller keeps the share that was earned."),
        ),
        Clock("arrival", S.SHIPPED, "buyer", 0, (), _("Arrival is assumed, and the time to inspect begins.")),
        Clock(
            "inspection",
            S.DELIVERED,
            "buyer",
            15,
            (),
            _("The goods count as accepted, and the money goes to the seller."),
        ),
        Clock("stage_unchallenged", S.IN_PRODUCTION, "buyer", 5, (), _("The reported stage counts as proven.")),
        Clock(
            "cancellation_settles",
            S.CANCELLED,
            "seller",
            3,
            (),
            _("No later stage can be proven, and the money is divided by the last one that counts."),
        ),
    )
}
DECLARED_WIRE_EXTRA_DAYS = 5
LATE_CANCELLED_DAYS = 60
SHIP_CLOCK_BUFFER_DAYS = 5
"""Added to the seller's ship clock after a duty of the buyer was overdue; and the least that it runs from the money."""
TRANSIT_DAYS: dict[str, int] = {"express": 15, "air": 15, "land": 30, "sea": 45}
LEAST_TRANSIT_DAYS: dict[str, int] = {"express": 2, "air": 2, "land": 2, "sea": 5}
"""Before so many days on the way only the buyer's word for an arrival counts."""
ETA_GRACE_DAYS = 15
NOT_ARRIVED_MOST_DAYS = 45
INSPECTION_DAYS_DEFAULT = 15
INSPECTION_DAYS_MOST = 30
INSPECTION_EXTENSION_DAYS = 15


class Stage(models.TextChoices):
    """What the seller reports during production; the share of the price that a proven stage earns."""

    MATERIALS = "MATERIALS", _("Materials bought")
    STARTED = "STARTED", _("Production started")
    FINISHED = "FINISHED", _("Goods finished")
    PACKED = "PACKED", _("Goods packed")
    INSPECTED = "INSPECTED", _("Goods inspected")


EARNED_BASIS_POINTS: dict[str, int] = {
    "": 0,
    Stage.MATERIALS: 2000,
    Stage.STARTED: 4000,
    Stage.FINISHED: 8000,
    Stage.PACKED: 9000,
    Stage.INSPECTED: 9000,
}


def steps_from(state: str) -> list[Step]:
    return [step for step in PROCESS if step.source == state]


def may_try(state: str, verb: str, who: str) -> bool:
    """Does the table allow this triple at all? Conditions come on top."""
    return any(step.verb == verb and who in step.who for step in steps_from(state))
