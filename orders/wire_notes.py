"""What both sides read of wires that came otherwise than agreed: from somebody else, in another currency, again."""

from django.utils.translation import gettext as _

from core.money import format_money
from payments.bank_queries import odd_wires
from payments.queries import EscrowMoney
from payments.routing import BANK


def wire_notes(money: EscrowMoney | None) -> list[str]:
    """In the reader's language, oldest first. One statement, and none where nobody tried a wire by statement."""
    if money is None or not any(
        payment and payment.gateway == BANK
        for each in money.instalments
        for payment in (each.live_payment, each.last_payment)
    ):
        return []
    notes = []
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
