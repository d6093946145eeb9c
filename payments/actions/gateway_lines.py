"""What a gateway keeps for itself, and what it pays to our own bank: lines of its record that belong to no payment.

And those that have no name with us: two treasurers say what they are.
"""

from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core.actions import action
from core.actors import Actor
from core.errors import IllegalMove, Invalid, Refused
from core.money import CURRENCIES
from payments.books import RecordLine
from payments.ledger import Leg, NewAccount, open_accounts, post
from payments.limits import TREASURERS
from payments.locks import lock_difference, lock_gateway_record
from payments.models import (
    AccountKind,
    BookedInto,
    Difference,
    DifferenceState,
    LineExplanation,
    Transfer,
    TransferKind,
)
from payments.models.account_codes import clearing, costs, settling
from payments.models.gateway_line import LineKind, explained_key, line_key
from payments.nudges import nudge
from payments.policies import check_may_approve, check_platform
from payments.routing import BANK


class NotExplainable(Refused):
    code = "not_explainable"
    message = _(
        "Only a line of a gateway's record that our books have nothing for can be booked so. What a bank's statement "
        "shows is decided on the suspense desk."
    )


class ExplainedByYou(Refused):
    code = "explained_by_you"
    message = _("You have said so already. It is booked once another treasurer says the same.")


class ExplainedAlready(Refused):
    code = "explained_already"
    message = _("This line was booked already. The case ends with the next full check.")


@action
def book_gateway_line(
    *, gateway: str, kind: LineKind, object_id: str, amount_minor: int, currency: str, by: Actor, at: datetime
) -> bool:
    """Book one line of a gateway's record, once: a cost, or a settlement on its way to our bank; either may come back.

    Units: minor units of `currency`. Locks: the gateway's record, no account. Idempotent; false for a repeat.
    Raises NotAllowed.
    """
    assert amount_minor > 0
    check_platform(by)
    lock_gateway_record(gateway)
    key = line_key(gateway, kind, object_id)
    if Transfer.objects.filter(key=key).exists():
        return False
    into = BookedInto.COSTS if kind.startswith("cost") else BookedInto.SETTLING
    line = RecordLine("in" if kind.endswith("_return") else "out", kind, object_id, amount_minor, currency)
    _book(gateway, line, into, key, at)
    return True


def _book(gateway: str, line: RecordLine, into: BookedInto, key: str, at: datetime) -> None:
    """Between the account at the gateway and the platform's costs, or what is on its way to our bank."""
    there, other, other_kind, kind = (
        clearing(gateway, line.currency),
        costs(line.currency),
        AccountKind.COSTS,
        TransferKind.GATEWAY_COST,
    )
    if into == BookedInto.SETTLING:
        other, other_kind, kind = settling(line.currency), AccountKind.CLEARING, TransferKind.SETTLEMENT
    open_accounts(
        [NewAccount(there, AccountKind.CLEARING, line.currency), NewAccount(other, other_kind, line.currency)]
    )
    debit, credit = (there, other) if line.direction == "in" else (other, there)
    post([Leg(debit, credit, line.amount_minor, kind, key)], at=at)


@action
def explain_gateway_line(*, difference_id: int, into: BookedInto, why: str, by: Actor, at: datetime) -> bool:
    """A treasurer says what a line is that our books have no row for; the second one's same word books it, once.

    For what no action of ours can book: a fee of a new kind, money that somebody moved on the gateway's own page.
    True once it is booked; then a full check is asked for, and a clean one lets money go again.
    Locks: the case, the gateway's record. Raises NotAllowed, NotFound, IllegalMove for a case that is over,
    NotExplainable, Invalid without a reason, ExplainedByYou, ExplainedAlready.
    """
    person = check_may_approve(by)
    row = lock_difference(difference_id)
    gateway, line = _line_of(row)
    if not why.strip():
        raise Invalid(fields={"why": _("Write what it is, and where you saw it.")})
    lock_gateway_record(gateway)
    check_can_explain(row, by, into=into)
    told = _told(gateway, line, into)
    LineExplanation.objects.create(difference=row, user_id=person, why=why.strip()[:500], at=at, **told)
    if LineExplanation.objects.filter(**told).count() < TREASURERS:
        return False
    _book(gateway, line, into, told["key"], at)
    transaction.on_commit(partial(nudge, "check_books_nightly"))
    return True


def check_can_explain(row: Difference, by: Actor, *, into: BookedInto) -> None:
    """Our books have nothing for its line, and this treasurer didn't say so yet.

    Raises NotAllowed, IllegalMove, NotExplainable, ExplainedAlready, ExplainedByYou.
    """
    person = check_may_approve(by)
    told = _told(*_line_of(row), into)
    if Transfer.objects.filter(key=told["key"]).exists():
        raise ExplainedAlready
    if LineExplanation.objects.filter(**told, user_id=person).exists():
        raise ExplainedByYou


def _told(gateway: str, line: RecordLine, into: BookedInto) -> dict[str, Any]:
    """What two treasurers must say alike."""
    key = explained_key(gateway, line.kind, line.object_id)
    return {"key": key, "booked_into": into, "amount_minor": line.amount_minor, "currency": line.currency}


def _line_of(row: Difference) -> tuple[str, RecordLine]:
    """Gateway and line. Raises IllegalMove, NotExplainable."""
    if row.state != DifferenceState.OPEN:
        raise IllegalMove(verb="explain_gateway_line", state=row.state)
    if row.missing is None:
        raise NotExplainable
    gateway, line = row.missing["gateway"], RecordLine(**row.missing["line"])
    if gateway == BANK or line.currency not in CURRENCIES:
        raise NotExplainable
    return gateway, line
