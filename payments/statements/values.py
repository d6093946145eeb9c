"""Amounts, dates and texts of statements: read exactly, or refused."""

import re
from datetime import date

from core.money import CURRENCIES, to_major
from payments.statements.limits import LARGEST_BALANCE_MINOR, LARGEST_BOOKING_MINOR, LONGEST_REMITTANCE, LONGEST_TEXT
from payments.statements.refusals import unreadable

AMOUNT = {mark: re.compile(rf"([0-9]{{1,30}})(?:{re.escape(mark)}([0-9]*))?") for mark in ",."}
ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
MARK_OF_SWIFT = ","
MARK_OF_ISO = "."
FIRST_YEAR, LAST_YEAR = 1980, 2079
"""What two digits of a year can mean, and what any statement may say."""


def held_currency(text: str, at_line: int) -> str:
    """The code, if the platform holds it."""
    if text not in CURRENCIES:
        raise unreadable("currency_not_held", at_line, found=text)
    return text


def digits_behind(text: str, mark: str) -> int:
    return len(text.partition(mark)[2])


def balance_minor(text: str, currency: str, at_line: int, *, mark: str) -> int:
    """Minor units, at or above zero, of a balance without its sign. `mark` is the decimal one.

    Digits behind the currency's last are taken where they are zeros: core banking systems write VND 5000,00.
    """
    amount_minor = _minor(text, currency, at_line, mark)
    if amount_minor > LARGEST_BALANCE_MINOR:
        raise unreadable("wrong_amount", at_line, found=text, currency=currency)
    return amount_minor


def booking_minor(text: str, currency: str, at_line: int, *, mark: str) -> int:
    """Minor units, above zero and within the platform's limit, of one booking; digits as of a balance."""
    amount_minor = _minor(text, currency, at_line, mark)
    if not 0 < amount_minor <= LARGEST_BOOKING_MINOR:
        raise unreadable("wrong_amount", at_line, found=text, currency=currency)
    return amount_minor


def _minor(text: str, currency: str, at_line: int, mark: str) -> int:
    found = AMOUNT[mark].fullmatch(text)
    digits = CURRENCIES[currency]
    fraction = (found[2] or "") if found else ""
    if not found or fraction[digits:].strip("0"):
        raise unreadable("wrong_amount", at_line, found=text, currency=currency)
    return int(found[1] + fraction[:digits].ljust(digits, "0"))


def shown(amount_minor: int, currency: str) -> str:
    """For words to people, the same in every language: it is compared with the file."""
    return f"{to_major(amount_minor, currency)} {currency}"


def real_date(year: int, month: int, day: int, at_line: int) -> date:
    if FIRST_YEAR <= year <= LAST_YEAR:
        try:
            return date(year, month, day)
        except ValueError:
            pass
    raise unreadable("unreal_date", at_line, found=f"{year:04d}-{month:02d}-{day:02d}")


def short_date(year: str, month: str, day: str, at_line: int) -> date:
    """YYMMDD: from FIRST_YEAR on."""
    years = int(year)
    return real_date(years + (2000 if years + 1900 < FIRST_YEAR else 1900), int(month), int(day), at_line)


def iso_date(text: str, at_line: int) -> date:
    """A date, or the date of an ISO 8601 date and time, as written: the bank's own day."""
    found = ISO_DATE.match(text)
    if not found or (len(text) > 10 and text[10] not in "T+-Z"):
        raise unreadable("unreal_date", at_line, found=text)
    return real_date(int(found[1]), int(found[2]), int(found[3]), at_line)


def one_line(text: str) -> str:
    """Every run of white space becomes one space."""
    return " ".join(text.split())


def short_text(text: str, at_line: int) -> str:
    """A name, a reference or an account, in one line."""
    return _bounded(one_line(text), LONGEST_TEXT, at_line)


def remittance_text(text: str, at_line: int) -> str:
    return _bounded(one_line(text), LONGEST_REMITTANCE, at_line)


def _bounded(text: str, most: int, at_line: int) -> str:
    if len(text) > most:
        raise unreadable("too_long", at_line)
    return text


def given(reference: str) -> str:
    """A reference, or nothing where the bank says that there is none."""
    return "" if reference.strip().upper() in {"NONREF", "NOTPROVIDED", "NOT PROVIDED", "NONE"} else reference.strip()
