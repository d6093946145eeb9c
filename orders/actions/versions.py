"""What a reader saw against what is: a stale tab is refused before anything is done."""

from core.actions import action
from core.errors import Stale
from orders.locks import lock_order


@action
def check_seen_version(*, order_id: int, seen_version: int | None) -> None:
    """Lock the order and raise Stale unless it is the version that the caller saw. None: the caller didn't say."""
    order = lock_order(order_id)
    if seen_version is not None and order.version != seen_version:
        raise Stale
