"""Whatever goes wrong on the line, however often a call is repeated: one key has one effect in the gateway's record."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from payments.gateways.base import Rejected, Unanswered
from services.gateway import SandboxGateway as SandboxService
from tests.payments.exchanges.benches import AMOUNT_MINOR, Bench, SandboxBench, StripeBench, fresh
from tests.sandbox.stripe_running import RunningStripe

CALLS = ("create_payment", "cancel_payment", "create_refund", "create_payout", "submit_evidence")
FOUND = {"create_payment": "find_payment", "create_refund": "find_refund", "create_payout": "find_payout"}
NO_ANSWER_BEFORE = ("timeout_before_effect", "error_500", "error_429", "error_409")
NO_ANSWER_AFTER = ("timeout_after_effect", "error_500_after_effect")


@pytest.fixture(scope="module")
def running_stripe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStripe]:
    running = RunningStripe(tmp_path_factory.mktemp("stripe") / "stripe.db")
    yield running
    assert running.stop() == 0
    assert "Traceback" not in running.database.with_suffix(".log").read_text()


@pytest.fixture(params=["sandbox", "stripe"])
def bench(request: pytest.FixtureRequest, sandbox_gateway: SandboxService, running_stripe: RunningStripe) -> Bench:
    if request.param == "stripe":
        return StripeBench(running_stripe)
    return SandboxBench(sandbox_gateway.url, sandbox_gateway.secret("key"), sandbox_gateway.secret("webhook"))


def outcome(call: Any) -> str:
    """'answered', or 'doubt' where nobody can say what happened. A refusal is neither, and fails the test."""
    try:
        call()
    except Unanswered:
        return "doubt"
    return "answered"


@pytest.mark.parametrize("call", CALLS)
def test_without_an_answer_before_the_effect_nothing_happened_and_a_repeat_does_it(bench: Bench, call: str) -> None:
    for fault in NO_ANSWER_BEFORE:
        reference = fresh()
        do, object_id = bench.prepare(call, reference)
        bench.break_next(call, fault)
        assert outcome(do) == "doubt", fault
        bench.be_patient()
        assert bench.effects(call, reference, object_id) == 0, fault
        if call in FOUND:
            assert getattr(bench.client, FOUND[call])(reference) is None, fault
        assert [outcome(do), outcome(do)] == ["answered", "answered"], fault
        assert bench.effects(call, reference, object_id) == 1, fault


@pytest.mark.parametrize("call", CALLS)
def test_without_an_answer_after_the_effect_it_is_found_and_a_repeat_adds_nothing(bench: Bench, call: str) -> None:
    for fault in NO_ANSWER_AFTER:
        reference = fresh()
        do, object_id = bench.prepare(call, reference)
        bench.break_next(call, fault)
        first = outcome(do)
        bench.be_patient()
        assert first == "doubt" or (fault, call in FOUND) == ("error_500_after_effect", True), "found at once"
        assert bench.effects(call, reference, object_id) == 1, fault
        if call in FOUND:
            found = getattr(bench.client, FOUND[call])(reference)
            assert (found.reference, do().id) == (reference, found.id), fault
        assert bench.effects(call, reference, object_id) == 1, fault


@pytest.mark.parametrize("call", CALLS)
def test_a_slow_answer_a_repeat_and_twins_at_once_have_one_effect(bench: Bench, call: str) -> None:
    reference = fresh()
    do, object_id = bench.prepare(call, reference)
    bench.break_next(call, "slow", seconds=0.1)
    assert outcome(do) == "answered"
    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(lambda _: outcome(do), range(3))) <= {"answered", "doubt"}
    assert outcome(do) == "answered"
    assert bench.effects(call, reference, object_id) == 1


@pytest.mark.parametrize("call", CALLS)
def test_twins_at_once_from_the_start_have_one_effect(bench: Bench, call: str) -> None:
    reference = fresh()
    do, object_id = bench.prepare(call, reference)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: outcome(do), range(4))) <= {"answered", "doubt"}
    assert outcome(do) == "answered"
    assert bench.effects(call, reference, object_id) == 1


@pytest.mark.parametrize("noun", ["payment", "refund", "payout", "dispute"])
def test_a_read_without_an_answer_is_a_doubt_and_the_next_one_tells(bench: Bench, noun: str) -> None:
    object_id = {
        "payment": lambda: bench.new_payment(fresh()).id,
        "refund": lambda: bench.prepare("create_refund", fresh())[0]().id,
        "payout": lambda: bench.prepare("create_payout", fresh())[0]().id,
        "dispute": lambda: bench.prepare("submit_evidence", fresh())[1],
    }[noun]()
    for fault in ("error_500", "error_429", "error_409", "timeout_before_effect"):
        bench.break_next(f"read_{noun}", fault)
        read = getattr(bench.client, f"read_{noun}")
        with pytest.raises(Unanswered):
            read(object_id)
        assert read(object_id).id == object_id


def test_an_answer_of_long_ago_is_not_believed(bench: Bench) -> None:
    """The order of things: created, paid, created again; cancelled, and only then refused."""
    key = fresh()
    made = bench.new_payment(key)
    bench.pay(made.id)
    again = bench.new_payment(key)
    assert (again.id, again.status, again.received_minor) == (made.id, "succeeded", AMOUNT_MINOR)
    assert bench.client.cancel_payment(key=f"{key}:cancel", payment_id=made.id).status == "succeeded"

    other = bench.new_payment(fresh())
    assert bench.client.cancel_payment(key=f"{other.id}:cancel", payment_id=other.id).status == "canceled"
    bench.pay(other.id)
    assert bench.client.read_payment(other.id).received_minor == 0


def test_a_key_used_for_something_else_proves_nothing(bench: Bench) -> None:
    payment_id, key = bench.paid(), fresh()
    order = {"key": key, "payment_id": payment_id, "currency": "USD", "reference": key}
    bench.client.create_refund(amount_minor=5_000, **order)
    payout = {"key": fresh(), "currency": "USD", "reference": key, "account": bench.account}
    bench.client.create_payout(amount_minor=1_000, **payout)
    with pytest.raises(Rejected) as refusal:
        bench.client.create_payout(amount_minor=1_001, **payout)
    assert refusal.value.code == "idempotency_key_reused"
    assert bench.effects("create_refund", key, payment_id) == 1


def test_a_refusal_says_that_nothing_happened(bench: Bench) -> None:
    payment_id, reference = bench.paid(), fresh()
    order = {"key": reference, "payment_id": payment_id, "currency": "USD", "reference": reference}
    for _ in range(2):
        with pytest.raises(Rejected):
            bench.client.create_refund(amount_minor=AMOUNT_MINOR + 1, **order)
    assert bench.effects("create_refund", reference, payment_id) == 0


def test_the_record_shows_each_movement_once_and_keeps_its_numbers(bench: Bench) -> None:
    before = set(bench.client.list_movements())
    since = max((movement.sequence for movement in before), default=0)
    key = fresh()
    payment_id = bench.paid()
    refund, _ = bench.prepare("create_refund", key)
    refund()
    whole = list(bench.client.list_movements())
    fresh_lines = [movement for movement in bench.client.list_movements(since=since) if movement not in before]
    kinds = [movement.kind for movement in fresh_lines]
    assert kinds.count("receipt") == 2
    assert set(fresh_lines) <= set(whole)
    numbers = [movement.sequence for movement in whole]
    assert numbers == sorted(set(numbers))
    assert bench.client.read_payment(payment_id).receipts[0].id in {movement.object_id for movement in fresh_lines}
