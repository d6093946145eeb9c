"""Orders: list, begin a draft, read, change its steps, copy; and what can be read about one."""

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from core.actions import carry_out
from core.api import EmptySerializer, page_size, with_version
from core.errors import Invalid, NotFound
from orders.actions.draft import copy_order, create_draft
from orders.actions.draft_steps import Steps, save_steps
from orders.api.base import OrderApiView
from orders.api.shown import brief_views, deadlines_of, order_view, terms_view
from orders.drafting import InstalmentInput, LineInput, RequirementInput
from orders.lint import lint_order, stops
from orders.models import OrderState
from orders.policies import OtherSide, side_of
from orders.queries import last_terms, list_orders_for, timeline
from orders.serializers.orders import (
    DeadlinesSerializer,
    OrderPageSerializer,
    OrderPaymentsSerializer,
    OrderSerializer,
    TermsSerializer,
    TimelineSerializer,
)
from orders.serializers.steps import DraftStepsSerializer, LintSerializer, NewOrderSerializer
from payments.queries import list_payments

STEP_OF_FIELD = {
    name: step
    for step, field in DraftStepsSerializer().fields.items()
    if step != "lines"
    for name in field.fields  # type: ignore[attr-defined]
}


class OrderListView(OrderApiView):
    input_serializer = NewOrderSerializer
    answers: ClassVar = {"GET": {200: OrderPageSerializer}, "POST": {201: OrderSerializer}}
    query_parameters = (
        OpenApiParameter("cursor", str, description="The next_cursor of the page before."),
        OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 25}),
        OpenApiParameter("state", str, many=True, enum=OrderState.values),
        OpenApiParameter("side", str, enum=["seller", "buyer"]),
        OpenApiParameter("q", str, description="Part of a number, a reference or a company's name."),
    )

    def get(self, request: Request) -> Response:
        """Orders of your company as seller or buyer, newest first."""
        asked = request.query_params
        states, side = asked.getlist("state"), asked.get("side", "")
        if not set(states) <= set(OrderState.values):
            raise Invalid(fields={"state": _("There is no such state.")})
        if side not in ("", "seller", "buyer"):
            raise Invalid(fields={"side": _("Choose one from the list.")})
        page = list_orders_for(
            by=self.by,
            states=states,
            side=side,
            words=asked.get("q", "")[:100],
            cursor=asked.get("cursor", "")[:40],
            most=page_size(request),
        )
        shown = {"results": brief_views(page.orders, self.by), "next_cursor": page.next_cursor or None}
        return Response(OrderPageSerializer(shown).data)

    def post(self, request: Request) -> Response:
        """Begin a draft, with lines from your catalogue if you name products."""
        data = self.read_input()

        def run() -> tuple[int, dict[str, Any]]:
            order = create_draft(product_refs=data.get("products", ()), by=self.by, at=self.at)
            return 201, self.shown(order.reference)

        return self.answer_once(run)


class OrderView(OrderApiView):
    takes_version: ClassVar[bool] = True
    input_serializer = DraftStepsSerializer
    answers: ClassVar = {"GET": {200: OrderSerializer}, "PATCH": {200: OrderSerializer}}

    def get(self, request: Request, ref: str) -> Response:
        """One order, whole. The ETag is its version."""
        return with_version(Response(self.shown(ref)))

    def patch(self, request: Request, ref: str) -> Response:
        """Change any of the steps of a draft: all that you name is saved, or nothing."""
        order, seen = self.order(ref), self.seen_version()
        steps = steps_of(self.read_input())
        try:
            carry_out(save_steps, order_id=order.pk, seen_version=seen, steps=steps, by=self.by, at=self.at)
        except Invalid as refusal:
            raise Invalid(fields={place_of(name): words for name, words in refusal.fields.items()}) from refusal
        return with_version(Response(self.shown(ref)))


