"""The buyer pays: choose a method, go to the gateway or wire, come back and see what arrived."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from core.errors import Refused
from orders.actions.funding import declare_wire
from orders.clocks import payment_clock
from orders.forms import DeclareWireForm, PayForm
from orders.pages.doors import OrderVerbPage, show_refusal
from orders.paying import method_offers, pay_instalment, payable_instalment
from payments.queries import InstalmentMoney


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
        if self.instalment is None:
            messages.info(request, str(_("Nothing is due from you now.")))
            return redirect("order", ref=ref)
        return super().get(request, ref, **kwargs)

    def post(self, request: HttpRequest, ref: str, **kwargs: Any) -> HttpResponse:
        form = self.make_form(request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        back = request.build_absolute_uri(reverse("order-pay", kwargs={"ref": ref}))
        try:
            payment = pay_instalment(
                order=self.order, method=form.cleaned_data["method"], return_url=back, by=self.by, at=self.at
            )
        except Refused as refusal:
            show_refusal(form, refusal)
            return self.show(form, status=refusal.status)
        if payment.secured_at is not None:
            messages.success(request, str(_("The payment arrived and is held.")))
            return redirect("order", ref=ref)
        if payment.checkout_url and payment.is_live:
            return redirect(payment.checkout_url)
        return redirect("order-pay", ref=ref)

    def form_arguments(self) -> dict[str, Any]:
        return {"methods": [(offer.method, offer.label) for offer in method_offers(self.order, self.instalment)]}

    def context(self) -> dict[str, Any]:
        return {
            "instalment": self.instalment,
            "offers": method_offers(self.order, self.instalment),
            "payment": self.instalment.live_payment if self.instalment else None,
            "deadline": payment_clock(self.order),
        }


class DeclareWirePage(OrderVerbPage):
    verb = "declare_wire"
    form_class = DeclareWireForm
    question = _("Tell that your wire is on its way")
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
