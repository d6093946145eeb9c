"""Statements and their lines, written in batches while a file is being read: memory holds one batch, never the file."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date

from django.conf import settings
from django.db import connection
from django.db.models import Max

from core.alarms import clear_alarms, raise_alarm
from core.money import CURRENCIES, MAX_MINOR, format_money
from payments.actions.statement_chain import goes_on_from
from payments.bank_references import squeezed
from payments.models import BankLine, BankStatement, StatementFile
from payments.statements.fingerprints import fingerprint
from payments.statements.lines import Part, StatementBegin, StatementEnd, StatementLine, Unreadable

BATCH = 500
GAP_ALARM = "statement_gap"
WATCHED = 200
"""So many of an account's newest statements are looked at for gaps."""

SHORTEST_ACCOUNT = 8


@dataclass
class LineWriter:
    """Takes the parts of a file in their order. Must run inside the action that reads it, which reads alone."""

    file: StatementFile
    lines: int = 0
    statements: list[tuple[str, str]] = field(default_factory=list)
    _begin: StatementBegin | None = None
    _statement_id: int = 0
    _earlier: list[int] = field(default_factory=list)
    _waiting: list[BankLine] = field(default_factory=list)

    def take(self, part: Part) -> None:
        """Raises Unreadable for a line that the books can't hold, an account not ours, a statement not of the chain."""
        if isinstance(part, StatementBegin):
            self._begin = replace(part, account=own_account(part))
            self._statement_id, self._earlier = _next_statement_id(), _earlier_of(self._begin)
        elif isinstance(part, StatementLine):
            assert self._begin is not None
            check_line(part, self._begin)
            self.lines += 1
            self._waiting.append(self._row(part, self._begin.account))
            if len(self._waiting) == BATCH:
                self._flush()
        else:
            self._end(part)

    def _row(self, line: StatementLine, account: str) -> BankLine:
        return BankLine(
            file=self.file,
            statement_id=self._statement_id,
            place=self.lines,
            at_line=max(line.at_line, 0),
            direction=line.direction,
            amount_minor=line.amount_minor,
            currency=line.currency,
            booked_on=line.booked_on,
            value_on=line.value_on,
            bank_reference=line.bank_reference[:140],
            end_to_end=line.end_to_end[:140],
            remittance=line.remittance,
            counterparty_name=line.counterparty_name[:200],
            counterparty_account=line.counterparty_account[:60],
            code=line.code[:60],
            is_return=line.is_return,
            fingerprint=fingerprint(account, line),
        )

    def _flush(self) -> None:
        seen = self._counts_so_far()
        for row in self._waiting:
            seen[row.fingerprint] += 1
            row.nth = seen[row.fingerprint]
        known = self._known_before()
        for row in self._waiting:
            row.repeats_id = known.get((row.fingerprint, row.nth))
        BankLine.objects.bulk_create(self._waiting)
        self._waiting = []

    def _counts_so_far(self) -> Counter[str]:
        """How many lines like these came before: in this statement, and in those of which it is the next.

        Banks that give no reference book equal lines in two statements of one day, and both count.
        """
        marks = [row.fingerprint for row in self._waiting]
        before = BankLine.objects.filter(fingerprint__in=marks, statement_id__in=[*self._earlier, self._statement_id])
        return Counter(dict(before.values_list("fingerprint").annotate(Max("nth"))))

    def _known_before(self) -> dict[tuple[str, int], int]:
        marks = [row.fingerprint for row in self._waiting]
        known = BankLine.objects.filter(fingerprint__in=marks, repeats__isnull=True)
        return {(mark, nth): pk for mark, nth, pk in known.values_list("fingerprint", "nth", "pk")}

    def _end(self, part: StatementEnd) -> None:
        assert self._begin is not None
        if self._waiting:
            self._flush()
        begin = self._begin
        statement = BankStatement(
            pk=self._statement_id,
            file=self.file,
            account=begin.account,
            currency=begin.currency,
            number=begin.number[:40],
            opening_minor=begin.opening_minor,
            opened_on=begin.opened_on,
            closing_minor=part.closing_minor,
            closed_on=part.closed_on,
            lines=part.lines,
        )
        statement.goes_on_from_minor = goes_on_from(statement)
        statement.save(force_insert=True)
        self.statements.append((begin.account, begin.currency))
        self._begin = None

    def watch_gaps(self) -> None:
        """Alarm staff where a statement doesn't begin with what an earlier one ended with; clear what is mended."""
        for account, currency in sorted(set(self.statements)):
            for statement, missing in _gaps(account, currency):
                if missing:
                    opening = format_money(statement.opening_minor, currency, "en")
                    words = f"{statement} begins with {opening}, and no statement before it ends so"
                    raise_alarm(GAP_ALARM, "payments.bankstatement", statement.pk, words)
                else:
                    clear_alarms(GAP_ALARM, "payments.bankstatement", statement.pk)


