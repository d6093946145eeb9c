"""What the tests of running orders do again and again, by calling actions, and how they look at the outcome."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from companies.models import User
from core import deadlines
from core.events import run_courier
from core.models import Deadline, DeadlineState, Event
from evidence.exchanges import store_file
from orders.actions.cancellation import cancel_order
from orders.actions.draft import (
    create_draft,
    save_delivery,
    save_lines,
    save_parties,
    save_payment,
    save_trade_term,
)
from orders.actions.offer import confirm_order, send_order
from orders.actions.production import approve_stage, book_carriage, declare_ready, report_progress
from orders.actions.receipt import accept_order, confirm_arrival
from orders.actions.shipment import Dispatch, documents_needed, ship_order
from orders.drafting import Delivery, InstalmentInput, PaymentTerms, TradeTermInput
from orders.models import Cancellation, Order, Shipment, StageReport
from orders.queries import last_terms
from payments.models import Escrow
from payments.queries import money_of
from tests.cast import NOW, actor
from tests.concurrency.racing import subject_before_deadline
from tests.evidence.files import PDF
from tests.orders.typed import CHAIR, DELIVERY, PARTIES, PAYMENT, SCREWS, TERM
from tests.payments.steps import balances, pay

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
TOTAL, DEPOSIT, BALANCE = 1_015_431, 304_629, 710_802
"""Of the cast's order, in cents of USD: 30 % on confirmation, 70 % on readiness."""
FEE = 20_309
"""2 % of the total, half up."""
CIF = replace(TERM, incoterm="CIF", named_place="Port of Chicago")
ALL_AT_ONCE = replace(PAYMENT, instalments=[InstalmentInput(basis_points=10_000, due_on="confirmation")])


