"""Refusals that more than one action of payments raises."""

from django.utils.translation import gettext_lazy as _

from core.errors import Refused


class FundingIsOver(Refused):
    code = "funding_stopped"
    message = _("No payment is accepted any more. Money that arrives is sent back.")


class AlreadySecured(Refused):
    code = "already_secured"
    message = _("The payment has just arrived and is held. Reload the page to see the present state.")


class NotEnoughHeld(Refused):
    code = "not_enough_held"
    message = _("Less money is held than this would move. Nothing was moved.")
