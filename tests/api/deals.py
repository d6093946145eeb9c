"""One deal brought to each of its stages, through the API wherever the API does it."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from django.apps import apps
from django.db import connection

from companies.models import User
from core import clock
from core.events import run_courier
from evidence.exchanges import store_file
from orders.models import Order
from payments.models import Escrow
from tests.api.client import Api
from tests.cast import actor
from tests.evidence.files import PDF
from tests.payments.steps import pay, start

TOTAL, DEPOSIT, BALANCE, FEE = 1_250_000, 375_000, 875_000, 25_000
OURS = ("core", "companies", "messaging", "catalog", "evidence", "payments", "orders")


def money(amount_minor: Any, currency: str = "USD") -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": currency}


def in_days(days: int) -> str:
    return (clock.now() + timedelta(days=days)).date().isoformat()


def today_of_seller() -> date:
    return (clock.now() + timedelta(hours=7)).date()


def line(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Ghế gỗ sồi 橡木椅",
        "quantity_thousandths": 500_000,
        "unit": "piece",
        "unit_price": money(2_500),
        "requirements": [
            {"attribute": "Moisture", "target": "8", "unit": "%", "test_method": "Moisture meter, 3 places"}
        ],
    } | changes


def steps(**changes: Any) -> dict[str, Any]:
    """A complete draft: 500 chairs at USD 25.00, FOB, 30 % and 70 %."""
    return {
        "parties": {"buyer_email": "owner@lakeside.example", "buyer_company_name": "Lakeside Furniture Inc."},
        "lines": [line()],
        "delivery": {"delivery_basis": "date", "ship_date": in_days(40)},
        "trade_term": {"incoterm": "FOB", "named_place": "Hai Phong", "transport_mode": "sea", "inspection_days": 10},
        "payment": {
            "currency": "USD",
            "methods": ["card", "wire"],
            "instalments": [
                {"basis_points": 3000, "due_on": "confirmation"},
                {"basis_points": 7000, "due_on": "readiness"},
            ],
        },
    } | changes


class Deal:
    """Each stage goes on from the one before; `reach` builds up to one."""

    STAGES = ("draft", "offered", "confirmed", "wired", "production", "reported", "ready", "paid", "shipped", "arrived")

    def __init__(self, seller_user: User, buyer_user: User) -> None:
        self.seller_user, self.buyer_user = seller_user, buyer_user
        self.seller, self.buyer = Api(seller_user), Api(buyer_user)
        self.ref = self.last_key = ""

    def reach(self, stage: str) -> "Deal":
        for name in self.STAGES[: self.STAGES.index(stage) + 1]:
            if name not in ("wired", "reported") or name == stage:
                getattr(self, name)()
        return self

    @property
    def order(self) -> Order:
        return Order.objects.get(reference=self.ref)

    def draft(self) -> None:
        self.ref = self.seller.post("orders/").ok()["reference"]
        self.seller.patch(f"orders/{self.ref}/", steps()).ok()

    def offered(self) -> None:
        self.seller.do(self.ref, "send").ok()

    def confirmed(self) -> None:
        self.buyer.do(self.ref, "confirm", self.signing()).ok()

    def signing(self) -> dict[str, Any]:
        return {"terms_sha256": self.buyer.order(self.ref, "terms")["sha256"]}

    def wired(self) -> None:
        start(self.escrow, self.buyer_user, method="wire", at=clock.now())

    @property
    def escrow(self) -> Escrow:
        escrow = self.order.escrow
        assert escrow is not None
        return escrow

    def production(self) -> None:
        pay(self.escrow, self.buyer_user, at=clock.now())
        run_courier()

    def reported(self) -> None:
        self.seller.do(self.ref, "report-progress", {"stage": "MATERIALS", "documents": [self.paper()]}).ok()

    def ready(self) -> None:
        self.seller.do(self.ref, "declare-ready", {"packed": [self.paper()], "packing_list": [self.paper()]}).ok()

    def paid(self) -> None:
        pay(self.escrow, self.buyer_user, sequence=2, at=clock.now())
        run_courier()

    def shipped(self) -> None:
        self.seller.do(self.ref, "ship", self.shipment()).ok()

    def arrived(self) -> None:
        self.buyer.do(self.ref, "confirm-arrival").ok()

    def paper(self, data: bytes = PDF) -> str:
        """A sealed document of the order's folder."""
        document = store_file(
            folder_id=self.order.folder_id,
            kind="transport",
            file_name="paper.pdf",
            file=io.BytesIO(data),
            by=actor(self.seller_user),
            at=clock.now(),
        )
        assert document.is_sealed
        return document.reference

    def shipment(self, **changes: Any) -> dict[str, Any]:
        paper = [self.paper()]
        return {
            "carrier": "Hapag-Lloyd",
            "transport_number": "HLCU 4471",
            "dispatched_on": today_of_seller().isoformat(),
            "eta": in_days(30),
            "documents": {"invoice": paper, "bill_of_lading": paper},
        } | changes


Body = dict[str, Any] | Callable[[Deal], dict[str, Any]]


def body_for(deal: Deal, body: Body) -> dict[str, Any]:
    return body(deal) if callable(body) else body


def everything() -> dict[str, str]:
    """A fingerprint of all rows of each of our tables. One statement."""
    tables = [model._meta.db_table for label in OURS for model in apps.get_app_config(label).get_models()]
    each = "SELECT '{0}', count(*) || coalesce(md5(string_agg(row::text, '|' ORDER BY row::text)), '') FROM {0} row"
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(each.format(table) for table in tables))
        return dict(cursor.fetchall())


@contextmanager
def nothing_changes() -> Iterator[None]:
    before = everything()
    yield
    after = everything()
    assert {name for name, rows in after.items() if rows != before[name]} == set()
