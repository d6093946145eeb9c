"""What both sides read of wires that came otherwise than agreed: from somebody else, in another currency, again."""

from django.utils.translation import gettext as _

from core.money import format_money
from payments.bank_queries import odd_wires, wires_that_await_payer
from payments.queries import EscrowMoney
from payments.routing import BANK


def wire_notes(money: EscrowMoney | None) -> list[str]:
    """In the reader's language, oldest first. A statement each, and none where no such wire can be."""
    if money is None:
        return []
    notes = _awaiting(money)
    if not any(
        payment and payment.gateway == BANK
        for each in money.instalments
        for payment in (each.live_payment, each.last_payment)
    ):
        return notes
    for wire in odd_wires(money.escrow.pk):
        facts = {"amount": format_money(wire.amount_minor, wire.currency), "name": wire.payer_name}
        if wire.currency != money.currency:
            words = _("%(amount)s arrived by wire in another currency than the order's. It goes back as it came.")
            notes.append(words % facts)
        elif wire.held_minor == 0:
            notes.append(_("%(amount)s arrived by wire once more, or too late. It goes back.") % facts)
        if wire.is_third_party:
            notes.append(_("%(amount)s was wired by %(name)s, who is not the buyer.") % facts)
    return notes


def _awaiting(money: EscrowMoney) -> list[str]:
    """What came before the buyer began to pay again, after a bank took money back."""
    if not any(each.was_lost and not each.secured_at for each in money.instalments):
        return []
    words = _(
        "%(amount)s arrived by wire while no payment was open, since the bank had taken the last one back. It counts"
        " once the buyer has pressed Pay and chosen the bank wire, and our staff have matched it. Nothing has to be"
        " wired again."
    )
    waiting = wires_that_await_payer(money.escrow.pk)
    return [words % {"amount": format_money(item.amount_minor, item.currency)} for item in waiting]
