"""The ways to pay that the platform can carry out: one list for drafting, the lint, the API and the pay page."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from payments.models import Method


@dataclass(frozen=True)
class MethodOffer:
    """One way to pay, with what people compare: how long it takes and what it usually costs beside the price."""

    method: str
    label: Any
    takes: Any
    costs: Any


OFFERS: dict[str, MethodOffer] = {
    offer.method: offer
    for offer in (
        MethodOffer(
            Method.WIRE,
            _("T/T (bank wire)"),
            _("1 to 3 business days"),
            _("your bank's wire fee, often 15 to 45 USD; banks on the way may take more"),
        ),
        MethodOffer(
            Method.CARD,
            _("Card"),
            _("at once"),
            _("no fee here; your bank may charge for payments in another currency"),
        ),
    )
}
METHODS: tuple[str, ...] = tuple(method for method in Method.values if method in OFFERS)
"""A method without an offer can be held but not paid yet; no order accepts it."""
METHOD_CHOICES: list[tuple[str, Any]] = [(method, OFFERS[method].label) for method in METHODS]
