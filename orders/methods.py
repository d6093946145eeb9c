"""The ways to pay: one list for drafting, the lint, the API and the pay page; and why an order isn't offered one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.money import format_money
from orders.holding import longest_life_days
from orders.models import Order, PlannedInstalment
from orders.totals import InstalmentAmount, paid_by
from payments.carriage import amounts_of, carriage_of, carries
from payments.models import Method
from payments.routing import gateway_of_method, methods_routed


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
        MethodOffer(
            Method.TRANSFER,
            _("Online transfer"),
            _("at once with most banks; you allow it in your bank's own page"),
            _("no fee here"),
        ),
    )
}
METHODS: tuple[str, ...] = tuple(method for method in Method.values if method in OFFERS)
"""All that are known. Which of them somebody takes here is said by `payments.routing`."""
METHOD_CHOICES: list[tuple[str, Any]] = [(method, OFFERS[method].label) for method in METHODS]


@dataclass(frozen=True)
class NotOffered:
    """Why a method is not offered for an order; `explanation` says what would change that."""

    message: Any
    explanation: Any


def offers_here() -> list[MethodOffer]:
    """The methods that some gateway takes in this installation, in the order of the table."""
    routed = methods_routed()
    return [offer for offer in OFFERS.values() if offer.method in routed]


def carries_amount(method: str, currency: str, amount_minor: int) -> bool:
    """Whether the gateway of a method that somebody takes here carries this amount at once. Minor units."""
    return amounts_of(gateway_of_method(method), currency).carry(amount_minor)


def why_not_offered(
    method: str,
    order: Order,
    planned: Iterable[PlannedInstalment],
    parts: Sequence[InstalmentAmount],
    *,
    at: datetime,
) -> NotOffered | None:
    """None where the order may accept the method: somebody takes it, in this currency, carries what each instalment
    comes to (`parts`, as far as they are known), and can hold long enough.
    """
    if method not in OFFERS or method not in methods_routed():
        return NotOffered(
            _("A method of payment is chosen that nobody can pay by now."), _("Choose again from the list.")
        )
    gateway, label = gateway_of_method(method), OFFERS[method].label
    carriage = carriage_of(gateway, method)
    if not carries(gateway, method, order.currency):
        facts = {
            "method": label,
            "currency": order.currency,
            "currencies": ", ".join(sorted(carriage.currencies or ())),
        }
        return NotOffered(
            _("%(method)s isn't possible in %(currency)s.") % facts,
            _("It is in: %(currencies)s. Take another method, or another currency.") % facts,
        )
    dearest_minor = max(paid_by(method, order.currency, parts), default=0)
    if dearest_minor and not carries_amount(method, order.currency, dearest_minor):
        most_minor = amounts_of(gateway, order.currency).most_minor
        facts = {"method": label, "most": format_money(most_minor, order.currency)}
        return NotOffered(
            _("%(method)s can't carry the largest payment of this order.") % facts,
            _("It carries at most %(most)s at once. Take another method.") % facts,
        )
    life_days = longest_life_days(order, planned, at=at)
    if carriage.hold_days is not None and life_days is not None and life_days > carriage.hold_days:
        facts = {"method": label, "hold": carriage.hold_days, "life": life_days}
        return NotOffered(
            _("%(method)s can't hold the money as long as this order may run.") % facts,
            _(
                "Money paid so can go back for %(hold)s days. This order may run for %(life)s days. "
                "Take another method, an earlier ship date or a faster transport."
            )
            % facts,
        )
    return None
