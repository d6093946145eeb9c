"""The end of what nobody acted on, before there is money."""

from datetime import datetime

from core.actions import action
from core.actors import platform
from core.events import publish
from core.states import move
from orders.actions.links import withdraw_links
from orders.clocks import stop_clocks
from orders.events import OrderExpired
from orders.locks import lock_order
from orders.policies import check_may


@action
def expire(*, order_id: int, source: str, at: datetime) -> None:
    """Move an order from `source` to EXPIRED; nothing in any other state. Locks: the order."""
    order = lock_order(order_id)
    by = platform("clock")
    if order.state != source:
        return
    check_may(by, "expire", order)
    stop_clocks(order)
    withdraw_links(order=order, at=at)
    order.version += 1
    move(order.expire, by=by, at=at)
    publish(OrderExpired(order_id=order.pk, source=source, at=at))
