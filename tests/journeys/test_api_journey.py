"""One order's whole life through the API alone: two people's sessions, a real bank beside, from nothing to PAID.

No worker runs here: `work` does what one would, once.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
from django.utils.dateparse import parse_datetime

from companies.models import User
from core.events import run_courier
from payments import tasks
from payments.books import check_books
from services.gateway import SandboxGateway
from tests.api.client import Api
from tests.evidence.files import JPEG, PDF
from tests.journeys import bank
from tests.sandbox.running import wait_for

DAY = 86_400
TOTAL, DEPOSIT, BALANCE, FEE = 1_250_000, 375_000, 875_000, 25_000


@pytest.fixture
def seller(seller_owner: User) -> Api:
    return Api(seller_owner)


@pytest.fixture
def buyer(buyer_owner: User) -> Api:
    return Api(buyer_owner)


@pytest.fixture(autouse=True)
def webhooks(sandbox_gateway: SandboxGateway, live_server: Any) -> None:
    sandbox_gateway.send_webhooks_to(live_server.url)


def work() -> bool:
    """What a worker does when it is nudged or polls."""
    run_courier()
    tasks.process_gateway_events()
    tasks.send_outgoing_money()
    run_courier()
    return True


def until_state(api: Api, ref: str, state: str) -> Any:
    return wait_for(lambda: work() and (order := api.order(ref).ok())["state"] == state and order)


def money(amount_minor: int, currency: str = "USD") -> dict[str, Any]:
    return {"amount_minor": amount_minor, "currency": currency}


def upload(api: Api, folder: str, kind: str, name: str, data: bytes) -> str:
    """Begin, PUT the parts to the store itself, complete. Returns the sealed document's reference."""
    begun = api.post(
        "documents/",
        {
            "folder": folder,
            "kind": kind,
            "file_name": name,
            "size_bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
        },
    ).ok()
    ref = begun["reference"]
    for part in api.post(f"documents/{ref}/parts/").ok()["missing"]:
        piece = data[part["offset"] : part["offset"] + part["size_bytes"]]
        requests.put(part["url"], data=piece, timeout=20).raise_for_status()
    done = api.post(f"documents/{ref}/complete/").ok()
    assert done["state"] == "SEALED", done.text
    return str(ref)


def advance(api: Api, days: int) -> int:
    return int(api.post("sandbox/clock/", {"advance_seconds": days * DAY}).ok()["deadlines_run"])


def clock(api: Api) -> datetime:
    found = parse_datetime(api.get("sandbox/clock/").ok()["now"])
    assert found is not None
    return found


def deadline(api: Api, ref: str, kind: str) -> dict[str, Any]:
    rows = api.order(ref, "deadlines").ok()["results"]
    return next(row for row in rows if row["kind"] == kind)


def draft_of(ship_date: str) -> dict[str, Any]:
    return {
        "parties": {"buyer_email": "owner@lakeside.example", "buyer_company_name": "Lakeside Furniture Inc."},
        "lines": [
            {
                "name": "Ghế gỗ sồi 橡木椅",
                "quantity_thousandths": 500_000,
                "unit": "piece",
                "unit_price": money(2_500),
                "requirements": [
                    {"attribute": "Moisture", "target": "8", "unit": "%", "test_method": "Moisture meter, 3 places"}
                ],
            }
        ],
        "delivery": {"delivery_basis": "date", "ship_date": ship_date},
        "trade_term": {"incoterm": "FOB", "named_place": "Hai Phong", "transport_mode": "sea", "inspection_days": 10},
        "payment": {
            "currency": "USD",
            "methods": ["card", "wire"],
            "instalments": [
                {"basis_points": 3000, "due_on": "confirmation"},
                {"basis_points": 7000, "due_on": "readiness"},
            ],
        },
    }


@pytest.mark.django_db(transaction=True)
def test_an_order_lives_its_whole_life_through_the_api(seller: Api, buyer: Api) -> None:
    ref = drafted(seller)
    confirmed(seller, buyer, ref)
    deposit_paid_by_a_second_card(seller, buyer, ref)
    made(seller, buyer, ref)
    balance_wired_in_two_parts(buyer, ref)
    shipped(seller, ref)
    received(buyer, ref)
    paid_out(seller, ref)
    assert check_books() == []


