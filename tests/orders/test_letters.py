"""The letters of an order's life: each subject has the reader's own reference, the money of that step and the date.

The seller reads in Vietnam, the buyer in Chicago: at the cast's hour a day lies between them.
"""

from collections.abc import Callable, Iterator

import pytest

from companies.models import User
from core.events import run_courier
from messaging.models import Mail, Notice
from orders.actions.draft import save_parties
from orders.actions.funding import declare_wire
from orders.actions.offer import decline_offer, request_changes, send_order, withdraw_offer
from orders.actions.production import challenge_stage
from orders.actions.receipt import confirm_arrival, extend_inspection, tell_not_arrived
from orders.models import Order
from orders.notices import NOTICES, OFFER, REMINDER_HEADLINES, reminder_row
from tests.cast import NOW, actor
from tests.orders.steps import (
    DAY,
    DEPOSIT,
    accept,
    arrive,
    book,
    cancel,
    day,
    draft,
    escrow_of,
    fresh,
    offer,
    paper,
    pass_time,
    pay_for,
    produce,
    prove,
    ready,
    report,
    ship,
    sign,
)
from tests.orders.test_lost_funding import decide, take_back
from tests.orders.typed import PARTIES
from tests.payments.chargebacks import win
from tests.payments.steps import money, receive, start

OWN = {"seller": "BM-77", "buyer": "PO-4711"}
Walk = Callable[[User, User], Iterator[None]]


def offers_go_back_and_forth(seller: User, buyer: User) -> Iterator[None]:
    order, by = offer(seller), actor(seller)
    yield
    withdraw_offer(order_id=order.pk, by=by, at=NOW)
    yield
    _send_again(order, seller)
    yield
    request_changes(order_id=order.pk, comments={"delivery": "Sooner"}, by=actor(buyer), at=NOW)
    yield
    _send_again(order, seller)
    yield
    decline_offer(order_id=order.pk, reason="Too dear", by=actor(buyer), at=NOW)
    yield


def _send_again(order: Order, seller: User) -> None:
    by, seen = actor(seller), fresh(order).version
    order = save_parties(order_id=order.pk, seen_version=seen, parties=PARTIES, by=by, at=NOW)
    send_order(order_id=order.pk, seen_version=order.version, by=by, at=NOW)


def from_signature_to_acceptance(seller: User, buyer: User) -> Iterator[None]:
    order = sign(offer(seller), buyer)
    payment = start(escrow_of(order), buyer, method="wire")
    _declare(order, buyer)
    receive(payment, money(DEPOSIT))
    yield
    prove(order, seller, buyer, "MATERIALS")
    challenged = report(order, seller, "STARTED")
    challenge_stage(order_id=order.pk, report_id=challenged.pk, reason="Old photo", by=actor(buyer), at=NOW)
    report(order, seller, "STARTED")
    pass_time(NOW + 8 * DAY)
    yield
    ready(order, seller, at=NOW + 8 * DAY)
    pay_for(order, buyer, sequence=2, at=NOW + 9 * DAY)
    book(order, buyer, at=NOW + 9 * DAY)
    yield
    shipped_at = NOW + 10 * DAY
    ship(order, seller, at=shipped_at)
    tell_not_arrived(order_id=order.pk, new_eta=day("2026-05-04"), by=actor(buyer), at=shipped_at + DAY)
    yield
    arrived_at = NOW + 40 * DAY
    arrive(order, buyer, at=arrived_at)
    extend_inspection(order_id=order.pk, by=actor(buyer), at=arrived_at)
    accept(order, buyer, at=arrived_at + DAY)
    yield


def _declare(order: Order, buyer: User) -> None:
    declare_wire(
        order_id=order.pk,
        sent_on=day("2026-03-03"),
        amount_minor=300_000,
        bank_reference="W 1",
        document_ref="",
        by=actor(buyer),
        at=NOW,
    )


