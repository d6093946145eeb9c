"""News comes until it is taken, in the order and number that the mode says, signed."""

import time

from tests.sandbox.running import Listener, RunningSandbox, wait_for


def set_mode(sandbox: RunningSandbox, mode: str, **more: float) -> None:
    assert sandbox.call("POST", "/v1/control/webhooks", {"mode": mode, **more}).json["mode"] == mode


def deliveries(sandbox: RunningSandbox) -> list[tuple[str, int]]:
    events = sandbox.get("/v1/events").json["data"]
    return [(delivery["state"], delivery["tries"]) for event in events for delivery in event["deliveries"]]


def test_an_event_has_a_name_an_object_and_a_signature(heard_sandbox: RunningSandbox, listener: Listener) -> None:
    payment = heard_sandbox.paid_by_card()
    wait_for(lambda: listener.heard)
    event = listener.heard[0]
    assert set(event) == {"id", "type", "object_id", "created_at"}
    assert event["id"].startswith("ev_")
    assert (event["type"], event["object_id"], listener.badly_signed) == ("payment.updated", payment["id"], 0)
    wait_for(lambda: deliveries(heard_sandbox) == [("delivered", 1)])


def test_it_is_sent_again_until_it_is_taken(heard_sandbox: RunningSandbox, listener: Listener) -> None:
    listener.answers = [500, 302, 404, 200]
    heard_sandbox.paid_by_card()
    wait_for(lambda: deliveries(heard_sandbox) == [("delivered", 4)])
    assert len(listener.heard) == 4 and len({event["id"] for event in listener.heard}) == 1


def test_an_endpoint_that_comes_later_hears_all(sandbox: RunningSandbox, listener: Listener) -> None:
    sandbox.call("PUT", "/v1/webhook-endpoint", {"url": "http://127.0.0.1:9/nobody"})
    first = sandbox.paid_by_card()
    wait_for(lambda: deliveries(sandbox)[0][1] >= 2)
    sandbox.call("PUT", "/v1/webhook-endpoint", {"url": listener.url})
    assert sandbox.get("/v1/webhook-endpoint").json == {"url": listener.url}
    wait_for(lambda: listener.about(first["id"]) == ["payment.updated"])


def test_duplicates_come_twice(heard_sandbox: RunningSandbox, listener: Listener) -> None:
    set_mode(heard_sandbox, "duplicate")
    heard_sandbox.paid_by_card()
    wait_for(lambda: len(listener.heard) == 2)
    assert listener.heard[0]["id"] == listener.heard[1]["id"]


def test_dropped_news_never_comes(heard_sandbox: RunningSandbox, listener: Listener) -> None:
    set_mode(heard_sandbox, "drop")
    lost = heard_sandbox.paid_by_card()
    set_mode(heard_sandbox, "normal")
    heard = heard_sandbox.paid_by_card()
    wait_for(lambda: listener.about(heard["id"]))
    assert listener.about(lost["id"]) == []
    assert lost["status"] == "succeeded"


def test_delayed_news_comes_late(heard_sandbox: RunningSandbox, listener: Listener) -> None:
    set_mode(heard_sandbox, "delay", seconds=1)
    began = time.monotonic()
    heard_sandbox.paid_by_card()
    wait_for(lambda: listener.heard)
    assert time.monotonic() - began >= 1


def test_reordered_news_comes_newest_first(heard_sandbox: RunningSandbox, listener: Listener) -> None:
    set_mode(heard_sandbox, "reorder", seconds=1.5)
    made = [heard_sandbox.paid_by_card()["id"] for _ in range(3)]
    wait_for(lambda: len(listener.heard) == 3)
    assert [event["object_id"] for event in listener.heard] == made[::-1]


def test_an_unknown_mode_is_refused(shared: RunningSandbox) -> None:
    assert shared.call("POST", "/v1/control/webhooks", {"mode": "chaos"}).status == 400
    assert shared.call("PUT", "/v1/webhook-endpoint", {"url": "ftp://x"}).status == 400


def test_it_is_healthy(shared: RunningSandbox) -> None:
    reply = shared.call("GET", "/healthz", bearer="none")
    assert (reply.status, reply.json) == (200, {"status": "ok"})
