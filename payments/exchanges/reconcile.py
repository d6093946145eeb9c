"""Our books beside the gateway's own record: what we missed is caught up with, what differs is a problem."""

import logging
import math
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from django.db import OperationalError

from core.actions import carry_out
from core.actors import platform
from core.alarms import raise_alarm
from core.errors import Busy
from payments import books
from payments.actions.gateway_lines import book_gateway_line
from payments.books import Problem
from payments.exchanges.events import follow_object
from payments.gateways.base import GatewayError, Movement, Unanswered
from payments.gateways.registry import gateway
from payments.models import Chargeback, ChargebackState, Payout, Receipt, Refund, SendState, Transfer
from payments.models.gateway_line import LINE_KINDS, LineKind, explained_key, line_key
from payments.movements import MONEY_IN

log = logging.getLogger(__name__)

PAGE = 500
NOUNS = {
    "receipt": "payment",
    "refund": "refund",
    "payout": "payout",
    "payout_return": "payout",
    "refund_return": "refund",
    "chargeback": "dispute",
    "chargeback_won": "dispute",
    "cost": "dispute",
}

ID_NAMES = {
    "receipt": "gateway_receipt_id",
    "chargeback": "gateway_dispute_id",
    "chargeback_won": "gateway_dispute_id",
    "cost": "gateway_dispute_id",
}
BY_LINES = {
    "unmatched": "suspense_in",
    "desk_return": "desk_return",
    "cost": "gateway_cost",
    "interest": "gateway_cost",
    "settled": "settlement",
}
"""How the transfers are named by which the import of a statement booked such a line."""


class MovementWaits(GatewayError):
    """A movement can't be followed now, for what passes by itself; it and all behind it are not passed over."""


def list_movements(gateway_name: str = "sandbox", *, since: int = 0) -> list[books.RecordLine]:
    """The gateway's record after number `since`, as the books compare it. Not in a transaction. Raises Unanswered."""
    return [
        books.RecordLine(
            direction="in" if movement.kind in MONEY_IN else "out",
            kind=movement.kind,
            object_id=movement.object_id,
            amount_minor=movement.amount_minor,
            currency=movement.currency,
        )
        for movement in gateway(gateway_name).list_movements(since=since)
    ]


def compare_with_gateway(gateway_name: str = "sandbox") -> list[Problem]:
    """Every receipt, refund, payout and return, ours and the gateway's, to the cent. Raises Unanswered."""
    return books.compare_with_gateway(gateway=gateway_name, movements=list_movements(gateway_name))


def catch_up_by_pages(*, gateway_name: str, since: int, at: datetime, until: float = math.inf) -> Iterator[int]:
    """Follow money that moved without our hearing of it: a webhook may be lost, and ended rows are not asked about.

    `since`: number of the last movement known to be followed, 0 for all. A gateway may begin its record a little before
    it. `until` (`time.monotonic` seconds): then no further movement is begun. One behind `since` always is, so that
    each run gets further, however slow the gateway. Yields the place after each page, to be kept: it only grows.
    A movement that can't be followed is alarmed and passed over: it stops no other. Only what passes by itself (a
    gateway that doesn't answer, a row that is busy, a lost database) stops it, before the movement concerned.
    Never inside a transaction. Raises Unanswered, and MovementWaits where it was stopped.
    """
    movements, place = gateway(gateway_name).list_movements(since=since), since
    while page := list(islice(movements, PAGE)):
        followed, waits = _follow_page(gateway_name, page, place, at=at, until=until)
        if followed > place:
            yield followed
        if waits is not None:
            raise waits
        is_over = followed > since and time.monotonic() > until
        if is_over or followed < page[-1].sequence:
            return
        place = followed


def _follow_page(
    name: str, page: list[Movement], since: int, *, at: datetime, until: float
) -> tuple[int, MovementWaits | None]:
    """What is known already takes no time, and what lies before `since` is no way further: neither is counted."""
    heard, place, has_begun = _heard_of(name, page), since, False
    for movement in page:
        if (movement.kind, movement.object_id) not in heard:
            is_further = movement.sequence > since
            if is_further and has_begun and time.monotonic() > until:
                return place, None
            waits = _follow_or_alarm(name, movement, at=at)
            if waits is not None:
                return place, waits
            has_begun = has_begun or is_further
        place = max(place, movement.sequence)
    return place, None


