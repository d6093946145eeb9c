"""Why a file is no statement that can be trusted: each code with its words, in one table."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.statements.lines import Unreadable

WORDS = {
    "empty": _("The file is empty. Download it from the bank again."),
    "no_statement": _("The file holds no statement. Download it from the bank again."),
    "unknown_format": _("This is neither MT940, camt.053 nor our CSV. Ask the bank for one of these formats."),
    "interim_report": _(
        "This is a report of the day so far (MT942, camt.052, camt.054) and has no closing balance. Import the"
        " statement (MT940, camt.053) instead."
    ),
    "wrong_encoding": _(
        "The text can't be read as UTF-8 or Windows-1252, or mixes them (%(found)s). Export the file as UTF-8 again."
    ),
    "cut_off": _("The file ends, or the next statement begins, before a closing balance. Download it again, whole."),
    "page_missing": _(
        "A page of the statement is missing, or its balance does not follow from the page before it. Import all pages"
        " in one file."
    ),
    "does_not_add_up": _(
        "Opening balance and bookings make %(computed)s, but the closing balance is %(stated)s. A booking is missing,"
        " doubled or wrong. Download the file again; if it says the same, ask the bank."
    ),
    "out_of_place": _("“%(found)s” can't stand here. Download the file again; it must not be edited by hand."),
    "wrong_field": _("“%(found)s” does not follow the format. Download the file again, or ask the bank."),
    "missing_field": _("The statement does not say its %(found)s. Ask the bank for the complete format."),
    "wrong_amount": _(
        "“%(found)s” is no amount of %(currency)s that can be booked: it must be above zero, within the limit, and have"
        " no more digits after the point than the currency. Ask the bank."
    ),
    "currency_not_held": _("The platform does not hold “%(found)s”. Import only accounts in its currencies."),
    "other_currency": _(
        "“%(found)s” is not the currency of this account, %(currency)s. Ask the bank for a statement in one currency."
    ),
    "other_account": _(
        "“%(found)s” is not the account that this statement opened with. Put it in a statement of its own."
    ),
    "unreal_date": _("“%(found)s” is no date of the calendar. Download the file again, or ask the bank."),
    "details_do_not_add_up": _(
        "The parts of this batch make %(computed)s, but the batch is %(stated)s. Ask the bank for a corrected file."
    ),
    "too_long": _("This line or text is longer than any in a real statement. Check that the file is from the bank."),
    "too_many": _("The file holds more than %(most)d %(found)s. Ask the bank for files of shorter periods."),
    "broken_xml": _("The XML is damaged or incomplete. Download the file again."),
    "hostile_xml": _(
        "The XML holds what no bank's statement needs (%(found)s). Do not open it; check where it came from."
    ),
    "unknown_column": _("The column “%(found)s” is unknown. Use the names of the documented format."),
}


def unreadable(code: str, at_line: int = 0, **found: object) -> Unreadable:
    """The exception to raise: its words name the line (from 1; 0 is the whole file) and say what to do next."""
    words = str(WORDS[code]) % {name: _shown(value) for name, value in found.items()}
    if at_line:
        words = gettext("Line %(line)d: %(words)s") % {"line": at_line, "words": words}
    return Unreadable(code, words, at_line=at_line)


def _shown(value: object) -> object:
    return value if isinstance(value, int) else "".join(c if c.isprintable() else " " for c in str(value)[:60])
