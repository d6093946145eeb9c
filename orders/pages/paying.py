"""The buyer pays: choose a method, go to the gateway or wire, come back and see what arrived."""

from typing import Any

from django.contrib import messages
from django.forms import HiddenInput
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from companies.gates import member_required
from core import clock
from core.errors import Refused
from core.form_fields import add_refusal
from core.money import format_money
from orders.actions.funding import declare_wire
from orders.clocks import payment_clock
from orders.forms import DeclareWireForm, PayForm
from orders.pages.doors import OrderVerbPage, find_order
from orders.paying import (
    WireOpen,
    ask_about_open_payment,
    method_offers,
    pay_instalment,
    payable_instalment,
    payment_held,
    wire_given_up,
)
from orders.policies import may
from orders.process import CLOCKS, WIRE_TAKES_DAYS
from orders.slip_pdf import send_by, slip_pdf
from orders.wire_notes import wire_notes
from payments.models import Method, Payment, PaymentState
from payments.queries import InstalmentMoney, money_of

FAILURES: dict[str, Any] = {
    "card_declined": _("The card was declined."),
    "insufficient_funds": _("The card has not enough funds."),
    "payment_intent_payment_attempt_failed": _("Your bank refused the payment."),
    "authentication_failed": _("The card's owner was not confirmed by the code."),
}


INSTEAD_OF_WIRE: dict[str, Any] = {
    Method.CARD: _("Give up the wire, pay by card"),
    Method.TRANSFER: _("Give up the wire, pay by online transfer"),
}


def failure_words(instalment: InstalmentMoney) -> Any:
    """Why the last attempt failed; empty while another one runs, or when none failed."""
    last = instalment.last_payment
    if instalment.live_payment or last is None or last.state not in (PaymentState.FAILED, PaymentState.EXPIRED):
        return ""
    return FAILURES.get(last.failure_code, _("The bank refused it."))


