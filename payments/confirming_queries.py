"""What a second treasurer reads of a statement file before confirming it, page by page. Amounts in minor units."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, OuterRef, Sum

from companies.models import User
from core.models import Transition
from payments.models import AheadPage, AheadStatement, StatementFile, StatementState

MOST = 200


@dataclass(frozen=True)
class AheadBlock:
    """A statement with those of its lines that stand on one page, as the reader gave them (dates as text)."""

    statement: AheadStatement
    lines: list[dict[str, Any]]


@dataclass(frozen=True)
class AheadTotal:
    """What a whole file says in one currency."""

    currency: str
    statements: int
    lines: int
    in_minor: int
    out_minor: int


@dataclass(frozen=True)
class Refusal:
    """A treasurer's word on this file, or on another one of the same days. `is_other`: on another one."""

    file: StatementFile
    is_other: bool
    by: User | None
    at: datetime
    why: str


def ahead_page_of(file: StatementFile, number: str | None) -> tuple[Page[Any], list[AheadBlock]]:
    """A page of all that the file says, and where among the pages it is. Reads that page only."""
    page = Paginator(AheadPage.objects.filter(file=file).order_by("number"), 1).get_page(number)
    blocks = [block for row in page.object_list for block in row.content]
    places = [block["statement"] for block in blocks]
    statements = {row.place: row for row in AheadStatement.objects.filter(file=file, place__in=places)}
    return page, [AheadBlock(statements[block["statement"]], block["lines"]) for block in blocks]


def ahead_totals_of(file: StatementFile) -> list[AheadTotal]:
    """Per currency, over all pages."""
    rows = AheadStatement.objects.filter(file=file).values_list("currency").order_by("currency")
    sums = rows.annotate(Count("pk"), Sum("lines"), Sum("in_minor"), Sum("out_minor"))
    return [AheadTotal(*row) for row in sums]


def refusals_of(file: StatementFile) -> list[Refusal]:
    """Who refused this file and why, whatever became of it since, and files of the same account and day; newest first.

    A forged file that was refused comes again with a blank more, under another hash.
    """
    days = AheadStatement.objects.filter(file=file)
    same_day = {name: OuterRef(name) for name in ("account", "currency", "closed_on")}
    others = AheadStatement.objects.filter(Exists(days.filter(**same_day))).values("file_id")
    ids = {file.pk, *others.values_list("file_id", flat=True).distinct()[:MOST]}
    steps = Transition.objects.filter(
        subject_type=StatementFile._meta.label_lower,
        subject_id__in=ids,
        source=StatementState.UNCONFIRMED,
        target=StatementState.QUARANTINED,
    ).order_by("-pk")[:MOST]
    files = StatementFile.objects.in_bulk([step.subject_id for step in steps])
    people = User.objects.in_bulk([step.user_id for step in steps if step.user_id])
    return [
        Refusal(
            file=files[step.subject_id],
            is_other=step.subject_id != file.pk,
            by=people.get(step.user_id or 0),
            at=step.at,
            why=step.why,
        )
        for step in steps
    ]
