"""Fees in words, for pages, contracts and the API's readers."""

from django.utils.translation import gettext as _

from core.money import format_money
from payments.fees import Rate


def rate_words(rate: Rate, currency: str) -> str:
    """'2 %, at most USD 5,000.00' or '1.5 % and USD 0.30, at most USD 500.00'."""
    facts = {"percent": f"{rate.basis_points / 100:g}", "most": format_money(rate.cap_minor, currency)}
    if rate.fixed_minor:
        facts["fixed"] = format_money(rate.fixed_minor, currency)
        return _("%(percent)s %% and %(fixed)s, at most %(most)s") % facts
    return _("%(percent)s %%, at most %(most)s") % facts
