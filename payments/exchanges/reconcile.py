"""Our books beside the gateway's own record: what we missed is caught up with, what differs is a problem."""

import logging
from datetime import datetime

from core.actors import Actor
from core.alarms import raise_alarm
from payments import books
from payments.books import Problem
from payments.exchanges.events import follow_object
from payments.gateways.base import GatewayError
from payments.gateways.base import Movement as GatewayMovement
from payments.gateways.registry import gateway
from payments.models import Payout, Receipt, SendState

log = logging.getLogger(__name__)

PAGE = 500
MONEY_IN = ("receipt", "payout_return")


def list_movements(gateway_name: str = "sandbox") -> list[books.Movement]:
    """The gateway's whole record, as the books compare it. Never inside a transaction. Raises Unanswered."""
    return [
        books.Movement(
            direction="in" if movement.kind in MONEY_IN else "out",
            kind=movement.kind,
            object_id=movement.object_id,
            amount_minor=movement.amount_minor,
            currency=movement.currency,
        )
        for movement in gateway(gateway_name).list_movements()
    ]


def compare_with_gateway(gateway_name: str = "sandbox") -> list[Problem]:
    """Every receipt, refund, payout and return, ours and the gateway's, to the cent. Raises Unanswered."""
    return books.compare_with_gateway(gateway=gateway_name, movements=list_movements(gateway_name))


def catch_up(*, gateway_name: str, since: int, by: Actor, at: datetime) -> int:
    """Follow money that came in without our hearing of it: a webhook may be lost, and ended rows are not asked about.

    `since`: number of the last movement known to be followed, 0 for all. Returns the last one followed now: it stops
    before the first that the gateway would not explain. Never inside a transaction. Raises Unanswered.
    """
    page: list[GatewayMovement] = []
    for movement in gateway(gateway_name).list_movements(since=since):
        page.append(movement)
        if len(page) == PAGE:
            since, page = _follow_page(gateway_name, page, since, by=by, at=at), []
            if since != movement.sequence:
                return since
    return _follow_page(gateway_name, page, since, by=by, at=at)


def _follow_page(name: str, page: list[GatewayMovement], since: int, *, by: Actor, at: datetime) -> int:
    heard = _heard_of(name, page)
    for movement in page:
        if movement.kind in MONEY_IN and movement.object_id not in heard:
            try:
                ours = _follow_movement(name, movement, by=by, at=at)
            except GatewayError as error:
                log.warning("movement %s of %s waits: %s", movement.sequence, name, error)
                return since
            if not ours:
                words = f"{movement.kind} {movement.object_id} at {name} belongs to nothing of ours"
                raise_alarm("gateway_movement_unknown", f"gateway:{name}", movement.sequence, words)
        since = movement.sequence
    return since


def _follow_movement(name: str, movement: GatewayMovement, *, by: Actor, at: datetime) -> bool:
    if movement.payment_id:
        return follow_object(gateway_name=name, noun="payment", object_id=movement.payment_id, by=by, at=at)
    return follow_object(gateway_name=name, noun="payout", object_id=movement.object_id, by=by, at=at)


def _heard_of(name: str, page: list[GatewayMovement]) -> set[str]:
    ids = [movement.object_id for movement in page if movement.kind in MONEY_IN]
    receipts = Receipt.objects.filter(gateway=name, gateway_receipt_id__in=ids)
    returned = Payout.objects.filter(gateway=name, gateway_id__in=ids, state=SendState.RETURNED)
    return {*receipts.values_list("gateway_receipt_id", flat=True), *returned.values_list("gateway_id", flat=True)}
