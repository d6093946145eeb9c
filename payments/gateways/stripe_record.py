"""Stripe's balance as a record of numbered movements, which it does not number itself.

A line's number is made of the second in which Stripe wrote it and of its id alone: it never changes, whatever comes
later. Lines of one second may be shown in any order, and one may be shown after a later one: so each reading goes
back a little behind the number that it begins at. Whoever follows the record passes over what is known.
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import stripe

from payments.gateways.base import Movement, Unanswered
from payments.gateways.stripe_calls import PAGE, Answer, Document, ask, document, pages
from payments.gateways.stripe_shapes import moment
from payments.movements import MovementKind

COST_TYPES = frozenset(("tax_fee", "network_cost"))
"""What Stripe keeps for itself under other categories than its fees."""

PER_SECOND = 10**9
OVERLAP_SECONDS = 120


@dataclass(frozen=True)
class _Part:
    kind: MovementKind
    object_id: str
    payment_id: str
    amount_minor: int


def list_movements(client: stripe.StripeClient, *, since: int) -> Iterator[Movement]:
    """In the order of their numbers, from two minutes before `since` on. Raises Unanswered.

    Stripe lists the newest first. So the record is read in spans of time, the oldest first, each short enough for a
    page: whoever follows a long record can begin with the first page, and go on from it another time.
    """
    for lines in _spans(client, max(since // PER_SECOND - OVERLAP_SECONDS, 0)):
        yield from sorted(
            (movement for line in lines for movement in movements_of(line)), key=lambda movement: movement.sequence
        )


def _spans(client: stripe.StripeClient, begin: int) -> Iterator[list[Document]]:
    """The lines from second `begin` on; a span with more than a page is halved, down to one second."""
    end: int | None = None
    newest = begin
    while True:
        page = _page(client, begin, end)
        lines = page["data"]
        if page["has_more"]:
            newest = max(newest, lines[0]["created"])
            last = end or lines[0]["created"] + 1
            if last - begin > 1:
                end = begin + (last - begin) // 2
                continue
            end, lines = begin + 1, _second(client, begin)
        yield lines
        if end is None:
            return
        span = (end - begin) * (2 if len(lines) < PAGE // 2 else 1)
        begin, end = end, (end + span if end + span <= newest else None)


def _created(begin: int, end: int | None) -> Document:
    return {"gte": begin} if end is None else {"gte": begin, "lt": end}


def _page(client: stripe.StripeClient, begin: int, end: int | None) -> Document:
    return document(ask(lambda: _list(client, {"limit": PAGE, "created": _created(begin, end)})))


def _second(client: stripe.StripeClient, second: int) -> list[Document]:
    return list(pages(lambda params: _list(client, params), created=_created(second, second + 1)))


def _list(client: stripe.StripeClient, params: Mapping[str, Any]) -> Answer:
    asked: Any = {"expand": ["data.source"], **params}
    return client.v1.balance_transactions.list(asked)


def movements_of(line: Document) -> Iterator[Movement]:
    """One line of the balance: what moved, and what Stripe kept of it."""
    try:
        parts = [*_main_part(line), *_fee_part(line)]
        number = line["created"] * PER_SECOND + zlib.crc32(line["id"].encode()) % (PER_SECOND // 10) * 10
        for place, part in enumerate(parts):
            yield Movement(
                sequence=number + place,
                kind=part.kind,
                object_id=part.object_id,
                payment_id=part.payment_id,
                amount_minor=part.amount_minor,
                currency=line["currency"].upper(),
                at=moment(line["created"]),
            )
    except (KeyError, TypeError, AttributeError) as error:
        raise Unanswered("a line of the balance of another shape") from error


def _main_part(line: Document) -> Iterator[_Part]:
    amount = line["amount"]
    if amount:
        source = line["source"] or {}
        kind, object_id = _kind_of(line, source)
        yield _Part(kind, object_id, source.get("payment_intent") or "", abs(amount))


def _kind_of(line: Document, source: Document) -> tuple[MovementKind, str]:
    """What is none of these kinds is shown as `other`, which our books never have: staff look at it."""
    told = (line["type"], source.get("object", ""), line["amount"] > 0)
    kinds: dict[tuple[str, str, bool], tuple[MovementKind, str]] = {
        ("charge", "charge", True): ("receipt", "id"),
        ("payment", "charge", True): ("receipt", "id"),
        ("refund", "refund", False): ("refund", "id"),
        ("payment_refund", "refund", False): ("refund", "id"),
        ("refund_failure", "refund", True): ("refund_return", "id"),
        ("transfer", "transfer", False): ("payout", "id"),
        ("transfer_refund", "transfer_reversal", True): ("payout_return", "transfer"),
        ("adjustment", "dispute", False): ("chargeback", "id"),
        ("adjustment", "dispute", True): ("chargeback_won", "id"),
        ("payout", "payout", False): ("settlement", "id"),
        ("payout", "payout", True): ("settlement_return", "id"),
        ("topup", "topup", True): ("settlement_return", "id"),
        ("topup_reversal", "topup", False): ("settlement", "id"),
        ("payout_cancel", "payout", True): ("settlement_return", "id"),
        ("payout_failure", "payout", True): ("settlement_return", "id"),
    }
    if told in kinds:
        kind, name = kinds[told]
        return kind, source[name]
    if line["reporting_category"] == "fee" or line["type"] in COST_TYPES:
        return ("cost_return" if line["amount"] > 0 else "cost"), line["id"]
    return ("other_in" if line["amount"] > 0 else "other_out"), line["id"]


def _fee_part(line: Document) -> Iterator[_Part]:
    """The fee of a charge-back belongs to it, and is booked with it; every other is a line of its own."""
    source, fee = line["source"] or {}, line["fee"]
    if fee > 0 and source.get("object") == "dispute" and line["amount"] < 0:
        yield _Part("cost", source["id"], source["payment_intent"], fee)
    elif fee:
        yield _Part("cost" if fee > 0 else "cost_return", line["id"], "", abs(fee))
