"""Refunds within what came in; payouts by what the account makes of them; the record adds up."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.sandbox.running import Listener, RunningSandbox, payout_body, wait_for


def refund_body(payment: dict, amount_minor: int, **more: str) -> dict:
    return {"payment_id": payment["id"], "amount_minor": amount_minor, "reference": "RF-1", **more}


def test_a_refund_is_pending_then_succeeds(heard_sandbox: RunningSandbox, listener: Listener) -> None:
    payment = heard_sandbox.paid_by_card()
    reply = heard_sandbox.post("/v1/refunds", refund_body(payment, 25_000), key="rf")
    assert (reply.status, reply["status"]) == (201, "pending")
    wait_for(lambda: heard_sandbox.get(f"/v1/refunds/{reply['id']}")["status"] == "succeeded")
    wait_for(lambda: listener.about(reply["id"]) == ["refund.updated"])
    assert heard_sandbox.payment(payment["id"])["refunded_minor"] == 25_000
    found = heard_sandbox.get("/v1/refunds?idempotency_key=rf").json["data"]
    assert [refund["id"] for refund in found] == [reply["id"]]
    assert heard_sandbox.movements() == [("in", "receipt", 125_000, "USD"), ("out", "refund", 25_000, "USD")]


def test_no_more_than_came_in_goes_back(sandbox: RunningSandbox) -> None:
    payment = sandbox.paid_by_card()
    assert sandbox.post("/v1/refunds", refund_body(payment, 100_000)).status == 201
    reply = sandbox.post("/v1/refunds", refund_body(payment, 25_001))
    assert (reply.status, reply.code) == (422, "refund_too_large")
    assert sandbox.post("/v1/refunds", refund_body(payment, 25_000)).status == 201
    sandbox.settle()
    assert sandbox.totals()["USD"]["balance_minor"] == 0


def test_refunds_at_once_stay_within_what_came_in(sandbox: RunningSandbox) -> None:
    payment = sandbox.paid_by_card()
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: sandbox.post("/v1/refunds", refund_body(payment, 50_000)), range(8)))
    assert sorted(reply.status for reply in replies) == [201, 201] + [422] * 6


def test_a_failed_refund_gives_its_room_back(sandbox: RunningSandbox) -> None:
    payment = sandbox.paid_by_card("4000000000005126")
    refund = sandbox.post("/v1/refunds", refund_body(payment, 125_000)).json
    sandbox.settle()
    now = sandbox.get(f"/v1/refunds/{refund['id']}")
    assert (now["status"], now["failure_code"]) == ("failed", "account_closed")
    assert sandbox.post("/v1/refunds", refund_body(payment, 125_000)).status == 201
    assert [move[1] for move in sandbox.movements()] == ["receipt"]


@pytest.mark.parametrize("outcome", ["failed", "returned"])
def test_a_refund_that_succeeded_can_come_back(sandbox: RunningSandbox, outcome: str) -> None:
    payment = sandbox.paid_by_card()
    refund = sandbox.post("/v1/refunds", refund_body(payment, 25_000)).json
    sandbox.settle()
    sandbox.settle(object_id=refund["id"], outcome=outcome)
    assert sandbox.get(f"/v1/refunds/{refund['id']}")["status"] == outcome
    assert [move[:2] for move in sandbox.movements()][1:] == [("out", "refund"), ("in", "refund_return")]
    assert sandbox.post("/v1/refunds", refund_body(payment, 125_000)).status == 201


def test_late_and_foreign_money_can_go_back(sandbox: RunningSandbox) -> None:
    payment = sandbox.new_payment("wire")
    sandbox.post(f"/v1/payments/{payment['id']}/cancel")
    sandbox.wire(payment, 700)
    sandbox.wire(payment, 300, currency="EUR")
    assert sandbox.post("/v1/refunds", refund_body(payment, 701)).status == 422
    assert sandbox.post("/v1/refunds", refund_body(payment, 700)).status == 201
    assert sandbox.post("/v1/refunds", refund_body(payment, 300, currency="EUR")).status == 201
    sandbox.settle()
    assert {currency: total["balance_minor"] for currency, total in sandbox.totals().items()} == {"EUR": 0, "USD": 0}


def test_a_wire_goes_back_to_an_account_that_may_be_silent(sandbox: RunningSandbox) -> None:
    payment = sandbox.new_payment("wire")
    sandbox.wire(payment, 125_000, remitter_account="DE0004")
    refund = sandbox.post("/v1/refunds", refund_body(payment, 5)).json
    sandbox.settle()
    assert sandbox.get(f"/v1/refunds/{refund['id']}")["status"] == "pending"
    sandbox.settle(object_id=refund["id"], outcome="succeeded")
    assert sandbox.get(f"/v1/refunds/{refund['id']}")["status"] == "succeeded"


def test_nothing_is_refunded_of_nothing(shared: RunningSandbox) -> None:
    assert shared.post("/v1/refunds", refund_body(shared.new_payment(), 1)).status == 422
    assert shared.post("/v1/refunds", refund_body({"id": "sp_none"}, 1)).status == 404


def test_an_ordinary_payout_is_paid(heard_sandbox: RunningSandbox, listener: Listener) -> None:
    payout = heard_sandbox.new_payout()
    assert (payout["status"], payout["account"]["country"]) == ("processing", "VN")
    wait_for(lambda: listener.about(payout["id"]) == ["payout.updated"])
    assert heard_sandbox.get(f"/v1/payouts/{payout['id']}")["status"] == "paid"
    assert heard_sandbox.movements() == [("out", "payout", 90_000, "USD")]


@pytest.mark.parametrize(
    ("ending", "status", "code", "moves"),
    [
        ("0002", "failed", "account_closed", []),
        ("0003", "returned", "beneficiary_unknown", ["payout", "payout_return"]),
        ("0004", "processing", None, []),
        ("0005", "paid", None, ["payout"]),
        ("1234", "paid", None, ["payout"]),
    ],
)
def test_an_account_decides(
    sandbox: RunningSandbox, ending: str, status: str, code: str | None, moves: list[str]
) -> None:
    payout = sandbox.new_payout(f"99{ending}")
    sandbox.settle()
    now = sandbox.get(f"/v1/payouts/{payout['id']}")
    assert (now["status"], now["failure_code"]) == (status, code)
    assert [move[1] for move in sandbox.movements()] == moves


def test_a_return_comes_after_paid(heard_sandbox: RunningSandbox, listener: Listener) -> None:
    payout = heard_sandbox.new_payout("990003")
    seen = []
    wait_for(lambda: seen.append(heard_sandbox.get(f"/v1/payouts/{payout['id']}")["status"]) or seen[-1] == "returned")
    assert list(dict.fromkeys(seen)) == ["processing", "paid", "returned"]
    wait_for(lambda: listener.about(payout["id"]) == ["payout.updated"] * 2)
    assert heard_sandbox.totals()["USD"]["balance_minor"] == 0


def test_a_late_payout_takes_longer(sandbox: RunningSandbox) -> None:
    late, ordinary = sandbox.new_payout("990005"), sandbox.new_payout()
    wait_for(lambda: sandbox.get(f"/v1/payouts/{ordinary['id']}")["status"] == "paid")
    assert sandbox.get(f"/v1/payouts/{late['id']}")["status"] == "processing"
    wait_for(lambda: sandbox.get(f"/v1/payouts/{late['id']}")["status"] == "paid")


def test_one_account_is_reported_twice(heard_sandbox: RunningSandbox, listener: Listener) -> None:
    payout = heard_sandbox.new_payout("990006")
    wait_for(lambda: listener.about(payout["id"]) == ["payout.updated"] * 2)
    assert listener.heard[0] == listener.heard[1]
    assert len(heard_sandbox.movements()) == 1


def test_a_decision_by_hand_is_made_once(sandbox: RunningSandbox) -> None:
    payout = sandbox.new_payout("990004")
    assert sandbox.settle(object_id=payout["id"], outcome="paid").status == 200
    assert sandbox.settle(object_id=payout["id"], outcome="failed").status == 400
    assert sandbox.settle(object_id=payout["id"], outcome="returned").status == 200
    assert sandbox.settle(object_id=payout["id"], outcome="paid").status == 400
    assert sandbox.settle(object_id="xx_1", outcome="paid").status == 400
    assert [move[1] for move in sandbox.movements()] == ["payout", "payout_return"]


@pytest.mark.parametrize("change", [{"account": None}, {"account": {"holder": "A"}}, {"amount_minor": 1.0}])
def test_a_bad_payout_is_refused(shared: RunningSandbox, change: dict) -> None:
    assert shared.post("/v1/payouts", payout_body() | change).status == 400


def test_the_record_is_read_in_pages_and_adds_up(sandbox: RunningSandbox) -> None:
    for amount_minor in (100, 200, 300):
        sandbox.paid_by_card(amount_minor=amount_minor)
    sandbox.paid_by_card(amount_minor=5_000, currency="VND")
    sandbox.new_payout(amount_minor=150)
    sandbox.settle()

    first = sandbox.get("/v1/ledger?limit=2").json
    rest = sandbox.get(f"/v1/ledger?since={first['next_since']}").json
    assert (len(first["data"]), first["has_more"], len(rest["data"]), rest["has_more"]) == (2, True, 3, False)
    assert [row["seq"] for row in first["data"] + rest["data"]] == [1, 2, 3, 4, 5]
    assert rest["data"][-1]["reference"] == "PO-1" and rest["data"][-1]["payment_id"] is None
    assert sandbox.get(f"/v1/ledger?since={rest['next_since']}").json["data"] == []
    assert sandbox.totals() == {
        "USD": {
            "currency": "USD", "receipts_minor": 600, "refunds_minor": 0, "payouts_minor": 150,
            "payout_returns_minor": 0, "refund_returns_minor": 0,
            "chargebacks_minor": 0, "chargebacks_won_minor": 0, "costs_minor": 0,
            "in_minor": 600, "out_minor": 150, "balance_minor": 450, "movements": 4,
        },
        "VND": {
            "currency": "VND", "receipts_minor": 5_000, "refunds_minor": 0, "payouts_minor": 0,
            "payout_returns_minor": 0, "refund_returns_minor": 0,
            "chargebacks_minor": 0, "chargebacks_won_minor": 0, "costs_minor": 0,
            "in_minor": 5_000, "out_minor": 0, "balance_minor": 5_000, "movements": 1,
        },
    }  # fmt: skip
    assert sandbox.get("/v1/ledger?since=-1").status == 400
