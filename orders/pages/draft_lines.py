"""Step 2: the products of a draft, one page a line, with their testable requirements."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.forms import tell_of_rows
from core.errors import Invalid, Refused, Stale
from core.form_fields import add_refusal
from orders.actions.draft import add_products, as_input, save_lines
from orders.draft_forms import LineForm, initial_line, initial_requirements, requirement_rows
from orders.drafting import LineInput
from orders.forms import NothingToType
from orders.models import OrderLine
from orders.pages.doors import do_once
from orders.pages.drafting import DraftPage, catalogue_context, step_url
from orders.queries import order_lines


class ProductsPage(DraftPage):
    """The list of lines; add from the catalogue, open one, take one out."""

    form_class = NothingToType
    template_name = "orders/draft_products.html"
    keeps_typed = False
    step = 2

    def form_arguments(self) -> dict[str, Any]:
        return {}

    def next_url(self) -> str:
        return step_url(self.order, 2)

    def context(self) -> dict[str, Any]:
        return {
            **self.head(),
            **self.findings(),
            "lines": list(zip(self.parts.lines, self.totals.lines_minor, strict=True)),
            "totals": self.totals,
            **catalogue_context(self.request, self.order.seller),
            "next_url": step_url(self.order, 3),
        }

    def act(self, data: dict[str, Any]) -> None:
        taken_out = self.request.POST.get("remove", "")
        if taken_out:
            kept = [as_input(line) for line in order_lines(self.order) if str(line.position) != taken_out]
            save_lines(currency=self.order.currency, lines=kept, **self.asked())
            return
        refs = self.request.POST.getlist("product")
        if not refs:
            raise Invalid(_("Choose at least one product, or add one by hand."))
        add_products(product_refs=refs, **self.asked())


class LinePage(DraftPage):
    """One line: what, how much, for how much, and what can be tested about it."""

    form_class = LineForm
    template_name = "orders/draft_line.html"
    step = 2

    @property
    def place(self) -> int:
        """The line's position; 0 for a new one."""
        return int(self.kwargs.get("place", 0))

    def line(self) -> OrderLine | None:
        if not self.place:
            return None
        found = next((line for line in self.parts.lines if line.position == self.place), None)
        if found is None:
            raise Http404
        return found

    def next_url(self) -> str:
        return reverse("order-draft-products", kwargs={"ref": self.order.reference})

    def form_arguments(self) -> dict[str, Any]:
        line = self.line()
        initial = initial_line(line, self.order.currency) if line else {"price_basis": 1, "quantity": "1"}
        return {"initial": initial, "currency": self.order.currency}

    def context(self) -> dict[str, Any]:
        line = self.line()
        rows = getattr(self, "typed_rows", None)
        if rows is None:
            rows = requirement_rows()(initial=initial_requirements(line) if line else [])
        return {**self.head(), "rows": rows, "line": line, "list_url": self.next_url()}

    def post(self, request: HttpRequest, ref: str, **kwargs: Any) -> HttpResponse:
        form = self.make_form(request.POST)
        if "more" in request.POST:
            return self.show_more(request)
        self.typed_rows = requirement_rows(0)(request.POST)
        if not (form.is_valid() & self.typed_rows.is_valid()):
            tell_of_rows(form, self.typed_rows)
            return self.show(form, status=422)
        try:
            do_once(request, self.order, "draft_line", lambda: self.act(form.cleaned_data))
        except Stale as refusal:
            return self.show_stale(form, refusal)
        except Refused as refusal:
            self.show_line_refusal(form, refusal)
            return self.show(form, status=refusal.status)
        messages.success(request, str(self.done))
        return redirect(self.next_url())

    def show_more(self, request: HttpRequest) -> HttpResponse:
        """Blank rows more; what was typed stays."""
        wider = request.POST.copy()
        asked = wider.get("form-TOTAL_FORMS", "0")
        wider["form-TOTAL_FORMS"] = str(min(int(asked) + 2, 42) if asked.isdigit() and len(asked) < 4 else 2)
        self.typed_rows = requirement_rows(0)(wider)
        form = LineForm(initial=request.POST.dict(), currency=self.order.currency)
        return self.show(form)

    def act(self, data: dict[str, Any]) -> None:
        old = self.line()
        product_ref = old.product.reference if old and old.product else ""
        line = self.form.content([row.content() for row in self.typed_rows.kept()], product_ref)
        lines = [as_input(each) for each in order_lines(self.order)]
        save_lines(currency=self.order.currency, lines=self.with_line(lines, line), **self.asked())

    def with_line(self, lines: list[LineInput], line: LineInput) -> list[LineInput]:
        if not self.place:
            return [*lines, line]
        return [line if place == self.place else each for place, each in enumerate(lines, start=1)]

    def show_line_refusal(self, form: Any, refusal: Refused) -> None:
        """Name the field of this line as this page names it."""
        if not isinstance(refusal, Invalid):
            add_refusal(form, refusal)
            return
        names = {"quantity_thousandths": "quantity", "unit_price_minor": "price"}
        for path, words in refusal.fields.items():
            parts = path.split(".")
            if "requirements" in parts and len(parts) >= 5:
                kept = self.typed_rows.kept()
                row = int(parts[3])
                if row < len(kept):
                    kept[row].add_error(parts[4] if parts[4] in kept[row].fields else None, str(words))
                form.add_error(None, str(_("Look at the marked requirements.")))
                continue
            name = names.get(parts[-1], parts[-1])
            form.add_error(name if name in form.fields else None, str(words))
        if not refusal.fields:
            form.add_error(None, str(refusal.words))
