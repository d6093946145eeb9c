"""Typed into the forms of orders, what can't be right: an error beside the field, the words kept, nothing changed."""

from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.utils.html import escape

from companies.models import User
from core import clock
from orders.models import Order
from tests.api.deals import nothing_changes, today_of_seller
from tests.journeys.orders import IN_FORTY_DAYS
from tests.orders import steps
from tests.payments.steps import start

LONG, RTL, ZERO_WIDTH = "a" * 10_000, "Oak\u202echair", "Oak\u200bchair"
TEXTS = (LONG, RTL, ZERO_WIDTH)
FULL_WIDTH = "\uff11\uff12\uff15"
AMOUNTS = ("0", "-1", "1.005", "1e5", FULL_WIDTH, "10000000000.01", "a lot", "")
TODAY = "today"
"""Stands for the date of the day on which the form is sent."""
DAYS = ("2020-01-01", "9999-12-31", "2027-02-30", "tomorrow", "\uff12\uff10\uff12\uff17-03-01", "")
Make = Callable[[User, User], Order]


class Forms(HTMLParser):
    """The forms of a page, as a browser would send them: lists of (name, value)."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[dict[str, list[str]]] = []
        self.area = self.choice = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "form":
            self.forms.append({})
        elif tag == "select":
            self.choice = name
        elif tag == "option" and self.choice and ("selected" in given or self.choice not in self.forms[-1]):
            self.forms[-1][self.choice] = [value]
        elif tag == "textarea":
            self.area = name
            self.forms[-1][name] = [""]
        elif tag == "input" and name and self.forms and self.is_sent(given):
            self.forms[-1].setdefault(name, []).append(value)

    def is_sent(self, given: dict[str, str | None]) -> bool:
        """Every paper of the folder is ticked, so that nothing is missing but what is wrong."""
        is_paper = (given.get("value") or "").startswith("doc_")
        return given.get("type") not in ("checkbox", "radio", "file", "submit") or "checked" in given or is_paper

    def handle_endtag(self, tag: str) -> None:
        if tag in ("textarea", "select"):
            self.area = self.choice = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.forms[-1][self.area][0] += data

    def with_field(self, name: str) -> dict[str, list[str]]:
        return next(form for form in self.forms if "csrfmiddlewaretoken" in form and name in form or "version" in form)


# --- orders at which each form can be filled in -----------------------------------------------------------------------
def draft(seller: User, _buyer: User) -> Order:
    return steps.draft(seller, at=clock.now(), delivery=IN_FORTY_DAYS)


def offered(seller: User, _buyer: User) -> Order:
    return steps.offer(seller, at=clock.now(), delivery=IN_FORTY_DAYS)


def awaiting_wire(seller: User, buyer: User) -> Order:
    order = steps.sign(offered(seller, buyer), buyer, at=clock.now())
    start(steps.escrow_of(order), buyer, method="wire", at=clock.now())
    return order


def in_production(seller: User, buyer: User) -> Order:
    order = steps.produce(seller, buyer, at=clock.now(), delivery=IN_FORTY_DAYS)
    steps.paper(order, seller, at=clock.now())
    return order


def ready_to_ship(seller: User, buyer: User) -> Order:
    order = steps.ready(in_production(seller, buyer), seller, at=clock.now())
    steps.pay_for(order, buyer, sequence=2, at=clock.now())
    return steps.book(order, buyer, at=clock.now())


def shipped(seller: User, buyer: User) -> Order:
    return steps.ship(ready_to_ship(seller, buyer), seller, at=clock.now())


@dataclass(frozen=True)
class Page:
    """Whose form at which order; field -> what can't be right in it. `also`: what else must be chosen."""

    make: Make
    side: str
    path: str
    wrong: dict[str, tuple[str, ...]]
    also: tuple[tuple[str, str], ...] = ()


