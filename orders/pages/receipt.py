"""Pages of arrival, inspection and acceptance, and of ending an order early."""

from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core import deadlines
from core.templatetags.money import money_text
from orders.actions.cancellation import cancel_order
from orders.actions.receipt import accept_order, confirm_arrival, extend_inspection, tell_not_arrived
from orders.cancellation_terms import Meaning, Seen, what_cancelling_means
from orders.forms import AcceptForm, ArrivalForm, CancelForm, NotArrivedForm, NothingToType
from orders.models import OrderState
from orders.pages.doors import OrderVerbPage
from orders.pages.production import FolderPage
from orders.policies import may, side_of
from orders.process import CLOCKS, LATE_BUYER_MAY_CANCEL_DAYS
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
    confirm_label = _("Move the clock")
    done = _("The clock moved. The seller is told.")

    @property
    def contests(self) -> bool:
        """The seller alone said that the goods are there."""
        return self.order.state == OrderState.DELIVERED

    @property
    def explanation(self) -> str:  # type: ignore[override]
        if self.contests:
            return _now(
                "The seller reported the arrival. Say so if the goods are not there: the time to inspect then ends no "
                "sooner than if the seller had said nothing, and our staff look at the seller's proof."
            )
        return _now(
            "Give the carrier's new date. The moment at which arrival is assumed moves with it, at most 45 days in all."
        )

    def form_arguments(self) -> dict[str, Any]:
        return {"needs_date": not self.contests}

    def context(self) -> dict[str, Any]:
        if self.contests:
            return {"deadline": deadlines.get(self.order, "inspection"), "deadline_label": _("Inspection ends")}
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

    def meaning(self) -> Meaning:
        return what_cancelling_means(self.order, side_of(self.by, self.order), self.at)

    def form_arguments(self) -> dict[str, Any]:
        meaning = self.meaning()
        return {"initial": {"cause": meaning.cause, "seller_keeps_minor": meaning.seller_keeps_minor}}

    def context(self) -> dict[str, Any]:
        return {"meaning": self.meaning(), "late_days": LATE_BUYER_MAY_CANCEL_DAYS}

    def act(self, data: dict[str, Any]) -> None:
        seen = Seen(cause=data["cause"], seller_keeps_minor=data["seller_keeps_minor"])
        cancel_order(order_id=self.order.pk, reason=data["reason"], seen=seen, by=self.by, at=self.at)
