"""Every read of orders that a door needs. `get_order_for` is the only way a door gets an order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.errors import Invalid, NotFound
from core.models import Deadline, DeadlineState, Transition
from orders.cancellation_terms import prove_until
from orders.happenings import Happening
from orders.models import (
    Cancellation,
    ChangeRequest,
    OfferLink,
    Order,
    OrderLine,
    OrderState,
    Requirement,
    StageReport,
    Terms,
)
from orders.money_story import money_happenings
from orders.policies import confirmed_addresses, side_of
from orders.process import CLOCKS, FINAL_STATES

PAGE = 25
MOST = 100
TIMELINE_MOST = 200


@dataclass(frozen=True)
class OrderPage:
    """One page of a list, newest first; `next_cursor` is empty on the last."""

    orders: list[Order]
    next_cursor: str


@dataclass(frozen=True)
class Waiting:
    """An order that waits for this company: what for, until when, and what silence means."""

    order: Order
    kind: str
    due_at: datetime
    silence: Any


def get_order_for(*, by: Actor, ref: str) -> Order:
    """The order under its public reference, with both companies. Raises NotFound for whoever is no side of it."""
    order = Order.objects.select_related("seller", "buyer", "escrow", "folder").filter(reference=ref).first()
    if order is None:
        raise NotFound
    side_of(by, order)
    return order


def side_of_folder(by: Actor, folder_id: int) -> str | None:
    """The actor's side of the order that a folder belongs to; None when it isn't one of theirs.

    For `evidence.access`.
    """
    order = Order.objects.filter(folder_id=folder_id).first()
    try:
        return side_of(by, order) if order is not None else None
    except NotFound:
        return None


def orders_of(by: Actor) -> QuerySet[Order]:
    """What `side_of` lets pass: the company's orders as seller or buyer, and offers sent to this person's address."""
    sent_to = OfferLink.objects.filter(order=OuterRef("pk")).order_by("-pk").values("email")[:1]
    offered = Q(buyer__isnull=True, buyer_email__in=confirmed_addresses(by.user_id), buyer_email=Subquery(sent_to))
    return Order.objects.filter(Q(seller_id=by.company_id) | Q(buyer_id=by.company_id) | offered)


def list_orders_for(
    *, by: Actor, states: Sequence[str] = (), side: str = "", words: str = "", cursor: str = "", most: int = PAGE
) -> OrderPage:
    """A page of the actor's orders, newest first. `words` looks in numbers, references and the buyer's name.

    `most`: up to 100. Raises Invalid for a cursor that this function didn't give.
    """
    if by.company_id is None:
        return OrderPage(orders=[], next_cursor="")
    rows = orders_of(by).select_related("seller", "buyer", "escrow").order_by("-pk")
    if states:
        rows = rows.filter(state__in=states)
    if side == "seller":
        rows = rows.filter(seller_id=by.company_id)
    if side == "buyer":
        rows = rows.exclude(seller_id=by.company_id)
    if words:
        names = (
            "number",
            "seller_ref",
            "buyer_ref",
            "buyer_company_name",
            "buyer_email",
            "seller__name",
            "buyer__name",
        )
        found = Q(reference=words)
        for name in names:
            found |= Q(**{f"{name}__icontains": words})
        rows = rows.filter(found)
    if cursor:
        rows = rows.filter(pk__lt=_cursor_id(cursor))
    most = max(1, min(most, MOST))
    page = list(rows[: most + 1])
    return OrderPage(orders=page[:most], next_cursor=page[most - 1].reference if len(page) > most else "")


def _cursor_id(cursor: str) -> int:
    """A cursor is the reference of the last order shown: primary keys never leave."""
    last = Order.objects.filter(reference=cursor).values_list("pk", flat=True).first()
    if last is None:
        raise Invalid(fields={"cursor": _("Give the next_cursor of the page before.")})
    return last


def needs_me_now(by: Actor, *, most: int = MOST) -> list[Waiting]:
    """What waits for the actor's company, soonest first: live clocks whose silence would fall on it."""
    if by.company_id is None:
        return []
    found: list[Waiting] = []
    for side in ("seller", "buyer"):
        rows = orders_of(by).exclude(state__in=FINAL_STATES - {OrderState.CANCELLED}).exclude(_divided())
        rows = rows.filter(seller_id=by.company_id) if side == "seller" else rows.exclude(seller_id=by.company_id)
        found += _waiting_among(rows, side, most)
    return sorted(found, key=lambda waiting: waiting.due_at)[:most]


def _divided() -> Q:
    """Cancelled, and nothing can be proven or challenged any more."""
    settled = Cancellation.objects.filter(order=OuterRef("pk"), settled_at__isnull=False)
    return Q(Exists(settled), state=OrderState.CANCELLED)