PAGES = {
    "parties": Page(
        draft,
        "seller",
        "draft/1/",
        {
            "buyer_email": ("x", "a@b", LONG, f"{RTL}@x.example", "owner@binhminh.example"),
            "buyer_company_name": TEXTS,
            "seller_ref": TEXTS,
            "buyer_ref": TEXTS,
            "governing_law": TEXTS,
            "language": ("xx",),
        },
    ),
    "line": Page(
        draft,
        "seller",
        "draft/2/new/",
        {
            "name": (*TEXTS, ""),
            "price": AMOUNTS,
            "quantity": ("0", "-1", "1.0005", "1.500", "1e5", FULL_WIDTH, "10000000000000", "many", ""),
            "unit": (*TEXTS, ""),
            "specification": TEXTS,
            "price_basis": ("7", "0"),
        },
    ),
    "delivery by date": Page(
        draft,
        "seller",
        "draft/3/",
        {"ship_date": DAYS[:-1], "price_valid_until": DAYS[:-1]},
        also=(("basis", "date"),),
    ),
    "delivery by days": Page(
        draft,
        "seller",
        "draft/3/",
        {"ship_days": ("0", "-3", "731", "1.5", "1e2", FULL_WIDTH)},
        also=(("basis", "days"),),
    ),
    "trade term": Page(
        draft,
        "seller",
        "draft/4/",
        {
            "named_place": TEXTS,
            "consignee": TEXTS,
            "incoterm": ("FOX",),
            "inspection_days": ("0", "31", "-1", "1.5", "1e1", "\uff11\uff12"),
        },
    ),
    "payment": Page(
        draft,
        "seller",
        "draft/5/",
        {
            "currency": ("XXX", "usd", ""),
            "deposit_percent": ("0", "-1", "101", "30.005", "1e2", "\uff13\uff10", "x", ""),
            "methods": ("cash",),
        },
    ),
    "changes": Page(offered, "buyer", "changes/", {"products": TEXTS, "payment": TEXTS}),
    "decline": Page(offered, "buyer", "decline/", {"reason": (*TEXTS, "", " ")}),
    "declared wire": Page(
        awaiting_wire,
        "buyer",
        "declare-wire/",
        {"amount": AMOUNTS, "sent_on": DAYS, "bank_reference": TEXTS},
        also=(("sent_on", TODAY), ("bank_reference", "W 1")),
    ),
    "progress": Page(in_production, "seller", "progress/", {"stage": ("SOLD",), "note": TEXTS}),
    "cancel": Page(in_production, "buyer", "cancel/", {"reason": TEXTS}),
    "shipment": Page(
        ready_to_ship,
        "seller",
        "ship/",
        {"carrier": (*TEXTS, ""), "transport_number": (*TEXTS, ""), "dispatched_on": DAYS, "eta": DAYS},
        also=(("carrier", "Norse Cargo"), ("transport_number", "4711"), ("dispatched_on", TODAY), ("eta", TODAY)),
    ),
    "not arrived": Page(shipped, "buyer", "not-arrived/", {"new_eta": DAYS}),
}


@pytest.mark.parametrize("name", list(PAGES))
def test_is_told_beside_the_field_and_kept(name, seller_owner, buyer_owner, stranger, client):
    page = PAGES[name]
    order = page.make(seller_owner, buyer_owner)
    elsewhere = Client()
    elsewhere.force_login(stranger)
    client.force_login(seller_owner if page.side == "seller" else buyer_owner)
    path = f"/orders/{order.reference}/{page.path}"
    shown = client.get(path).content.decode()
    with nothing_changes():
        wrong = {
            f"{field}={value[:30]!r}": fault_of(client, path, shown, field, value, dict(page.also))
            for field, values in page.wrong.items()
            for value in values
        }
        assert {case: fault for case, fault in wrong.items() if fault} == {}
        assert elsewhere.post(path, Forms(shown).with_field(next(iter(page.wrong)))).status_code == 404


def fault_of(client: Client, path: str, shown: str, field: str, value: str, also: dict[str, str]) -> str:
    """Empty when the form comes back with an error beside the field and the value still in it."""
    today = today_of_seller().isoformat()
    others = {name: [today if other == TODAY else other] for name, other in also.items()}
    sent = Forms(shown).with_field(field) | others | {field: [value]}
    answer = client.post(path, sent)
    html = answer.content.decode()
    if answer.status_code != 422:
        return f"answered {answer.status_code}"
    beside = html.partition(f'data-field="{field}"')[2].partition("data-field=")[0]
    if "field-error" not in beside:
        return "no error beside the field"
    is_choice = "<select" in beside or 'type="radio"' in beside or 'type="checkbox"' in beside
    return "" if is_choice or escape(value) in beside else "what was typed is gone"
