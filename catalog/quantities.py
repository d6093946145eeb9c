"""Quantities are whole thousandths of a unit; people type and read units."""

from decimal import Decimal

from babel.numbers import format_decimal
from django.utils.translation import gettext_lazy as _

from catalog.models import MAX_THOUSANDTHS
from core.errors import Invalid
from core.money import babel_locale, read_decimal


def to_thousandths(text: str, *, field: str = "quantity") -> int:
    """Parse what a person typed in units ("1250" or "0.5"). Raises Invalid beside `field`."""
    value = read_decimal(text)
    if value is None:
        raise Invalid(fields={field: _("Write the quantity in digits, for example 1200 or 0.5.")})
    if value <= 0:
        raise Invalid(fields={field: _("The quantity must be above zero.")})
    if value > MAX_THOUSANDTHS // 1000:
        raise Invalid(fields={field: _("The quantity is over the limit of one order.")})
    thousandths = value * 1000
    if thousandths != thousandths.to_integral_value():
        raise Invalid(fields={field: _("At most three digits after the point.")})
    return int(thousandths)


def plain_quantity(thousandths: int) -> str:
    """For a form's field: "1200", "0.5"."""
    return f"{Decimal(thousandths).scaleb(-3).normalize():f}"


def format_quantity(thousandths: int) -> str:
    """In the reader's digits and separators: "1,200", "0.5"."""
    return str(format_decimal(Decimal(thousandths).scaleb(-3), format="#,##0.###", locale=babel_locale()))
