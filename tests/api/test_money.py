"""Paying, payments and payouts. The gateway is the real process of this test run."""

from collections.abc import Iterator
from typing import Any

import pytest

from companies.actions import remove_payout_account
from companies.models import PayoutAccount, User
from core import clock
from core.events import run_courier
from payments.actions.payout import request_payout
from payments.books import check_books
from payments.models import Payment
from tests.api.client import Api, fresh_key
from tests.api.deals import DEPOSIT, FEE, TOTAL, Deal, money, nothing_changes
from tests.cast import actor, company_of, person
from tests.journeys import bank

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def books_balance(transactional_db: None) -> Iterator[None]:
    yield
    assert check_books() == []


def test_pay_begins_one_payment_however_often_it_is_asked(deal: Deal) -> None:
    deal.reach("confirmed")
    key = fresh_key()
    first = deal.buyer.do(deal.ref, "pay", {"method": "card"}, key=key)
    assert (first.status, first["state"], first["amount"]) == (201, "PENDING", money(DEPOSIT))
    with nothing_changes():
        again = deal.buyer.do(deal.ref, "pay", {"method": "card"}, key=key)
        assert (again.status, again.json) == (201, first.json)
        assert again.headers["Idempotency-Replayed"] == "true"
        other = deal.buyer.do(deal.ref, "pay", {"method": "wire"}, key=key)
        assert (other.status, other.code) == (422, "idempotency_key_reused")
    fresh = deal.buyer.do(deal.ref, "pay", {"method": "card"})
    assert fresh["reference"] == first["reference"]
    assert Payment.objects.count() == 1


def test_pay_is_refused_to_everybody_else(deal: Deal, outsider: Api, buyer_viewer: User) -> None:
    deal.reach("confirmed")
    viewer, body = Api(buyer_viewer), {"method": "card"}
    with nothing_changes():
        assert outsider.do(deal.ref, "pay", body).status == 404
        assert viewer.do(deal.ref, "pay", body).code == "not_allowed"
        assert deal.seller.do(deal.ref, "pay", body).code == "other_side"
        assert deal.buyer.do(deal.ref, "pay", body, key=None).status == 400
        assert deal.buyer.do(deal.ref, "pay", body, If_Match='"1"').code == "stale"


def test_finance_may_pay(deal: Deal, buyer_finance: User) -> None:
    deal.reach("confirmed")
    assert Api(buyer_finance).do(deal.ref, "pay", {"method": "wire"}).ok()["bank_details"]["account_number"]


def test_nothing_is_due_twice(deal: Deal) -> None:
    deal.reach("production")
    with nothing_changes():
        answer = deal.buyer.do(deal.ref, "pay", {"method": "card"})
        assert (answer.status, answer.code) == (409, "nothing_due")


def test_paying_again_after_the_card_page_shows_what_arrived(deal: Deal) -> None:
    deal.reach("confirmed")
    begun = deal.buyer.do(deal.ref, "pay", {"method": "card"}).ok()
    bank.pay_by_card(begun["checkout_url"])
    assert deal.buyer.do(deal.ref, "pay", {"method": "card"}).ok()["state"] == "SECURED"
    run_courier()
    assert deal.order.state == "IN_PRODUCTION"


def test_a_gateway_that_does_not_answer_is_asked_again_by_the_same_key(deal: Deal) -> None:
    deal.reach("confirmed")
    bank.control("/v1/control/faults", {"operation": "payments.create", "fault": "error_500"})
    key = fresh_key()
    first = deal.buyer.do(deal.ref, "pay", {"method": "card"}, key=key)
    assert (first.status, first["state"], first["checkout_url"]) == (202, "CREATED", "")
    second = deal.buyer.do(deal.ref, "pay", {"method": "card"}, key=key)
    assert (second.status, second["state"]) == (201, "PENDING")
    assert second["reference"] == first["reference"]


def test_a_payment_is_seen_by_its_two_sides_only(deal: Deal, outsider: Api) -> None:
    deal.reach("confirmed")
    made = deal.buyer.do(deal.ref, "pay", {"method": "wire"}).ok()
    path = f"payments/{made['reference']}/"
    assert deal.buyer.get(path).ok()["bank_details"] == made["bank_details"] != {}
    assert deal.seller.get(path).ok()["bank_details"] == {}
    assert outsider.get(path).status == 404


