"""The seller makes the goods: stages with proof, and readiness."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from core import deadlines
from core.actions import action
from core.actors import Actor
from core.errors import Invalid, NotFound, Refused
from core.events import publish
from core.states import move
from core.text_rules import check_text
from evidence.models import Document
from evidence.queries import list_sealed
from orders.cancellation_terms import open_reports, prove_until, settles_at
from orders.clocks import calendar_of, start_clock
from orders.duties import lost_minor, owes_booking, owes_payment, settle_duties, stop_ship_clock
from orders.events import CarriageBooked, OrderReady, ProgressReported, StageApproved, StageChallenged, StageCounted
from orders.locks import lock_order
from orders.models import Cancellation, Order, OrderState, Stage, StageProof, StageReport
from orders.policies import check_may
from orders.process import CLOCKS
from payments.actions.escrow import make_due

ORDER_OF_STAGES = list(Stage)
MOST_REPORTS = 45
"""Of one order; readiness and shipment add theirs. Pages and the API can name fifty."""


class FundingIsLost(Refused):
    code = "funding_lost"
    message = _(
        "The buyer's bank took a payment back. Keep the goods until the page says that the money is held again."
    )


class StageNotLater(Refused):
    code = "stage_not_later"
    message = _("This stage or a later one was reported already. Report the next one.")


class TooManyReports(Refused):
    code = "too_many_reports"
    message = _("Many stages of this order were reported and challenged. Write to the platform's staff.")


class ProvingIsOver(Refused):
    code = "proving_is_over"
    message = _("The 3 business days to prove a later stage after the cancellation are over.")


class NotToBeJudged(Refused):
    code = "stage_already_judged"
    message = _("This stage counts already, or was challenged already.")


@action
def report_progress(
    *, order_id: int, stage: str, document_refs: Sequence[str], note: str, by: Actor, at: datetime
) -> StageReport:
    """The seller says that a stage is reached, with at least one sealed document of the order's folder as proof.

    It counts once the buyer approves it or 5 business days of the buyer pass unchallenged. Possible while in
    production, and on a cancelled order until its money is divided. Raises StageNotLater, TooManyReports, Invalid.
    Locks: the order.
    """
    order = lock_order(order_id)
    check_may(by, "report_progress", order)
    if stage not in Stage.values:
        raise Invalid(fields={"stage": _("Choose one of the stages.")})
    note = check_text(note, "note", 2000)
    if order.state == OrderState.CANCELLED:
        _check_provable(order, at)
    if StageReport.objects.filter(order=order).count() >= MOST_REPORTS:
        raise TooManyReports
    last = last_reported(order)
    if last is not None and ORDER_OF_STAGES.index(Stage(stage)) <= ORDER_OF_STAGES.index(Stage(last.stage)):
        raise StageNotLater
    documents = sealed_documents(order, document_refs, field="documents")
    report = add_report(order, stage, documents, note=note, by=by, at=at)
    _touch(order)
    _set_division(order, at)
    publish(ProgressReported(order_id=order.pk, report_id=report.pk, stage=stage, at=at))
    return report


def sealed_documents(order: Order, refs: Sequence[str], *, field: str, side: str = "seller") -> list[Document]:
    """A side's own sealed documents of the order; Invalid beside `field` when one is missing or being checked.

    What the other side put into the folder proves nothing for this one.
    """
    if not refs:
        raise Invalid(fields={field: _("Choose at least one document from the order's folder.")})
    documents = list_sealed(folder_id=order.folder_id, refs=refs, field=field)
    own_id = order.seller_id if side == "seller" else order.buyer_id
    if any(document.uploaded_by_company_id != own_id for document in documents):
        raise Invalid(fields={field: _("Choose documents that your own company has uploaded.")})
    return documents


def add_report(
    order: Order, stage: str, documents: Sequence[Document], *, note: str, by: Actor, at: datetime
) -> StageReport:
    """Write the report, its proofs and the buyer's clock to challenge it. The caller holds the order's lock."""
    report = StageReport.objects.create(
        order=order, stage=stage, note=note, reported_at=at, reported_by_id=by.user_id or 0
    )
    StageProof.objects.bulk_create([StageProof(report=report, document=document) for document in documents])
    due_at = calendar_of(order, "buyer").after_business_days(at, CLOCKS["stage_unchallenged"].days)
    deadlines.schedule(report, "stage_unchallenged", due_at)
    return report


@action
def approve_stage(*, order_id: int, report_id: int, by: Actor, at: datetime) -> StageReport:
    """The buyer agrees: the stage counts from now. Locks: the order."""
    order, report = _lock_to_judge(order_id, report_id, by, "approve_stage")
    _count(report, "approved", at)
    deadlines.cancel(report)
    _touch(order)
    _set_division(order, at)
    publish(StageApproved(order_id=order.pk, report_id=report.pk, stage=report.stage, at=at))
    return report


@action
def challenge_stage(*, order_id: int, report_id: int, reason: str, by: Actor, at: datetime) -> StageReport:
    """The buyer disagrees, with a reason: the stage does not count. Locks: the order."""
    order, report = _lock_to_judge(order_id, report_id, by, "challenge_stage")
    report.challenge = check_text(reason, "reason", 2000)
    if not report.challenge:
        raise Invalid(fields={"reason": _("Say what is wrong with the proof, so that the seller can answer.")})
    report.challenged_at = at
    report.save()
    deadlines.cancel(report)
    _touch(order)
    _set_division(order, at)
    publish(StageChallenged(order_id=order.pk, report_id=report.pk, stage=report.stage, at=at))
    return report


@action
def count_unchallenged_stage(*, subject_id: int, at: datetime) -> None:
    """Silence of the buyer for 5 business days: the stage counts. `subject_id` is the report's. Locks: the order."""
    report = lock_report(subject_id)
    if report.counted_at is None and report.challenged_at is None:
        _count_by_silence(report, at)
        _touch(lock_order(report.order_id))


