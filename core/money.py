"""Money is an integer of minor units and an ISO 4217 code, always together. No floats, no decimals in storage."""

import re
from collections.abc import Sequence
from decimal import Decimal

from babel.numbers import format_currency as babel_format_currency
from babel.numbers import format_decimal
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid

MAX_MINOR = 10**12
"""The largest single amount, in minor units (design, fixed choices)."""

MOST_DIGITS = 24
"""Of a typed number; far beyond every limit, and less than the 28 digits that Decimal's arithmetic keeps."""

PLAIN_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")

CURRENCIES: dict[str, int] = {
    "USD": 2,
    "EUR": 2,
    "GBP": 2,
    "CNY": 2,
    "HKD": 2,
    "SGD": 2,
    "AUD": 2,
    "CAD": 2,
    "CHF": 2,
    "SEK": 2,
    "JPY": 0,
    "KRW": 0,
    "VND": 0,
    "KWD": 3,
    "BHD": 3,
    "TND": 3,
}
"""Currency -> digits after the point, by ISO 4217."""

WIRE_ALLOWANCE_MINOR: dict[str, int] = {
    "USD": 5000,
    "EUR": 5000,
    "GBP": 4000,
    "CNY": 35000,
    "HKD": 40000,
    "SGD": 7000,
    "AUD": 7500,
    "CAD": 7000,
    "CHF": 5000,
    "SEK": 50000,
    "JPY": 7000,
    "KRW": 60000,
    "VND": 1200000,
    "KWD": 15000,
    "BHD": 19000,
    "TND": 150000,
}
"""What banks on the way may take from a wire that still counts as paid in full, in minor units (rules, section 2)."""


def digits_of(currency: str) -> int:
    """Digits after the point. Raises Invalid for a currency that the platform doesn't hold."""
    if currency not in CURRENCIES:
        raise Invalid(
            _("The platform does not hold this currency."), fields={"currency": _("Choose one from the list.")}
        )
    return CURRENCIES[currency]


def check_amount(amount_minor: int, currency: str, *, field: str = "amount") -> int:
    """Return `amount_minor` if it is a whole, positive amount within the limit; raise Invalid beside `field` if not."""
    digits_of(currency)
    if isinstance(amount_minor, bool) or not isinstance(amount_minor, int):
        raise Invalid(fields={field: _("Give the amount as a whole number of minor units.")})
    if amount_minor <= 0:
        raise Invalid(fields={field: _("The amount must be above zero.")})
    if amount_minor > MAX_MINOR:
        raise Invalid(fields={field: _("The amount is over the limit of one order.")})
    return amount_minor


def read_decimal(text: str) -> Decimal | None:
    """The number that a person typed, exactly; None for what is none, or too long for any amount or quantity.

    Plain digits with one point: neither exponents ("1e5") nor digits of other scripts, which eyes pass over.
    """
    typed = str(text).strip().replace(" ", "")
    if not PLAIN_NUMBER.fullmatch(typed) or sum(sign.isdigit() for sign in typed) > MOST_DIGITS:
        return None
    return Decimal(typed)


def to_minor(text: str, currency: str, *, field: str = "amount") -> int:
    """Parse what a person typed in major units ("12500.00") into minor units. Raises Invalid beside `field`."""
    digits = digits_of(currency)
    value = read_decimal(text)
    if value is None:
        raise Invalid(fields={field: _("Write the amount in digits, for example 12500.00.")})
    minor = value.scaleb(digits)
    # "1.500" may mean fifteen hundred to who typed it: more digits than the currency has are never guessed at.
    if minor != minor.to_integral_value() or -int(value.as_tuple().exponent) > digits:
        raise Invalid(fields={field: _("This currency has fewer digits after the point.")})
    return check_amount(int(minor), currency, field=field)


def to_major(amount_minor: int, currency: str) -> Decimal:
    """Exact major units, for forms and formatting only."""
    return Decimal(amount_minor).scaleb(-digits_of(currency))


def babel_locale(locale: str | None = None) -> str:
    """The reader's locale, or this one, as Babel writes it."""
    locale = (locale or get_language() or "en").replace("-", "_")
    return {"zh_hans": "zh_Hans_CN"}.get(locale, locale)


def format_money(amount_minor: int, currency: str, locale: str | None = None) -> str:
    """'USD 12,500.00' in the reader's digits and separators; the code, not the symbol: many dollars exist."""
    pattern = "#,##0." + "0" * CURRENCIES[currency] if CURRENCIES[currency] else "#,##0"
    number = babel_format_currency(
        to_major(amount_minor, currency), currency, format=pattern, locale=babel_locale(locale), currency_digits=False
    )
    return f"{currency} {number}"


def percent(basis_points: int) -> str:
    """'30 %' or '12.5 %', in the reader's digits."""
    number = format_decimal(Decimal(basis_points).scaleb(-2), format="0.##", locale=babel_locale())
    return f"{number} %"


def half_up(numerator: int, denominator: int) -> int:
    """Integer division that rounds half up; both at or above zero, denominator above zero."""
    assert numerator >= 0 and denominator > 0
    return (2 * numerator + denominator) // (2 * denominator)


def line_amount(quantity_thousandths: int, unit_price_minor: int, basis: int) -> int:
    """Minor units of one line: quantity in thousandths of the unit, price per `basis` units; rounds once, half up."""
    return half_up(quantity_thousandths * unit_price_minor, 1000 * basis)


def split(amount_minor: int, weights: Sequence[int]) -> list[int]:
    """Split by weights with the largest remainder; the parts always add up. Ties go to the earlier part."""
    total = sum(weights)
    assert amount_minor >= 0 and total > 0 and all(weight >= 0 for weight in weights)
    parts = [amount_minor * weight // total for weight in weights]
    remainders = [(amount_minor * weight % total, -place) for place, weight in enumerate(weights)]
    for _remainder, place in sorted(remainders, reverse=True)[: amount_minor - sum(parts)]:
        parts[-place] += 1
    return parts


def basis_points_of(amount_minor: int, basis_points: int) -> int:
    """`basis_points` ten-thousandths of an amount, half up."""
    return half_up(amount_minor * basis_points, 10_000)
