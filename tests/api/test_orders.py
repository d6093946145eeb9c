"""Orders as resources: begin, change, copy, list, read; and what the door itself refuses."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from companies.models import User
from orders.models import Order
from tests.api.client import Api, fresh_key
from tests.api.deals import BALANCE, DEPOSIT, FEE, TOTAL, Deal, in_days, line, money, nothing_changes, steps
from tests.cast import company_of


def test_a_draft_is_begun_once_per_key(deal: Deal) -> None:
    key = fresh_key()
    first = deal.seller.post("orders/", key=key)
    assert (first.status, first["state"], first["side"]) == (201, "DRAFT", "seller")
    with nothing_changes():
        again = deal.seller.post("orders/", key=key)
        assert (again.status, again.json) == (201, first.json)
    assert Order.objects.count() == 1


def test_a_key_is_the_companys_own(deal: Deal, outsider: Api, seller_sales: User) -> None:
    key = fresh_key()
    first = deal.seller.post("orders/", key=key)
    assert Api(seller_sales).post("orders/", key=key)["reference"] == first["reference"]
    assert outsider.post("orders/", key=key)["reference"] != first["reference"]


def test_a_twin_in_flight_is_told_so(deal: Deal, other_session: Any) -> None:
    key = fresh_key()
    name = f"company {company_of(deal.seller_user).pk} POST /api/v1/orders/\n{key}"
    other_session.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
    with nothing_changes():
        answer = deal.seller.post("orders/", key=key)
        assert (answer.status, answer.code) == (409, "request_in_flight")
    other_session.execute("SELECT pg_advisory_unlock_all()")
    assert deal.seller.post("orders/", key=key).status == 201


def test_a_buyer_may_not_begin_drafts_for_the_seller(deal: Deal, buyer_viewer: User) -> None:
    viewer = Api(buyer_viewer)
    with nothing_changes():
        answer = viewer.post("orders/")
        assert (answer.status, answer.code) == (403, "not_allowed")


def test_all_named_steps_are_saved_or_none(deal: Deal) -> None:
    deal.reach("draft")
    with nothing_changes():
        body = {"parties": {"seller_ref": "BM-77"}, "lines": [line(name="")]}
        answer = deal.seller.patch(f"orders/{deal.ref}/", body)
        assert (answer.status, answer.code, list(answer.errors)) == (422, "invalid", ["lines.0.name"])
        body = {"parties": {"seller_ref": "BM-77"}, "delivery": {"ship_date": in_days(-2)}}
        answer = deal.seller.patch(f"orders/{deal.ref}/", body)
        assert (answer.status, answer.code, list(answer.errors)) == (422, "invalid", ["delivery.ship_date"])


def test_what_a_step_does_not_name_stays(deal: Deal) -> None:
    deal.reach("draft")
    order = deal.seller.patch(f"orders/{deal.ref}/", {"parties": {"seller_ref": "BM-77"}}).ok()
    assert order["parties"]["seller_ref"] == "BM-77"
    assert order["parties"]["buyer_email"] == "owner@lakeside.example"
    order = deal.seller.patch(f"orders/{deal.ref}/", {"payment": {"bank_charges": "shared"}}).ok()
    assert [part["basis_points"] for part in order["payment"]["instalments"]] == [3000, 7000]
    order = deal.seller.patch(f"orders/{deal.ref}/", {"delivery": {"delivery_basis": "days", "ship_days": 30}}).ok()
    assert (order["delivery"]["ship_days"], order["delivery"]["ship_date"]) == (30, None)


def test_a_draft_shows_its_sums(deal: Deal) -> None:
    deal.reach("draft")
    order = deal.seller.order(deal.ref).ok()
    assert order["total"] == money(TOTAL)
    assert order["lines"][0]["amount"] == money(TOTAL)
    assert order["totals"]["seller_fee"] == money(FEE)
    assert order["money"] is None
    assert order["may"] == ["draft", "send"]


def test_a_stale_patch_saves_nothing(deal: Deal) -> None:
    deal.reach("draft")
    with nothing_changes():
        answer = deal.seller.patch(f"orders/{deal.ref}/", {"parties": {"seller_ref": "X"}}, If_Match='"1"')
        assert (answer.status, answer.code) == (412, "stale")


def test_only_the_seller_changes_a_draft(deal: Deal, outsider: Api, seller_viewer: User) -> None:
    deal.reach("draft")
    body, viewer = {"parties": {"seller_ref": "X"}}, Api(seller_viewer)
    with nothing_changes():
        assert outsider.patch(f"orders/{deal.ref}/", body).status == 404
        assert deal.buyer.patch(f"orders/{deal.ref}/", body).status == 404
        assert viewer.patch(f"orders/{deal.ref}/", body).code == "not_allowed"


def test_a_sent_order_is_not_a_draft(deal: Deal) -> None:
    deal.reach("offered")
    with nothing_changes():
        answer = deal.seller.patch(f"orders/{deal.ref}/", {"parties": {"seller_ref": "X"}})
        assert (answer.status, answer.code) == (409, "illegal_move")
        answer = deal.buyer.patch(f"orders/{deal.ref}/", {"parties": {"seller_ref": "X"}})
        assert (answer.status, answer.code) == (403, "other_side")


def test_the_buyer_does_not_look_over_the_drafters_shoulder(deal: Deal) -> None:
    deal.reach("offered")
    assert deal.buyer.order(deal.ref)["total"] == money(TOTAL)
    deal.seller.do(deal.ref, "withdraw").ok()
    deal.seller.patch(f"orders/{deal.ref}/", {"lines": [line(unit_price=money(9_999))]}).ok()
    seen = deal.buyer.order(deal.ref).ok()
    assert (seen["state"], seen["total"], seen["lines"], seen["payment"]) == ("DRAFT", None, None, None)
    assert deal.buyer.get("orders/").ok()["results"][0]["total"] is None
    assert deal.buyer.order(deal.ref, "terms")["body"]["total_minor"] == TOTAL
    assert deal.buyer.order(deal.ref, "lint").code == "other_side"


def test_an_incomplete_draft_is_not_sent_and_says_why(deal: Deal) -> None:
    ref = deal.seller.post("orders/")["reference"]
    lint = deal.seller.order(ref, "lint").ok()
    assert not lint["can_be_sent"]
    stops = {row["field"] for row in lint["findings"] if row["severity"] == "stop"}
    assert {"buyer_email", "lines", "ship_date", "incoterm", "methods", "instalments"} <= stops
    with nothing_changes():
        answer = deal.seller.do(ref, "send")
        assert (answer.status, answer.code) == (422, "draft_not_complete")
        assert set(answer["details"]) == stops


def test_copy(deal: Deal, outsider: Api) -> None:
    deal.reach("confirmed")
    with nothing_changes():
        assert outsider.do(deal.ref, "copy").status == 404
        assert deal.buyer.do(deal.ref, "copy").code == "not_allowed"
    key = fresh_key()
    made = deal.seller.do(deal.ref, "copy", key=key)
    assert (made.status, made["state"], made["total"]) == (201, "DRAFT", money(TOTAL))
    assert made["reference"] != deal.ref
    with nothing_changes():
        assert deal.seller.do(deal.ref, "copy", key=key).json == made.json


def test_pages_of_a_list_miss_and_repeat_nothing(deal: Deal, outsider: Api) -> None:
    made = [deal.seller.post("orders/")["reference"] for _number in range(5)]
    seen, cursor = [], ""
    for _page in range(3):
        page = deal.seller.get("orders/", limit=2, **({"cursor": cursor} if cursor else {})).ok()
        seen += [row["reference"] for row in page["results"]]
        cursor = page["next_cursor"]
    assert (seen, cursor) == (made[::-1], None)
    assert outsider.get("orders/").ok()["results"] == []
    assert deal.seller.get("orders/", state="OFFERED")["results"] == []
    assert len(deal.seller.get("orders/", side="seller")["results"]) == 5
    for wrong in ({"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"cursor": "ord_x"}, {"state": "x"}, {"side": "x"}):
        answer = deal.seller.get("orders/", **wrong)
        assert (answer.status, list(answer.errors)) == (422, list(wrong))


def test_a_list_costs_the_same_for_one_order_and_for_twenty(deal: Deal) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            deal.seller.get("orders/").ok()
        return len(captured.captured_queries)

    deal.reach("draft")
    one = cost()
    for _number in range(5):
        deal.seller.do(deal.ref, "copy").ok()
    assert cost() == one


def test_reads_of_a_running_order(deal: Deal, outsider: Api) -> None:
    deal.reach("reported")
    for what in ("timeline", "deadlines", "terms", "payments"):
        assert deal.buyer.order(deal.ref, what).status == 200
        assert outsider.order(deal.ref, what).status == 404
    assert outsider.order(deal.ref).status == 404
    assert outsider.order(deal.ref, "lint").status == 404
    story = [row["verb"] for row in deal.buyer.order(deal.ref, "timeline")["results"]]
    assert story == ["create_draft", "send", "confirm", "start_production", "report_progress"]
    clocks = {row["kind"]: row for row in deal.buyer.order(deal.ref, "deadlines")["results"]}
    assert set(clocks) == {"ship_date", "stage_unchallenged"}
    assert clocks["ship_date"]["who"] == "seller" and "late" in clocks["ship_date"]["silence"]
    terms = deal.seller.order(deal.ref, "terms").ok()
    assert [row["side"] for row in terms["signatures"]] == ["seller", "buyer"]
    assert {row["sha256"] for row in terms["signatures"]} == {terms["sha256"]}
    payment = deal.buyer.order(deal.ref, "payments")["results"][0]
    assert (payment["state"], payment["amount"]) == ("SECURED", money(DEPOSIT))
    assert deal.buyer.order(deal.ref)["money"]["held"] == money(DEPOSIT)
    assert deal.buyer.order(deal.ref)["money"]["instalments"][1]["missing"] == money(BALANCE)


def test_an_order_has_no_terms_before_it_was_offered(deal: Deal) -> None:
    deal.reach("draft")
    assert deal.seller.order(deal.ref, "terms").status == 404


@pytest.mark.django_db
def test_nobody_enters_without_logging_in() -> None:
    for answer in (Api().get("orders/"), Api().post("orders/"), Api().get("payouts/")):
        assert (answer.status, answer.code) == (401, "not_authenticated")
        assert answer.headers["WWW-Authenticate"] == "Session"


def test_a_session_needs_its_csrf_token(deal: Deal) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(deal.seller_user)
    with nothing_changes():
        answer = client.post("/api/v1/orders/", "{}", content_type="application/json", headers={"Idempotency-Key": "k"})
        assert answer.status_code == 403
        assert json.loads(answer.content)["code"] == "permission_denied"


@pytest.mark.parametrize("key", ["two words", "kľúč", "k" * 101, "", "tab\tkey", "\uff11\uff12"])
def test_a_key_that_can_not_be_one_is_refused(deal: Deal, key: str) -> None:
    with nothing_changes():
        answer = deal.seller.post("orders/", {}, key=key)
        assert (answer.status, answer.code) == (400, "idempotency_key_malformed")


@pytest.mark.parametrize("body", ["[]", "null", '"x"', "{", '{"products": NaN}', '{"products": {}}', "[[[[]]]]"])
def test_a_body_that_is_no_object_is_refused(deal: Deal, body: str) -> None:
    with nothing_changes():
        answer = deal.seller.post("orders/", body)
        assert answer.status in (400, 422), answer.text
        assert answer.type == "application/problem+json"


def test_a_misspelt_field_is_refused(deal: Deal) -> None:
    deal.reach("draft")
    with nothing_changes():
        for body in ({"linez": []}, {"parties": {"buyer_emial": "x"}}, {"lines": [line(prize=1)]}):
            assert deal.seller.patch(f"orders/{deal.ref}/", body).status == 422
    assert "parties.buyer_emial" in deal.seller.patch(f"orders/{deal.ref}/", {"parties": {"buyer_emial": "x"}}).errors


def test_prices_in_two_currencies_are_refused(deal: Deal) -> None:
    deal.reach("draft")
    with nothing_changes():
        two = [line(), line(unit_price=money(100, "EUR"))]
        assert "lines.1.unit_price.currency" in deal.seller.patch(f"orders/{deal.ref}/", {"lines": two}).errors
        body = {"lines": [line()], "payment": {"currency": "EUR"}}
        assert "lines.0.unit_price.currency" in deal.seller.patch(f"orders/{deal.ref}/", body).errors


def test_the_currency_of_an_order_is_changed_with_its_prices(deal: Deal) -> None:
    deal.reach("draft")
    body = steps(lines=[line(unit_price=money(60_000, "VND"))])
    body["payment"] |= {"currency": "VND"}
    order = deal.seller.patch(f"orders/{deal.ref}/", body).ok()
    assert order["total"] == money(30_000_000, "VND")