def steps_of(data: dict[str, Any]) -> Steps:
    """What a PATCH says, as the drafting actions take it. Raises Invalid for prices in several currencies."""
    lines = data.get("lines")
    delivery, payment = data.get("delivery"), data.get("payment")
    if delivery is not None and "delivery_basis" in delivery:
        delivery = {"basis": delivery["delivery_basis"]} | _without(delivery, "delivery_basis")
    if payment is not None and "instalments" in payment:
        payment = payment | {"instalments": [InstalmentInput(**part) for part in payment["instalments"]]}
    return Steps(
        parties=data.get("parties"),
        lines=None if lines is None else [_line(line) for line in lines],
        currency=_one_currency(lines or [], (payment or {}).get("currency", "")),
        delivery=delivery,
        trade_term=data.get("trade_term"),
        payment=payment,
    )


def _one_currency(lines: list[dict[str, Any]], currency: str) -> str:
    for place, line in enumerate(lines):
        currency = currency or line["unit_price"]["currency"]
        if line["unit_price"]["currency"] != currency:
            words = _("One order has one currency.")
            raise Invalid(fields={f"lines.{place}.unit_price.currency": words})
    return currency


def _line(line: dict[str, Any]) -> LineInput:
    values = _without(line, "unit_price", "product", "requirements")
    return LineInput(
        **values,
        unit_price_minor=line["unit_price"]["amount_minor"],
        product_ref=line.get("product", ""),
        requirements=[RequirementInput(**row) for row in line.get("requirements", ())],
    )


def _without(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def place_of(name: str) -> str:
    """Where a field of the drafting actions stands in a PATCH."""
    if name.startswith("lines"):
        return name.replace("unit_price_minor", "unit_price.amount_minor")
    step = STEP_OF_FIELD.get(name.split(".")[0])
    return f"{step}.{name}" if step else name


class OrderCopyView(OrderApiView):
    input_serializer = EmptySerializer
    answers: ClassVar = {"POST": {201: OrderSerializer}}

    def post(self, request: Request, ref: str) -> Response:
        """A new draft like this order, in whatever state it is. Dates that passed stay behind."""
        original = self.order(ref)
        self.read_input()

        def run() -> tuple[int, dict[str, Any]]:
            order = copy_order(order_id=original.pk, by=self.by, at=self.at)
            return 201, self.shown(order.reference)

        return self.answer_once(run)


class OrderTimelineView(OrderApiView):
    answers: ClassVar = {"GET": {200: TimelineSerializer}}

    def get(self, request: Request, ref: str) -> Response:
        """The order's story, oldest first."""
        return Response(TimelineSerializer({"results": timeline(self.order(ref))}).data)


class OrderDeadlinesView(OrderApiView):
    answers: ClassVar = {"GET": {200: DeadlinesSerializer}}

    def get(self, request: Request, ref: str) -> Response:
        """Every clock that runs, soonest first: who must act, by when, and what silence does."""
        return Response(DeadlinesSerializer({"results": deadlines_of(self.order(ref))}).data)


class OrderTermsView(OrderApiView):
    answers: ClassVar = {"GET": {200: TermsSerializer}}

    def get(self, request: Request, ref: str) -> Response:
        """What was offered last, whole, with its hash and signatures. 404 before the first offer."""
        terms = last_terms(self.order(ref))
        if terms is None:
            raise NotFound
        return Response(TermsSerializer(terms_view(terms)).data)


class OrderPaymentsView(OrderApiView):
    answers: ClassVar = {"GET": {200: OrderPaymentsSerializer}}

    def get(self, request: Request, ref: str) -> Response:
        """Every attempt to pay, newest first, at most 200."""
        order = self.order(ref)
        rows = list_payments(order.escrow_id) if order.escrow_id else []
        context = {"company_id": self.by.company_id}
        return Response(OrderPaymentsSerializer({"results": rows}, context=context).data)


class OrderLintView(OrderApiView):
    answers: ClassVar = {"GET": {200: LintSerializer}}

    def get(self, request: Request, ref: str) -> Response:
        """What stands against sending a draft, and what to think about first. For the seller."""
        order = self.order(ref)
        if side_of(self.by, order) != "seller":
            raise OtherSide
        findings = lint_order(order, at=self.at)
        totals = order_view(order, self.by, self.at)["totals"]
        shown = {"can_be_sent": not stops(findings), "totals": totals, "findings": findings}
        return Response(LintSerializer(shown, context={"currency": order.currency}).data)
