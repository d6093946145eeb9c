"""The only place that locks orders and shipments. Lock order: the order, then its shipment, then the money below."""

from core.errors import NotFound
from orders.models import Order, Shipment


def lock_order(order_id: int) -> Order:
    """The order's row, locked until commit; it blocks nobody who merely refers to it. Raises NotFound."""
    order = Order.objects.select_for_update(no_key=True).filter(pk=order_id).first()
    if order is None:
        raise NotFound
    return order


def lock_shipment(order_id: int) -> Shipment:
    """The one shipment of an order that the caller holds locked. Raises NotFound before the order is confirmed."""
    shipment = Shipment.objects.select_for_update(no_key=True).filter(order_id=order_id).first()
    if shipment is None:
        raise NotFound
    return shipment