def silence_from_shipment_on(seller: User, buyer: User) -> Iterator[None]:
    order = ready(produce(seller, buyer), seller)
    pay_for(order, buyer, sequence=2)
    book(order, buyer)
    ship(order, seller)
    run_courier()
    _forget()
    pass_time(NOW + 64 * DAY)
    yield


def an_arrival_that_the_buyer_contests(seller: User, buyer: User) -> Iterator[None]:
    order = ready(produce(seller, buyer), seller)
    pay_for(order, buyer, sequence=2)
    book(order, buyer)
    ship(order, seller)
    told_at = NOW + 31 * DAY
    proof = paper(order, seller, words="delivered")
    confirm_arrival(order_id=order.pk, proof_refs=[proof], by=actor(seller), at=told_at)
    run_courier()
    _forget()
    tell_not_arrived(order_id=order.pk, new_eta=None, by=actor(buyer), at=told_at + DAY)
    yield


def silence_of_the_seller(seller: User, buyer: User) -> Iterator[None]:
    order = produce(seller, buyer)
    _forget()
    pass_time(NOW + 100 * DAY)
    yield
    cancel(order, seller, at=NOW + 101 * DAY)
    yield


def silence_of_the_buyer_when_ready(seller: User, buyer: User) -> Iterator[None]:
    order = produce(seller, buyer)
    prove(order, seller, buyer, "MATERIALS")
    ready(order, seller)
    run_courier()
    _forget()
    pass_time(NOW + 40 * DAY)
    yield


def money_taken_back_and_won(seller: User, buyer: User) -> Iterator[None]:
    order = produce(seller, buyer)
    _forget()
    row = take_back(order)
    run_courier()
    decide(win, row)
    yield


def money_taken_back_after_shipment(seller: User, buyer: User) -> Iterator[None]:
    order = produce(seller, buyer)
    ready(order, seller)
    pay_for(fresh(order), buyer, sequence=2)
    book(fresh(order), buyer)
    ship(fresh(order), seller)
    run_courier()
    _forget()
    take_back(fresh(order))
    yield


def silence_before_the_money(seller: User, buyer: User) -> Iterator[None]:
    sign(offer(seller), buyer)
    pass_time(NOW + 11 * DAY)
    yield


def silence_before_the_signature(seller: User, buyer: User) -> Iterator[None]:
    offer(seller)
    draft(seller)
    pass_time(NOW + 91 * DAY)
    yield


def _forget() -> None:
    Mail.objects.all().delete()
    Notice.objects.all().delete()


