"""Our books beside the gateway's own record: what we missed is caught up with, what differs is a problem."""

import logging
from datetime import datetime

from core.alarms import raise_alarm
from payments import books
from payments.books import Problem
from payments.exchanges.events import follow_object
from payments.gateways.base import GatewayError, Movement
from payments.gateways.registry import gateway
from payments.models import Payout, Receipt, Refund, SendState

log = logging.getLogger(__name__)

PAGE = 500
MONEY_IN = ("receipt", "payout_return", "refund_return")
NOUNS = {
    "receipt": "payment",
    "refund": "refund",
    "payout": "payout",
    "payout_return": "payout",
    "refund_return": "refund",
}


def list_movements(gateway_name: str = "sandbox", *, since: int = 0) -> list[books.Movement]:
    """The gateway's record after number `since`, as the books compare it. Not in a transaction. Raises Unanswered."""
    return [
        books.Movement(
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


def catch_up(*, gateway_name: str, since: int, at: datetime) -> int:
    """Follow money that moved without our hearing of it: a webhook may be lost, and ended rows are not asked about.

    `since`: number of the last movement known to be followed, 0 for all. Returns the last one followed now: it stops
    before the first that the gateway would not explain. Never inside a transaction. Raises Unanswered.
    """
    page: list[Movement] = []
    for movement in gateway(gateway_name).list_movements(since=since):
        page.append(movement)
        if len(page) == PAGE:
            since, page = _follow_page(gateway_name, page, since, at=at), []
            if since != movement.sequence:
                return since
    return _follow_page(gateway_name, page, since, at=at)


def _follow_page(name: str, page: list[Movement], since: int, *, at: datetime) -> int:
    heard = _heard_of(name, page)
    for movement in page:
        if (movement.kind, movement.object_id) not in heard:
            try:
                ours = follow_object(
                    gateway_name=name, noun=NOUNS[movement.kind], object_id=_object_of(movement), at=at
                )
            except GatewayError as error:
                log.warning("movement %s of %s waits: %s", movement.sequence, name, error)
                return since
            if not ours:
                words = f"{movement.kind} {movement.object_id} at {name} belongs to nothing of ours"
                raise_alarm("gateway_movement_unknown", f"gateway:{name}", movement.sequence, words)
        since = movement.sequence
    return since


def _object_of(movement: Movement) -> str:
    return movement.payment_id if movement.kind == "receipt" else movement.object_id


def _heard_of(name: str, page: list[Movement]) -> set[tuple[str, str]]:
    """(kind, object id) of those that our books have already. Five statements."""
    ids: dict[str, list[str]] = {kind: [] for kind in NOUNS}
    for movement in page:
        ids[movement.kind].append(movement.object_id)
    out = (SendState.PAID, SendState.RETURNED)
    known = {
        "receipt": Receipt.objects.filter(gateway_receipt_id__in=ids["receipt"]),
        "refund": Refund.objects.filter(gateway_id__in=ids["refund"], state__in=out),
        "payout": Payout.objects.filter(gateway_id__in=ids["payout"], state__in=out),
        "payout_return": Payout.objects.filter(gateway_id__in=ids["payout_return"], state=SendState.RETURNED),
        "refund_return": Refund.objects.filter(gateway_id__in=ids["refund_return"], state=SendState.RETURNED),
    }
    return {
        (kind, object_id)
        for kind, rows in known.items()
        for object_id in rows.filter(gateway=name).values_list(
            "gateway_receipt_id" if kind == "receipt" else "gateway_id", flat=True
        )
    }
