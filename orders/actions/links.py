"""Links to an offer: made when it is sent, withdrawn once it is answered, taken back or expired."""

from datetime import datetime

from core.actions import action
from core.references import new_reference
from orders.models import OfferLink, Order
from orders.offer_links import hash_token, token_of


@action
def make_link(*, order: Order, at: datetime) -> OfferLink:
    """A link for the buyer's address; earlier ones stop working. The caller holds the order locked."""
    withdraw_links(order=order, at=at)
    # The token hangs on the id, which exists only once the row does.
    link = OfferLink.objects.create(
        order=order, email=order.buyer_email, made_at=at, token_sha256=new_reference("link")
    )
    link.token_sha256 = hash_token(token_of(link))
    link.save(update_fields=["token_sha256"])
    return link


@action
def withdraw_links(*, order: Order, at: datetime) -> None:
    """No link of this order opens anything from now on. The caller holds the order locked."""
    OfferLink.objects.filter(order=order, withdrawn_at__isnull=True).update(withdrawn_at=at)