class PayPage(OrderVerbPage):
    """What is due, what each method costs and takes, the bank's details with copy buttons, and by when to send."""

    verb = "pay"
    form_class = PayForm
    template_name = "orders/pay.html"
    question = _("Pay this instalment")
    confirm_label = _("Go on to pay")

    @cached_property
    def instalment(self) -> InstalmentMoney | None:
        return payable_instalment(self.order)

    def get(self, request: HttpRequest, ref: str, **kwargs: Any) -> HttpResponse:
        returned = "returned" in request.GET
        if returned and self.instalment is not None and may(self.by, self.verb, self.order):
            ask_about_open_payment(order=self.order, by=self.by, at=self.at)
            self.look_again()
        if self.instalment is None:
            payment = payment_held(self.order) if returned else None
            return self.arrived(payment) if payment else self.nothing_due()
        return super().get(request, ref, **kwargs)

    def look_again(self) -> None:
        """The money may have moved: read it anew."""
        vars(self).pop("instalment", None)

    def nothing_due(self) -> HttpResponse:
        messages.info(self.request, str(_("Nothing is due from you now.")))
        return redirect("order", ref=self.order.reference)

    def arrived(self, payment: Payment) -> HttpResponse:
        amount = format_money(payment.left_minor, self.order.currency)
        messages.success(self.request, _now("%(amount)s arrived. The platform holds it.") % {"amount": amount})
        return redirect("order", ref=self.order.reference)

    def refuse_early(self) -> HttpResponse | None:
        """Paid meanwhile, perhaps by a second click: that is good news and no refusal."""
        return self.nothing_due() if self.instalment is None else super().refuse_early()

    def post(self, request: HttpRequest, ref: str, **kwargs: Any) -> HttpResponse:
        form = self.make_form(request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        back = request.build_absolute_uri(reverse("order-pay", kwargs={"ref": ref})) + "?returned=1"
        try:
            payment = pay_instalment(order=self.order, **form.cleaned_data, return_url=back, by=self.by, at=self.at)
        except WireOpen:
            return redirect("order-pay-instead", ref=ref, method=form.cleaned_data["method"])
        except Refused as refusal:
            self.look_again()
            if self.instalment is None:
                messages.error(request, str(refusal.words))
                return redirect("order", ref=ref)
            add_refusal(form, refusal)
            return self.show(form, status=refusal.status)
        if payment.secured_at is not None:
            return self.arrived(payment)
        if payment.checkout_url and payment.is_live:
            return redirect(payment.checkout_url)
        return redirect("order-pay", ref=ref)

    def form_arguments(self) -> dict[str, Any]:
        quoted = method_offers(self.order, self.instalment)
        return {"methods": [(each.offer.method, each.offer.label) for each in quoted]}

    def context(self) -> dict[str, Any]:
        assert self.instalment is not None
        payment = self.instalment.live_payment
        open_wire = payment.method if payment and payment.bank_details else ""
        offers = [] if payment and payment.counts_as_wire else method_offers(self.order, self.instalment)
        deadline = payment_clock(self.order)
        return {
            "instalment": self.instalment,
            "offers": [each for each in offers if each.offer.method != open_wire],
            "payment": payment,
            "failed": failure_words(self.instalment),
            "deadline": deadline,
            "send_by": send_by(self.order) if Method.WIRE in self.order.methods else None,
            "wire_takes_days": WIRE_TAKES_DAYS,
            "silence": CLOCKS[deadline.kind].silence if deadline else "",
            "wire_notes": wire_notes(money_of(self.order.escrow_id)) if self.order.escrow_id else [],
        }


class PayInsteadPage(OrderVerbPage):
    """Between an open wire and another method: the buyer may have sent it, and reads what becomes of it then.

    Its button goes to the pay page with the wire's name; nothing is done here.
    """

    verb = "pay"
    http_method_names = ("get", "head")
    template_name = "orders/pay_instead.html"
    question = _("Have you sent the wire already?")
    confirm_label = _("Give up the wire, pay another way")

    def get(self, request: HttpRequest, ref: str, **kwargs: Any) -> HttpResponse:
        method = kwargs["method"]
        self.instalment = payable_instalment(self.order)
        self.wire = wire_given_up(self.instalment, method)
        offers = method_offers(self.order, self.instalment)
        self.quoted = next((each for each in offers if each.offer.method == method), None)
        if self.wire is None or self.quoted is None or self.wire.counts_as_wire:
            return redirect("order-pay", ref=ref)
        return super().get(request, ref)

    def make_form(self, data: Any = None) -> PayForm:
        assert self.quoted is not None and self.wire is not None
        offer = self.quoted.offer
        form = PayForm(
            methods=[(offer.method, offer.label)],
            initial={"method": offer.method, "instead_of": self.wire.reference},
        )
        form.fields["method"].widget = HiddenInput()
        return form

    def context(self) -> dict[str, Any]:
        assert self.quoted is not None and self.wire is not None
        back = reverse("order-pay", kwargs={"ref": self.order.reference})
        can_declare = self.order.wire_declared_at is None and may(self.by, "declare_wire", self.order)
        return {
            "quoted": self.quoted,
            "wire": self.wire,
            "can_declare": can_declare,
            "action_url": back,
            "back_url": back,
            "back_label": _("Keep the wire"),
            "confirm_label": INSTEAD_OF_WIRE.get(self.quoted.offer.method, self.confirm_label),
        }


@require_safe
@member_required
def remittance_slip(request: HttpRequest, ref: str) -> HttpResponse:
    """What the buyer's bank must be told, as a PDF to print. Only for those who may pay, while a wire is open."""
    order, by = find_order(request, ref)
    instalment = payable_instalment(order)
    payment = instalment.live_payment if instalment else None
    if payment is None or not payment.bank_details or not may(by, "pay", order):
        raise Http404
    answer = HttpResponse(slip_pdf(order, payment, at=clock.now()), content_type="application/pdf")
    name = f"{order.number}-{payment.bank_details['reference']}"
    answer["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return answer


class DeclareWirePage(OrderVerbPage):
    verb = "declare_wire"
    form_class = DeclareWireForm
    question = _("Tell that your wire is on its way")
    explanation = _("Your time to pay becomes 5 days longer, once. Only money that arrives counts as paid.")
    confirm_label = _("Declare the wire")
    done = _("Thank you. Your time to pay is longer by 5 days. The money counts once it arrives.")

    def form_arguments(self) -> dict[str, Any]:
        instalment = payable_instalment(self.order)
        return {"currency": self.order.currency, "due_minor": instalment.missing_minor if instalment else 0}

    def make_form(self, data: Any = None) -> DeclareWireForm:
        made = super().make_form(data)
        assert isinstance(made, DeclareWireForm)
        self.bound = made
        return made

    def act(self, data: dict[str, Any]) -> None:
        declare_wire(
            order_id=self.order.pk,
            sent_on=data["sent_on"],
            amount_minor=self.bound.amount_minor(),
            bank_reference=data["bank_reference"],
            document_ref="",
            by=self.by,
            at=self.at,
        )
