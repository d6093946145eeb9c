"""Quantities are whole thousandths of a unit; people type and read units."""

import re
from decimal import Decimal

from babel.numbers import format_decimal
from django.utils.translation import gettext_lazy as _

from catalog.models import MAX_THOUSANDTHS
from core.errors import Invalid
from core.money import babel_locale, read_decimal

EITHER = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}")
"""One and a half to some, fifteen hundred to others: "1.500"."""


def to_thousandths(text: str, *, field: str = "quantity") -> int:
    """Parse what a person typed in units ("1250" or "0.5"). Raises Invalid beside `field`, also for `EITHER`."""
    value = read_decimal(text)
    if value is None:
        raise Invalid(fields={field: _("Write the quantity in digits, for example 1200 or 0.5.")})
    if EITHER.fullmatch(str(text).strip().replace(" ", "")):
        words = _("This can be read in two ways. Write %(many)s for thousands, or %(few)s for a fraction.")
        raise Invalid(fields={field: words % {"many": f"{value * 1000:.0f}", "few": _with_point(value)}})
    if value <= 0:
        raise Invalid(fields={field: _("The quantity must be above zero.")})
    if value > MAX_THOUSANDTHS // 1000:
        raise Invalid(fields={field: _("The quantity is over the limit of one order.")})
    thousandths = value * 1000
    if thousandths != thousandths.to_integral_value():
        raise Invalid(fields={field: _("At most three digits after the point.")})
    return int(thousandths)


def plain_quantity(thousandths: int) -> str:
    """For a form's field: "1200", "0.5"; `to_thousandths` reads it back."""
    return _with_point(Decimal(thousandths).scaleb(-3))


def _with_point(value: Decimal) -> str:
    """Without needless zeros, but for one that keeps three digits after the point from being read as thousands."""
    text = f"{value.normalize():f}"
    return f"{text}0" if EITHER.fullmatch(text) else text


def format_quantity(thousandths: int) -> str:
    """In the reader's digits and separators: "1,200", "0.5"."""
    return str(format_decimal(Decimal(thousandths).scaleb(-3), format="#,##0.###", locale=babel_locale()))
