"""A statement of account to take away: CSV of any length, and PDF for paper."""

import csv
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override, pgettext_lazy

from companies.models import Company
from core.errors import Refused
from core.money import format_money, to_major
from core.templatetags.when import babel_locale
from core.typesetting import FONTS, LANGUAGES, typeset
from payments.account_statements import Statement, StatementLine, all_lines

TEMPLATE = Path(__file__).resolve().parent / "typeset" / "statement.typ"
MOST_ON_PAPER = 2_000
FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula, wide forms included."""

BOM = "\ufeff"
HEADINGS = (
    gettext_lazy("Line"),
    gettext_lazy("Date"),
    gettext_lazy("What"),
    pgettext_lazy("a purchase", "Order"),
    gettext_lazy("Your reference"),
    gettext_lazy("Reference"),
    gettext_lazy("Gross"),
    gettext_lazy("Fee"),
    pgettext_lazy("of a balance", "Change"),
    gettext_lazy("Balance"),
    gettext_lazy("Currency"),
)


class TooLongForPaper(Refused):
    code = "too_long_for_paper"
    message = gettext_lazy("A PDF holds 2,000 lines at most. Choose a shorter period, or take the CSV file.")


def file_stem(statement: Statement) -> str:
    """For the name of a file: which currency, which days."""
    days = (
        statement.since.isoformat() if statement.since else "",
        statement.until.isoformat() if statement.until else "",
    )
    return "-".join(part for part in ("statement", statement.currency, *days) if part)


# --- CSV --------------------------------------------------------------------------------------------------------------
class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_rows(statement: Statement, *, zone: str, language: str) -> Iterator[str]:
    """The lines of the file, oldest first, between opening and closing balance; made as they are asked for.

    UTF-8 with a mark, so that spreadsheets know it. Amounts are plain decimals. Text that a spreadsheet would take
    for a formula gets an apostrophe before it.
    """
    writer = csv.writer(_Echo())
    yield BOM + writer.writerow(_heading(language))
    yield writer.writerow(_balance_row(_opening(language), statement.since, statement.opening_minor, statement))
    for line in all_lines(statement):
        yield writer.writerow(_row(line, statement.currency, zone, language))
    yield writer.writerow(_balance_row(_closing(language), statement.until, statement.closing_minor, statement))


def _heading(language: str) -> list[str]:
    with override(language):
        return [str(words) for words in HEADINGS]


def _opening(language: str) -> str:
    with override(language):
        return _("Opening balance")


def _closing(language: str) -> str:
    with override(language):
        return _("Closing balance")


def _balance_row(words: str, day: date | None, balance_minor: int, statement: Statement) -> list[str]:
    shown = _plain(balance_minor, statement.currency)
    return ["", day.isoformat() if day else "", words, "", "", "", "", "", "", shown, statement.currency]


def _row(line: StatementLine, currency: str, zone: str, language: str) -> list[str]:
    with override(language):
        words = str(line.words)
    texts = [safe_cell(text) for text in (words, line.order, line.own_ref, line.reference)]
    amounts = (line.gross_minor, line.fee_minor, line.change_minor, line.balance_minor)
    day = line.at.astimezone(ZoneInfo(zone)).date()
    return [str(line.number), day.isoformat(), *texts, *(_plain(each, currency) for each in amounts), currency]


def _plain(amount_minor: int | None, currency: str) -> str:
    """Digits, a point and at most a sign: "-1234.50". Nothing where there is none."""
    return "" if amount_minor is None else f"{to_major(amount_minor, currency):f}"


def safe_cell(text: str) -> str:
    """Text of people that no spreadsheet runs: one line, and an apostrophe before what looks like a formula."""
    flat = " ".join(text.split())
    return f"'{flat}" if flat.startswith(FORMULA) else flat


# --- PDF --------------------------------------------------------------------------------------------------------------
def statement_pdf(statement: Statement, company: Company, *, language: str, at: datetime) -> bytes:
    """The whole statement for paper, oldest first. Raises TooLongForPaper."""
    if statement.count > MOST_ON_PAPER:
        raise TooLongForPaper
    with override(language):
        return typeset(TEMPLATE, _data(statement, company, language, at), at=at)


def _data(statement: Statement, company: Company, language: str, at: datetime) -> dict[str, Any]:
    zone, currency = company.time_zone, statement.currency
    return {
        "title": _("Statement of account"),
        "company": [company.name, company.postal_address],
        "currency": currency,
        "fonts": FONTS,
        "lang": LANGUAGES[language][0],
        "region": LANGUAGES[language][1],
        "facts": [
            [_("Period"), period_words(statement)],
            [_("Currency"), currency],
            [_("Opening balance"), format_money(statement.opening_minor, currency)],
            [_("Closing balance"), format_money(statement.closing_minor, currency)],
            [_("Made on"), _day(at.astimezone(ZoneInfo(zone)).date())],
        ],
        "heads": [_("Date"), _("What"), _("Order and references"), _("Amount"), _("Balance")],
        "opening": [_("Opening balance"), format_money(statement.opening_minor, currency)],
        "closing": [_("Closing balance"), format_money(statement.closing_minor, currency)],
        "lines": [_paper_line(line, currency, zone) for line in all_lines(statement)],
        "empty": _("Nothing moved in this period."),
        "note": _("Dates are days in the time zone %(zone)s.") % {"zone": zone},
    }


def period_words(statement: Statement) -> str:
    since, until = statement.since, statement.until
    if since and until:
        return f"{_day(since)} – {_day(until)}"
    if since:
        return _("from %(day)s") % {"day": _day(since)}
    return _("to %(day)s") % {"day": _day(until)} if until else _("from the beginning")


def _day(day: date) -> str:
    return format_date(day, "medium", locale=babel_locale())


def _paper_line(line: StatementLine, currency: str, zone: str) -> list[str]:
    references = [part for part in (line.order, line.own_ref, line.reference) if part]
    return [
        line.at.astimezone(ZoneInfo(zone)).date().isoformat(),
        "\n".join(part for part in (str(line.words), fee_words(line, currency)) if part),
        "\n".join(references),
        signed_money(line.change_minor, currency),
        format_money(line.balance_minor, currency),
    ]


def fee_words(line: StatementLine, currency: str) -> str:
    """What a release was before the fee; empty for other lines, and where none was taken."""
    if not line.fee_minor or line.gross_minor is None:
        return ""
    gross, fee = format_money(line.gross_minor, currency), format_money(line.fee_minor, currency)
    return _("%(gross)s less the fee of %(fee)s") % {"gross": gross, "fee": fee}


def signed_money(amount_minor: int, currency: str) -> str:
    """With a true minus sign, or a plus: a change."""
    return f"{'−' if amount_minor < 0 else '+'} {format_money(abs(amount_minor), currency)}"
