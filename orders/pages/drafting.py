"""The six steps of a draft: each page saves its own part, in any order, as often as the seller likes."""

from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from catalog.queries import list_products_for
from companies.gates import member_required
from companies.queries import actor_of
from core import clock
from core.actions import carry_out
from core.errors import Refused, Stale
from core.form_fields import add_refusal
from orders.actions.draft import copy_order, create_draft, save_delivery, save_parties, save_payment, save_trade_term
from orders.actions.offer import send_order
from orders.draft_forms import (
    DeliveryForm,
    PartiesForm,
    PaymentForm,
    TradeTermForm,
    initial_delivery,
    initial_parties,
    initial_payment,
    initial_trade_term,
)
from orders.forms import NothingToType
from orders.lint import Finding, lint_order, stops
from orders.methods import offers_here, why_not_offered
from orders.models import Order, PlannedInstalment
from orders.pages.doors import OrderVerbPage, find_order, seen_version_of
from orders.queries import last_terms, open_change_request, order_lines
from orders.totals import totals_of

STEP_NAMES: dict[int, Any] = {
    1: _("Parties"),
    2: _("Products"),
    3: _("Delivery time"),
    4: _("Trade term"),
    5: _("Payment"),
    6: _("Review and send"),
}


def step_url(order: Order, step: int) -> str:
    if step == 2:
        return reverse("order-draft-products", kwargs={"ref": order.reference})
    if step == 6:
        return reverse("order-draft-review", kwargs={"ref": order.reference})
    return reverse("order-draft", kwargs={"ref": order.reference, "step": step})


def steps_bar(order: Order, current: int, findings: list[Finding]) -> list[dict[str, Any]]:
    """The bar on top: what is complete, what still needs something."""
    wrong = {finding.step for finding in stops(findings)}

    def state(step: int) -> str:
        if step == current:
            return "current"
        if step == 6:
            return "todo"
        return "todo" if step in wrong else "done"

    return [{"label": name, "state": state(step), "url": step_url(order, step)} for step, name in STEP_NAMES.items()]


def draft_context(order: Order, step: int) -> dict[str, Any]:
    """What every step shows: the bar, what the lint says of this step, and what the buyer asked to change."""
    findings = lint_order(order, at=clock.now())
    return {
        "nav": "orders",
        "step": step,
        "step_name": STEP_NAMES[step],
        "steps": steps_bar(order, step, findings),
        "asked": open_change_request(order),
        "previous_url": step_url(order, step - 1) if step > 1 else "",
    }


class DraftPage(OrderVerbPage):
    """One step: what was typed is saved, then the next step opens."""

    verb = "draft"
    template_name = "orders/draft_step.html"
    question = _("Draft")
    confirm_label = _("Save and go on")
    done = _("Saved.")
    step: ClassVar[int]
    field_rows: ClassVar[tuple[tuple[str, ...], ...]] = ()
    keeps_typed: ClassVar[bool] = True
    """False where nothing is typed: the page then shows the present state, and can be sent again."""
    initial: ClassVar[Any]
    """From an order to what the form shows first; a static method."""

    def form_arguments(self) -> dict[str, Any]:
        return {"initial": type(self).initial(self.order)}

    def next_url(self) -> str:
        return step_url(self.order, self.step + 1)

    def context(self) -> dict[str, Any]:
        return {
            **draft_context(self.order, self.step),
            **self.findings(),
            "rows": [[self.form[name] for name in row] for row in self.field_rows],
        }

    def findings(self) -> dict[str, Any]:
        """What the lint says of this step. Of a step not filled in yet only what was typed and is wrong."""
        needed = getattr(self.form_class, "needed_to_send", ())
        found = [each for each in lint_order(self.order, at=self.at) if each.step == self.step]
        missing = [each for each in stops(found) if each.field in needed and not getattr(self.order, each.field)]
        warnings = [] if missing else [each for each in found if each.severity != "stop"]
        return {
            "stopping": [("", "", each) for each in stops(found) if each not in missing],
            "warnings": [("", "", each) for each in warnings],
        }

    def seen(self) -> int:
        return seen_version_of(self.request) or 0

    def asked(self) -> dict[str, Any]:
        """What every saving action takes."""
        return {"order_id": self.order.pk, "seen_version": self.seen(), "by": self.by, "at": self.at}

    def make_form(self, data: Any = None) -> Any:
        self.form: Any = super().make_form(data)
        return self.form

    def show_stale(self, form: Any, refusal: Stale) -> HttpResponse:
        """What was typed stays to be read, but pressing again overwrites nothing: the page is to be opened anew."""
        if not self.keeps_typed:
            return super().show_stale(form, refusal)
        self.seen_again = self.seen()
        add_refusal(form, refusal)
        return self.show(form, status=refusal.status)


