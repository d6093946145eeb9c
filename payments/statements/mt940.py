"""MT940: fields to statements. The grammar of each field is that of the library mt-940.

Its own `parse` keeps the whole file, guesses where it is in doubt and does not add up; so framing, pages and sums are
here, and a field that its grammar refuses refuses the file.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from mt940 import tags

from core.money import CURRENCIES
from payments.statements.limits import LONGEST_INFORMATION
from payments.statements.lines import Part, Parts, StatementBegin, StatementLine
from payments.statements.mt940_fields import END, Field, fields_of
from payments.statements.mt940_lines import line_of
from payments.statements.refusals import unreadable
from payments.statements.running import Running
from payments.statements.text_lines import TextLine
from payments.statements.values import (
    MARK_OF_SWIFT,
    balance_minor,
    digits_behind,
    held_currency,
    short_date,
    short_text,
)

BALANCE = tags.BalanceBase().re
STATEMENT_NUMBER = tags.StatementNumber().re


def read_mt940(lines: Iterator[TextLine]) -> Parts:
    """All statements of a file. Pages (60M, 62M) are joined to the statement that they belong to."""
    reader, at_line = _Reader(), 0
    for found in fields_of(lines):
        at_line = found.at_line
        yield from reader.take(found)
    reader.check_end(at_line)


@dataclass(frozen=True, slots=True)
class _Balance:
    minor: int
    currency: str
    on: date


@dataclass(slots=True)
class _Header:
    """What stands before the opening balance of a page."""

    account: str = ""
    number: str = ""
    sequence: int | None = None
    interim: bool = False


@dataclass(slots=True)
class _Reader:
    """`header` is set from :20: to the opening balance; `running` from 60F to 62F; `page_open` from 60 to 62.

    `booking` waits for its `details`, which are `said` characters so far.
    """

    header: _Header | None = None
    running: Running | None = None
    page_open: bool = False
    sequence: int | None = None
    booking: Field | None = None
    details: list[Field] = field(default_factory=list)
    said: int = 0

    def take(self, found: Field) -> Iterator[Part]:
        act = ACTS.get(found.tag)
        if found.tag in ENDS_BOOKING and self.booking:
            yield self._line(self.booking)
        if act:
            part = act(self, found)
            if part:
                yield part

    def check_end(self, at_line: int) -> None:
        """The file is over: every statement is at its end, its last page included."""
        if self.header or self.running or self.booking:
            raise unreadable("cut_off", at_line)

    def begin(self, found: Field) -> None:
        if self.page_open or self.header:
            raise unreadable("cut_off", found.at_line)
        self.header = _Header()

    def account(self, found: Field) -> None:
        if self.header is None:
            self.begin(found)
        header = self._header(found)
        if header.account:
            raise unreadable("out_of_place", found.at_line, found=":25:")
        header.account = short_text(found.lines[0], found.at_line)

    def statement_number(self, found: Field) -> None:
        header = self._header(found)
        header.number = short_text(found.lines[0], found.at_line)
        parts = STATEMENT_NUMBER.match(header.number)
        if parts and "/" in header.number and parts["sequence_number"]:
            header.sequence = int(parts["sequence_number"])

    def interim(self, found: Field) -> None:
        if self.header:
            self.header.interim = True

    def open(self, found: Field) -> StatementBegin:
        header, opening = self._header(found), _balance(found)
        if not header.account:
            raise unreadable("missing_field", found.at_line, found=":25:")
        if self.running:
            raise unreadable("page_missing", found.at_line)
        begin = StatementBegin(
            account=_bare_account(header.account, opening.currency, found.at_line),
            currency=opening.currency,
            number=header.number,
            opening_minor=opening.minor,
            opened_on=opening.on,
        )
        self.running = Running.of(begin)
        self._page(header)
        return begin

    def open_page(self, found: Field) -> None:
        header, opening = self._header(found), _balance(found)
        running = self.running
        if not running or opening.minor != running.balance_minor or not self._follows(header):
            raise unreadable("page_missing", found.at_line)
        if opening.currency != running.currency:
            raise unreadable("other_currency", found.at_line, found=opening.currency, currency=running.currency)
        if _bare_account(header.account, running.currency, found.at_line) != running.account:
            raise unreadable("other_account", found.at_line, found=header.account)
        self._page(header)

    def book(self, found: Field) -> None:
        if not self.page_open:
            interim = self.header and self.header.interim
            raise unreadable("interim_report" if interim else "out_of_place", found.at_line, found=":61:")
        self.booking = found

    def detail(self, found: Field) -> None:
        """Information on a booking; outside of one it is about the statement, and dropped."""
        if not self.booking:
            return
        self.details.append(found)
        self.said += sum(len(line) + 1 for line in found.lines)
        if self.said > LONGEST_INFORMATION:
            raise unreadable("too_long", found.at_line)

    def close_page(self, found: Field) -> None:
        self._closed(found)

    def close(self, found: Field) -> Part:
        running, closing = self._closed(found)
        self.running = None
        return running.end(closing.minor, closing.on, found.at_line)

    def end_message(self, found: Field) -> None:
        if self.page_open or self.header:
            raise unreadable("cut_off", found.at_line)

    def _header(self, found: Field) -> _Header:
        if self.header is None:
            raise unreadable("cut_off" if self.page_open else "out_of_place", found.at_line, found=f":{found.tag}:")
        return self.header

    def _page(self, header: _Header) -> None:
        self.header, self.page_open, self.sequence = None, True, header.sequence

    def _follows(self, header: _Header) -> bool:
        """Banks number the pages one up, or all alike."""
        if header.sequence is None or self.sequence is None:
            return True
        return header.sequence - self.sequence in (0, 1)

    def _closed(self, found: Field) -> tuple[Running, _Balance]:
        if not self.page_open or not self.running:
            raise unreadable("out_of_place", found.at_line, found=f":{found.tag}:")
        closing = _balance(found)
        if closing.currency != self.running.currency:
            raise unreadable("other_currency", found.at_line, found=closing.currency, currency=self.running.currency)
        self.running.check_balance(closing.minor, found.at_line)
        self.page_open = False
        return self.running, closing

    def _line(self, booking: Field) -> StatementLine:
        assert self.running
        line = line_of(booking, self.details, self.running.currency)
        self.booking, self.details, self.said = None, [], 0
        return self.running.add(line)


ACTS: dict[str, Callable[[_Reader, Field], Part | None]] = {
    "20": _Reader.begin,
    "25": _Reader.account,
    "25P": _Reader.account,
    "28": _Reader.statement_number,
    "28C": _Reader.statement_number,
    "34F": _Reader.interim,
    "13D": _Reader.interim,
    "60": _Reader.open,
    "60F": _Reader.open,
    "60M": _Reader.open_page,
    "61": _Reader.book,
    "86": _Reader.detail,
    "NS": _Reader.detail,
    "62": _Reader.close,
    "62F": _Reader.close,
    "62M": _Reader.close_page,
    END: _Reader.end_message,
}
ENDS_BOOKING = frozenset(ACTS) - {"86", "NS"}


def _balance(found: Field) -> _Balance:
    """A balance, signed. One that the end of the file may have shortened is no balance."""
    text, *more = found.lines
    parts = BALANCE.fullmatch(text.rstrip())
    if not parts or not parts["currency"].isalpha() or not text.isascii() or any(line.strip() for line in more):
        raise unreadable("wrong_field" if found.ended else "cut_off", found.at_line, found=text)
    currency = held_currency(parts["currency"].upper(), found.at_line)
    if not found.ended and digits_behind(parts["amount"], MARK_OF_SWIFT) < CURRENCIES[currency]:
        raise unreadable("cut_off", found.at_line)
    minor = balance_minor(parts["amount"], currency, found.at_line, mark=MARK_OF_SWIFT)
    on = short_date(parts["year"], parts["month"], parts["day"], found.at_line)
    return _Balance(minor if parts["status"].upper() == "C" else -minor, currency, on)


def _bare_account(account: str, currency: str, at_line: int) -> str:
    """The account without the currency that some banks write behind it; that must be the balance's."""
    bare = account[:-3].rstrip(" /")
    if account[-3:] == currency and bare:
        return bare
    if account[-3:] in CURRENCIES and account[-4:-3] in (" ", "/"):
        raise unreadable("other_currency", at_line, found=account[-3:], currency=currency)
    return account
