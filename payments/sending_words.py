"""What people read of money on its way out."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from payments.models import Payout, Refund, SendState

STATE_WORDS: dict[str, tuple[Any, str]] = {
    SendState.REQUESTED: (_("Requested"), "amber"),
    SendState.APPROVED: (_("Checked, being sent"), "blue"),
    SendState.SENDING: (_("Being sent"), "blue"),
    SendState.SENT: (_("On its way"), "blue"),
    SendState.UNKNOWN: (_("Bank is checking: do not pay again"), "amber"),
    SendState.PAID: (_("Paid"), "green"),
    SendState.FAILED: (_("Refused by the bank"), "red"),
    SendState.RETURNED: (_("Returned by the bank"), "red"),
}
SECOND_CHECK = _("Waiting for the platform's second check"), "amber"
STOPPED = _("Stopped by the platform's second check"), "red"
STAFF_AT_WORK = _("Did not arrive: our staff look into it"), "amber"


def payout_words(payout: Payout) -> tuple[Any, str]:
    """What a company reads of its payout, and the colour."""
    if payout.waits_for_approval:
        return SECOND_CHECK
    return STOPPED if payout.declined_why else STATE_WORDS[payout.state]


def refund_words(refund: Refund) -> tuple[Any, str]:
    """What both sides read of a refund, and the colour: one that failed is still owed."""
    if refund.waits_for_approval:
        return SECOND_CHECK
    stuck = refund.state in (SendState.FAILED, SendState.RETURNED)
    return STAFF_AT_WORK if stuck else STATE_WORDS[refund.state]
