"""Money out: what payouts and refunds have in common. Claim, call, record; ask before sending again."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models

from core import clock
from core.actions import carry_out
from core.actors import platform
from core.alarms import clear_alarms
from payments.exchanges.answers import GATEWAY_ANSWER, KEY_REUSED, alarm_about, check_same
from payments.exchanges.checkpoints import reached
from payments.gateways.base import Gateway, GatewayTransfer, Rejected, Unanswered
from payments.gateways.registry import gateway

log = logging.getLogger(__name__)

GATEWAY = platform("gateway")


@dataclass(frozen=True, kw_only=True)
class Route:
    """How one kind of row goes out. `id_name` is the keyword under which its actions take it."""

    noun: str
    id_name: str
    rows: type[models.Model]
    claim: Callable[..., Any]
    create: Callable[[Gateway, Any], GatewayTransfer]
    read: Callable[[Gateway, str], GatewayTransfer]
    find: Callable[[Gateway, str], GatewayTransfer | None]
    note_absent: Callable[..., bool]
    record: dict[str, Callable[..., Any]]
    """The gateway's status, or "unknown" -> the action that writes it."""


def send(route: Route, row_id: int, *, at: datetime) -> None:
    """Send one row, or find out what became of it. Safe to repeat at any time, and after a kill at any place.

    The first claim posts at once. Every later one asks by id or key first and posts again, under the same key, only
    when it is proved that the gateway has nothing (`actions.absence`). No answer is recorded as UNKNOWN,
    never as a failure. Never inside a transaction.
    Raises WrongAnswer (nothing is recorded), Busy.
    """
    claim = carry_out(route.claim, **{route.id_name: row_id}, by=GATEWAY, at=at)
    if claim is None:
        return
    row = claim.row
    reached(f"{route.noun}_claimed")
    try:
        seen = _call(route, row, is_first=claim.is_first, at=at)
        if seen is None:
            return
        reached(f"{route.noun}_called")
        check_same(row, seen)
    except Unanswered as error:
        log.warning("%s %s: no answer: %s", route.noun, row.reference, error)
        _record(route, "unknown", row, by=GATEWAY, at=at)
    except Rejected as refusal:
        _record_rejection(route, row, refusal, at=at)
    else:
        reached(f"{route.noun}_recording")
        _record(route, seen.status, row, **_words_of(seen), by=GATEWAY, at=at)
        clear_alarms(GATEWAY_ANSWER, row._meta.label_lower, row.pk)


def ask(route: Route, row_id: int, *, at: datetime) -> None:
    """Record what the gateway knows of a row, a paid one too (banks return paid wires). Sends nothing.

    Never inside a transaction. Raises Unanswered, Absent, WrongAnswer; nothing is recorded then.
    """
    row: Any = route.rows._default_manager.get(pk=row_id)
    client = gateway(row.gateway)
    if row.gateway_id:
        seen: GatewayTransfer | None = route.read(client, row.gateway_id)
    else:
        seen = route.find(client, row.idempotency_key)
    if seen is not None:
        check_same(row, seen)
        _record(route, seen.status, row, **_words_of(seen), by=GATEWAY, at=at)


def _call(route: Route, row: Any, *, is_first: bool, at: datetime) -> GatewayTransfer | None:
    """None where the gateway has nothing, and that is no proof yet."""
    client = gateway(row.gateway)
    if row.gateway_id:
        return route.read(client, row.gateway_id)
    if is_first:
        return route.create(client, row)
    seen = route.find(client, row.idempotency_key)
    if seen is not None:
        return seen
    note = {route.id_name: row.pk, "by": GATEWAY, "at": at, "wall": clock.wall()}
    return route.create(client, row) if carry_out(route.note_absent, **note) else None


def _record(route: Route, status: str, row: Any, **words: Any) -> None:
    carry_out(route.record[status], **{route.id_name: row.pk}, **words)


def _words_of(seen: GatewayTransfer) -> dict[str, str]:
    words = {"gateway_id": seen.id}
    return words | {"failure_code": seen.failure_code} if seen.status in ("failed", "returned") else words


def _record_rejection(route: Route, row: Any, refusal: Rejected, *, at: datetime) -> None:
    """A refused creation moved nothing; an id that is suddenly absent, or a key used otherwise, proves nothing."""
    alarm_about(row, refusal)
    if row.gateway_id or refusal.code == KEY_REUSED:
        _record(route, "unknown", row, by=GATEWAY, at=at)
    else:
        _record(route, "failed", row, failure_code=refusal.code, by=GATEWAY, at=at)