def check_has_statement(found: bool) -> None:
    """Raises Unreadable."""
    if not found:
        raise Unreadable("no_statement", "no statement stands in this file")


def _next_statement_id() -> int:
    """Lines name their statement before its closing balance is known, and a statement is written once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('payments_bankstatement', 'id'))")
        return int(cursor.fetchone()[0])


def own_account(begin: StatementBegin) -> str:
    """The account of the platform's own that a statement is of, spelled as the settings do, however the file does.

    Formats write it whole, with its currency behind it, or its tail only. Another's money is none of ours:
    raises Unreadable.
    """
    ours, theirs = squeezed(settings.BANK_ACCOUNTS.get(begin.currency, "")), squeezed(begin.account)
    is_part = len(theirs) >= SHORTEST_ACCOUNT and ours.endswith(theirs)
    if not ours or not (theirs in (ours, ours + begin.currency) or is_part):
        words = f"{begin.account} in {begin.currency} is no account of ours; BANK_ACCOUNTS lists them"
        raise Unreadable("not_our_account", words)
    return ours[:60]


def _earlier_of(begin: StatementBegin) -> list[int]:
    """The statements of the same days that end, one after the other, where this one begins.

    One that begins where a known one did repeats it, and has the same before it. Statements of a day must come in
    their order; where they don't, equal lines without a reference count as repeats, and the self-check says so.
    """
    known = BankStatement.objects.filter(account=begin.account, currency=begin.currency)
    rows = list(known.filter(closed_on__gte=begin.opened_on).order_by("-closed_on", "-pk")[:WATCHED])
    twins = [row.pk for row in rows if row.opening_minor == begin.opening_minor]
    rows = [row for row in rows if not twins or row.pk < min(twins)]
    found: list[int] = []
    ends, passed = {begin.opening_minor}, {begin.opening_minor}
    while ends:
        before = [row for row in rows if row.closing_minor in ends and row.opening_minor != row.closing_minor]
        found += [row.pk for row in before]
        ends = {row.opening_minor for row in before} - passed
        passed |= ends
    return found


def check_line(line: StatementLine, begin: StatementBegin) -> None:
    """The books can hold it. Raises Unreadable."""
    if line.currency != begin.currency or line.currency not in CURRENCIES:
        words = f"a line in {line.currency} in a statement in {begin.currency}"
        raise Unreadable("currency_differs", words, at_line=line.at_line)
    if not 0 < line.amount_minor <= MAX_MINOR:
        raise Unreadable("amount_out_of_range", "the amount is over what the books hold", at_line=line.at_line)
    if not date(2000, 1, 1) <= line.booked_on <= date(2999, 12, 31):
        raise Unreadable("date_out_of_range", f"booked on {line.booked_on}", at_line=line.at_line)


def _gaps(account: str, currency: str) -> list[tuple[BankStatement, bool]]:
    """The newest statements of an account, oldest first, and whether what comes before each is missing.

    One that overlaps an earlier one misses nothing; those of the first day have nothing before them. One that came in
    two formats counts once: they don't agree on the day of the opening balance, which is the day before in some.
    """
    newest = BankStatement.objects.filter(account=account, currency=currency).order_by("-closed_on", "-pk")[:WATCHED]
    rows: dict[tuple[object, ...], BankStatement] = {}
    again: list[BankStatement] = []
    for row in sorted(newest, key=lambda row: (row.opened_on, row.closed_on, row.pk)):
        known = rows.setdefault((row.opening_minor, row.closing_minor, row.closed_on, row.lines), row)
        again += [row] if known is not row else []
    known_rows = list(rows.values())
    return [*((row, not _continues(row, known_rows)) for row in known_rows), *((row, False) for row in again)]


def _continues(row: BankStatement, rows: list[BankStatement]) -> bool:
    """Whether it is of the first day of all, or another one ends where it begins, begins as it does, or overlaps it."""
    if row.opened_on == rows[0].opened_on:
        return True
    others = [other for other in rows if other.pk != row.pk and other.opened_on <= row.opened_on]
    return any(
        other.closing_minor == row.opening_minor
        or row.opened_on < other.closed_on
        or (other.opened_on, other.opening_minor, other.pk < row.pk) == (row.opened_on, row.opening_minor, True)
        for other in others
    )
