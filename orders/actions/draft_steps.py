"""Several steps of a draft in one go: all are saved, or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.actions import action
from core.actors import Actor
from orders.actions.draft import check_seen, save_delivery, save_lines, save_parties, save_payment, save_trade_term
from orders.drafting import Delivery, InstalmentInput, LineInput, Parties, PaymentTerms, TradeTermInput
from orders.locks import lock_order
from orders.models import Order, PlannedInstalment
from orders.policies import check_may

Values = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Steps:
    """What is to change; None leaves a step alone. Of a step only the named values change; lists are whole.

    `currency` is that of the lines' prices.
    """

    parties: Values | None = None
    lines: Sequence[LineInput] | None = None
    currency: str = ""
    delivery: Values | None = None
    trade_term: Values | None = None
    payment: Values | None = None


@action
def save_steps(*, order_id: int, seen_version: int | None, steps: Steps, by: Actor, at: datetime) -> Order:
    """Save what is named, each by its own action. `seen_version` None: whatever the draft is now.

    Locks: the order. Raises NotFound, NotAllowed, IllegalMove, Stale, Invalid; then nothing is saved.
    """
    order = lock_order(order_id)
    check_may(by, "draft", order)
    if seen_version is not None:
        check_seen(order, seen_version)
    who: dict[str, Any] = {"order_id": order_id, "by": by, "at": at}
    if steps.parties is not None:
        parties = Parties(**{**_now(order, Parties), **steps.parties})
        order = save_parties(seen_version=order.version, parties=parties, **who)
    if steps.lines is not None:
        currency = steps.currency or order.currency
        order = save_lines(seen_version=order.version, currency=currency, lines=steps.lines, **who)
    if steps.delivery is not None:
        delivery = Delivery(**{**_delivery_now(order), **steps.delivery})
        order = save_delivery(seen_version=order.version, delivery=delivery, **who)
    if steps.trade_term is not None:
        term = TradeTermInput(**{**_now(order, TradeTermInput), **steps.trade_term})
        order = save_trade_term(seen_version=order.version, term=term, **who)
    if steps.payment is not None:
        terms = PaymentTerms(**{**_payment_now(order), **steps.payment})
        order = save_payment(seen_version=order.version, terms=terms, **who)
    return order


def _now(order: Order, step: type) -> dict[str, Any]:
    return {name: getattr(order, name) for name in step.__dataclass_fields__}  # type: ignore[attr-defined]


def _delivery_now(order: Order) -> dict[str, Any]:
    return {
        "basis": order.delivery_basis,
        "ship_date": order.ship_date,
        "ship_days": order.ship_days,
        "price_valid_until": order.price_valid_until,
    }


def _payment_now(order: Order) -> dict[str, Any]:
    planned = PlannedInstalment.objects.filter(order=order)
    return {
        "currency": order.currency,
        "methods": order.methods,
        "bank_charges": order.bank_charges,
        "instalments": [InstalmentInput(basis_points=part.basis_points, due_on=part.due_on) for part in planned],
    }
