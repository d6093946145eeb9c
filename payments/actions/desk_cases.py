"""A case on the suspense desk while it is decided: locked, by whose word, and by whose second one."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from core import deadlines
from core.actions import action
from core.actors import Actor
from core.alarms import clear_alarms
from core.errors import Invalid, Refused
from core.states import move
from payments.actions.bank_booking import UNORDERED_ALARM
from payments.locks import lock_suspense_item
from payments.models import DeskProposal, Direction, SuspenseItem, SuspenseState
from payments.policies import check_may_approve, check_treasurer
from payments.timing import SUSPENSE_OPEN

LABEL = "payments.suspenseitem"


class AlreadyDecided(Refused):
    code = "already_decided"
    message = _("Somebody has decided on this money already. Reload the page to see how.")


class ProposedByYou(Refused):
    code = "proposed_by_you"
    message = _("You proposed this. Another treasurer must confirm it.")


class ProposedOtherwise(Refused):
    code = "proposed_otherwise"
    message = _("A treasurer proposed something else. Confirm that, or withdraw it first.")


class NothingProposed(Refused):
    code = "nothing_proposed"
    message = _("This is not proposed any more. Reload the page to see what is.")


def open_item(item_id: int, why: str, by: Actor) -> SuspenseItem:
    """The item, locked, for a treasurer who says why. Raises NotAllowed, NotFound, Invalid."""
    check_treasurer(by)
    item = lock_suspense_item(item_id)
    check_why(why)
    return item


def check_why(why: str) -> None:
    if not why.strip():
        raise Invalid(fields={"why": _("Say why: it is kept with the decision.")})


def check_incoming(item: SuspenseItem) -> None:
    if item.direction != Direction.IN:
        raise Invalid(_("This money left. Only what came in can be decided so."))


def again(item: SuspenseItem, *, same: bool) -> SuspenseItem:
    """A decision that was made already: the same one changes nothing. Raises AlreadyDecided for another."""
    if not same:
        raise AlreadyDecided(state=item.state)
    return item


def agreed(
    item: SuspenseItem, decision: SuspenseState, terms: dict[str, Any], why: str, by: Actor, at: datetime
) -> bool:
    """Whether a locked, open item may be decided so now: one word is enough, or this is the second to the same.

    Otherwise this word is kept as a proposal. Raises NotAllowed, ProposedByYou, ProposedOtherwise.
    """
    proposal = proposal_of(item)
    to_another_account = decision == SuspenseState.SENT_BACK and bool(terms)
    if proposal is None and not item.needs_two(decision) and not to_another_account:
        return True
    person = check_may_approve(by)
    if proposal is None:
        DeskProposal.objects.create(
            item=item, decision=decision, terms=terms, why=why.strip()[:500], proposed_by_id=person, proposed_at=at
        )
        return False
    if (proposal.decision, proposal.terms) != (decision, terms):
        raise ProposedOtherwise
    check_can_confirm(proposal, by)
    proposal.confirmed_by_id = person
    _end(proposal, why, at)
    return True


def check_can_confirm(proposal: DeskProposal, by: Actor) -> None:
    """It stands open, and somebody else proposed it. Raises NotAllowed, NothingProposed, ProposedByYou."""
    person = check_may_approve(by)
    if proposal.ended_at is not None:
        raise NothingProposed
    if proposal.proposed_by_id == person:
        raise ProposedByYou


def check_can_withdraw(proposal: DeskProposal, by: Actor) -> None:
    """It stands open; by whomever. Raises NotAllowed, NothingProposed."""
    check_may_approve(by)
    if proposal.ended_at is not None:
        raise NothingProposed


def proposal_of(item: SuspenseItem) -> DeskProposal | None:
    """The one that stands open."""
    return DeskProposal.objects.filter(item=item, ended_at__isnull=True).first()


@action
def withdraw_proposal(*, proposal_id: int, why: str, by: Actor, at: datetime) -> DeskProposal:
    """A treasurer takes back what was proposed for a case, by whomever. Again: no change. Locks: the item.

    Raises NotAllowed, Invalid without a reason, NothingProposed where it was confirmed, or is unknown.
    """
    person = check_may_approve(by)
    check_why(why)
    proposal = lock_proposal(proposal_id)
    if proposal.withdrawn_by_id:
        return proposal
    check_can_withdraw(proposal, by)
    proposal.withdrawn_by_id = person
    _end(proposal, why, at)
    return proposal


def lock_proposal(proposal_id: int) -> DeskProposal:
    """As it stands behind the lock of its item. Raises NothingProposed."""
    item_id = DeskProposal.objects.filter(pk=proposal_id).values_list("item_id", flat=True).first()
    if item_id is None:
        raise NothingProposed
    lock_suspense_item(item_id)
    return DeskProposal.objects.get(pk=proposal_id)


def _end(proposal: DeskProposal, why: str, at: datetime) -> None:
    proposal.ended_at, proposal.ended_why = at, why.strip()[:500]
    proposal.save(update_fields=["confirmed_by", "withdrawn_by", "ended_at", "ended_why"])


def decide(item: SuspenseItem, verb: object, why: str, by: Actor, at: datetime) -> None:
    """OPEN -> decided, of a locked item: its clock and its alarms end."""
    item.decided_by_id, item.reason = by.user_id, why[:500]
    move(verb, by=by, at=at, why=why[:200])  # type: ignore[arg-type]
    deadlines.cancel(item)
    clear_alarms(SUSPENSE_OPEN, LABEL, item.pk)
    clear_alarms(UNORDERED_ALARM, LABEL, item.pk)
