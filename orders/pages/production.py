"""Pages of the seller's work, and of the buyer's answers to it."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import BadRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core.errors import NotFound
from core.money import percent
from evidence.queries import list_documents_for
from orders.actions.production import approve_stage, book_carriage, challenge_stage, declare_ready, report_progress
from orders.actions.shipment import Dispatch, documents_needed, ship_order
from orders.forms import CarriageForm, NothingToType, ProgressForm, ReadyForm, ReasonForm, ShipForm
from orders.models import StageReport
from orders.pages.doors import OrderVerbPage
from orders.process import EARNED_BASIS_POINTS, Stage


class FolderPage(OrderVerbPage):
    """A form that offers documents of the order's folder, and a place to add more."""

    template_name = "orders/verb_with_documents.html"
    side_by_side: ClassVar[tuple[tuple[str, ...], ...]] = ()

    def make_form(self, data: Any = None) -> forms.Form:
        self.form = super().make_form(data)
        return self.form

    def context(self) -> dict[str, Any]:
        return {
            "folder": self.order.folder,
            "documents": list_documents_for(self.by, self.order.folder_id),
            "rows": self.rows(),
        }

    def rows(self) -> list[list[forms.BoundField]]:
        """The fields as they stand on the page."""
        paired = {name for row in self.side_by_side for name in row}
        alone = [(name,) for name in self.form.fields if name not in paired]
        return [[self.form[name] for name in row] for row in [*self.side_by_side, *alone]]


class ProgressPage(FolderPage):
    verb = "report_progress"
    form_class = ProgressForm
    question = _("Report progress")
    confirm_label = _("Report this stage")
    done = _("The stage is reported. It counts once the buyer approves it, or after 5 business days.")

    @property
    def explanation(self) -> str:  # type: ignore[override]
        words = _now(
            "If the buyer cancels, the last proven stage decides what you keep of the price, paid from what is held"
        )
        shares = (f"{Stage(stage).label} {percent(points)}" for stage, points in EARNED_BASIS_POINTS.items() if stage)
        return f"{words}: {', '.join(shares)}."

    def act(self, data: dict[str, Any]) -> None:
        report_progress(
            order_id=self.order.pk,
            stage=data["stage"],
            document_refs=data["documents"],
            note=data["note"],
            by=self.by,
            at=self.at,
        )


class ReadyPage(FolderPage):
    verb = "declare_ready"
    form_class = ReadyForm
    question = _("Declare the goods ready")
    explanation = _("The buyer is told. What is due on readiness has to be paid before you ship.")
    confirm_label = _("Declare ready")
    done = _("The goods are declared ready. The buyer is told what is due now.")

    def act(self, data: dict[str, Any]) -> None:
        declare_ready(
            order_id=self.order.pk,
            packed_refs=data["packed"],
            packing_list_refs=data["packing_list"],
            by=self.by,
            at=self.at,
        )


class ShipPage(FolderPage):
    verb = "ship"
    form_class = ShipForm
    side_by_side = (("carrier", "transport_number"), ("dispatched_on", "eta"), ("container", "seal"))
    question = _("Report the shipment")
    explanation = _("Report it once the goods are with the carrier. The buyer sees these documents.")
    confirm_label = _("Report as shipped")
    done = _("The goods are on the way. The buyer is told.")

    def form_arguments(self) -> dict[str, Any]:
        return {"roles": documents_needed(self.order)}

    def act(self, data: dict[str, Any]) -> None:
        dispatch = Dispatch(
            carrier=data["carrier"],
            transport_number=data["transport_number"],
            dispatched_on=data["dispatched_on"],
            eta=data["eta"],
            container=data["container"],
            seal=data["seal"],
        )
        papers = {role: data[role] for role in documents_needed(self.order)}
        ship_order(order_id=self.order.pk, dispatch=dispatch, documents=papers, by=self.by, at=self.at)


class CarriagePage(OrderVerbPage):
    verb = "book_carriage"
    form_class = CarriageForm
    question = _("Tell which carriage you booked")
    explanation = _("Under this trade term you book the carriage. The seller waits for it before shipping.")
    confirm_label = _("Tell the seller")
    done = _("The seller knows who collects the goods.")

    def act(self, data: dict[str, Any]) -> None:
        book_carriage(order_id=self.order.pk, note=data["note"], by=self.by, at=self.at)


class StagePage(OrderVerbPage):
    """A page about one reported stage of the order."""

    def report(self) -> StageReport:
        number = self.kwargs["number"]
        reports = StageReport.objects.filter(order=self.order).order_by("pk")
        if not 1 <= number <= 50:
            raise BadRequest("no such stage")
        report = reports[number - 1 : number].first()
        if report is None:
            raise NotFound
        return report

    def context(self) -> dict[str, Any]:
        return {"report": self.report()}


class ApproveStagePage(StagePage):
    verb = "approve_stage"
    form_class = NothingToType
    question = _("Approve this stage?")
    explanation = _("A proven stage decides what the seller keeps if you cancel. Look at its proof first.")
    confirm_label = _("Approve the stage")
    done = _("The stage is approved and counts from now.")

    def act(self, data: dict[str, Any]) -> None:
        approve_stage(order_id=self.order.pk, report_id=self.report().pk, by=self.by, at=self.at)


class ChallengeStagePage(StagePage):
    verb = "challenge_stage"
    form_class = ReasonForm
    question = _("Challenge this stage")
    explanation = _("Say what the proof does not show. A challenged stage doesn't count.")
    confirm_label = _("Challenge the stage")
    done = _("The stage is challenged and doesn't count. The seller reads your reason.")

    def act(self, data: dict[str, Any]) -> None:
        challenge_stage(
            order_id=self.order.pk, report_id=self.report().pk, reason=data["reason"], by=self.by, at=self.at
        )
