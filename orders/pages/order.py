"""The order page, the list of orders and the dashboard."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from companies.gates import member_required
from companies.policies import may as role_may
from companies.queries import actor_of
from core import clock
from core.errors import Invalid
from core.money import format_money
from evidence.queries import documents_seen_by
from orders.cancellation_terms import Cause
from orders.happenings import Happening
from orders.models import Order, OrderState, StageReport
from orders.pages.doors import find_order, zones_of
from orders.policies import sees_draft
from orders.process import Stage
from orders.queries import (
    Waiting,
    last_terms,
    list_orders_for,
    needs_me_now,
    order_lines,
    prices_of,
    timeline,
)
from orders.screen import COLOURS, order_screen
from orders.totals import amount_of
from orders.wire_notes import wire_notes
from payments.queries import payable_by_currency

STORY_WORDS: dict[str, Any] = {
    "create_draft": gettext_lazy("Draft begun"),
    "send": gettext_lazy("Offer sent and signed by the seller"),
    "withdraw": gettext_lazy("Offer taken back"),
    "request_changes": gettext_lazy("Changes asked for"),
    "decline": gettext_lazy("Offer declined"),
    "confirm": gettext_lazy("Signed by the buyer"),
    "expire": gettext_lazy("Expired"),
    "start_production": gettext_lazy("First payment held; production starts"),
    "declare_ready": gettext_lazy("Goods ready"),
    "ship": gettext_lazy("Shipped"),
    "arrive": gettext_lazy("Arrived"),
    "accept": gettext_lazy("Accepted; money released"),
    "cancel": gettext_lazy("Cancelled"),
    "report_progress": gettext_lazy("Progress reported"),
    "approve_stage": gettext_lazy("Stage approved"),
    "challenge_stage": gettext_lazy("Stage challenged"),
    "stage_counts": gettext_lazy("Stage counts: nobody challenged it"),
    "over_payment": gettext_lazy("More than was due arrived; it goes back"),
    "other_currency": gettext_lazy("Money in another currency arrived; it goes back"),
    "lose_funding": gettext_lazy("Funding lost: the buyer's bank took money back"),
    "restore_funding": gettext_lazy("What was lost is held again"),
    "late_payment": gettext_lazy("Money arrived too late; it goes back"),
    "ended_payment": gettext_lazy("Money arrived by a payment that had ended or was given up; it goes back"),
    "refund_owed": gettext_lazy("Money goes back to the buyer"),
    "refund_paid": gettext_lazy("Refund paid"),
    "refund_failed": gettext_lazy("A refund did not arrive; it is still owed"),
    "money_divided": gettext_lazy("Money divided by the last stage that counts"),
}
STORY_ICONS: dict[str, str] = {
    "create_draft": "pencil",
    "send": "send",
    "withdraw": "rotate",
    "request_changes": "message",
    "decline": "circle-x",
    "confirm": "signature",
    "expire": "hourglass",
    "start_production": "lock",
    "declare_ready": "package",
    "ship": "truck",
    "arrive": "truck-delivery",
    "accept": "circle-check",
    "cancel": "circle-x",
    "report_progress": "tool",
    "approve_stage": "check",
    "challenge_stage": "flag",
    "stage_counts": "check",
    "over_payment": "cash",
    "other_currency": "cash",
    "lose_funding": "alert-circle",
    "restore_funding": "lock",
    "late_payment": "cash",
    "ended_payment": "cash",
    "refund_owed": "rotate",
    "refund_paid": "circle-check",
    "refund_failed": "alert-circle",
    "money_divided": "cash",
}
FILTERS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("all", gettext_lazy("All"), ()),
    ("drafts", gettext_lazy("Drafts"), (OrderState.DRAFT,)),
    ("offers", gettext_lazy("Offers"), (OrderState.OFFERED,)),
    (
        "running",
        gettext_lazy("Running"),
        (
            OrderState.AWAITING_PAYMENT,
            OrderState.IN_PRODUCTION,
            OrderState.READY,
            OrderState.SHIPPED,
            OrderState.DELIVERED,
        ),
    ),
    (
        "ended",
        gettext_lazy("Ended"),
        (OrderState.COMPLETED, OrderState.CANCELLED, OrderState.DECLINED, OrderState.EXPIRED),
    ),
)


def story_of(order: Order, reports: list[StageReport]) -> list[dict[str, Any]]:
    buyer = order.buyer.name if order.buyer else order.buyer_company_name or order.buyer_email
    names = {"seller": order.seller.name, "buyer": buyer, "platform": _("Platform")}
    return [
        {
            "at": happening.at,
            "title": _title_of(happening),
            "text": _text_of(happening),
            "who": names.get(happening.side, ""),
            "icon": STORY_ICONS.get(happening.verb, "circle"),
            "colour": COLOURS.get(happening.state, "grey"),
        }
        for happening in reversed(timeline(order, reports))
    ]


def _title_of(happening: Happening) -> Any:
    words = STORY_WORDS.get(happening.verb, happening.verb)
    return f"{words}: {Stage(happening.state).label}" if happening.state in Stage.values else words


def _text_of(happening: Happening) -> Any:
    if happening.amount_minor is None:
        return Cause(happening.note).label if happening.note in Cause.values else happening.note
    amount = format_money(happening.amount_minor, happening.currency)
    return _("%(amount)s goes to the seller") % {"amount": amount} if happening.verb == "money_divided" else amount


@member_required
def order_page(request: HttpRequest, ref: str) -> HttpResponse:
    """One page that answers: what is the state, who must do what by when, and what if not."""
    order, by = find_order(request, ref)
    screen = order_screen(order, by, clock.now())
    may_draft = screen.side == "seller" and role_may(by, "draft", order.seller_id)
    if order.state == OrderState.DRAFT and may_draft:
        return redirect("order-draft", ref=ref, step=1)
    may_see_terms = sees_draft(by, order)
    context = {
        "nav": "orders",
        "screen": screen,
        "may_see_terms": may_see_terms,
        "may_copy": may_draft,
        "order": order,
        "lines": [(line, amount_of(line)) for line in order_lines(order)] if may_see_terms else [],
        "documents": documents_seen_by(by, order.folder_id),
        "folder": order.folder,
        "may_upload": by.company_id is not None and role_may(by, "evidence", by.company_id),
        "terms": last_terms(order),
        "story": story_of(order, [row.report for row in screen.reports]),
        "wire_notes": wire_notes(screen.money),
        **zones_of(order, by),
    }
    return render(request, "orders/order.html", context)


def list_url(**query: str) -> str:
    return f"{reverse('order-list')}?{urlencode({name: value for name, value in query.items() if value})}"


@member_required
def order_list(request: HttpRequest) -> HttpResponse:
    by = actor_of(request)
    chosen = request.GET.get("show", "all")
    states = next((found for name, _label, found in FILTERS if name == chosen), ())
    words = request.GET.get("q", "")[:100]
    cursor = request.GET.get("after", "")[:40]
    try:
        page = list_orders_for(by=by, states=states, words=words, cursor=cursor)
    except Invalid:
        # A cursor that nobody was given: the first page.
        return redirect(list_url(show=chosen, q=words))
    tabs = [
        {"label": label, "url": f"{reverse('order-list')}?show={name}", "current": name == chosen}
        for name, label, _states in FILTERS
    ]
    context = {
        "nav": "orders",
        "orders": with_prices(page.orders),
        "tabs": tabs,
        "words": words,
        "chosen": chosen,
        "colours": COLOURS,
        "next_url": list_url(show=chosen, q=words, after=page.next_cursor) if page.next_cursor else "",
        "may_draft": by.company_id is not None and role_may(by, "draft", by.company_id),
        "company_id": by.company_id,
    }
    return render(request, "orders/list.html", context)


def with_prices(orders: list[Order]) -> list[tuple[Order, Any]]:
    """Each order with what it costs, for a list."""
    prices = prices_of(orders)
    return [(order, prices.get(order.pk)) for order in orders]


def other_side(waiting: Waiting, company_id: int) -> dict[str, str]:
    """Name and zone of whoever the order is with."""
    order = waiting.order
    if order.seller_id != company_id:
        return {"name": order.seller.name, "zone": order.seller.time_zone}
    buyer = order.buyer
    name = buyer.name if buyer else order.buyer_company_name or order.buyer_email
    return {"name": name, "zone": buyer.time_zone if buyer else ""}


@member_required
def dashboard(request: HttpRequest) -> HttpResponse:
    """What needs me now, soonest first; then what is running and what money waits."""
    by = actor_of(request)
    assert by.company_id is not None
    running = list_orders_for(by=by, states=FILTERS[3][2], most=10)
    context = {
        "nav": "dashboard",
        "waiting": [(each, other_side(each, by.company_id)) for each in needs_me_now(by, most=20)],
        "running": with_prices(running.orders),
        "company_id": by.company_id,
        "payable": payable_by_currency(by.company_id) if role_may(by, "statements", by.company_id) else {},
        "may_draft": role_may(by, "draft", by.company_id) and request.company.may_sell,  # type: ignore[attr-defined]
    }
    return render(request, "orders/dashboard.html", context)
