"""Large money goes out when two treasurers approved it. One of them alone can stop it."""

from datetime import datetime
from typing import TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from core import clock, deadlines
from core.actions import action
from core.actors import Actor
from core.alarms import clear_alarms, raise_alarm
from core.errors import IllegalMove, Invalid, Refused
from core.events import publish
from core.states import move
from payments.actions.payout import owe_again
from payments.actions.sending import rearm
from payments.events import LargeMoneyApproved, PayoutDeclined, RefundDeclined
from payments.locks import lock_payout, lock_refund
from payments.models import NOT_SENT_STATES, Approval, Payout, Refund, TransferKind
from payments.policies import check_may_approve
from payments.timing import APPROVAL_WAITS, REFUND_OVERDUE, next_business_close

DECLINED = "approval_refused"

Row = TypeVar("Row", Payout, Refund)


class ApprovedByYou(Refused):
    code = "approved_by_you"
    message = _("You approved this already. Another treasurer must approve it, too.")


@action
def approve_payout(*, payout_id: int, why: str = "", by: Actor, at: datetime) -> Payout:
    """A treasurer says yes to a large payout; with the last yes that it needs it goes on its way by itself.

    Locks: the payout. Raises NotAllowed, NotFound, ApprovedByYou, IllegalMove where nothing waits for approval.
    """
    return _approve(lock_payout(payout_id), why, by, at)


@action
def approve_refund(*, refund_id: int, why: str = "", by: Actor, at: datetime) -> Refund:
    """As `approve_payout`; locks the escrow before."""
    return _approve(lock_refund(refund_id), why, by, at)


@action
def decline_payout(*, payout_id: int, why: str, by: Actor, at: datetime) -> Payout:
    """A treasurer stops a large payout that has not left: the money is payable again, and the company reads `why`.

    The platform doesn't ask for it again by itself; the company may. Again: no change. Locks: the payout, accounts.
    Raises NotAllowed, NotFound, Invalid without a reason, IllegalMove once it is on its way, or for a small one.
    """
    payout = lock_payout(payout_id)
    if _decline(payout, why, by, at):
        deadlines.cancel(payout)
        owe_again(payout, TransferKind.PAYOUT_FAILED, legs=[], at=at)
        facts = {"company_id": payout.company_id, "amount_minor": payout.amount_minor}
        publish(PayoutDeclined(payout_id=payout.pk, **facts, at=at))
    return payout


@action
def decline_refund(*, refund_id: int, why: str, by: Actor, at: datetime) -> Refund:
    """As `decline_payout`, of a refund: it stays due back, and staff are alarmed until it is replaced.

    Locks: escrow, refund.
    """
    refund = lock_refund(refund_id)
    if _decline(refund, why, by, at):
        deadlines.schedule(refund, REFUND_OVERDUE, next_business_close(at), replace=True)
        raise_alarm(REFUND_OVERDUE, "payments.refund", refund.pk, f"{refund}: {refund.state} {refund.failure_code}")
        if refund.escrow_id:
            amount_minor = refund.amount_minor
            publish(RefundDeclined(escrow_id=refund.escrow_id, refund_id=refund.pk, amount_minor=amount_minor, at=at))
    return refund


def check_can_approve(row: Payout | Refund, by: Actor) -> int:
    """It waits for a word that this treasurer has not given. Returns who.

    Raises NotAllowed, IllegalMove, ApprovedByYou.
    """
    user_id = check_may_approve(by)
    if not row.waits_for_approval:
        raise IllegalMove(verb="approve", state=row.state)
    if _approvals_of(row).filter(user_id=user_id).exists():
        raise ApprovedByYou
    return user_id


def check_can_decline(row: Payout | Refund, by: Actor) -> None:
    """It is large, or goes another way than it came, and has not left. Raises NotAllowed, IllegalMove."""
    check_may_approve(by)
    if not row.approvals_needed or row.state not in NOT_SENT_STATES:
        raise IllegalMove(verb="decline", state=row.state)


def _approve(row: Row, why: str, by: Actor, at: datetime) -> Row:
    user_id = check_can_approve(row, by)
    subject = {"payout": row} if isinstance(row, Payout) else {"refund": row}
    Approval.objects.create(**subject, user_id=user_id, at=at, why=why)
    if _approvals_of(row).count() >= row.approvals_needed:
        row.ask_at = clock.wall()
        move(row.approve, by=by, at=at, why=why)
        clear_alarms(APPROVAL_WAITS, row._meta.label_lower, row.pk)
        rearm(row, at)
        publish(LargeMoneyApproved(subject_type=row._meta.label_lower, subject_id=row.pk, at=at))
    return row


def _decline(row: Payout | Refund, why: str, by: Actor, at: datetime) -> bool:
    """Whether this stopped it: False when it was stopped so before."""
    check_may_approve(by)
    if not why.strip():
        raise Invalid(fields={"why": _("Write why: whoever waits for the money reads it.")})
    if row.failure_code == DECLINED:
        return False
    check_can_decline(row, by)
    row.failure_code, row.declined_why = DECLINED, why.strip()
    move(row.decline, by=by, at=at, why=row.declined_why)
    clear_alarms(APPROVAL_WAITS, row._meta.label_lower, row.pk)
    return True


def _approvals_of(row: Payout | Refund) -> models.QuerySet[Approval]:
    return Approval.objects.filter(payout=row) if isinstance(row, Payout) else Approval.objects.filter(refund=row)