WALKS: dict[Walk, list[str]] = {
    money_taken_back_and_won: [
        "PO-4711: Your bank took a payment back · USD 3,046.29 · 2026-03-02",
        "BM-77: The buyer's bank took a payment back · USD 3,046.29 · 2026-03-03",
        "PO-4711: Funding lost: pay again · USD 3,046.29 · 2026-03-12",
        "BM-77: Funding lost: keep the goods · USD 3,046.29 · 2026-03-13",
        "BM-77: The bank gave the payment back · USD 3,046.29 · 2026-03-03",
        "PO-4711: Your bank gave the payment back · USD 3,046.29 · 2026-03-02",
        "BM-77: Money held again: go on · USD 3,046.29 · 2026-06-15",
        "PO-4711: Received and held · USD 3,046.29 · 2026-03-02",
    ],
    money_taken_back_after_shipment: [
        "PO-4711: Your bank took a payment back · USD 3,046.29 · 2026-03-02",
        "BM-77: The buyer's bank took a payment back · USD 3,046.29 · 2026-03-03",
        "PO-4711: Funding lost: pay again · USD 3,046.29 · 2026-03-02",
        "BM-77: Funding lost after shipment · USD 3,046.29 · 2026-03-03",
    ],
    offers_go_back_and_forth: [
        "PO-4711: Offer from Công ty TNHH Bình Minh · USD 10,154.31 · 2026-03-10",
        "PO-4711: Offer withdrawn · USD 10,154.31 · 2026-03-03",
        "PO-4711: Offer from Công ty TNHH Bình Minh · USD 10,154.31 · 2026-03-10",
        "BM-77: Changes asked for · USD 10,154.31 · 2026-03-03",
        "PO-4711: Offer from Công ty TNHH Bình Minh · USD 10,154.31 · 2026-03-10",
        "BM-77: Offer declined · USD 10,154.31 · 2026-03-03",
    ],
    from_signature_to_acceptance: [
        "PO-4711: Offer from Công ty TNHH Bình Minh · USD 10,154.31 · 2026-03-02",
        "BM-77: Order confirmed, waiting for money · USD 3,046.29 · 2026-03-18",
        "PO-4711: First payment due · USD 3,046.29 · 2026-03-17",
        "BM-77: Wire declared, money not yet here · USD 3,000.00 · 2026-03-18",
        "BM-77: Money held: start production · USD 3,046.29 · 2026-06-10",
        "PO-4711: Received and held · USD 3,046.29 · 2026-06-10",
        "PO-4711: Progress reported · USD 3,046.29 · 2026-03-02",
        "BM-77: Stage approved · USD 3,046.29 · 2026-03-03",
        "PO-4711: Progress reported · USD 3,046.29 · 2026-03-02",
        "BM-77: Stage challenged · USD 3,046.29 · 2026-03-03",
        "PO-4711: Progress reported · USD 3,046.29 · 2026-03-02",
        "BM-77: Stage counts · USD 3,046.29 · 2026-03-10",
        "PO-4711: Goods ready · USD 7,108.02 · 2026-03-20",
        "BM-77: Balance held for you · USD 7,108.02 · 2026-06-10",
        "PO-4711: Balance received and held · USD 7,108.02 · 2026-06-10",
        "BM-77: Carriage booked · USD 10,154.31 · 2026-03-12",
        "PO-4711: On the way · USD 10,154.31 · 2026-05-19",
        "BM-77: Goods not yet arrived · USD 10,154.31 · 2026-05-20",
        "PO-4711: Arrived: inspect now · USD 10,154.31 · 2026-04-11",
        "BM-77: Goods arrived · USD 10,154.31 · 2026-04-12",
        "BM-77: Inspection extended · USD 10,154.31 · 2026-04-12",
        "BM-77: Accepted: payout pending · USD 9,951.22 · 2026-04-13",
        "PO-4711: Accepted · USD 10,154.31 · 2026-04-12",
    ],
    silence_from_shipment_on: [
        "BM-77: Stage counts · USD 10,154.31 · 2026-03-10",
        "PO-4711: Have the goods arrived? · USD 10,154.31 · 2026-04-17",
        "PO-4711: Have the goods arrived? · USD 10,154.31 · 2026-04-17",
        "PO-4711: Arrived: inspect now · USD 10,154.31 · 2026-05-04",
        "BM-77: Goods arrived · USD 10,154.31 · 2026-05-05",
        "PO-4711: Inspect the goods · USD 10,154.31 · 2026-05-04",
        "PO-4711: Inspect the goods · USD 10,154.31 · 2026-05-04",
        "BM-77: Accepted: payout pending · USD 9,951.22 · 2026-05-05",
        "PO-4711: Accepted · USD 10,154.31 · 2026-05-04",
    ],
    an_arrival_that_the_buyer_contests: [
        "BM-77: Arrival contested · USD 10,154.31 · 2026-05-05",
    ],
    silence_of_the_seller: [
        "BM-77: Ship date is near · USD 3,046.29 · 2026-06-10",
        "BM-77: Ship date is near · USD 3,046.29 · 2026-06-10",
        "BM-77: Ship date is near · USD 3,046.29 · 2026-06-10",
        "BM-77: Late: ship as soon as you can · USD 3,046.29 · 2026-06-10",
        "PO-4711: The seller is late · USD 3,046.29 · 2026-06-10",
        "BM-77: Cancelled · USD 3,046.29 · 2026-06-12",
        "PO-4711: Cancelled · USD 3,046.29 · 2026-06-11",
    ],
    silence_of_the_buyer_when_ready: [
        "PO-4711: Balance due · USD 7,108.02 · 2026-03-12",
        "PO-4711: Carriage to book · USD 3,046.29 · 2026-03-12",
        "BM-77: Stage counts · USD 3,046.29 · 2026-03-10",
        "PO-4711: Balance due · USD 7,108.02 · 2026-03-12",
        "PO-4711: Carriage to book · USD 3,046.29 · 2026-03-12",
        "PO-4711: Balance due · USD 7,108.02 · 2026-03-12",
        "PO-4711: Carriage to book · USD 3,046.29 · 2026-03-12",
        "PO-4711: Overdue: goods wait for you · USD 7,108.02 · 2026-04-01",
        "BM-77: The buyer is overdue · USD 7,108.02 · 2026-04-02",
        "BM-77: Cancelled · USD 3,046.29 · 2026-04-02",
        "PO-4711: Cancelled · USD 3,046.29 · 2026-04-01",
        "BM-77: Money divided · USD 2,985.36 · 2026-04-07",
        "PO-4711: Money divided · USD 0.00 · 2026-04-07",
    ],
    silence_before_the_money: [
        "PO-4711: Offer from Công ty TNHH Bình Minh · USD 10,154.31 · 2026-03-02",
        "BM-77: Order confirmed, waiting for money · USD 3,046.29 · 2026-03-13",
        "PO-4711: First payment due · USD 3,046.29 · 2026-03-12",
        "PO-4711: First payment due · USD 3,046.29 · 2026-03-12",
        "PO-4711: First payment due · USD 3,046.29 · 2026-03-12",
        "PO-4711: First payment due · USD 3,046.29 · 2026-03-12",
        "BM-77: Expired · USD 10,154.31 · 2026-03-13",
        "PO-4711: Expired · USD 10,154.31 · 2026-03-12",
    ],
    silence_before_the_signature: [
        "PO-4711: Offer from Công ty TNHH Bình Minh · USD 10,154.31 · 2026-03-10",
        "PO-4711: Offer waits for your answer · USD 10,154.31 · 2026-03-10",
        "PO-4711: Offer waits for your answer · USD 10,154.31 · 2026-03-10",
        "BM-77: Expired · USD 10,154.31 · 2026-03-10",
        "PO-4711: Expired · USD 10,154.31 · 2026-03-10",
        "BM-77: Draft waits for you · USD 10,154.31 · 2026-06-01",
        "BM-77: Draft waits for you · USD 10,154.31 · 2026-06-01",
        "BM-77: Expired · USD 10,154.31 · 2026-06-01",
    ],
}


@pytest.mark.parametrize("walk", list(WALKS), ids=lambda walk: walk.__name__)
def test_subjects_of(walk, seller_owner, buyer_owner):
    run_courier()
    _forget()
    for _step in walk(seller_owner, buyer_owner):
        run_courier()
    assert list(Mail.objects.order_by("created_at", "pk").values_list("subject", flat=True)) == WALKS[walk]
    noticed = Notice.objects.values_list("title", flat=True)
    assert noticed and set(noticed) <= set(WALKS[walk])


def test_no_letter_is_left_out():
    """Each row of the table, each reminder and the offer was written in some walk, to the side that it names."""
    rows = [row for rows in NOTICES.values() for row in rows]
    rows += [OFFER, *(reminder_row(kind) for kind in REMINDER_HEADLINES)]
    headlines = {(OWN[row.side], str(row.headline).format(other="Công ty TNHH Bình Minh")) for row in rows}
    written = {tuple(subject.split(" · ")[0].split(": ", 1)) for walk in WALKS.values() for subject in walk}
    assert headlines - written == set()
