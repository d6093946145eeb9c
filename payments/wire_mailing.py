"""Letters about a wire that came otherwise than agreed: from somebody else, in another currency, before it was due."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.events import name_of, subscribe
from core.money import format_money
from messaging.actions import tell
from payments import events
from payments.models import Allocation, Escrow, Method, Payment

THIRD_PARTY = gettext_lazy("A wire came from somebody else")
OTHER_CURRENCY = gettext_lazy("A wire came in another currency")
AWAITS_CLICK = gettext_lazy("Your wire waits for a click of yours")
SENT_BACK = gettext_lazy("Money goes back to the buyer")


def connect() -> None:
    """Subscribe the letters; called by the wiring."""
    subscribe(events.ThirdPartyPaid, tell_of_third_party)
    subscribe(events.WireAwaitsPayer, tell_payer_to_begin)
    for event_type in (events.OverpaymentReceived, events.MoneyAfterStop):
        subscribe(event_type, tell_of_wire_that_goes_back)


def tell_of_third_party(happened: events.ThirdPartyPaid) -> None:
    """Both sides read who paid: the money counts, and each may ask the other about it."""
    allocation = Allocation.objects.select_related("line").get(pk=happened.allocation_id)
    amount = format_money(happened.amount_minor, happened.currency)
    facts = {"amount": amount, "name": allocation.line.counterparty_name}
    escrow = Escrow.objects.select_related("payer").get(pk=happened.escrow_id)

    def line() -> str:
        words = _("%(amount)s for %(title)s was wired by %(name)s, not by %(buyer)s. It counts as the buyer's payment.")
        return words % (facts | {"title": escrow.title, "buyer": escrow.payer.name})

    _tell_both(happened, escrow, THIRD_PARTY, line, subject_id=allocation.pk)


def tell_payer_to_begin(happened: events.WireAwaitsPayer) -> None:
    """The payer alone: what came counts once they have begun to pay what their bank took back."""
    escrow = Escrow.objects.get(pk=happened.escrow_id)
    facts = {"amount": format_money(happened.amount_minor, happened.currency), "title": escrow.title}

    def line() -> str:
        words = _(
            "%(amount)s arrived by wire for %(title)s while no payment was open, since the bank had taken the last one"
            " back. Open the order, press Pay and choose the bank wire: then our staff count this money. Nothing has to"
            " be wired again."
        )
        return words % facts

    _tell_one(happened, escrow.payer_id, escrow.payer_ref or escrow.title, AWAITS_CLICK, line, happened.item_id)


def tell_of_wire_that_goes_back(happened: Any) -> None:
    """In another currency: both sides. Too much, again or too late: the payee; the payer has a letter of their own."""
    escrow = Escrow.objects.get(pk=happened.escrow_id)
    payment = Payment.objects.get(pk=happened.payment_id)
    if payment.method != Method.WIRE:
        return
    facts = {
        "amount": format_money(happened.amount_minor, happened.currency),
        "title": escrow.title,
        "currency": escrow.currency,
    }
    if happened.currency != escrow.currency:

        def line() -> str:
            words = _("%(amount)s arrived for %(title)s, which is in %(currency)s. It goes back as it came.")
            return words % facts

        _tell_both(happened, escrow, OTHER_CURRENCY, line, subject_id=payment.pk)
        return

    def line_to_payee() -> str:
        words = _("%(amount)s more than is due arrived by wire for %(title)s. It goes back to the buyer by itself.")
        return words % facts

    _tell_one(happened, escrow.payee_id, escrow.payee_ref or escrow.title, SENT_BACK, line_to_payee, payment.pk)


def _tell_both(happened: Any, escrow: Escrow, headline: Any, line: Any, *, subject_id: int) -> None:
    _tell_one(happened, escrow.payer_id, escrow.payer_ref or escrow.title, headline, line, subject_id)
    _tell_one(happened, escrow.payee_id, escrow.payee_ref or escrow.title, headline, line, subject_id)


def _tell_one(happened: Any, company_id: int, own: str, headline: Any, line: Any, subject_id: int) -> None:
    tell(
        key=f"{name_of(type(happened))}:wire:{subject_id}:{company_id}:{happened.at.isoformat()}",
        kind=type(happened).__name__,
        subject=lambda: f"{own}: {headline}",
        lines=[line],
        at=happened.at,
        url=f"{settings.SITE_URL.rstrip('/')}{reverse('order-list')}",
        company_id=company_id,
        verb="read",
        action_label=lambda: _("Look at it"),
    )
