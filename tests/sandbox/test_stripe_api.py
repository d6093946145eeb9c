"""The stand-in is as strict as Stripe: what it doesn't know it refuses, one key has one effect, states are kept."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe

from sandbox.stripe.keys import InFlight
from sandbox.stripe.refusals import Refusal
from tests.sandbox.running import RETURN_URL, Listener, wait_for
from tests.sandbox.stripe_running import (
    ACCOUNT,
    DECLINED_CARD,
    DISPUTED_CARD,
    REFUND_FAILS_CARD,
    SECOND_STEP_CARD,
    RunningStripe,
    session_params,
)


@pytest.fixture(scope="module")
def shared_stripe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStripe]:
    running = RunningStripe(tmp_path_factory.mktemp("stripe") / "shared.db", "--late-seconds", "0.2")
    yield running
    assert running.stop() == 0
    assert "Traceback" not in running.database.with_suffix(".log").read_text()


def refusal(do: Callable[[], Any]) -> tuple[int | None, str | None, str | None]:
    """(status, code, parameter) of what Stripe's library raises."""
    with pytest.raises(stripe.StripeError) as refused:
        do()
    return refused.value.http_status, refused.value.code, getattr(refused.value, "param", None)


# --- parameters and keys ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"payment_intent_data": {"colour": "red"}}, "parameter_unknown", "payment_intent_data[colour]"),
        ({"mode": "setup"}, "parameter_invalid_enum", "mode"),
        ({"success_url": "nowhere"}, "url_invalid", "success_url"),
        ({"expires_at": "soon"}, "parameter_invalid_integer", "expires_at"),
        ({"expires_at": 5}, "parameter_invalid_integer", "expires_at"),
        ({"amount": 12.5}, "parameter_invalid_integer", "line_items[0][price_data][unit_amount]"),
        ({"amount": 100_000_000}, "amount_too_large", "line_items[0][price_data][unit_amount]"),
        ({"amount": 49}, "amount_too_small", "unit_amount"),
        ({"amount": 12_345, "currency": "kwd"}, "parameter_invalid_integer", "unit_amount"),
        ({"methods": ("ideal",)}, "parameter_invalid", "payment_method_types"),
        ({"methods": ("sofort",)}, "parameter_invalid_enum", "payment_method_types[0]"),
    ],
)
def test_what_stripe_does_not_take_is_refused_by_name(
    shared_stripe: RunningStripe, changes: dict[str, Any], code: str, param: str
) -> None:
    assert refusal(lambda: shared_stripe.new_session(**changes)) == (400, code, param)


def test_a_missing_parameter_a_wrong_key_and_an_unknown_object_are_refused(shared_stripe: RunningStripe) -> None:
    params = session_params()
    del params["mode"]
    assert refusal(lambda: shared_stripe.api.checkout.sessions.create(params)) == (400, "parameter_missing", "mode")
    assert refusal(lambda: shared_stripe.api.refunds.retrieve("re_0")) == (404, "resource_missing", "id")
    stranger = stripe.StripeClient("sk_other", base_addresses={"api": shared_stripe.url}, max_network_retries=0)
    assert refusal(lambda: stranger.v1.refunds.retrieve("re_0"))[0] == 401
    assert shared_stripe.get("/v1/refunds/re_0").status == 400, "no Stripe-Version"


def test_one_key_has_one_effect_and_one_answer_for_ever(shared_stripe: RunningStripe) -> None:
    first, second = (shared_stripe.new_session("once", amount=5_000) for _ in range(2))
    assert first.id == second.id
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError):
        shared_stripe.new_session("once", amount=5_001)

    shared_stripe.api.checkout.sessions.expire(first.id, {}, {"idempotency_key": "end"})
    assert shared_stripe.new_session("once", amount=5_000).status == "open", "as old as the first answer"


