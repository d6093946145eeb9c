"""Planned faults strike the calls they were planned for, and only those; kills lose nothing."""

import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.sandbox.running import Listener, RunningSandbox, payment_body, payout_body, wait_for

NO_ANSWER = (http.client.RemoteDisconnected, TimeoutError)


def arrived(sandbox: RunningSandbox, key: str) -> int:
    return len(sandbox.get(f"/v1/payouts?idempotency_key={key}").json["data"])


@pytest.mark.parametrize(("fault", "made"), [("timeout_before_effect", 0), ("timeout_after_effect", 1)])
def test_a_time_out_leaves_what_it_says(sandbox: RunningSandbox, fault: str, made: int) -> None:
    sandbox.break_next("payouts.create", fault, seconds=0.3)
    began = time.monotonic()
    with pytest.raises(NO_ANSWER):
        sandbox.post("/v1/payouts", payout_body(), key="unknown")
    assert time.monotonic() - began >= 0.3
    assert arrived(sandbox, "unknown") == made

    again = sandbox.post("/v1/payouts", payout_body(), key="unknown")
    assert again.status == 201
    assert again.headers.get("Idempotent-Replayed") == ("true" if made else None)
    sandbox.settle()
    assert sandbox.movements() == [("out", "payout", 90_000, "USD")]


def test_a_client_that_gives_up_early_finds_the_effect(sandbox: RunningSandbox) -> None:
    sandbox.break_next("payouts.create", "timeout_after_effect", seconds=20)
    with pytest.raises(NO_ANSWER):
        sandbox.post("/v1/payouts", payout_body(), key="early", timeout=0.5)
    assert arrived(sandbox, "early") == 1


@pytest.mark.parametrize(("fault", "made"), [("error_500", 0), ("error_500_after_effect", 1)])
def test_an_error_says_nothing_of_the_effect(sandbox: RunningSandbox, fault: str, made: int) -> None:
    sandbox.break_next("*", fault)
    reply = sandbox.post("/v1/payouts", payout_body(), key="error")
    assert (reply.status, reply.code, arrived(sandbox, "error")) == (500, "internal_error", made)


def test_too_many_calls(sandbox: RunningSandbox) -> None:
    sandbox.break_next("payments.create", "error_429", times=2)
    replies = [sandbox.post("/v1/payments", payment_body(), key="busy") for _ in range(3)]
    assert [reply.status for reply in replies] == [429, 429, 201]
    assert replies[0].headers["Retry-After"] == "1"


def test_slow_is_slow(sandbox: RunningSandbox) -> None:
    sandbox.break_next("payments.create", "slow", seconds=0.5)
    began = time.monotonic()
    assert sandbox.post("/v1/payments", payment_body()).status == 201
    assert time.monotonic() - began >= 0.5


def test_faults_strike_their_own_operation(sandbox: RunningSandbox) -> None:
    sandbox.break_next("refunds.create", "error_500")
    sandbox.break_next("payouts.get", "error_500")
    assert sandbox.post("/v1/payments", payment_body()).status == 201
    payout = sandbox.new_payout()
    assert sandbox.get(f"/v1/payouts/{payout['id']}").status == 500
    assert sandbox.get(f"/v1/payouts/{payout['id']}").status == 200
    assert [fault["operation"] for fault in sandbox.get("/v1/control/faults").json["data"]] == ["refunds.create"]
    assert sandbox.call("DELETE", "/v1/control/faults").status == 204
    assert sandbox.get("/v1/control/faults").json["data"] == []


def test_faults_for_all_spare_the_reads(sandbox: RunningSandbox) -> None:
    payment = sandbox.new_payment()
    sandbox.break_next("*", "error_500", times=1)
    assert sandbox.payment(payment["id"])["status"] == "requires_action"
    assert sandbox.post(f"/v1/payments/{payment['id']}/cancel").status == 500
    assert sandbox.payment(payment["id"])["status"] == "requires_action"


def test_a_held_call_does_not_hold_the_others(sandbox: RunningSandbox) -> None:
    sandbox.break_next("payouts.create", "timeout_after_effect", seconds=3)
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(sandbox.post, "/v1/payouts", payout_body(), key="held")
        wait_for(lambda: arrived(sandbox, "held"))
        began = time.monotonic()
        assert sandbox.post("/v1/payouts", payout_body(), key="held").status == 201
        assert time.monotonic() - began < 1.5
        assert isinstance(held.exception(), NO_ANSWER)


@pytest.mark.parametrize(
    "change", [{"operation": "all"}, {"fault": "flood"}, {"times": 0}, {"seconds": "1"}, {"seconds": 1e9}]
)
def test_a_bad_plan_is_refused(shared: RunningSandbox, change: dict) -> None:
    plan = {"operation": "*", "fault": "slow"} | change
    assert shared.call("POST", "/v1/control/faults", plan).status == 400


def test_a_clean_stop_does_not_wait_for_held_calls(tmp_path: Path) -> None:
    sandbox = RunningSandbox(tmp_path / "sandbox.db")
    sandbox.break_next("payouts.create", "timeout_after_effect")
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(sandbox.post, "/v1/payouts", payout_body(), key="held")
        wait_for(lambda: arrived(sandbox, "held"))
        began = time.monotonic()
        assert sandbox.stop() == 0
        assert time.monotonic() - began < 5
        assert isinstance(held.exception(), NO_ANSWER)


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_restart_keeps_all(tmp_path: Path, listener: Listener, end: str) -> None:
    sandbox = RunningSandbox(tmp_path / "sandbox.db", "--payout-seconds", "1")
    payment = sandbox.paid_by_card()
    payout = sandbox.post("/v1/payouts", payout_body(), key="before").json
    wire = sandbox.new_payment("wire")
    sandbox.wire(wire, 7, delay_seconds=0.5)
    sandbox.break_next("refunds.create", "error_500")
    getattr(sandbox, end)()

    sandbox.start("--webhook-url", listener.url)
    try:
        assert sandbox.payment(payment["id"])["status"] == "succeeded"
        assert sandbox.post("/v1/payouts", payout_body(), key="before").json == payout
        assert sandbox.payment(payment["id"])["checkout_url"].startswith(sandbox.url)
        wait_for(lambda: sandbox.get(f"/v1/payouts/{payout['id']}")["status"] == "paid")
        wait_for(lambda: sandbox.payment(wire["id"])["received_minor"] == 7)
        wait_for(lambda: len(listener.heard) == 3)
        assert len(sandbox.get("/v1/control/faults").json["data"]) == 1
        assert sandbox.movements()[0] == ("in", "receipt", 125_000, "USD")
        assert sandbox.totals()["USD"]["movements"] == 3
    finally:
        assert sandbox.stop() == 0


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    sandbox = RunningSandbox(tmp_path / "sandbox.db")
    answered: list[str] = []

    def pay_until_killed(worker: int) -> None:
        for number in range(10_000):
            key = f"{worker}-{number}"
            try:
                if sandbox.post("/v1/payouts", payout_body(), key=key).status == 201:
                    answered.append(key)
            except (OSError, http.client.HTTPException):
                return

    with ThreadPoolExecutor(4) as pool:
        workers = [pool.submit(pay_until_killed, worker) for worker in range(4)]
        wait_for(lambda: len(answered) > 40)
        sandbox.kill()
    assert [worker.exception() for worker in workers] == [None] * 4

    sandbox.start()
    try:
        assert [key for key in answered if arrived(sandbox, key) != 1] == []
        sandbox.settle()
        made = len(sandbox.movements())
        assert len(answered) <= made <= len(answered) + 4
    finally:
        assert sandbox.stop() == 0
