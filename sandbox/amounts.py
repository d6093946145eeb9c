"""Amounts as people write them: major units with the digits that a currency has."""

import re
from decimal import Decimal

NO_DIGITS = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
THREE_DIGITS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())


def digits_of(currency: str) -> int:
    """How many decimals ISO 4217 gives the currency; two for one it does not know."""
    return 0 if currency in NO_DIGITS else 3 if currency in THREE_DIGITS else 2


def show(amount_minor: int, currency: str) -> str:
    return f"{currency} {Decimal(amount_minor).scaleb(-digits_of(currency)):,.{digits_of(currency)}f}"


def typed(amount_minor: int, currency: str) -> str:
    """As an input field holds it: no currency, no commas."""
    return f"{Decimal(amount_minor).scaleb(-digits_of(currency)):.{digits_of(currency)}f}"


def read(text: str, currency: str) -> int | None:
    """Minor units of what was typed, or nothing when it is no amount, or finer than the currency."""
    text = text.strip()
    if len(text) > 30 or not re.fullmatch(r"([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?", text):
        return None
    minor = Decimal(text.replace(",", "")).scaleb(digits_of(currency))
    return int(minor) if minor == minor.to_integral_value() else None
