"""Pages of arrival, inspection and acceptance, and of ending an order early."""

from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core import deadlines
from core.templatetags.money import money_text
from orders.actions.cancellation import cancel_order
from orders.actions.receipt import accept_order, confirm_arrival, extend_inspection, tell_not_arrived
from orders.cancellation_terms import what_cancelling_means
from orders.forms import AcceptForm, ArrivalForm, CancelForm, NotArrivedForm, NothingToType
from orders.pages.doors import OrderVerbPage
from orders.pages.production import FolderPage
from orders.policies import may, side_of
from orders.process import CLOCKS
from payments.queries import held_minor_of


class ArrivalPage(FolderPage):
    verb = "confirm_arrival"
    form_class = ArrivalForm
    question = _("Confirm the arrival")
    explanation = _(
        "Confirm it once the goods can be opened. The time to inspect begins; if nothing happens until it ends, the "
        "goods count as accepted and the money goes to the seller."
    )
    confirm_label = _("The goods have arrived")
    done = _("The arrival is confirmed. The time to inspect runs.")

    def form_arguments(self) -> dict[str, Any]:
        return {"needs_proof": side_of(self.by, self.order) == "seller"}

    def act(self, data: dict[str, Any]) -> None:
        confirm_arrival(order_id=self.order.pk, proof_refs=data.get("proof", ()), by=self.by, at=self.at)


class NotArrivedPage(OrderVerbPage):
    verb = "not_arrived"
    form_class = NotArrivedForm
    question = _("The goods have not arrived")
    explanation = _(
        "Give the carrier's new date. The moment at which arrival is assumed moves with it, by at most 45 days in all."
    )
    confirm_label = _("Move the clock")
    done = _("The clock moved to the carrier's new date.")

    def context(self) -> dict[str, Any]:
        return {"deadline": deadlines.get(self.order, "arrival"), "deadline_label": _("Arrival is assumed")}

    def act(self, data: dict[str, Any]) -> None:
        tell_not_arrived(order_id=self.order.pk, new_eta=data["new_eta"], by=self.by, at=self.at)


class ExtendPage(OrderVerbPage):
    verb = "extend_inspection"
    form_class = NothingToType
    question = _("Extend the inspection by 15 days?")
    explanation = _("It can be done once. The money stays held meanwhile.")
    confirm_label = _("Extend by 15 days")
    done = _("The inspection is extended by 15 days.")

    def context(self) -> dict[str, Any]:
        return {"deadline": deadlines.get(self.order, "inspection"), "deadline_label": _("Inspection ends")}

    def act(self, data: dict[str, Any]) -> None:
        extend_inspection(order_id=self.order.pk, by=self.by, at=self.at)


class AcceptPage(OrderVerbPage):
    verb = "accept"
    form_class = AcceptForm
    template_name = "orders/accept.html"
    done = _("Accepted. The money is released to the seller.")

    @property
    def held(self) -> int:
        assert self.order.escrow_id is not None
        return held_minor_of(self.order.escrow_id)

    @property
    def question(self) -> str:  # type: ignore[override]
        return _now("Accept the goods and release the money?")

    @property
    def confirm_label(self) -> str:  # type: ignore[override]
        return _now("Accept and release %(amount)s") % {"amount": money_text(self.held, self.order.currency)}

    def form_arguments(self) -> dict[str, Any]:
        return {"initial": {"seen_minor": self.held}}

    def context(self) -> dict[str, Any]:
        may_extend = self.order.inspection_extended_at is None and may(self.by, "extend_inspection", self.order)
        return {
            "held_minor": self.held,
            "deadline": deadlines.get(self.order, "inspection"),
            "silence": CLOCKS["inspection"].silence,
            "may_extend": may_extend,
        }

    def act(self, data: dict[str, Any]) -> None:
        accept_order(order_id=self.order.pk, seen_minor=data["seen_minor"], by=self.by, at=self.at)


class CancelPage(OrderVerbPage):
    verb = "cancel"
    form_class = CancelForm
    template_name = "orders/cancel.html"
    question = _("Cancel this order?")
    confirm_label = _("Cancel the order")
    done = _("The order is cancelled.")
    danger = True

    def context(self) -> dict[str, Any]:
        return {"meaning": what_cancelling_means(self.order, side_of(self.by, self.order), self.at)}

    def act(self, data: dict[str, Any]) -> None:
        cancel_order(order_id=self.order.pk, reason=data["reason"], by=self.by, at=self.at)