def test_a_refusal_is_the_keys_answer_too_but_bad_parameters_leave_it_free(shared_stripe: RunningStripe) -> None:
    session = shared_stripe.new_session()
    assert refusal(lambda: shared_stripe.new_session("mended", mode="setup"))[0] == 400
    assert shared_stripe.new_session("mended").status == "open"

    def expire() -> Any:
        return shared_stripe.api.checkout.sessions.expire(session.id, {}, {"idempotency_key": "twice"})

    expire()
    assert expire().last_response.headers["Idempotent-Replayed"] == "true"
    other = lambda: shared_stripe.api.checkout.sessions.expire(session.id, {}, {"idempotency_key": "again"})  # noqa: E731
    assert refusal(other)[0] == refusal(other)[0] == 400


def test_a_500_after_the_effect_is_what_the_key_answers_from_then_on(shared_stripe: RunningStripe) -> None:
    shared_stripe.control("faults", operation="checkout.sessions.create", fault="error_500_after_effect", times=1)
    for _ in range(2):
        assert refusal(lambda: shared_stripe.new_session("broken", client_reference_id="seen_once"))[0] == 500
    found = [each.client_reference_id for each in shared_stripe.api.checkout.sessions.list({"limit": 100}).data]
    assert found.count("seen_once") == 1


def test_a_key_in_use_is_refused_until_its_call_is_over() -> None:
    flight = InFlight()
    with flight.holding("k"):
        with pytest.raises(Refusal) as twin, flight.holding("k"):
            pass
        assert (twin.value.status, twin.value.kept) == (409, False)
    with flight.holding("k"):
        assert flight.keys == {"k"}


# --- money ------------------------------------------------------------------------------------------------------------
def test_a_card_with_a_second_step_brings_one_charge_less_the_fee(tmp_path: Path) -> None:
    running = RunningStripe(tmp_path / "stripe.db")
    session = running.new_session()
    assert running.press(session, test_card=SECOND_STEP_CARD).startswith(f"/c/pay/{session.id}/confirm")
    assert running.read(session).status == "open"
    assert running.press(session, "/confirm", answer="is_me") == RETURN_URL
    seen = running.read(session)
    assert (seen.status, seen.payment_status, seen.payment_intent.status) == ("complete", "paid", "succeeded")
    running.press(session, "/confirm", answer="is_me")
    assert running.lines() == [("charge", 125_000, 3_655)]
    running.stop()


def test_a_declined_card_leaves_the_page_open_for_another(shared_stripe: RunningStripe) -> None:
    session = shared_stripe.paid(DECLINED_CARD)
    assert (session.status, session.payment_intent.status) == ("open", "requires_payment_method")
    assert session.payment_intent.last_payment_error.decline_code == "generic_decline"
    shared_stripe.press(session, test_card="4242424242424242")
    assert shared_stripe.read(session).payment_status == "paid"


def test_a_bank_allows_refuses_or_answers_late(shared_stripe: RunningStripe) -> None:
    outcomes = {}
    for answer in ("authorise", "refuse", "authorise_late", "fail_late"):
        session = shared_stripe.new_session(currency="eur", methods=("ideal", "bancontact"))
        shared_stripe.press(session, method="ideal")
        shared_stripe.press(session, "/bank", answer=answer)
        seen = shared_stripe.read(session)
        outcomes[answer] = (seen.status, seen.payment_status, seen.payment_intent.status)
        if "late" in answer:
            shared_stripe.control("settle")
            seen = shared_stripe.read(session)
            outcomes[f"{answer}, then"] = (seen.status, seen.payment_status, seen.payment_intent.status)
    assert outcomes == {
        "authorise": ("complete", "paid", "succeeded"),
        "refuse": ("open", "unpaid", "requires_payment_method"),
        "authorise_late": ("complete", "unpaid", "processing"),
        "authorise_late, then": ("complete", "paid", "succeeded"),
        "fail_late": ("complete", "unpaid", "processing"),
        "fail_late, then": ("complete", "unpaid", "requires_payment_method"),
    }


