"""The buyer's answer to an offer: read it, sign it, ask for changes, decline; and the seller taking it back."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from companies.gates import member_required
from core import deadlines
from core.actors import Actor
from core.errors import NotFound
from orders.actions.offer import confirm_order, decline_offer, request_changes, withdraw_offer
from orders.contract_pdf import contract_pdf
from orders.differences import compare_terms
from orders.draft_forms import ChangesForm, ConfirmForm
from orders.forms import NothingToType, ReasonForm
from orders.models import Order, Terms
from orders.offer_links import OfferClosed, order_behind
from orders.pages.doors import OrderVerbPage, find_order, zones_of
from orders.process import CLOCKS
from orders.queries import last_terms, terms_before
from orders.terms_words import EMPTY, Worded, delivery_words, words_of_line, words_of_requirement, words_of_terms
from payments.queries import funding_certificate


def terms_context(order: Order, terms: Terms, by: Actor | None = None) -> dict[str, Any]:
    """The offer as it will be signed, and what changed since the offer before."""
    earlier = terms_before(terms)
    answering = deadlines.get(order, "offer_open")
    return {
        "order": order,
        "terms": terms,
        "words": [each for each in words_of_terms(terms.body) if each.value != EMPTY],
        "goods": [goods_context(line, terms.body["currency"]) for line in terms.body["lines"]],
        "goods_leave": delivery_words(terms.body["delivery"]),
        "answer_by": answering.due_at if answering else None,
        "answer_silence": CLOCKS["offer_open"].silence,
        "differences": compare_terms(earlier, terms) if earlier else [],
        "nav": "orders",
        **zones_of(order, by),
    }


def goods_context(line: dict[str, Any], currency: str) -> dict[str, Any]:
    """A line of the terms, and its requirements: what is tested in one line, how in the next."""
    return {
        "name": line["name"],
        "amount_minor": line["amount_minor"],
        "told": [each for each in words_of_line(line, currency) if each.value != EMPTY and each.field != "name"],
        "requirements": [row | {"told": how_tested(row)} for row in line["requirements"]],
    }


def how_tested(row: dict[str, Any]) -> list[Worded]:
    in_title = ("attribute", "target", "tolerance", "unit")
    return [each for each in words_of_requirement(row) if each.value != EMPTY and each.field not in in_title]


class ReviewOfferPage(OrderVerbPage):
    """Everything the buyer signs, the differences to the last offer, and one button."""

    verb = "confirm"
    form_class = ConfirmForm
    template_name = "orders/review.html"
    question = _("Review the offer and sign")
    confirm_label = _("Sign and confirm the order")
    done = _("Signed. Now pay the first instalment: the platform holds the money.")

    def terms(self) -> Terms:
        terms = last_terms(self.order)
        if terms is None:
            raise Http404
        return terms

    def form_arguments(self) -> dict[str, Any]:
        return {"initial": {"terms_sha256": self.terms().sha256}}

    def context(self) -> dict[str, Any]:
        return terms_context(self.order, self.terms(), self.by)

    def act(self, data: dict[str, Any]) -> None:
        confirm_order(order_id=self.order.pk, terms_sha256=data["terms_sha256"], by=self.by, at=self.at)


class ChangesPage(OrderVerbPage):
    verb = "request_changes"
    form_class = ChangesForm
    question = _("Ask for changes")
    explanation = _(
        "Write what should be different, in one field or more. The seller changes the draft and sends a new offer, "
        "which shows every difference."
    )
    confirm_label = _("Send to the seller")
    done = _("The seller reads your comments and sends a new offer. The differences will be shown.")

    def make_form(self, data: Any = None) -> Any:
        self.form: Any = super().make_form(data)
        return self.form

    def act(self, data: dict[str, Any]) -> None:
        request_changes(order_id=self.order.pk, comments=self.form.comments(), by=self.by, at=self.at)


class DeclinePage(OrderVerbPage):
    verb = "decline"
    form_class = ReasonForm
    question = _("Decline this offer?")
    explanation = _("The order ends here; nothing is paid. To go on with other terms, ask for changes instead.")
    confirm_label = _("Decline the offer")
    done = _("Declined. The seller reads your reason.")
    danger = True

    def act(self, data: dict[str, Any]) -> None:
        decline_offer(order_id=self.order.pk, reason=data["reason"], by=self.by, at=self.at)


class WithdrawPage(OrderVerbPage):
    verb = "withdraw"
    form_class = NothingToType
    question = _("Take the offer back?")
    explanation = _("The buyer can't sign it any more. You can change it and send it again.")
    confirm_label = _("Take it back")
    done = _("The offer is a draft again. The buyer can't sign it any more.")

    def act(self, data: dict[str, Any]) -> None:
        withdraw_offer(order_id=self.order.pk, by=self.by, at=self.at)


def offer_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """The offer behind an e-mailed link: to read; signing needs an account with that address."""
    try:
        order = order_behind(token)
    except OfferClosed:
        return render(request, "errors/offer_closed.html", status=410)
    except NotFound as refusal:
        raise Http404 from refusal
    terms = last_terms(order)
    if terms is None:
        raise Http404
    context = {**terms_context(order, terms), "token": token}
    return render(request, "orders/offer.html", context)


@member_required
def contract(request: HttpRequest, ref: str) -> HttpResponse:
    """The contract as a PDF."""
    order, _by = find_order(request, ref)
    terms = last_terms(order)
    if terms is None:
        raise Http404
    answer = HttpResponse(contract_pdf(order, terms), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{order.number}.pdf"'
    return answer


@member_required
def certificate(request: HttpRequest, ref: str) -> HttpResponse:
    """What the seller may rely on: which money the platform holds, since when."""
    order, _by = find_order(request, ref)
    try:
        if order.escrow_id is None:
            raise NotFound
        data = funding_certificate(order.escrow_id)
    except NotFound as refusal:
        raise Http404 from refusal
    return render(request, "orders/certificate.html", {"order": order, "certificate": data, **zones_of(order)})
