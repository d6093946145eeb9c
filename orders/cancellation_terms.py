"""What ending an order early would mean right now.

Read-only, for the page that asks and for the action that does it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core import deadlines
from core.money import basis_points_of
from orders.clocks import calendar_of
from orders.duties import is_overdue, standing_ship_clock
from orders.models import Order, OrderState, StageReport
from orders.process import CLOCKS, EARNED_BASIS_POINTS, LATE_BUYER_MAY_CANCEL_DAYS
from payments.queries import held_minor_of, money_of


class Cause(models.TextChoices):
    BEFORE_PAYMENT = "before_payment", _("cancelled before the first payment was held in full")
    SELLER_WITHDREW = "seller_withdrew", _("cancelled by the seller")
    BUYER_WITHDREW = "buyer_withdrew", _("cancelled by the buyer")
    LATE = "late", _("the seller was late")
    BUYER_REFUSED = "buyer_refused", _("the buyer did not pay or book in time")


JUDGED_FIRST = timedelta(minutes=1)
"""The money is divided so long after the last stage counts that silence about it is heard first."""
JUDGING = frozenset({"approve_stage", "challenge_stage"})
EARNING = frozenset({Cause.BUYER_WITHDREW, Cause.BUYER_REFUSED})
"""Causes by which the seller keeps the share that the last proven stage earned. By the others all goes back."""


@dataclass(frozen=True)
class Meaning:
    """Minor units of the order's currency. `may_rise`: the seller has until `prove_until` to prove a later stage.

    `seller_may_keep_minor`: what the seller keeps when the stages that were reported count, because nobody challenges
    them. `settle_at`: when the money is divided, once all of them were judged or their time is over.
    """

    cause: Cause
    held_minor: int
    seller_keeps_minor: int
    seller_may_keep_minor: int
    buyer_gets_minor: int
    share_basis_points: int
    may_rise: bool
    prove_until: datetime | None
    settle_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What whoever cancels was shown: the cause, and what the seller would keep in minor units."""

    cause: str
    seller_keeps_minor: int


def lateness(order: Order, at: datetime) -> timedelta:
    """How long the ship date is past, until the goods left or the seller's clock was stopped; below zero before."""
    if order.ship_due_at is None:
        return timedelta(-1)
    if order.shipped_at is not None:
        return order.shipped_at - order.ship_due_at
    halts = (OrderState.IN_PRODUCTION, OrderState.READY)
    standing = standing_ship_clock(order) if order.state in halts else None
    if standing is not None and standing.paused_at is not None:
        at = min(at, standing.paused_at)
    return at - order.ship_due_at


def days_late(order: Order, at: datetime) -> int:
    """Full days since the ship date passed; 0 when it has not."""
    return max(lateness(order, at).days, 0)


def cause_of(order: Order, side: str, at: datetime) -> Cause:
    """What a cancellation by this side would mean now; decides who gets the money."""
    if order.state == OrderState.AWAITING_PAYMENT:
        return Cause.BEFORE_PAYMENT
    if side == "seller":
        return Cause.BUYER_REFUSED if is_overdue(order) else Cause.SELLER_WITHDREW
    late_enough = lateness(order, at) >= timedelta(days=LATE_BUYER_MAY_CANCEL_DAYS)
    return Cause.LATE if late_enough else Cause.BUYER_WITHDREW


def prove_until(order: Order, cancelled_at: datetime) -> datetime:
    """Until when the seller of a cancelled order may prove a later stage: 3 business days."""
    return calendar_of(order, "seller").after_business_days(cancelled_at, CLOCKS["cancellation_settles"].days)


def settles_at(order: Order, cancelled_at: datetime) -> datetime:
    """When the money of an order cancelled then is divided: after the seller's days, and after the buyer's to challenge
    each reported stage that would raise the share.
    """
    _stage, basis_points = earned_share(order)
    raising = [report.pk for report in open_reports(order) if EARNED_BASIS_POINTS[report.stage] > basis_points]
    judged_at = deadlines.due_of(StageReport, raising, "stage_unchallenged").values() if raising else ()
    return max([prove_until(order, cancelled_at), *(each + JUDGED_FIRST for each in judged_at)])


def open_reports(order: Order) -> QuerySet[StageReport]:
    """Reported stages that neither count nor were challenged."""
    return StageReport.objects.filter(order=order, counted_at__isnull=True, challenged_at__isnull=True)


def stages_open_to(verb: str, order: Order, at: datetime) -> bool:
    """Whether a verb about stages finds something to do: a report to judge, or time left to prove a later stage.

    True for every other verb.
    """
    if verb in JUDGING:
        return open_reports(order).exists()
    if verb == "report_progress" and order.state == OrderState.CANCELLED:
        return order.ended_at is not None and at <= prove_until(order, order.ended_at)
    return True


def earned_share(order: Order) -> tuple[str, int]:
    """The last proven stage and its share in basis points of the price."""
    return _last_of(StageReport.objects.filter(order=order, counted_at__isnull=False))


def share_reported(order: Order) -> int:
    """The share in basis points once every stage counts that was reported and that nobody challenged."""
    return _last_of(StageReport.objects.filter(order=order, challenged_at__isnull=True))[1]


def _last_of(reports: QuerySet[StageReport]) -> tuple[str, int]:
    stages = reports.values_list("stage", flat=True)
    return max(((stage, EARNED_BASIS_POINTS[stage]) for stage in stages), key=lambda pair: pair[1], default=("", 0))


def earned_now(order: Order) -> int:
    """Minor units that the seller would keep now: the proven share of the price, never more than is held."""
    assert order.escrow is not None
    _stage, basis_points = earned_share(order)
    return min(basis_points_of(order.escrow.total_minor, basis_points), held_minor_of(order.escrow.pk))


def what_cancelling_means(order: Order, side: str, at: datetime) -> Meaning:
    """The figures that the cancel page shows before anyone presses."""
    assert order.escrow_id is not None
    cause = cause_of(order, side, at)
    money = money_of(order.escrow_id)
    held = money.held_minor
    # What an open attempt brought in part goes back first; only the rest is divided.
    partial = sum(each.live_payment.left_minor for each in money.instalments if each.live_payment)
    earning = cause in EARNING
    keeps = min(earned_now(order), held - partial) if earning else 0
    reported = basis_points_of(money.total_minor, share_reported(order)) if earning else 0
    return Meaning(
        cause=cause,
        held_minor=held,
        seller_keeps_minor=keeps,
        seller_may_keep_minor=max(keeps, min(reported, held - partial)),
        buyer_gets_minor=held - keeps,
        share_basis_points=earned_share(order)[1] if earning else 0,
        may_rise=earning,
        prove_until=prove_until(order, at) if earning else None,
        settle_at=settles_at(order, at) if earning else None,
    )
