"""Reported stages as the order page shows them: the proof, and until when the buyer may challenge it."""

from dataclasses import dataclass
from datetime import datetime

from core import deadlines
from core.actors import Actor
from evidence.models import Document
from orders.cancellation_terms import prove_until
from orders.models import Cancellation, Order, StageProof, StageReport
from orders.policies import may
from orders.process import may_try


@dataclass(frozen=True)
class ReportRow:
    """A reported stage with its proof. `counts_at`: when it counts unless it is challenged before, while it matters."""

    report: StageReport
    proofs: list[Document]
    counts_at: datetime | None
    may_judge: bool


def report_rows(order: Order, by: Actor, cancellation: Cancellation | None) -> list[ReportRow]:
    """Oldest first. Two statements, and what `may` asks."""
    # No report is without a proof, so that one query brings both.
    reports: dict[int, StageReport] = {}
    proofs: dict[int, list[Document]] = {}
    for proof in StageProof.objects.filter(report__order=order).select_related("report", "document").order_by("pk"):
        reports.setdefault(proof.report_id, proof.report)
        proofs.setdefault(proof.report_id, []).append(proof.document)
    due = _counting_at(reports) if _still_matter(order, cancellation) else {}
    may_judge = bool(due) and may(by, "approve_stage", order)
    return [ReportRow(report, proofs[report.pk], due.get(report.pk), may_judge) for report in reports.values()]


def _still_matter(order: Order, cancellation: Cancellation | None) -> bool:
    """Until the goods are on their way, or the money of a cancelled order is divided."""
    divided = cancellation is not None and cancellation.settled_at is not None
    return may_try(order.state, "challenge_stage", "buyer") and not divided


def _counting_at(reports: dict[int, StageReport]) -> dict[int, datetime]:
    open_ids = [report.pk for report in reports.values() if not report.counted_at and not report.challenged_at]
    return deadlines.due_of(StageReport, open_ids, "stage_unchallenged") if open_ids else {}


def next_to_judge(rows: list[ReportRow]) -> ReportRow | None:
    """The reported stage that counts soonest unless the buyer challenges it."""
    waiting = [(row.counts_at, place) for place, row in enumerate(rows) if row.counts_at]
    return rows[min(waiting)[1]] if waiting else None


def time_to_prove(order: Order, cancellation: Cancellation | None, at: datetime) -> datetime | None:
    """Until when the seller of a cancelled order may prove a later stage; None once that is over."""
    if cancellation is None or cancellation.settled_at is not None:
        return None
    until = prove_until(order, cancellation.at)
    return until if at <= until else None
