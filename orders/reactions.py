"""What the order does about the news from below. Each re-reads what it acts on; each may come twice and late."""

from core.actors import platform
from orders.actions.funding import go_on_after_payment, start_production
from orders.models import Order
from payments.events import InstalmentSecured


def go_on_with_money(happened: InstalmentSecured) -> None:
    """The first instalment starts production; a later one lets the goods leave."""
    order_id = Order.objects.filter(escrow_id=happened.escrow_id).values_list("pk", flat=True).first()
    if order_id is None:
        return
    if happened.sequence == 1:
        start_production(order_id=order_id, by=platform("gateway"), at=happened.at)
    else:
        go_on_after_payment(
            order_id=order_id,
            sequence=happened.sequence,
            amount_minor=happened.amount_minor,
            by=platform("gateway"),
            at=happened.at,
        )
