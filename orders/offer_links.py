"""The link in the offer's e-mail. Its token is derived from the link's id, so it is neither stored nor in an event."""

import hashlib

from django.utils.crypto import salted_hmac

from core.errors import NotFound
from orders.models import OfferLink, Order

SALT = "orders.offer_link"


def token_of(link: OfferLink) -> str:
    """The secret part of the link's address: 64 hex digits, the same each time. Only mail may carry it."""
    return salted_hmac(SALT, str(link.pk), algorithm="sha256").hexdigest()


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


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
