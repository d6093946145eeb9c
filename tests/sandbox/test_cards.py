"""Each test card ends in its own way, by the hosted page."""

import time

import pytest

from tests.sandbox.running import RETURN_URL, Listener, RunningSandbox, wait_for

TYPED = {"card_number": "4242 4242 4242 4242", "expiry": "12/39", "cvc": "123", "name": "Ana Lima"}


def test_a_good_card_pays_and_goes_back(shared: RunningSandbox) -> None:
    payment = shared.new_payment()
    assert (payment["status"], payment["received_minor"], payment["receipts"]) == ("requires_action", 0, [])
    page = shared.open_page(payment["checkout_url"])
    for word in ("SANDBOX", "USD 1,250.00", "TA-2026-000123", "Sandbox Escrow Account", "4242 4242 4242 4242"):
        assert word in page.text

    reply = shared.open_page(payment["checkout_url"], TYPED)

    assert (reply.status, reply.headers["Location"]) == (303, RETURN_URL)
    paid = shared.payment(payment["id"])
    assert (paid["status"], paid["received_minor"], paid["failure_code"]) == ("succeeded", 125_000, None)
    assert [(r["remitter_name"], r["remitter_account"]) for r in paid["receipts"]] == [("Ana Lima", "card 4242")]


def test_a_paid_page_takes_no_second_card(sandbox: RunningSandbox) -> None:
    payment = sandbox.paid_by_card()
    reply = sandbox.pay_by_card(payment, "4242424242424242")
    assert (reply.status, reply.headers["Location"]) == (303, RETURN_URL)
    assert sandbox.movements() == [("in", "receipt", 125_000, "USD")]
    assert "Paid" in sandbox.open_page(payment["checkout_url"]).text


@pytest.mark.parametrize(
    ("number", "code"), [("4000000000000002", "card_declined"), ("4000000000009995", "insufficient_funds")]
)
def test_a_declined_card_fails_the_payment_for_good(shared: RunningSandbox, number: str, code: str) -> None:
    payment = shared.new_payment()
    assert shared.pay_by_card(payment, number).headers["Location"] == RETURN_URL
    shared.pay_by_card(payment, "4242424242424242")
    failed = shared.payment(payment["id"])
    assert (failed["status"], failed["failure_code"], failed["received_minor"]) == ("failed", code, 0)


def test_a_second_step_is_taken(shared: RunningSandbox) -> None:
    payment = shared.new_payment()
    reply = shared.pay_by_card(payment, "4000002500003155")
    assert (reply.status, reply.headers["Location"]) == (303, f"/checkout/{payment['id']}?lang=en")
    assert "123456" in shared.open_page(reply.headers["Location"]).text
    assert shared.payment(payment["id"])["status"] == "requires_action"

    wrong = shared.open_page(f"/checkout/{payment['id']}/verify", {"code": "000000"})
    assert wrong.status == 422 and "This code is wrong" in wrong.text
    right = shared.open_page(f"/checkout/{payment['id']}/verify", {"code": "123456"})
    assert right.headers["Location"] == RETURN_URL
    assert shared.payment(payment["id"])["status"] == "succeeded"


def test_three_wrong_codes_fail(shared: RunningSandbox) -> None:
    payment = shared.new_payment()
    shared.pay_by_card(payment, "4000002500003155")
    replies = [shared.open_page(f"/checkout/{payment['id']}/verify", {"code": "1"}).status for _ in range(3)]
    assert replies == [422, 422, 303]
    failed = shared.payment(payment["id"])
    assert (failed["status"], failed["failure_code"]) == ("failed", "authentication_failed")


def test_a_code_without_a_card_does_nothing(shared: RunningSandbox) -> None:
    payment = shared.new_payment()
    shared.open_page(f"/checkout/{payment['id']}/verify", {"code": "123456"})
    assert shared.payment(payment["id"])["status"] == "requires_action"


def test_a_silent_card_stays_pending_and_untold(heard_sandbox: RunningSandbox, listener: Listener) -> None:
    payment = heard_sandbox.new_payment()
    heard_sandbox.pay_by_card(payment, "4000000000000119")
    heard_sandbox.settle()
    time.sleep(1)
    assert heard_sandbox.payment(payment["id"])["status"] == "pending"
    assert listener.heard == []

    assert heard_sandbox.settle(object_id=payment["id"], outcome="succeeded").status == 200
    assert heard_sandbox.payment(payment["id"])["status"] == "succeeded"
    wait_for(lambda: listener.about(payment["id"]) == ["payment.updated"])


def test_a_late_card_pays_late(heard_sandbox: RunningSandbox, listener: Listener) -> None:
    payment = heard_sandbox.paid_by_card("4000000000000333")
    assert (payment["status"], payment["received_minor"], listener.heard) == ("pending", 0, [])
    wait_for(lambda: listener.about(payment["id"]) == ["payment.updated"])
    assert heard_sandbox.payment(payment["id"])["status"] == "succeeded"


def test_one_card_is_reported_twice(heard_sandbox: RunningSandbox, listener: Listener) -> None:
    payment = heard_sandbox.paid_by_card("4000000000000226")
    wait_for(lambda: len(listener.heard) == 2)
    assert listener.heard[0] == listener.heard[1]
    assert heard_sandbox.payment(payment["id"])["received_minor"] == 125_000


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("card_number", "4111111111111111", "Use one of the test cards"),
        ("expiry", "01/20", "not over"),
        ("expiry", "13/39", "not over"),
        ("cvc", "12", "three or four digits"),
        ("name", " ", "Give the name"),
    ],
)
def test_a_refused_field_says_why_and_keeps_the_rest(
    shared: RunningSandbox, name: str, value: str, reason: str
) -> None:
    payment = shared.new_payment()
    reply = shared.open_page(payment["checkout_url"], TYPED | {name: value})
    assert reply.status == 422
    assert reason in reply.text and f'aria-describedby="{name}-reason"' in reply.text
    assert 'value="123"' in reply.text or name == "cvc"
    assert shared.payment(payment["id"])["status"] == "requires_action"


def test_a_card_number_from_nowhere_is_refused(shared: RunningSandbox) -> None:
    payment = shared.new_payment()
    assert shared.open_page(payment["checkout_url"], {"test_card": "1"}).status == 422


def test_what_came_from_outside_is_escaped(shared: RunningSandbox) -> None:
    payment = shared.new_payment(reference="<b>&\"'", return_url='http://127.0.0.1:9/"><script>')
    page = shared.open_page(payment["checkout_url"]).text
    assert "<b>" not in page and "<script" not in page and "&lt;b&gt;&amp;" in page


def test_the_page_speaks_three_languages(shared: RunningSandbox) -> None:
    payment = shared.new_payment()
    for code, tag, words in [
        ("vi", "vi", "Thẻ thử nghiệm"),
        ("zh-hans", "zh-Hans", "测试卡"),
        ("xx", "en", "Test cards"),
    ]:
        page = shared.open_page(f"{payment['checkout_url']}?lang={code}").text
        assert f'<html lang="{tag}">' in page and words in page


def test_a_wire_has_no_card_page(shared: RunningSandbox) -> None:
    wire = shared.new_payment("wire")
    assert wire["checkout_url"] is None
    assert shared.open_page(f"/checkout/{wire['id']}").status == 404
    assert shared.open_page("/checkout/sp_" + "0" * 32).status == 404