def fresh(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def draft(
    seller: User,
    *,
    term: TradeTermInput = TERM,
    payment: PaymentTerms = PAYMENT,
    delivery: Delivery = DELIVERY,
    at: datetime = NOW,
) -> Order:
    order, by = create_draft(by=actor(seller), at=at), actor(seller)
    order = save_parties(order_id=order.pk, seen_version=order.version, parties=PARTIES, by=by, at=at)
    order = save_lines(
        order_id=order.pk, seen_version=order.version, currency="USD", lines=[CHAIR, SCREWS], by=by, at=at
    )
    order = save_delivery(order_id=order.pk, seen_version=order.version, delivery=delivery, by=by, at=at)
    order = save_trade_term(order_id=order.pk, seen_version=order.version, term=term, by=by, at=at)
    return save_payment(order_id=order.pk, seen_version=order.version, terms=payment, by=by, at=at)


def offer(seller: User, *, at: datetime = NOW, **changes: Any) -> Order:
    order = draft(seller, at=at, **changes)
    send_order(order_id=order.pk, seen_version=order.version, by=actor(seller), at=at)
    return fresh(order)


def sign(order: Order, buyer: User, *, at: datetime = NOW) -> Order:
    terms = last_terms(order)
    assert terms is not None
    return confirm_order(order_id=order.pk, terms_sha256=terms.sha256, by=actor(buyer), at=at)


def produce(seller: User, buyer: User, *, at: datetime = NOW, **changes: Any) -> Order:
    """IN_PRODUCTION: signed, the first instalment held."""
    return pay_for(sign(offer(seller, at=at, **changes), buyer, at=at), buyer, at=at)


def escrow_of(order: Order) -> Escrow:
    return Escrow.objects.get(pk=order.escrow_id)


def pay_for(order: Order, buyer: User, *, sequence: int = 1, at: datetime = NOW, method: str = "card") -> Order:
    """The instalment is secured and its news delivered."""
    pay(escrow_of(order), buyer, sequence=sequence, at=at, method=method)
    run_courier()
    return fresh(order)


def paper(order: Order, user: User, *, at: datetime = NOW, words: str = "") -> str:
    """Reference of a sealed document in the order's folder, stored through the real S3.

    The same content is the same document; other `words` make it another one.
    """
    content = PDF.replace(b"%%EOF", f"% {words}\n%%EOF".encode()) if words else PDF
    document = store_file(
        folder_id=order.folder_id, kind="transport", file_name="a.pdf", file=io.BytesIO(content), by=actor(user), at=at
    )
    assert document.is_sealed
    return document.reference


def report(order: Order, seller: User, stage: str, *, at: datetime = NOW) -> StageReport:
    refs = [paper(order, seller, at=at)]
    return report_progress(order_id=order.pk, stage=stage, document_refs=refs, note="", by=actor(seller), at=at)


def prove(order: Order, seller: User, buyer: User, stage: str, *, at: datetime = NOW) -> StageReport:
    """Reported and approved."""
    made = report(order, seller, stage, at=at)
    return approve_stage(order_id=order.pk, report_id=made.pk, by=actor(buyer), at=at)


def ready(order: Order, seller: User, *, at: datetime = NOW) -> Order:
    refs = [paper(order, seller, at=at)]
    return declare_ready(order_id=order.pk, packed_refs=refs, packing_list_refs=refs, by=actor(seller), at=at)


def book(order: Order, buyer: User, *, at: datetime = NOW) -> Order:
    return book_carriage(order_id=order.pk, note="Maersk 4711", by=actor(buyer), at=at)


def dispatch(at: datetime = NOW, **changes: Any) -> Dispatch:
    day = (at + timedelta(hours=7)).date()
    said = {"carrier": "Hapag-Lloyd", "transport_number": "HLCU 4471", "dispatched_on": day, "eta": day + 30 * DAY}
    return Dispatch(**(said | changes))


def ship(order: Order, seller: User, *, at: datetime = NOW, **changes: Any) -> Order:
    refs = [paper(order, seller, at=at)]
    papers = {role: refs for role in documents_needed(fresh(order))}
    return ship_order(order_id=order.pk, dispatch=dispatch(at, **changes), documents=papers, by=actor(seller), at=at)


def arrive(order: Order, buyer: User, *, at: datetime = NOW) -> Order:
    return confirm_arrival(order_id=order.pk, by=actor(buyer), at=at)


def accept(order: Order, buyer: User, *, at: datetime = NOW, seen_minor: int = TOTAL) -> Order:
    return accept_order(order_id=order.pk, seen_minor=seen_minor, by=actor(buyer), at=at)


def cancel(order: Order, user: User, *, at: datetime = NOW) -> Cancellation:
    return cancel_order(order_id=order.pk, reason="No longer wanted", by=actor(user), at=at)


def shipment_of(order: Order) -> Shipment:
    return Shipment.objects.get(order=order)


# --- clocks -----------------------------------------------------------------------------------------------------------
def pass_time(until: datetime) -> list[str]:
    """Everything that falls due up to `until` happens in its order, each at its own time, and its news is delivered.

    Returns the kinds that were carried out.
    """
    done = []
    run_courier()
    while (due := deadlines.lease_next(until=until)) is not None:
        if deadlines.carry_out_deadline(due, at=due.due_at):
            done.append(due.kind)
        run_courier()
    return done


def sweep_at(moment: datetime) -> list[str]:
    """As the sweep does: everything due, carried out now and not at its own time. Each locks its subject first."""
    done = []
    while (due := deadlines.lease_next(until=moment)) is not None:
        with subject_before_deadline():
            carried_out = deadlines.carry_out_deadline(due, at=moment)
        if carried_out:
            done.append(due.kind)
    return done


@contextmanager
def undone() -> Iterator[None]:
    point = transaction.savepoint()
    yield
    transaction.savepoint_rollback(point)


def clocks_of(order: Order) -> dict[str, datetime]:
    """Live clocks of an order that run, by kind."""
    live = deadlines.live_of(order)
    return {deadline.kind: deadline.due_at for deadline in live if deadline.state == DeadlineState.WAITING}


def standing_of(order: Order) -> set[str]:
    return {deadline.kind for deadline in deadlines.live_of(order) if deadline.state == DeadlineState.PAUSED}


def reminders_of(order: Order, kind: str) -> list[datetime]:
    rows = Deadline.objects.filter(
        subject_type="orders.order", subject_id=order.pk, kind=f"{kind}:reminder", state=DeadlineState.WAITING
    )
    return sorted(rows.values_list("due_at", flat=True))


def told(order: Order) -> list[str]:
    """Names of the order's events, oldest first."""
    rows = Event.objects.filter(payload__order_id=order.pk).order_by("pk")
    return [name.split(".")[-1] for name in rows.values_list("name", flat=True)]


def money(order: Order) -> dict[str, int]:
    """Held, due back, payable, fees, clearing, of one order's escrow (and its seller), in minor units."""
    return balances(escrow_of(order))


def divided(order: Order) -> tuple[int, int, int]:
    """(held, released gross, given back or owed back) of one order."""
    now = money_of(escrow_of(order).pk)
    return now.held_minor, now.released_minor, now.refund_due_minor + now.refunded_minor


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


def day(text: str) -> date:
    return date.fromisoformat(text)
