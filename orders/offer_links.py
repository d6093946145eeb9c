"""The link in the offer's e-mail. Its token is derived from the link's id, so it is neither stored nor in an event."""

import hashlib
from datetime import datetime

from django.utils.crypto import salted_hmac

from core.errors import NotFound
from core.references import new_reference
from orders.models import OfferLink, Order

SALT = "orders.offer_link"


def token_of(link: OfferLink) -> str:
    """The secret part of the link's address: 64 hex digits, the same each time. Only mail may carry it."""
    return salted_hmac(SALT, str(link.pk), algorithm="sha256").hexdigest()


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def make_link(order: Order, *, at: datetime) -> OfferLink:
    """A link for the buyer's address; earlier ones stop working. The caller holds the order locked."""
    withdraw_links(order, at=at)
    # The token hangs on the id, which exists only once the row does.
    link = OfferLink.objects.create(
        order=order, email=order.buyer_email, made_at=at, token_sha256=new_reference("link")
    )
    link.token_sha256 = hash_token(token_of(link))
    link.save(update_fields=["token_sha256"])
    return link


def withdraw_links(order: Order, *, at: datetime) -> None:
    OfferLink.objects.filter(order=order, withdrawn_at__isnull=True).update(withdrawn_at=at)


def order_behind(token: str) -> Order:
    """The order that a link opens, to read and nothing else. Raises NotFound for a wrong or withdrawn one."""
    link = (
        OfferLink.objects.select_related("order__seller", "order__buyer")
        .filter(token_sha256=hash_token(token), withdrawn_at__isnull=True)
        .first()
    )
    if link is None:
        raise NotFound
    return link.order
