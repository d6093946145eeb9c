"""The buyer's answer to an offer: read it, sign it, ask for changes, decline; and the seller taking it back."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from companies.gates import member_required
from core.errors import NotFound
from orders.actions.offer import confirm_order, decline_offer, request_changes, withdraw_offer
from orders.contract_pdf import contract_pdf
from orders.draft_forms import ChangesForm, ConfirmForm
from orders.forms import NothingToType, ReasonForm
from orders.models import Terms
from orders.offer_links import OfferClosed, order_behind
from orders.pages.doors import OrderVerbPage, find_order, zones_of
from orders.pages.terms import terms_context
from orders.queries import last_terms
from payments.queries import funding_certificate


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

    def over_words(self) -> Any:
        if self.order.confirmed_at is None:
            return ""
        return _("This order is signed already. The page shows how things stand now.")

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
    answer = render(request, "orders/offer.html", context)
    # Whoever holds the address reads it; neither caches nor search engines shall.
    answer["Cache-Control"] = "private, no-store"
    answer["X-Robots-Tag"] = "noindex, nofollow"
    return answer


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
