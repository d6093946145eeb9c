from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from companies.policies import VERBS
from companies.queries import memberships_of


def switch(request: HttpRequest) -> dict[str, Any]:
    """`memberships`, for the company switch, asked for only where a page shows it; `may_see_payouts`, for the menu."""
    user: Any = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    known = getattr(request, "memberships", None)
    return {
        "memberships": known if known is not None else SimpleLazyObject(lambda: memberships_of(user)),
        "may_see_payouts": SimpleLazyObject(lambda: _may_see_payouts(request)),
    }


def _may_see_payouts(request: HttpRequest) -> bool:
    membership: Any = getattr(request, "membership", None)
    return membership is not None and membership.role in VERBS["statements"]
