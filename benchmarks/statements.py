"""How many statements an action or a page sends: everything but BEGIN and COMMIT."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from benchmarks.deals import SYSTEM, People, funded_escrow, order_with_lines
from core import clock, events
from core.sandbox_clock import move_clock
from evidence.exchanges import store_file
from orders.actions.production import declare_ready
from orders.actions.receipt import accept_order, confirm_arrival
from orders.actions.shipment import Dispatch, documents_needed, ship_order
from orders.models import Order
from payments.actions.release import release_escrow
from payments.queries import held_minor_of


def statements_of(run: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as captured:
        run()
    sent = [query["sql"] for query in captured.captured_queries]
    return sum(1 for sql in sent if sql.upper().strip() not in {"BEGIN", "COMMIT"})


def release_statements(people: People) -> int:
    escrow = funded_escrow(people, people.sellers[0])
    events.run_courier()
    return statements_of(
        lambda: release_escrow(
            escrow_id=escrow.pk, amount_minor=250_000, reason="accepted", sequence=1, by=SYSTEM, at=clock.now()
        )
    )


def accept_statements(people: People) -> int:
    order = order_with_lines(people, 3)
    events.run_courier()
    _bring_to_inspection(people, order)
    order = Order.objects.get(pk=order.pk)
    assert order.escrow_id is not None
    seen = held_minor_of(order.escrow_id)
    by = people.buyer_by
    return statements_of(lambda: accept_order(order_id=order.pk, seen_minor=seen, by=by, at=clock.now()))


def _bring_to_inspection(people: People, order: Order) -> None:
    by = people.seller_by
    paper = _paper(order, people)
    declare_ready(order_id=order.pk, packed_refs=[paper], packing_list_refs=[paper], by=by, at=clock.now())
    order = Order.objects.select_related("seller").get(pk=order.pk)
    today = order.seller.calendar.day_of(clock.now())
    dispatch = Dispatch(carrier="Line", transport_number="B/L 1", dispatched_on=today, eta=today + timedelta(days=20))
    papers = {role: [paper] for role in documents_needed(order)}
    ship_order(order_id=order.pk, dispatch=dispatch, documents=papers, by=by, at=clock.now())
    move_clock(by=timedelta(days=1))
    confirm_arrival(order_id=order.pk, by=people.buyer_by, at=clock.now())


def _paper(order: Order, people: People) -> str:
    file = BytesIO()
    Image.new("RGB", (60, 40), (200, 220, 240)).save(file, "PDF")
    file.seek(0)
    stored = store_file(
        folder_id=order.folder_id,
        kind="transport",
        file_name="paper.pdf",
        file=file,
        by=people.seller_by,
        at=clock.now(),
    )
    return stored.reference


def order_page_statements(people: People, order: Order) -> int:
    """What the buyer's order page sends, session and all."""
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(people.buyer, backend="allauth.account.auth_backends.AuthenticationBackend")
    path = f"/orders/{order.reference}/"
    client.get(path)
    answers: list[int] = []
    count = statements_of(lambda: answers.append(client.get(path).status_code))
    assert answers == [200], answers
    return count