def count_due_reports(order: Order, *, at: datetime) -> None:
    """Count reports whose time to be challenged is over and whose own clock hasn't run yet. The order is locked."""
    for report in open_reports(order):
        running = deadlines.get(report, "stage_unchallenged")
        if running is not None and running.due_at <= at:
            _count_by_silence(report, running.due_at)
            deadlines.cancel(report)


def lock_report(report_id: int) -> StageReport:
    """Lock the report's order, which all writers of reports hold."""
    report = StageReport.objects.get(pk=report_id)
    lock_order(report.order_id)
    return StageReport.objects.get(pk=report_id)


@action
def declare_ready(
    *,
    order_id: int,
    packed_refs: Sequence[str],
    packing_list_refs: Sequence[str],
    by: Actor,
    at: datetime,
) -> Order:
    """IN_PRODUCTION -> READY with proof of the packed goods and the packing list.

    Starts what falls due on readiness and, under E and F terms, the buyer's clock to book carriage; while the buyer
    owes either, the seller's ship clock stands still. Raises FundingIsLost while money that was held is gone.
    Locks: order, escrow, instalments.
    """
    order = lock_order(order_id)
    check_may(by, "declare_ready", order)
    if lost_minor(order):
        raise FundingIsLost
    packed = sealed_documents(order, packed_refs, field="packed")
    lists = sealed_documents(order, packing_list_refs, field="packing_list")
    assert order.escrow_id is not None
    make_due(escrow_id=order.escrow_id, due_on="readiness", by=by, at=at)
    add_report(order, Stage.PACKED, list(dict.fromkeys([*packed, *lists])), note="", by=by, at=at)
    order.wire_declared_at = None
    order.version += 1
    move(order.declare_ready, by=by, at=at)
    owed = [("ready_payment", owes_payment(order)), ("carriage_booking", owes_booking(order))]
    for kind in [kind for kind, owes in owed if owes]:
        start_clock(order, kind, at=at)
    if any(owes for _kind, owes in owed):
        start_clock(order, "buyer_refused", at=at)
        stop_ship_clock(order, at=at)
    publish(OrderReady(order_id=order.pk, at=at))
    return order


@action
def book_carriage(*, order_id: int, note: str, by: Actor, at: datetime) -> Order:
    """The buyer names the carrier and the booking, under E and F terms; the seller's ship clock goes on.

    Locks: the order.
    """
    order = lock_order(order_id)
    check_may(by, "book_carriage", order)
    note = check_text(note, "note", 500)
    if not note:
        raise Invalid(fields={"note": _("Name the carrier and the booking number, so that the seller can hand over.")})
    order.carriage_booked_at, order.carriage_note = at, note
    settle_duties(order, at=at)
    _touch(order)
    publish(CarriageBooked(order_id=order.pk, at=at))
    return order


def last_reported(order: Order) -> StageReport | None:
    return StageReport.objects.filter(order=order, challenged_at__isnull=True).order_by("-id").first()


def _lock_to_judge(order_id: int, report_id: int, by: Actor, verb: str) -> tuple[Order, StageReport]:
    order = lock_order(order_id)
    check_may(by, verb, order)
    report = StageReport.objects.filter(pk=report_id, order=order).first()
    if report is None:
        raise NotFound
    if report.counted_at is not None or report.challenged_at is not None:
        raise NotToBeJudged
    return order, report


def _check_provable(order: Order, at: datetime) -> None:
    assert order.ended_at is not None
    if at > prove_until(order, order.ended_at):
        raise ProvingIsOver


def _set_division(order: Order, at: datetime) -> None:
    """After a report came or was judged on a locked cancelled order: say anew when its money is divided.

    Where nothing is left to wait for, that is now.
    """
    if order.state != OrderState.CANCELLED:
        return
    cancellation = Cancellation.objects.get(order=order)
    cancellation.settle_at = max(settles_at(order, cancellation.at), at)
    cancellation.save()
    running = deadlines.get(order, "cancellation_settles")
    if running is not None and running.due_at > cancellation.settle_at:
        deadlines.schedule(order, "cancellation_settles", cancellation.settle_at, replace=True)


def _count(report: StageReport, why: str, at: datetime) -> None:
    report.counted_at, report.counted_why = at, why
    report.save()


def _count_by_silence(report: StageReport, at: datetime) -> None:
    _count(report, "unchallenged", at)
    publish(StageCounted(order_id=report.order_id, report_id=report.pk, stage=report.stage, at=at))


def _touch(order: Order) -> None:
    order.version += 1
    order.save()
