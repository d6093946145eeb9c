"""Our own CSV, to which any bank's export can be mapped. docs/statement-files.md has it for people.

One line is one row; a cell holds no line break. Cells are text and stay text: nothing in them is ever a formula.
"""

import csv
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from core.money import CURRENCIES
from payments.statements.lines import Parts, StatementBegin, StatementLine
from payments.statements.refusals import unreadable
from payments.statements.running import Running
from payments.statements.text_lines import TextLine
from payments.statements.values import (
    balance_minor,
    booking_minor,
    digits_behind,
    held_currency,
    iso_date,
    remittance_text,
    short_text,
)

DELIMITERS = ",;"
MARKS = {"amount": ".", "amount_comma": ","}
"""The name of the column says its decimal mark; nothing is guessed."""

REQUIRED = ("row", "account", "currency", "booked_on")
OPTIONAL = (
    "number",
    "value_on",
    "bank_reference",
    "end_to_end",
    "counterparty_name",
    "counterparty_account",
    "code",
    "remittance",
    "is_return",
)
OF_BOOKINGS = OPTIONAL[1:]
"""Empty on the rows of balances."""

YES_NO = {"": False, "no": False, "yes": True}


class Row(NamedTuple):
    """Cells by name. `mark` is the decimal one; `ended` as of the line."""

    at_line: int
    mark: str
    cells: dict[str, str]
    ended: bool

    def text(self, name: str) -> str:
        return self.cells.get(name, "").strip()

    def short(self, name: str) -> str:
        return short_text(self.cells.get(name, ""), self.at_line)


def is_rows(head: bytes) -> bool:
    """Whether the first line is a header of ours."""
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")[0].decode("ascii", "ignore")
    cells = first.replace('"', "").replace(";", ",").split(",")
    return "row" in [cell.strip() for cell in cells]


def read_rows(lines: Iterator[TextLine]) -> Parts:
    """All statements of a file: `opening`, its `booking` rows, `closing`, in this order."""
    running: Running | None = None
    at_line = 0
    for row in _rows(lines):
        kind, at_line = row.text("row"), row.at_line
        if (kind == "opening") == (running is not None) or kind not in ("opening", "booking", "closing"):
            raise unreadable("cut_off" if kind == "opening" else "out_of_place", at_line, found=kind)
        if running is None:
            begin = _opening(row)
            running = Running.of(begin)
            yield begin
            continue
        _check_same(row, running)
        if kind == "booking":
            yield running.add(_booking(row, running.currency))
        else:
            yield running.end(_balance(row, running.currency), _booked_on(row), at_line)
            running = None
    if running:
        raise unreadable("cut_off", at_line)


def _rows(lines: Iterator[TextLine]) -> Iterator[Row]:
    """Every row but empty ones. All are as wide as the header."""
    names: list[str] = []
    delimiter = mark = ""
    for number, text, ended in lines:
        if not text.strip():
            continue
        if not names:
            delimiter = max(DELIMITERS, key=text.count)
            names = [name.strip() for name in _cells(text, delimiter, number)]
            mark = _check_names(names, number)
            continue
        cells = _cells(text, delimiter, number)
        if len(cells) != len(names):
            raise unreadable("wrong_field" if ended else "cut_off", number, found=text)
        yield Row(number, mark, dict(zip(names, cells, strict=True)), ended)


def _cells(text: str, delimiter: str, number: int) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        raise unreadable("wrong_field", number, found=text) from None


def _check_names(names: list[str], number: int) -> str:
    """The decimal mark, once the names are known, complete and each there once."""
    for name in names:
        if name not in (*REQUIRED, *OPTIONAL, *MARKS) or names.count(name) > 1:
            raise unreadable("unknown_column", number, found=name)
    amounts = [name for name in MARKS if name in names]
    missing = [name for name in REQUIRED if name not in names]
    if missing or len(amounts) != 1:
        raise unreadable("missing_field", number, found=missing[0] if missing else "amount")
    return MARKS[amounts[0]]


def _opening(row: Row) -> StatementBegin:
    currency = held_currency(row.text("currency"), row.at_line)
    account = row.short("account")
    if not account:
        raise unreadable("missing_field", row.at_line, found="account")
    return StatementBegin(
        account=account,
        currency=currency,
        number=row.short("number"),
        opening_minor=_balance(row, currency),
        opened_on=_booked_on(row),
    )


def _booking(row: Row, currency: str) -> StatementLine:
    sign, amount = _signed(row)
    value_on, returned = row.text("value_on"), row.text("is_return").lower()
    if returned not in YES_NO:
        raise unreadable("wrong_field", row.at_line, found=f"is_return {returned}")
    return StatementLine(
        at_line=row.at_line,
        direction="in" if sign > 0 else "out",
        amount_minor=booking_minor(_unambiguous(amount, row, currency), currency, row.at_line, mark=row.mark),
        currency=currency,
        booked_on=_booked_on(row),
        value_on=iso_date(value_on, row.at_line) if value_on else None,
        bank_reference=row.short("bank_reference"),
        end_to_end=row.short("end_to_end"),
        remittance=remittance_text(row.text("remittance"), row.at_line),
        counterparty_name=row.short("counterparty_name"),
        counterparty_account=row.short("counterparty_account"),
        code=row.short("code"),
        is_return=YES_NO[returned],
    )


def _balance(row: Row, currency: str) -> int:
    """Signed minor units. A balance with a payer is a booking under a wrong name; one without all of its digits, on a
    line that the file does not end, may have lost some.
    """
    filled = [name for name in OF_BOOKINGS if row.text(name)]
    if filled:
        raise unreadable("out_of_place", row.at_line, found=filled[0])
    sign, amount = _signed(row)
    if not row.ended and digits_behind(amount, row.mark) < CURRENCIES[currency]:
        raise unreadable("cut_off", row.at_line)
    return sign * balance_minor(_unambiguous(amount, row, currency), currency, row.at_line, mark=row.mark)


def _unambiguous(amount: str, row: Row, currency: str) -> str:
    """In other formats the standard says what the mark is; here 1.000 dollars may have been a thousand."""
    if digits_behind(amount, row.mark) > CURRENCIES[currency]:
        raise unreadable("wrong_amount", row.at_line, found=amount, currency=currency)
    return amount


def _signed(row: Row) -> tuple[int, str]:
    text = row.text("amount") or row.text("amount_comma")
    return (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))


def _booked_on(row: Row) -> date:
    return iso_date(row.text("booked_on"), row.at_line)


def _check_same(row: Row, running: Running) -> None:
    """Every row says account and currency again, so that lines of another export can't slip in."""
    if row.text("currency") != running.currency:
        raise unreadable("other_currency", row.at_line, found=row.text("currency"), currency=running.currency)
    if row.short("account") != running.account:
        raise unreadable("other_account", row.at_line, found=row.short("account"))
