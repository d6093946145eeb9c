"""A key makes one effect, however often and however closely its call is repeated."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.sandbox.running import RunningSandbox, payment_body, payout_body


def test_same_key_and_body_give_the_first_answer(shared: RunningSandbox) -> None:
    body = payment_body(reference="once")
    first = shared.post("/v1/payments", body, key="once-1")
    shared.pay_by_card(first.json, "4242424242424242")
    again = shared.post("/v1/payments", body, key="once-1")

    assert (first.status, again.status) == (201, 201)
    assert again.json == first.json
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(shared.get("/v1/payments?reference=once").json["data"]) == 1


@pytest.mark.parametrize(
    ("path", "change"), [("/v1/payments", {"amount_minor": 125_001}), ("/v1/payouts", payout_body())]
)
def test_same_key_for_anything_else_is_refused(shared: RunningSandbox, path: str, change: dict) -> None:
    key = f"reused for {path}"
    shared.post("/v1/payments", payment_body(reference=key), key=key)
    reply = shared.post(path, payment_body(reference=key) | change, key=key)

    assert (reply.status, reply.code) == (422, "idempotency_key_reused")
    assert len(shared.get(f"/v1/payments?idempotency_key={key.replace(' ', '+')}").json["data"]) == 1
    assert shared.get(f"/v1/payouts?idempotency_key={key.replace(' ', '+')}").json["data"] == []


def test_many_at_once_make_one_payout(sandbox: RunningSandbox) -> None:
    with ThreadPoolExecutor(12) as pool:
        replies = list(pool.map(lambda _: sandbox.post("/v1/payouts", payout_body(), key="twins"), range(24)))
    sandbox.settle()

    assert {reply["id"] for reply in replies} == {replies[0]["id"]}
    assert sum("Idempotent-Replayed" not in reply.headers for reply in replies) == 1
    assert sandbox.movements() == [("out", "payout", 90_000, "USD")]


def test_a_refusal_is_not_kept(shared: RunningSandbox) -> None:
    refused = shared.post("/v1/payments", payment_body(amount_minor=0), key="mended")
    mended = shared.post("/v1/payments", payment_body(), key="mended")
    assert (refused.status, mended.status) == (400, 201)


@pytest.mark.parametrize("path", ["/v1/payments", "/v1/refunds", "/v1/payouts"])
def test_an_effect_needs_a_key(shared: RunningSandbox, path: str) -> None:
    reply = shared.call("POST", path, {})
    assert (reply.status, reply.code) == (400, "idempotency_key_required")


def test_a_call_that_never_arrived_is_told_from_one_that_did(shared: RunningSandbox) -> None:
    shared.post("/v1/payouts", payout_body(), key="arrived")
    assert len(shared.get("/v1/payouts?idempotency_key=arrived").json["data"]) == 1
    assert shared.get("/v1/payouts?idempotency_key=lost").json["data"] == []


def test_a_wrong_key_opens_nothing(shared: RunningSandbox) -> None:
    reply = shared.call("GET", "/v1/ledger", bearer="wrong")
    assert (reply.status, reply.code) == (401, "unauthorized")


BAD = [
    ("amount_minor", value) for value in (0, -1, 1.5, "100", True, None, 10**12 + 1)
] + [
    ("currency", "usd"),
    ("currency", "USDT"),
    ("method", "cash"),
    ("reference", ""),
    ("reference", "x" * 141),
    ("return_url", "javascript:alert(1)"),
    ("return_url", "http://a b/"),
    ("return_url", "http://[bad"),
    ("expires_at", "2026-01-01T00:00:00"),
    ("expires_at", 5),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_field_is_named(shared: RunningSandbox, name: str, value: object) -> None:
    reply = shared.post("/v1/payments", payment_body(**{name: value}))
    assert (reply.status, reply.json["error"]["param"]) == (400, name)


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"a": "\\ud800"}', b"\xff", b"[" * 50_000])
def test_what_is_not_json_is_refused(shared: RunningSandbox, body: bytes) -> None:
    reply = shared.call("POST", "/v1/payments", body, key="broken")
    assert (reply.status, reply.code) == (400, "invalid_json")


def test_a_huge_body_is_refused(shared: RunningSandbox) -> None:
    assert shared.call("POST", "/v1/payments", b" " * 65_537, key="huge").status == 413


def test_unknown_addresses_and_methods(shared: RunningSandbox) -> None:
    assert shared.get("/v1/nothing").status == 404
    assert shared.get("/v1/payments/sp_none").status == 404
    assert shared.call("DELETE", "/v1/payments").status == 405
