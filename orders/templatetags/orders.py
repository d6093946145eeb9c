"""Words of orders for pages."""

from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from catalog.quantities import format_quantity
from core.templatetags.layout import badge
from orders.cancellation_terms import Cause
from orders.draft_forms import ChangesForm
from orders.methods import OFFERS
from orders.models import Order, OrderState
from orders.screen import COLOURS
from payments.fee_words import rate_words
from payments.fees import Rate
from payments.models import EscrowState, Refund
from payments.sending_words import is_stuck, refund_next_words

register = template.Library()

CLOCK_WORDS: dict[str, Any] = {
    "draft_untouched": _("Complete the draft"),
    "offer_open": _("Answer the offer"),
    "first_payment": _("Pay the first instalment"),
    "ship_date": _("Ship the goods"),
    "late_cancel": _("Late: ship the goods now"),
    "ready_payment": _("Pay the balance"),
    "carriage_booking": _("Book the carriage"),
    "buyer_refused": _("Pay or book: the goods wait"),
    "arrival": _("Confirm the arrival"),
    "inspection": _("Inspect and accept"),
    "stage_unchallenged": _("Approve or challenge the stage"),
    "cancellation_settles": _("Prove a later stage"),
}


@register.simple_tag
def clock_words(kind: str) -> Any:
    """What somebody must do before a clock ends."""
    return CLOCK_WORDS.get(kind, kind)


@register.simple_tag
def method_words(method: str) -> Any:
    """A way to pay."""
    return OFFERS[method].label


@register.simple_tag(name="rate_words")
def rate_in_words(rate: Rate, currency: str) -> str:
    """What a fee is: a share, a fixed part, at most so much."""
    return rate_words(rate, currency)


@register.simple_tag
def changes_words(field: str) -> Any:
    """The part of an offer that a buyer's comment is about."""
    known = ChangesForm.base_fields.get(field)
    return known.label if known else field


@register.simple_tag
def cause_words(cause: str) -> Any:
    """Why an order ended early."""
    return Cause(cause).label


@register.simple_tag
def refund_next(refund: Refund) -> Any:
    """What the buyer reads of a refund that did not arrive; empty of any other."""
    return refund_next_words(refund.failure_code) if is_stuck(refund) else ""


@register.simple_tag
def order_badge(order: Order) -> SafeString:
    """The state in the words of the rules, and where the money decides, by its escrow (fetched with the order)."""
    if order.escrow is not None and order.escrow.state != EscrowState.AWAITING_FUNDS:
        if order.state == OrderState.AWAITING_PAYMENT:
            return badge(_("Received and held"), "green")
        if order.state == OrderState.READY and order.escrow.state == EscrowState.FUNDED:
            return badge(_("Goods ready to ship"), "blue")
    return badge(order.get_state_display(), COLOURS[order.state])


@register.simple_tag
def quantity(thousandths: int) -> str:
    """Thousandths of the unit, in the reader's digits, without needless zeros."""
    return format_quantity(thousandths)
