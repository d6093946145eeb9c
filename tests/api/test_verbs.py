"""Every verb of an order: who may not, what is stale, what is done, and that a repeated key does it once."""

from typing import Any

import pytest

from companies.models import User
from tests.api.client import Api, fresh_key
from tests.api.deals import TOTAL, Body, Deal, body_for, in_days, money, nothing_changes, today_of_seller


def wire(bank_reference: str) -> Body:
    return lambda _deal: {
        "sent_on": today_of_seller().isoformat(),
        "amount": money(375_000),
        "bank_reference": bank_reference,
    }


def arrives_in(days: int) -> Body:
    return lambda _deal: {"new_eta": in_days(days)}


CASES: list[tuple[str, str, str, Body, str, Body | None]] = [
    ("send", "draft", "seller", {}, "OFFERED", None),
    ("withdraw", "offered", "seller", {}, "DRAFT", None),
    ("request-changes", "offered", "buyer", {"comments": {"payment": "20 %"}}, "DRAFT", {"comments": {"lines": "x"}}),
    ("decline", "offered", "buyer", {"reason": "Too dear"}, "DECLINED", {"reason": "Too late"}),
    ("confirm", "offered", "buyer", Deal.signing, "AWAITING_PAYMENT", {"terms_sha256": "0" * 64}),
    ("declare-wire", "wired", "buyer", wire("FT 2291"), "AWAITING_PAYMENT", wire("FT 2292")),
    ("cancel", "confirmed", "buyer", {"reason": "Mistake"}, "CANCELLED", {"reason": "Other"}),
    (
        "report-progress",
        "production",
        "seller",
        lambda deal: {"stage": "STARTED", "documents": [deal.paper()]},
        "IN_PRODUCTION",
        {"stage": "FINISHED", "documents": []},
    ),
    ("approve-stage", "reported", "buyer", {"stage_number": 1}, "IN_PRODUCTION", {"stage_number": 2}),
    (
        "challenge-stage",
        "reported",
        "buyer",
        {"stage_number": 1, "reason": "Another factory"},
        "IN_PRODUCTION",
        {"stage_number": 1, "reason": "Other"},
    ),
    (
        "declare-ready",
        "production",
        "seller",
        lambda deal: {"packed": [deal.paper()], "packing_list": [deal.paper()]},
        "READY",
        {"packed": [], "packing_list": []},
    ),
    ("book-carriage", "ready", "buyer", {"note": "Hapag-Lloyd 8812"}, "READY", {"note": "Maersk 1"}),
    ("ship", "paid", "seller", Deal.shipment, "SHIPPED", lambda deal: deal.shipment(carrier="Maersk")),
    ("not-arrived", "shipped", "buyer", arrives_in(60), "SHIPPED", arrives_in(61)),
    ("confirm-arrival", "shipped", "buyer", {}, "DELIVERED", None),
    ("extend-inspection", "arrived", "buyer", {}, "DELIVERED", None),
    ("accept", "arrived", "buyer", money(TOTAL), "COMPLETED", money(1)),
]


@pytest.mark.parametrize(("verb", "stage", "side", "body", "state", "other"), CASES, ids=[case[0] for case in CASES])
def test_verb(
    deal: Deal,
    outsider: Api,
    buyer_viewer: User,
    seller_viewer: User,
    verb: str,
    stage: str,
    side: str,
    body: Body,
    state: str,
    other: Body | None,
) -> None:
    deal.reach(stage)
    told = body_for(deal, body)
    by_side = {"seller": (deal.seller, seller_viewer, deal.buyer), "buyer": (deal.buyer, buyer_viewer, deal.seller)}
    api, viewer, counterpart = by_side[side]
    refuses_everybody_else(deal, verb, told, outsider=outsider, viewer=Api(viewer), counterpart=counterpart)
    refuses_without_key_or_on_a_stale_version(deal, verb, told, api)
    does_it_once(deal, verb, told, api, state)
    if other is not None:
        refuses_the_key_for_another_body(deal, verb, told, body_for(deal, other), api)


def refuses_everybody_else(deal: Deal, verb: str, told: Any, *, outsider: Api, viewer: Api, counterpart: Api) -> None:
    with nothing_changes():
        assert (answer := outsider.do(deal.ref, verb, told)).status == 404, answer.text
        assert answer.code == "not_found"
        # Before the signature an offer is of the one person it was sent to, and doesn't exist for their colleagues.
        hidden = counterpart is deal.seller and deal.order.buyer_id is None
        assert (answer := viewer.do(deal.ref, verb, told)).status == (404 if hidden else 403), answer.text
        assert answer.code == ("not_found" if hidden else "not_allowed")
        if verb not in ("cancel", "confirm-arrival"):
            assert (answer := counterpart.do(deal.ref, verb, told)).status in (403, 404), answer.text
            assert answer.code in ("other_side", "not_found")


def refuses_without_key_or_on_a_stale_version(deal: Deal, verb: str, told: Any, api: Api) -> None:
    with nothing_changes():
        assert (answer := api.do(deal.ref, verb, told, key=None)).status == 400, answer.text
        assert answer.code == "idempotency_key_missing"
        assert (answer := api.do(deal.ref, verb, told, key="k" * 101)).status == 400
        assert (answer := api.do(deal.ref, verb, told, If_Match='"0"')).status == 412, answer.text
        assert answer.code == "stale"
        assert api.do(deal.ref, verb, told, If_Match="yesterday").status == 412


def does_it_once(deal: Deal, verb: str, told: Any, api: Api, state: str) -> None:
    seen, key = api.order(deal.ref).headers["ETag"], fresh_key()
    first = api.do(deal.ref, verb, told, key=key, If_Match=seen)
    assert first.status == 200, first.text
    assert first["state"] == deal.order.state == state
    assert first.headers["ETag"] == f'"{deal.order.version}"' != seen
    deal.last_key = key
    with nothing_changes():
        again = api.do(deal.ref, verb, told, key=key, If_Match=seen)
        assert (again.status, again.json) == (first.status, first.json)
        assert again.headers["Idempotency-Replayed"] == "true"


def refuses_the_key_for_another_body(deal: Deal, verb: str, told: Any, other: Any, api: Api) -> None:
    assert told != other
    with nothing_changes():
        answer = api.do(deal.ref, verb, other, key=deal.last_key)
        assert (answer.status, answer.code) == (422, "idempotency_key_reused")