def drafted(seller: Api) -> str:
    ref = seller.post("orders/").ok()["reference"]
    lint = seller.order(ref, "lint").ok()
    assert not lint["can_be_sent"]
    seen = seller.order(ref)
    ship_date = (clock(seller) + timedelta(days=40)).date().isoformat()
    order = seller.patch(f"orders/{ref}/", draft_of(ship_date), If_Match=seen.headers["ETag"]).ok()
    assert order["totals"]["seller_gets"] == money(TOTAL - FEE)
    assert seller.order(ref, "lint").ok()["can_be_sent"]
    return str(ref)


def confirmed(seller: Api, buyer: Api, ref: str) -> None:
    assert buyer.order(ref).status == 404
    assert seller.do(ref, "send").ok()["state"] == "OFFERED"
    offer = buyer.get("orders/").ok()["results"][0]
    assert (offer["reference"], offer["total"]) == (ref, money(TOTAL))
    terms = buyer.order(ref, "terms").ok()
    assert [row["side"] for row in terms["signatures"]] == ["seller"]
    order = buyer.do(ref, "confirm", {"terms_sha256": terms["sha256"]}).ok()
    assert (order["state"], order["money"]["due"]) == ("AWAITING_PAYMENT", money(DEPOSIT))
    assert deadline(buyer, ref, "first_payment")["who"] == "buyer"


def deposit_paid_by_a_second_card(seller: Api, buyer: Api, ref: str) -> None:
    first = buyer.do(ref, "pay", {"method": "card"}).ok()
    assert (first.status, first["state"], first["amount"]) == (201, "PENDING", money(DEPOSIT))
    bank.pay_by_card(first["checkout_url"], bank.DECLINED_CARD)
    failed = wait_for(lambda: work() and (p := buyer.get(f"payments/{first['reference']}/"))["state"] == "FAILED" and p)
    assert failed["failure_code"] == "card_declined"
    second = buyer.do(ref, "pay", {"method": "card"}).ok()
    assert second["reference"] != first["reference"]
    bank.pay_by_card(second["checkout_url"])
    order = until_state(seller, ref, "IN_PRODUCTION")
    assert order["money"]["held"] == money(DEPOSIT)
    assert seller.get(f"payments/{second['reference']}/").ok()["checkout_url"] == ""


def made(seller: Api, buyer: Api, ref: str) -> None:
    folder = seller.order(ref)["folder"]
    photo = upload(seller, folder, "product_photo", "frames.jpg", JPEG)
    order = seller.do(ref, "report-progress", {"stage": "MATERIALS", "documents": [photo], "note": "Gỗ đã về"}).ok()
    assert order["stages"][0]["state"] == "open"
    assert buyer.do(ref, "approve-stage", {"stage_number": 1}).ok()["stages"][0]["state"] == "counts"
    packed = upload(seller, folder, "product_photo", "packed.jpg", JPEG + b"\0")
    papers = upload(seller, folder, "transport", "packing list.pdf", PDF)
    order = seller.do(ref, "declare-ready", {"packed": [packed], "packing_list": [papers]}).ok()
    assert (order["state"], order["money"]["due"]) == ("READY", money(BALANCE))
    assert seller.do(ref, "ship", shipment_of(seller, ref, [], [])).code == "money_not_held"
    buyer.do(ref, "book-carriage", {"note": "Hapag-Lloyd, booking 8812"}).ok()


def balance_wired_in_two_parts(buyer: Api, ref: str) -> None:
    payment = buyer.do(ref, "pay", {"method": "wire"}).ok()
    before = deadline(buyer, ref, "ready_payment")["due_at"]
    sent = {"sent_on": clock(buyer).date().isoformat(), "amount": money(BALANCE), "bank_reference": "FT 2291"}
    buyer.do(ref, "declare-wire", sent).ok()
    assert deadline(buyer, ref, "ready_payment")["due_at"] > before
    bank.wire(payment["bank_details"], BALANCE - 100_000, "USD")
    short = wait_for(lambda: work() and (o := buyer.order(ref))["money"]["due"] == money(100_000) and o)
    assert short["money"]["instalments"][1]["state"] == "SHORT"
    bank.wire(payment["bank_details"], 100_000, "USD")
    wait_for(lambda: work() and buyer.order(ref)["money"]["held"] == money(TOTAL))
    assert buyer.get(f"payments/{payment['reference']}/")["state"] == "SECURED"


