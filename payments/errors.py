"""Refusals that more than one action of payments raises."""

from django.utils.translation import gettext_lazy as _

from core.errors import Busy, Refused


class FundingIsOver(Refused):
    code = "funding_stopped"
    message = _("No payment is accepted any more. Money that arrives is sent back.")


class AlreadySecured(Refused):
    code = "already_secured"
    message = _("The payment has just arrived and is held. Reload the page to see the present state.")


class TakenBackNow(Busy):
    """Two treasurers said so, and it is not booked yet: what is held still counts it."""

    code = "taken_back_now"
    message = _("The bank took a wire of this order back a moment ago. Nothing was changed; try again in a minute.")


class WireCounts(Refused):
    code = "wire_counts"
    message = _(
        "A wire was declared, or part of it has arrived: paying another way would send it back. "
        "Send what is missing by wire, under the same reference."
    )


class NotEnoughHeld(Refused):
    code = "not_enough_held"
    message = _("Less money is held than this would move. Nothing was moved.")
