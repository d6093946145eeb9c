"""What a second treasurer compares with the bank's own pages: kept when a file is read ahead, page by page."""

from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from payments.actions.statement_lines import check_has_statement, check_line, own_account
from payments.models import AheadPage, AheadStatement, StatementFile
from payments.statements.chunks import open_stored
from payments.statements.lines import Part, StatementBegin, StatementEnd, StatementLine
from payments.statements.reading import read_statements

PER_PAGE = 100
"""So many lines, and statements that begin, stand on a page."""

BATCH = 20


def read_ahead(file: StatementFile) -> None:
    """Find what can be wrong with a file by itself, and keep what it says for the page that asks a second treasurer.

    Nothing of it counts. Memory holds some pages, never the file. Runs in the action that holds the file's lock.
    Raises Unreadable.
    """
    forget(file)
    AheadStatement.objects.filter(file=file).delete()
    writer = _PageWriter(file)
    for part in read_statements(open_stored(file.pk), file_name=file.file_name):
        writer.take(part)
    check_has_statement(writer.statement > 0)
    writer.finish()


def forget(file: StatementFile) -> None:
    """Its lines are in the books, or nobody will be asked: the pages are of no more use."""
    AheadPage.objects.filter(file=file).delete()


@dataclass
class _PageWriter:
    file: StatementFile
    statement: int = 0
    _begin: StatementBegin | None = None
    _totals: Counter[str] = field(default_factory=Counter)
    _blocks: list[dict[str, Any]] = field(default_factory=list)
    _on_page: int = 0
    _number: int = 0
    _pages: list[AheadPage] = field(default_factory=list)
    _ended: list[AheadStatement] = field(default_factory=list)

    def take(self, part: Part) -> None:
        """Raises Unreadable for a line that the books can't hold, or an account that is not ours."""
        if isinstance(part, StatementBegin):
            self._begin, self._totals = replace(part, account=own_account(part)), Counter()
            self.statement += 1
            self._turn_when_full()
            self._blocks.append({"statement": self.statement, "lines": []})
            self._on_page += 1
        elif isinstance(part, StatementLine):
            assert self._begin is not None
            check_line(part, self._begin)
            self._turn_when_full()
            self._totals[part.direction] += part.amount_minor
            if not self._blocks:
                self._blocks.append({"statement": self.statement, "lines": []})
            self._blocks[-1]["lines"].append(asdict(part))
            self._on_page += 1
        else:
            self._end(part)

    def finish(self) -> None:
        self._turn()
        self._flush()

    def _end(self, part: StatementEnd) -> None:
        assert self._begin is not None
        self._ended.append(
            AheadStatement(
                file=self.file,
                place=self.statement,
                account=self._begin.account,
                currency=self._begin.currency,
                number=self._begin.number[:40],
                opening_minor=self._begin.opening_minor,
                opened_on=self._begin.opened_on,
                closing_minor=part.closing_minor,
                closed_on=part.closed_on,
                lines=part.lines,
                in_minor=self._totals["in"],
                out_minor=self._totals["out"],
            )
        )

    def _turn_when_full(self) -> None:
        if self._on_page == PER_PAGE:
            self._turn()

    def _turn(self) -> None:
        self._number += 1
        self._pages.append(AheadPage(file=self.file, number=self._number, content=self._blocks))
        self._blocks, self._on_page = [], 0
        if len(self._pages) == BATCH:
            self._flush()

    def _flush(self) -> None:
        AheadPage.objects.bulk_create(self._pages)
        AheadStatement.objects.bulk_create(self._ended)
        self._pages, self._ended = [], []
