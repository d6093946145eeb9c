"""Which money a letter about an order names: that of its step, and not always the price."""

from collections.abc import Callable
from typing import Any

from orders.models import Order
from orders.queries import order_lines
from orders.totals import amount_of
from payments.queries import EscrowMoney, money_of_escrow


def price(order: Order, _happened: Any) -> int:
    return order.escrow.total_minor if order.escrow else sum(amount_of(line) for line in order_lines(order))


def told(_order: Order, happened: Any) -> int:
    return int(happened.amount_minor)


def asked(order: Order, _happened: Any) -> int:
    """What is due and missing; of an order whose money came before its letter, what fell due last."""
    money = _money(order)
    fallen_due = [each for each in money.instalments if each.due_at] or money.instalments[:1]
    return money.due_minor or fallen_due[-1].asked_minor


def held(order: Order, happened: Any) -> int:
    """What is held; of an order whose money went on before its letter, what came in."""
    return _money(order).held_minor or divided(order, happened)


def net(order: Order, _happened: Any) -> int:
    """Released to the seller, less the fee."""
    return _money(order).net_minor


def released(order: Order, _happened: Any) -> int:
    return _money(order).released_minor


def returned(order: Order, _happened: Any) -> int:
    """Given back to the buyer, or owed back."""
    money = _money(order)
    return money.refund_due_minor + money.refunded_minor


def divided(order: Order, happened: Any) -> int:
    """Of an order that ended: what is or was to be divided; the price where nothing had come in."""
    money = _money(order)
    came_in = money.held_minor + money.released_minor + money.refund_due_minor + money.refunded_minor
    return came_in or price(order, happened)


def _money(order: Order) -> EscrowMoney:
    assert order.escrow is not None
    return money_of_escrow(order.escrow)


AMOUNTS: dict[str, Callable[[Order, Any], int]] = {
    function.__name__: function for function in (price, told, asked, held, net, released, returned, divided)
}
"""All in minor units of the order's currency. Given the order with its escrow, and the news that is told."""