class PartiesPage(DraftPage):
    form_class = PartiesForm
    field_rows = (("buyer_email",), ("buyer_company_name",), ("seller_ref", "buyer_ref"), ("language", "governing_law"))
    step = 1
    initial = staticmethod(initial_parties)

    def act(self, data: dict[str, Any]) -> None:
        save_parties(parties=self.form.content(), **self.asked())


class DeliveryPage(DraftPage):
    form_class = DeliveryForm
    field_rows = (("basis",), ("ship_date",), ("ship_days",), ("price_valid_until",))
    step = 3
    initial = staticmethod(initial_delivery)

    def act(self, data: dict[str, Any]) -> None:
        save_delivery(delivery=self.form.content(), **self.asked())


class TradeTermPage(DraftPage):
    form_class = TradeTermForm
    field_rows = (
        ("incoterm", "transport_mode"),
        ("named_place",),
        ("consignee",),
        ("freight_note",),
        ("documents_promised",),
        ("inspection_booked_by", "inspection_paid_by"),
        ("inspection_passes",),
        ("inspection_days",),
    )
    step = 4
    initial = staticmethod(initial_trade_term)

    def act(self, data: dict[str, Any]) -> None:
        save_trade_term(term=self.form.content(), **self.asked())


class PaymentPage(DraftPage):
    form_class = PaymentForm
    field_rows = (("currency", "deposit_percent"), ("methods",), ("bank_charges",))
    step = 5
    initial = staticmethod(initial_payment)

    def form_arguments(self) -> dict[str, Any]:
        return {**super().form_arguments(), "notes": self.methods_not_offered()}

    def methods_not_offered(self) -> list[Any]:
        """Why a method that somebody takes here can't be taken for this order. Of chosen ones the lint tells."""
        planned = list(PlannedInstalment.objects.filter(order=self.order))
        others = [offer.method for offer in offers_here() if offer.method not in self.order.methods]
        found = [why_not_offered(method, self.order, planned, at=self.at) for method in others]
        return [words for each in found if each is not None for words in (each.message, each.explanation)]

    def context(self) -> dict[str, Any]:
        return {**super().context(), "totals": totals(self.order)}

    def act(self, data: dict[str, Any]) -> None:
        save_payment(terms=self.form.content(), **self.asked())


class ReviewPage(DraftPage):
    """Step 6: everything once more, what still stops the sending, and what it costs."""

    verb = "send"
    form_class = NothingToType
    template_name = "orders/draft_review.html"
    keeps_typed = False
    confirm_label = _("Sign and send the offer")
    done = _("The offer is signed and on its way to the buyer.")
    step = 6

    def form_arguments(self) -> dict[str, Any]:
        return {}

    def next_url(self) -> str:
        return reverse("order", kwargs={"ref": self.order.reference})

    def context(self) -> dict[str, Any]:
        findings = lint_order(self.order, at=self.at)
        grouped = [(STEP_NAMES[each.step], step_url(self.order, each.step), each) for each in findings]
        return {
            **super().context(),
            "stopping": [row for row in grouped if row[2].severity == "stop"],
            "warnings": [row for row in grouped if row[2].severity != "stop"],
            "totals": totals(self.order),
            "lines": list(zip(order_lines(self.order), totals(self.order).lines_minor, strict=True)),
            "terms": last_terms(self.order),
        }

    def act(self, data: dict[str, Any]) -> None:
        send_order(**self.asked())


def totals(order: Order) -> Any:
    return totals_of(order, order_lines(order), list(PlannedInstalment.objects.filter(order=order)))


STEPS: dict[int, type[DraftPage]] = {1: PartiesPage, 3: DeliveryPage, 4: TradeTermPage, 5: PaymentPage}


def draft_step(request: HttpRequest, ref: str, step: int) -> HttpResponseBase:
    """The page of a step; steps 2 and 6 have addresses of their own."""
    page = STEPS.get(step)
    if page is None:
        return redirect("order-draft-products" if step == 2 else "order-draft-review", ref=ref)
    return page.as_view()(request, ref=ref)


@member_required
def order_new(request: HttpRequest) -> HttpResponse:
    """GET explains and offers products to start from; POST begins the draft."""
    by = actor_of(request)
    if request.method != "POST":
        products = list_products_for(request.company)  # type: ignore[attr-defined]
        return render(request, "orders/new.html", {"products": products, "nav": "orders"})
    try:
        order = carry_out(create_draft, product_refs=request.POST.getlist("product"), by=by, at=clock.now())
    except Refused as refusal:
        messages.error(request, str(refusal.words))
        return redirect("order-new")
    return redirect("order-draft", ref=order.reference, step=1)


@member_required
@require_POST
def order_copy(request: HttpRequest, ref: str) -> HttpResponse:
    order, by = find_order(request, ref)
    try:
        copied = carry_out(copy_order, order_id=order.pk, by=by, at=clock.now())
    except Refused as refusal:
        messages.error(request, str(refusal.words))
        return redirect("order", ref=ref)
    messages.success(request, str(_("A new draft like the earlier order. Look at the dates.")))
    return redirect("order-draft", ref=copied.reference, step=1)
