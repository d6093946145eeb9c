"""Money that may have been sent, and of which the gateway has nothing: sent again only when that is proved."""

from datetime import datetime, timedelta

from core.actions import action
from core.actors import Actor
from core.alarms import raise_alarm
from payments.actions.sending import ABSENT_ALARM, books_are_wrong, keep_unknown
from payments.locks import lock_payout, lock_refund
from payments.models import Payout, Refund, SendState

PROOF_OF_ABSENCE = timedelta(seconds=60)
"""Wall time: longer than a call may be on its way to the gateway, or its list behind its payments."""


@action
def note_payout_absent(*, payout_id: int, by: Actor, at: datetime, wall: datetime) -> bool:
    """The gateway has nothing under the key of a claimed payout. True when it may be sent again, under the same key.

    That takes two looks `PROOF_OF_ABSENCE` apart since it was last sent (wall time), and books that balance; until
    then it is UNKNOWN, and staff are alarmed. Locks: the payout.
    """
    return _note_absent(lock_payout(payout_id), by, at, wall)


@action
def note_refund_absent(*, refund_id: int, by: Actor, at: datetime, wall: datetime) -> bool:
    """As `note_payout_absent`; locks the escrow before."""
    return _note_absent(lock_refund(refund_id), by, at, wall)


def _note_absent(row: Payout | Refund, by: Actor, at: datetime, wall: datetime) -> bool:
    keep_unknown(row, by, at)
    if row.state != SendState.UNKNOWN or row.gateway_id:
        return False
    is_proved = row.absent_at is not None and wall - row.absent_at >= PROOF_OF_ABSENCE
    may_send_again = is_proved and not books_are_wrong()
    if not may_send_again:
        words = f"{row}: the gateway has nothing of what may have been sent; it is sent again when that is proved"
        raise_alarm(ABSENT_ALARM, row._meta.label_lower, row.pk, words)
    if may_send_again or row.absent_at is None:
        row.absent_at = None if may_send_again else wall  # What is sent again must be proved absent again.
        row.save(update_fields=["absent_at"])
    return may_send_again
