"""The six steps of a draft: each page saves its own part, in any order, as often as the seller likes."""

from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from catalog.queries import MOST_LISTED, list_products_for
from companies.gates import member_required
from companies.models import Company
from companies.queries import actor_of
from core import clock
from core.errors import Refused, Stale
from core.form_fields import add_refusal
from orders.actions.draft import copy_order, create_draft, save_delivery, save_parties, save_payment, save_trade_term
from orders.actions.offer import send_order
from orders.contract_terms import body_of
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
from orders.draft_parts import DraftParts, parts_of
from orders.forms import NothingToType
from orders.lint import Finding, lint_draft, stops
from orders.methods import offers_here, why_not_offered
from orders.models import Order
from orders.pages.doors import OrderVerbPage, begin_once, find_order, seen_version_of
from orders.pages.terms import agreed_context
from orders.queries import open_change_request
from orders.totals import Totals

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

    @cached_property
    def parts(self) -> DraftParts:
        return parts_of(self.order)

    @cached_property
    def found(self) -> list[Finding]:
        """All that the lint says of the draft."""
        return lint_draft(self.parts, at=self.at)

    @cached_property
    def totals(self) -> Totals:
        return self.parts.totals()

    def head(self) -> dict[str, Any]:
        """What every step shows: the bar, and what the buyer asked to change."""
        return {
            "nav": "orders",
            "step": self.step,
            "step_name": STEP_NAMES[self.step],
            "steps": steps_bar(self.order, self.step, self.found),
            "asked": open_change_request(self.order),
            "previous_url": step_url(self.order, self.step - 1) if self.step > 1 else "",
        }

    def context(self) -> dict[str, Any]:
        return {
            **self.head(),
            **self.findings(),
            "rows": [[self.form[name] for name in row] for row in self.field_rows],
        }

    def findings(self) -> dict[str, Any]:
        """What the lint says of this step. Of a step not filled in yet only what was typed and is wrong."""
        found = [each for each in self.found if each.step == self.step]
        missing = [each for each in stops(found) if self.is_unsaid(each)]
        warnings = [] if missing else [each for each in found if each.severity != "stop"]
        return {
            "stopping": [("", "", each) for each in stops(found) if each not in missing],
            "warnings": [("", "", each) for each in warnings],
        }

    def is_unsaid(self, finding: Finding) -> bool:
        """It speaks of what was never filled in; the form says itself that this is needed."""
        needed = getattr(self.form_class, "needed_to_send", ())
        return finding.field in needed and not getattr(self.order, finding.field)

    def seen(self) -> int:
        return seen_version_of(self.request) or 0

    def asked(self) -> dict[str, Any]:
        """What every saving action takes."""
        return {"order_id": self.order.pk, "seen_version": self.seen(), "by": self.by, "at": self.at}

    def make_form(self, data: Any = None) -> Any:
        self.form: Any = super().make_form(data)
        return self.form

    def look_again(self) -> None:
        """The draft is another now: read it anew."""
        for name in ("parts", "found", "totals"):
            vars(self).pop(name, None)

    def show_stale(self, form: Any, refusal: Stale) -> HttpResponse:
        """What was typed stays to be read, but pressing again overwrites nothing: the page is to be opened anew."""
        self.look_again()
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
        others = [offer.method for offer in offers_here() if offer.method not in self.order.methods]
        parts = self.totals.instalments
        found = [why_not_offered(method, self.order, self.parts.planned, parts, at=self.at) for method in others]
        return [words for each in found if each is not None for words in (each.message, each.explanation)]

    def is_unsaid(self, finding: Finding) -> bool:
        return super().is_unsaid(finding) or (finding.field == "instalments" and not self.parts.planned)

    def context(self) -> dict[str, Any]:
        return {**super().context(), "totals": self.totals}

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
        grouped = [(STEP_NAMES[each.step], step_url(self.order, each.step), each) for each in self.found]
        can_be_told = self.order.incoterm and self.order.transport_mode
        return {
            **super().context(),
            "stopping": [row for row in grouped if row[2].severity == "stop"],
            "warnings": [row for row in grouped if row[2].severity != "stop"],
            "totals": self.totals,
            "lines": list(zip(self.parts.lines, self.totals.lines_minor, strict=True)),
            **(agreed_context(body_of(self.parts, 1)) if can_be_told else {}),
        }

    def act(self, data: dict[str, Any]) -> None:
        send_order(**self.asked())


STEPS: dict[int, type[DraftPage]] = {1: PartiesPage, 3: DeliveryPage, 4: TradeTermPage, 5: PaymentPage}


def draft_step(request: HttpRequest, ref: str, step: int) -> HttpResponseBase:
    """The page of a step; steps 2 and 6 have addresses of their own."""
    page = STEPS.get(step)
    if page is None:
        return redirect("order-draft-products" if step == 2 else "order-draft-review", ref=ref)
    return page.as_view()(request, ref=ref)


def catalogue_context(request: HttpRequest, company: Company) -> dict[str, Any]:
    """What a draft can start from: the first by name, and more by a search."""
    search = " ".join(request.GET.get("q", "")[:100].split())
    return {"products": list_products_for(company, search=search), "search": search, "most_products": MOST_LISTED}


@member_required
def order_new(request: HttpRequest) -> HttpResponse:
    """GET explains and offers products to start from; POST begins the draft."""
    by = actor_of(request)
    if request.method != "POST":
        context = catalogue_context(request, request.company)  # type: ignore[attr-defined]
        return render(request, "orders/new.html", {**context, "nav": "orders"})
    refs = request.POST.getlist("product")
    try:
        ref = begin_once(request, by, "new", lambda: create_draft(product_refs=refs, by=by, at=clock.now()))
    except Refused as refusal:
        messages.error(request, str(refusal.words))
        return redirect("order-new")
    return redirect("order-draft", ref=ref, step=1)


@member_required
@require_POST
def order_copy(request: HttpRequest, ref: str) -> HttpResponse:
    order, by = find_order(request, ref)
    try:
        copied = begin_once(request, by, f"copy {ref}", lambda: copy_order(order_id=order.pk, by=by, at=clock.now()))
    except Refused as refusal:
        messages.error(request, str(refusal.words))
        return redirect("order", ref=ref)
    messages.success(request, str(_("A new draft like the earlier order. Look at the dates.")))
    return redirect("order-draft", ref=copied, step=1)
