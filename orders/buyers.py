"""The company behind a buyer's e-mail address, before it has signed."""

from allauth.account.models import EmailAddress

from companies.models import Company, Membership
from core.calendars import Calendar
from orders.models import Order


def known_buyer(order: Order) -> Company | None:
    """The buyer, or before they sign the only company of whoever confirmed the address. None when that isn't clear."""
    if order.buyer_id is not None:
        return order.buyer
    if not order.buyer_email:
        return None
    people = EmailAddress.objects.filter(email__iexact=order.buyer_email, verified=True).values("user_id")
    found = list(Membership.objects.filter(user_id__in=people).select_related("company")[:2])
    return found[0].company if len(found) == 1 else None


def buyer_calendar(order: Order) -> Calendar | None:
    buyer = known_buyer(order)
    return buyer.calendar if buyer else None