def shipment_of(seller: Api, ref: str, invoice: list[str], lading: list[str]) -> dict[str, Any]:
    today = clock(seller)
    return {
        "carrier": "Hapag-Lloyd",
        "transport_number": "HLCU 4471",
        "dispatched_on": (today + timedelta(hours=7)).date().isoformat(),
        "eta": (today + timedelta(days=30)).date().isoformat(),
        "container": "HLXU 123456 7",
        "documents": {"invoice": invoice, "bill_of_lading": lading},
    }


def shipped(seller: Api, ref: str) -> None:
    order = seller.order(ref)
    assert order["documents_needed"] == ["invoice", "bill_of_lading"]
    invoice = upload(seller, order["folder"], "bill", "invoice.pdf", PDF + b"%1\n")
    lading = upload(seller, order["folder"], "transport", "bl.pdf", PDF + b"%2\n")
    order = seller.do(ref, "ship", shipment_of(seller, ref, [invoice], [lading])).ok()
    assert (order["state"], order["shipment"]["carrier"]) == ("SHIPPED", "Hapag-Lloyd")


def received(buyer: Api, ref: str) -> None:
    advance(buyer, 20)
    later = (clock(buyer) + timedelta(days=45)).date().isoformat()
    buyer.do(ref, "not-arrived", {"new_eta": later}).ok()
    advance(buyer, 12)
    assert buyer.do(ref, "confirm-arrival").ok()["state"] == "DELIVERED"
    first = deadline(buyer, ref, "inspection")
    assert "accepted" in first["silence"]
    buyer.do(ref, "extend-inspection").ok()
    assert deadline(buyer, ref, "inspection")["due_at"] > first["due_at"]
    assert buyer.do(ref, "accept", money(TOTAL - 1)).status == 412
    order = buyer.do(ref, "accept", money(TOTAL)).ok()
    assert (order["state"], order["money"]["held"], order["money"]["fee"]) == ("COMPLETED", money(0), money(FEE))


def paid_out(seller: Api, ref: str) -> None:
    def paid() -> Any:
        work()
        bank.settle()
        payouts = seller.get("payouts/").ok()["results"]
        return payouts and payouts[0]["state"] == "PAID" and payouts[0]

    payout = wait_for(paid)
    assert payout["amount"] == money(TOTAL - FEE)
    assert seller.order(ref)["number"] in payout["advice"]
    assert seller.get("payouts/")["payable"] == []
    assert seller.order(ref)["money"]["paid_out"] == money(TOTAL - FEE)
    verbs = [row["verb"] for row in seller.order(ref, "timeline").ok()["results"]]
    assert verbs[0] == "create_draft" and verbs[-1] == "accept"


@pytest.mark.django_db(transaction=True)
def test_silence_accepts_and_the_money_goes_out(seller: Api, buyer: Api) -> None:
    """The same with nobody pressing a button after the payment of all at once: clocks assume arrival and accept."""
    ref = seller.post("orders/").ok()["reference"]
    body = draft_of((clock(seller) + timedelta(days=40)).date().isoformat())
    body["payment"]["instalments"] = [{"basis_points": 10_000, "due_on": "confirmation"}]
    seller.patch(f"orders/{ref}/", body).ok()
    seller.do(ref, "send").ok()
    buyer.do(ref, "confirm", {"terms_sha256": buyer.order(ref, "terms")["sha256"]}).ok()
    bank.pay_by_card(buyer.do(ref, "pay", {"method": "card"}).ok()["checkout_url"])
    order = until_state(seller, ref, "IN_PRODUCTION")
    paper = [upload(seller, order["folder"], "transport", "papers.pdf", PDF)]
    report = shipment_of(seller, ref, paper, paper)
    report["documents"]["packing_list"] = paper
    seller.do(ref, "ship", report).ok()
    assert advance(seller, 90) >= 2
    assert seller.order(ref)["state"] == "COMPLETED"
    paid_out(seller, ref)
    assert check_books() == []
