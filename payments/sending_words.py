"""What people read of money on its way out."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from payments.models import Payout, Refund, SendState
from payments.models.sending import ACCOUNT_REMOVED, NAME_NOT_LATIN, NO_ACCOUNT_HERE
from payments.refund_targets import NO_ACCOUNT_KNOWN

STATE_WORDS: dict[str, tuple[Any, str]] = {
    SendState.REQUESTED: (_("Requested"), "amber"),
    SendState.APPROVED: (_("Checked, being sent"), "blue"),
    SendState.SENDING: (_("Being sent"), "blue"),
    SendState.SENT: (_("On its way"), "blue"),
    SendState.UNKNOWN: (_("Bank is checking: do not pay again"), "amber"),
    SendState.PAID: (_("Paid"), "green"),
    SendState.FAILED: (_("Refused by the bank"), "red"),
    SendState.RETURNED: (_("Returned by the bank"), "red"),
    SendState.STOPPED: (_("Not sent: the buyer's bank took it back"), "blue"),
}
NOT_SENT: dict[str, tuple[Any, Any]] = {
    NAME_NOT_LATIN: (
        _("Not sent: the holder's name"),
        _(
            "We can't write this name in a bank file. Remove the account and add it anew; give the name in Latin"
            " letters as your bank knows it. No bank was asked, and the money is yours and payable again."
        ),
    ),
    ACCOUNT_REMOVED: (
        _("Not sent: the account was removed"),
        _("No bank was asked. The money is yours and payable again, to the account that is in use."),
    ),
    NO_ACCOUNT_HERE: (
        _("Not sent"),
        _("We can't send this currency by bank now, and no bank was asked. The money is yours; our staff see to it."),
    ),
}
"""What a company reads of a payout that failed before any bank was asked: its state, and what to do."""

REFUSED_BY_BANK = _("The bank refused or returned it. The money is yours and payable again; check the account.")
SECOND_CHECK = _("Waiting for the platform's second check"), "amber"
STOPPED = _("Stopped by the platform's second check"), "red"
STAFF_AT_WORK = _("Did not arrive: our staff look into it"), "amber"


ASKED_WORDS: dict[str, Any] = {
    "requested": _("The payout is requested and will be sent in a moment."),
    "on_its_way": _("Everything that you are owed in this currency is in a payout already."),
    "waiting_for_account": _(
        "You have no account in this currency that can be used yet. Add one; once staff have verified it and its "
        "72 hours are over, the money is sent by itself."
    ),
}
"""What a company that asks for a payout reads, by outcome."""


def payout_words(payout: Payout) -> tuple[Any, str]:
    """What a company reads of its payout, and the colour."""
    if payout.waits_for_approval:
        return SECOND_CHECK
    if payout.declined_why:
        return STOPPED
    if payout.state == SendState.FAILED and payout.failure_code in NOT_SENT:
        return NOT_SENT[payout.failure_code][0], "red"
    return STATE_WORDS[payout.state]


def payout_next_words(failure_code: str) -> Any:
    """Why a payout did not arrive, and what its company must do."""
    return NOT_SENT[failure_code][1] if failure_code in NOT_SENT else REFUSED_BY_BANK


def payout_note(payout: Payout) -> Any:
    """What a company reads beside the state: the reason of the one who stopped it, or what comes next of one that did
    not arrive; else nothing.
    """
    if payout.declined_why:
        return payout.declined_why
    return payout_next_words(payout.failure_code) if payout.state in (SendState.FAILED, SendState.RETURNED) else ""


def refund_next_words(failure_code: str) -> Any:
    """What happens next to a refund that did not arrive, and whether the payer must do something."""
    if failure_code == NO_ACCOUNT_KNOWN:
        return _(
            "It is still yours, and we know no account to send it to. Add a payout account in this currency and in "
            "your company's name, under Company; once our staff have verified it, they send the money there."
        )
    return _(
        "It is still yours. Our staff find out why and send it again; you are mailed when it is paid. You need to do "
        "nothing unless they write to you."
    )


def is_stuck(refund: Refund) -> bool:
    """It did not arrive, and is still owed."""
    return refund.state in (SendState.FAILED, SendState.RETURNED)


def refund_words(refund: Refund) -> tuple[Any, str]:
    """What both sides read of a refund, and the colour: one that failed is still owed."""
    if refund.waits_for_approval:
        return SECOND_CHECK
    return STAFF_AT_WORK if is_stuck(refund) else STATE_WORDS[refund.state]