def _follow_or_alarm(name: str, movement: Movement, *, at: datetime) -> MovementWaits | None:
    try:
        _follow(name, movement, at=at)
    except (Unanswered, Busy, OperationalError) as error:
        log.warning("movement %s of %s waits: %s", movement.sequence, name, error)
        return MovementWaits(f"movement {movement.sequence}, {movement.kind} {movement.object_id}: {error}")
    # Whatever one movement raises, those behind it are other people's money. Staff hear of it, and what isn't
    # followed stays a difference that the nightly check finds.
    except Exception as error:
        log.error("movement %s of %s can't be followed", movement.sequence, name, exc_info=error)
        _alarm("gateway_movement_fails", name, movement, f"{type(error).__name__}: {error}")
    return None


def _follow(name: str, movement: Movement, *, at: datetime) -> None:
    own_kind = _own_kind(movement)
    if own_kind is not None:
        _book_line(name, own_kind, movement, at=at)
        return
    noun = NOUNS.get(movement.kind, "")
    if not follow_object(gateway_name=name, noun=noun, object_id=_object_of(movement), at=at):
        _alarm("gateway_movement_unknown", name, movement, "belongs to nothing of ours")


def _own_kind(movement: Movement) -> LineKind | None:
    """Of a cost or a settlement for itself. The cost of a charge-back names its payment, and is booked with it."""
    return None if movement.payment_id else next((kind for kind in LINE_KINDS if kind == movement.kind), None)


def _book_line(name: str, kind: LineKind, movement: Movement, *, at: datetime) -> None:
    carry_out(
        book_gateway_line,
        gateway=name,
        kind=kind,
        object_id=movement.object_id,
        amount_minor=movement.amount_minor,
        currency=movement.currency,
        by=platform("gateway"),
        at=at,
    )


def _alarm(kind: str, name: str, movement: Movement, words: str) -> None:
    raise_alarm(kind, f"gateway:{name}", movement.sequence, f"{movement.kind} {movement.object_id} at {name}: {words}")


def _object_of(movement: Movement) -> str:
    return movement.payment_id if movement.kind == "receipt" else movement.object_id


def _heard_of(name: str, page: list[Movement]) -> set[tuple[str, str]]:
    """(kind, object id) of those that our books have already. Eleven statements."""
    ids: dict[str, list[str]] = {kind: [] for kind in NOUNS}
    for movement in page:
        ids.setdefault(movement.kind, []).append(movement.object_id)
    out = (SendState.PAID, SendState.RETURNED)
    disputed = Chargeback.objects.all()
    known = {
        "receipt": Receipt.objects.filter(gateway_receipt_id__in=ids["receipt"]),
        "refund": Refund.objects.filter(gateway_id__in=ids["refund"], state__in=out),
        "payout": Payout.objects.filter(gateway_id__in=ids["payout"], state__in=out),
        "payout_return": Payout.objects.filter(gateway_id__in=ids["payout_return"], state=SendState.RETURNED),
        "refund_return": Refund.objects.filter(gateway_id__in=ids["refund_return"], state=SendState.RETURNED),
        "chargeback": disputed.filter(gateway_dispute_id__in=ids["chargeback"]),
        "chargeback_won": disputed.filter(gateway_dispute_id__in=ids["chargeback_won"], state=ChargebackState.WON),
        "cost": disputed.filter(gateway_dispute_id__in=ids["cost"]),
    }
    return (
        _booked_by_lines(page)
        | _booked_for_themselves(name, page)
        | _explained(name, page)
        | {
            (kind, object_id)
            for kind, rows in known.items()
            for object_id in rows.filter(gateway=name).values_list(ID_NAMES.get(kind, "gateway_id"), flat=True)
        }
    )


def _booked_by_lines(page: list[Movement]) -> set[tuple[str, str]]:
    """Lines of statements whose import booked them, or put them on the desk as money that left: nothing is asked."""
    booked = Transfer.objects.filter(
        key__in=[f"{line.object_id}:{BY_LINES[line.kind]}" for line in page if line.kind in BY_LINES]
    )
    names = {key.partition(":")[0] for key in booked.values_list("key", flat=True)}
    return {(line.kind, line.object_id) for line in page if line.object_id in names or line.kind == "unordered"}


def _booked_for_themselves(name: str, page: list[Movement]) -> set[tuple[str, str]]:
    keys = {line_key(name, line.kind, line.object_id): line for line in page if _own_kind(line)}
    booked = Transfer.objects.filter(key__in=list(keys)).values_list("key", flat=True)
    return {(keys[key].kind, keys[key].object_id) for key in booked}


def _explained(name: str, page: list[Movement]) -> set[tuple[str, str]]:
    """What treasurers explained: nobody is alarmed of it again."""
    keys = {explained_key(name, line.kind, line.object_id): line for line in page}
    booked = Transfer.objects.filter(key__in=list(keys)).values_list("key", flat=True)
    return {(keys[key].kind, keys[key].object_id) for key in booked}