def accepted(deal: Deal) -> Deal:
    deal.reach("arrived")
    deal.buyer.do(deal.ref, "accept", money(TOTAL)).ok()
    return deal


def test_a_payout_is_asked_for_once(deal: Deal) -> None:
    accepted(deal)
    owed = money(TOTAL - FEE)
    assert deal.seller.get("payouts/").ok()["payable"] == [owed]
    key = fresh_key()
    made = deal.seller.post("payouts/", {"currency": "USD"}, key=key)
    assert (made.status, made["payout"]["state"], made["payout"]["amount"]) == (201, "REQUESTED", owed)
    assert (made["outcome"], made["waiting"]) == ("requested", None)
    with nothing_changes():
        assert deal.seller.post("payouts/", {"currency": "USD"}, key=key).json == made.json
        reused = deal.seller.post("payouts/", {"currency": "EUR"}, key=key)
        assert (reused.status, reused.code) == (422, "idempotency_key_reused")
        empty = deal.seller.post("payouts/", {"currency": "EUR"})
        assert (empty.status, empty.code) == (409, "nothing_payable")
    more = deal.seller.post("payouts/", {"currency": "USD"})
    assert (more.status, more["outcome"], more["payout"]) == (200, "on_its_way", made["payout"])
    page = deal.seller.get("payouts/").ok()
    assert (page["payable"], len(page["results"]), page["next_cursor"]) == ([], 1, None)


def test_money_without_an_account_says_that_it_waits(deal: Deal) -> None:
    accepted(deal)
    account = PayoutAccount.objects.get()
    by = actor(deal.seller_user)
    remove_payout_account(reference=account.reference, company_id=account.company_id, by=by, at=clock.now())
    asked = deal.seller.post("payouts/", {"currency": "USD"})
    assert (asked.status, asked["outcome"], asked["payout"]) == (202, "waiting_for_account", None)
    assert asked["waiting"] == money(TOTAL - FEE) and "sent by itself" in asked["message"]


def test_a_payout_is_the_companys_own(deal: Deal, outsider: Api, seller_sales: User) -> None:
    accepted(deal)
    made = deal.seller.post("payouts/", {"currency": "USD"}).ok()["payout"]
    path, sales = f"payouts/{made['reference']}/", Api(seller_sales)
    assert deal.seller.get(path).ok()["amount"] == made["amount"]
    assert sales.get(path).code == "not_allowed"
    with nothing_changes():
        assert outsider.get(path).status == deal.buyer.get(path).status == 404
        assert outsider.get("payouts/")["results"] == []
        assert sales.post("payouts/", {"currency": "USD"}).code == "not_allowed"
        assert deal.seller.post("payouts/", {"currency": "USD"}, key=None).code == "idempotency_key_missing"


def test_a_person_without_a_company_has_no_payouts() -> None:
    nobody = Api(person("nobody@nowhere.example", "No Body"))
    assert nobody.get("payouts/").status == nobody.post("payouts/", {"currency": "USD"}).status == 404
    assert nobody.get("orders/")["results"] == []
    assert nobody.post("orders/").status == 403


def test_pages_of_payouts_miss_and_repeat_nothing(deal: Deal, seller_owner: User) -> None:
    for _number in range(3):
        accepted(deal)
        by, at = actor(seller_owner), clock.now()
        assert request_payout(company_id=company_of(seller_owner).pk, currency="USD", by=by, at=at)
    seen: list[Any] = []
    cursor = ""
    for _page in range(2):
        page = deal.seller.get("payouts/", limit=2, **({"cursor": cursor} if cursor else {})).ok()
        seen += [row["reference"] for row in page["results"]]
        cursor = page["next_cursor"]
    assert (len(set(seen)), len(seen), cursor) == (3, 3, None)
    assert deal.seller.get("payouts/", cursor="pyo_x").status == 422


def test_the_clock_is_moved_once_per_key(deal: Deal) -> None:
    key = fresh_key()
    first = deal.seller.post("sandbox/clock/", {"advance_seconds": 3600}, key=key).ok()
    before = clock.offset()
    again = deal.seller.post("sandbox/clock/", {"advance_seconds": 3600}, key=key).ok()
    assert (again.json, clock.offset()) == (first.json, before)
    other = deal.seller.post("sandbox/clock/", {"advance_seconds": 7200}, key=key)
    assert (other.status, other.code) == (422, "idempotency_key_reused")
