from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

TABS = [
    ("company", _("Company"), "company-detail"),
    ("members", _("People and roles"), "members"),
    ("accounts", _("Payout accounts"), "payout-accounts"),
]


def company_tabs(current: str) -> list[dict[str, Any]]:
    """The pages of a company, as `components/_tabs.html` wants them."""
    return [{"label": label, "url": reverse(name), "current": key == current} for key, label, name in TABS]