def _waiting_among(rows: QuerySet[Order], side: str, most: int) -> list[Waiting]:
    # A draft nobody ever saw waits for no one.
    rows = rows.exclude(state=OrderState.DRAFT, offered_at__isnull=True)
    order_ids = rows.values("pk")
    reports = StageReport.objects.filter(order_id__in=order_ids)
    subjects = Q(subject_type="orders.order", subject_id__in=order_ids)
    subjects |= Q(subject_type="orders.stagereport", subject_id__in=reports.values("pk"))
    kinds = [kind for kind, clock in CLOCKS.items() if clock.who == side]
    live = Deadline.objects.filter(subjects, state=DeadlineState.WAITING, kind__in=kinds, is_reminder=False)
    clocks = list(live.order_by("due_at")[:most])
    order_of = {clock.pk: clock.subject_id for clock in clocks}
    reported = {clock.pk: clock.subject_id for clock in clocks if clock.subject_type == "orders.stagereport"}
    if reported:
        homes = dict(StageReport.objects.filter(pk__in=reported.values()).values_list("pk", "order_id"))
        order_of |= {clock: homes[report] for clock, report in reported.items()}
    orders = Order.objects.select_related("seller", "buyer").in_bulk(set(order_of.values()))
    return [
        Waiting(orders[order_of[clock.pk]], clock.kind, clock.due_at, CLOCKS[clock.kind].silence)
        for clock in clocks
        if order_of[clock.pk] in orders and not _is_late_to_prove(clock, orders[order_of[clock.pk]])
    ]


def _is_late_to_prove(clock: Deadline, order: Order) -> bool:
    """The money of a cancelled order still waits for the buyer's word; the seller can prove nothing more."""
    if clock.kind != "cancellation_settles" or order.ended_at is None:
        return False
    return clock.due_at > prove_until(order, order.ended_at)


def order_lines(order: Order) -> list[OrderLine]:
    """Lines in their order, with `requirements` fetched. Two queries."""
    requirements = Prefetch("requirements", queryset=Requirement.objects.order_by("position"))
    return list(OrderLine.objects.filter(order=order).select_related("product").prefetch_related(requirements))


@dataclass(frozen=True)
class Price:
    """Minor units of the currency."""

    minor: int
    currency: str


def prices_of(orders: Sequence[Order]) -> dict[int, Price]:
    """What each order costs by the terms offered last; drafts that were never sent are left out. One query."""
    rows = Terms.objects.filter(order__in=[order.pk for order in orders]).order_by("order_id", "-number")
    newest = rows.distinct("order_id").values_list("order_id", "body__total_minor", "body__currency")
    return {order_id: Price(minor, currency) for order_id, minor, currency in newest}


def last_terms(order: Order) -> Terms | None:
    """What was offered last."""
    return Terms.objects.filter(order=order).order_by("-number").first()


def terms_before(terms: Terms) -> Terms | None:
    """The offer before this one, for the buyer's comparison."""
    return Terms.objects.filter(order_id=terms.order_id, number__lt=terms.number).order_by("-number").first()


def open_change_request(order: Order) -> ChangeRequest | None:
    """The buyer's wishes that no offer has answered yet."""
    asked = ChangeRequest.objects.filter(order=order).select_related("terms").order_by("-pk").first()
    if asked is None or order.state != OrderState.DRAFT:
        return None
    latest = last_terms(order)
    return asked if latest is not None and latest.pk == asked.terms_id else None


def timeline(order: Order, reports: Sequence[StageReport] | None = None) -> list[Happening]:
    """The order's story, oldest first: its newest 200 steps, what became of money that went back or was divided, and
    the reported stages, which a caller may have read."""
    newest = Transition.objects.filter(subject_type="orders.order", subject_id=order.pk).order_by("-pk")
    steps = list(newest[:TIMELINE_MOST])[::-1]
    if reports is None:
        reports = list(StageReport.objects.filter(order=order).order_by("pk")[:TIMELINE_MOST])
    story = [Happening(order.created_at, "create_draft", "seller", OrderState.DRAFT)]
    story += [
        Happening(step.at, step.verb, _side_word(order, step.company_id), step.target, step.why) for step in steps
    ]
    story += _stages(reports)
    story += money_happenings(order)
    return sorted(story, key=lambda happening: happening.at)


def _stages(reports: Sequence[StageReport]) -> list[Happening]:
    story: list[Happening] = []
    for report in reports:
        story.append(Happening(report.reported_at, "report_progress", "seller", report.stage, report.note))
        if report.challenged_at is not None:
            story.append(Happening(report.challenged_at, "challenge_stage", "buyer", report.stage, report.challenge))
        if report.counted_at is not None:
            who = "buyer" if report.counted_why == "approved" else "platform"
            verb = "approve_stage" if who == "buyer" else "stage_counts"
            story.append(Happening(report.counted_at, verb, who, report.stage))
    return story


def _side_word(order: Order, company_id: int | None) -> str:
    if company_id is None:
        return "platform"
    return "seller" if company_id == order.seller_id else "buyer"
