"""The link in the offer's e-mail. Its token is derived from the link's id, so it is neither stored nor in an event."""

import hashlib

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from core.errors import NotFound
from orders.models import OfferLink, Order

SALT = "orders.offer_link"


def token_of(link: OfferLink) -> str:
    """The secret part of the link's address: 64 hex digits, the same each time. Only mail may carry it."""
    return salted_hmac(SALT, str(link.pk), algorithm="sha256").hexdigest()


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class OfferClosed(NotFound):
    """The link was good once. Whoever the order concerns logs in."""

    code = "offer_closed"
    status = 410
    message = _("This offer is no longer open: it was answered, taken back or has expired.")


def order_behind(token: str) -> Order:
    """The order that a link opens, to read and nothing else. Raises NotFound for a wrong link, OfferClosed for an old.

    A link outlives the offer in mailboxes and histories, so it ends with the offer.
    """
    links = OfferLink.objects.select_related("order__seller", "order__buyer")
    link = links.filter(token_sha256=hash_token(token)).first()
    if link is None:
        raise NotFound
    if link.withdrawn_at is not None:
        raise OfferClosed
    return link.order