def test_no_more_goes_back_than_came_in(shared_stripe: RunningStripe) -> None:
    intent = shared_stripe.paid().payment_intent.id
    refund = shared_stripe.api.refunds.create
    assert refund({"payment_intent": intent, "amount": 25_000}).status == "succeeded"
    assert refusal(lambda: refund({"payment_intent": intent, "amount": 100_001})) == (400, None, "amount")
    refund({"payment_intent": intent})
    assert refusal(lambda: refund({"payment_intent": intent}))[1] == "charge_already_refunded"


def test_a_refund_that_fails_comes_back_to_the_balance(shared_stripe: RunningStripe) -> None:
    intent = shared_stripe.paid(REFUND_FAILS_CARD).payment_intent.id
    refund = shared_stripe.api.refunds.create({"payment_intent": intent, "amount": 4_000})
    assert refund.status == "succeeded"
    shared_stripe.control("settle")
    seen = shared_stripe.api.refunds.retrieve(refund.id)
    assert (seen.status, seen.failure_balance_transaction is None) == ("failed", False)
    assert shared_stripe.lines()[:2] == [("refund_failure", 4_000, 0), ("refund", -4_000, 0)]


def test_a_dispute_takes_the_money_and_a_fee_until_it_is_won(shared_stripe: RunningStripe) -> None:
    session = shared_stripe.paid(DISPUTED_CARD)
    intent = session.payment_intent.id
    dispute = shared_stripe.api.disputes.list({"payment_intent": intent}).data[0]
    assert (dispute.status, dispute.amount) == ("needs_response", 125_000)
    assert refusal(lambda: shared_stripe.api.refunds.create({"payment_intent": intent}))[1] == "charge_disputed"

    evidence = {"evidence": {"uncategorized_text": "signed terms", "customer_name": "Lakeside"}, "submit": True}
    assert shared_stripe.api.disputes.update(dispute.id, evidence).status == "under_review"
    assert refusal(lambda: shared_stripe.api.disputes.update(dispute.id, evidence))[0] == 400
    assert shared_stripe.control("disputes/decide", dispute=dispute.id, outcome="won")["status"] == "won"
    assert shared_stripe.lines()[:2] == [("adjustment", 125_000, 0), ("adjustment", -125_000, 1_500)]


def test_only_what_is_there_is_transferred_and_it_can_be_taken_back_once(tmp_path: Path) -> None:
    running = RunningStripe(tmp_path / "stripe.db")
    running.paid(amount=10_000)
    transfer = running.api.transfers.create
    order = {"amount": 9_681, "currency": "usd", "destination": ACCOUNT, "transfer_group": "payout:1"}
    assert refusal(lambda: transfer(order))[1] == "balance_insufficient"
    assert refusal(lambda: transfer(order | {"destination": "DE123"}))[1] == "resource_missing"
    sent = transfer(order | {"amount": 9_000})
    assert [each.id for each in running.api.transfers.list({"transfer_group": "payout:1"}).data] == [sent.id]
    running.api.transfers.reversals.create(sent.id)
    assert refusal(lambda: running.api.transfers.reversals.create(sent.id))[1] == "transfer_already_reversed"
    running.api.payouts.create({"amount": 9_680, "currency": "usd"})
    assert running.control("totals")["usd"]["available"] == 0
    pages = [each.type for each in running.api.balance_transactions.list({"limit": 1}).auto_paging_iter()]
    assert pages == ["payout", "transfer_refund", "transfer", "charge"]
    running.stop()


# --- news -------------------------------------------------------------------------------------------------------------
def test_news_is_signed_as_the_library_checks_it(tmp_path: Path) -> None:
    running = RunningStripe(tmp_path / "stripe.db")
    with Listener(signature_header="Stripe-Signature") as ear:
        running.control("webhook-endpoint", url=ear.url)
        running.control("webhooks", mode="duplicate")
        session = running.paid()
        done = [
            event
            for event in wait_for(lambda: len(ear.heard) >= 8 and ear.heard)
            if event["type"].startswith("checkout")
        ]
        assert ear.badly_signed == 0
        assert [event["data"]["object"]["id"] for event in done] == [session.id] * 2
        assert done[0]["id"] == done[1]["id"]
        assert running.api.events.retrieve(done[0]["id"]).type == "checkout.session.completed"
    running.stop()
