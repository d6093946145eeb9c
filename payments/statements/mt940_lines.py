"""One booking of MT940: its :61: with what :86: or :NS: say of it."""

import re
from datetime import date
from typing import Literal

from mt940 import tags
from stdnum import iban

from payments.statements.lines import StatementLine
from payments.statements.mt940_details import details_of
from payments.statements.mt940_fields import Field
from payments.statements.refusals import unreadable
from payments.statements.values import (
    MARK_OF_SWIFT,
    booking_minor,
    given,
    real_date,
    remittance_text,
    short_date,
    short_text,
)

STATEMENT_LINE = tags.Statement().re
LONG_REFERENCE = tags.StatementGLS().re
"""The same with a customer reference of any length, for lines that say by // where it ends."""

POINTERS = re.compile(r"(?:EREF|KREF|PREF|MREF|CREF|MARF)\+?")
"""In place of the customer's reference: it stands in :86:."""

RETURN_TYPES = frozenset(["RTI"])
"""Returned item, in the list of SWIFT."""

DIRECTIONS: dict[str, Literal["in", "out"]] = {"C": "in", "RD": "in", "D": "out", "RC": "out"}


def line_of(booking: Field, infos: list[Field], currency: str) -> StatementLine:
    """The booking as one line; a reversal goes the other way, and is a return."""
    at = booking.at_line
    parts = _parts_of(booking)
    details = details_of(infos)
    value_on = _value_date(parts, at)
    mark, kind = parts["status"].upper(), (parts["id"] or "").strip()
    supplement = (parts["extra_details"] or "").strip()
    account = details.account or (supplement if iban.is_valid(supplement) else "")
    text = details.remittance or ("" if account == supplement else supplement)
    return StatementLine(
        at_line=at,
        direction=DIRECTIONS[mark],
        amount_minor=booking_minor(parts["amount"], currency, at, mark=MARK_OF_SWIFT),
        currency=currency,
        booked_on=_entry_date(parts, value_on, at),
        value_on=value_on,
        bank_reference=short_text(given(parts["bank_reference"] or ""), at),
        end_to_end=short_text(details.end_to_end or _customer_reference(parts["customer_reference"]), at),
        remittance=remittance_text(text, at),
        counterparty_name=short_text(details.name, at),
        counterparty_account=short_text(account, at),
        code="/".join(part for part in (kind, details.code) if part),
        is_return=mark.startswith("R") or kind[1:] in RETURN_TYPES or details.is_return,
    )


def _parts_of(booking: Field) -> re.Match[str]:
    first, *more = booking.lines
    text = first.rstrip() + "\n" + " ".join(line.strip() for line in more if line.strip())
    parts = (LONG_REFERENCE if "//" in first else STATEMENT_LINE).match(text.rstrip("\n"))
    if not parts or not _is_whole(parts):
        raise unreadable("wrong_field", booking.at_line, found=":61:" + first)
    return parts


def _is_whole(parts: re.Match[str]) -> bool:
    """The grammar would take 1 out of 1.000,00, or fifteen digits out of sixteen, and the rest for a reference."""
    numbers = parts["year"] + parts["month"] + parts["day"] + parts["amount"]
    broken_off = not parts["id"] and parts["customer_reference"][:1] in {*"0123456789.,"}
    return numbers.isascii() and not broken_off


def _customer_reference(reference: str) -> str:
    return "" if POINTERS.fullmatch(reference.strip()) else given(reference)


def _value_date(parts: re.Match[str], at_line: int) -> date:
    """German banks reckon interest in months of thirty days: 29 and 30 February are the last day of that month."""
    year, month, day = parts["year"], parts["month"], parts["day"]
    if month == "02" and day in ("29", "30"):
        first_of_march = short_date(year, "03", "01", at_line)
        return date.fromordinal(first_of_march.toordinal() - 1)
    return short_date(year, month, day, at_line)


def _entry_date(parts: re.Match[str], value_on: date, at_line: int) -> date:
    """The day of booking: the one of its month and day that is nearest to the value date, which alone has a year."""
    month, day = (parts["entry_month"] or "").strip(), (parts["entry_day"] or "").strip()
    if not month and not day:
        return value_on
    if not (month + day).isascii() or not month or not day:
        raise unreadable("unreal_date", at_line, found=month + day)
    near = [on for year in (-1, 0, 1) if (on := _day_of(value_on.year + year, int(month), int(day)))]
    if not near:
        return real_date(value_on.year, int(month), int(day), at_line)
    return min(near, key=lambda on: abs(on - value_on))


def _day_of(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
