"""The bank takes every wire: exact, short, over, late, strange."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.sandbox.running import Listener, RunningSandbox, wait_for


def test_each_payment_has_its_own_account(shared: RunningSandbox) -> None:
    payments = [shared.new_payment("wire") for _ in range(5)]
    assert len({payment["bank_details"]["account_number"] for payment in payments}) == 5
    first = payments[0]
    assert set(first["bank_details"]) == {
        "account_holder", "account_number", "bic", "bank_name", "bank_address", "reference",
    }  # fmt: skip
    assert (first["status"], first["bank_details"]["reference"]) == ("pending", "TA-2026-000123")


def test_exact_succeeds_and_tells(heard_sandbox: RunningSandbox, listener: Listener) -> None:
    payment = heard_sandbox.new_payment("wire")
    reply = heard_sandbox.wire(payment, 125_000)
    assert reply.status == 201
    assert (reply["payment"]["status"], reply["receipt"]["amount_minor"]) == ("succeeded", 125_000)
    wait_for(lambda: len(listener.heard) == 2)
    assert listener.about(payment["id"]) == ["payment.receipt", "payment.updated"]
    assert listener.badly_signed == 0


def test_short_waits_for_the_rest(sandbox: RunningSandbox) -> None:
    payment = sandbox.new_payment("wire")
    assert sandbox.wire(payment, 75_000)["payment"]["status"] == "pending"
    assert sandbox.wire(payment, 49_999)["payment"]["status"] == "pending"
    done = sandbox.wire(payment, 1)["payment"]
    assert (done["status"], done["received_minor"], len(done["receipts"])) == ("succeeded", 125_000, 3)
    assert sandbox.totals()["USD"]["in_minor"] == 125_000


def test_over_is_all_received(shared: RunningSandbox) -> None:
    payment = shared.new_payment("wire")
    done = shared.wire(payment, 150_000)["payment"]
    assert (done["status"], done["received_minor"]) == ("succeeded", 150_000)
    assert shared.wire(payment, 1)["payment"]["received_minor"] == 150_001


def test_money_after_a_cancel_is_taken_and_late(shared: RunningSandbox) -> None:
    payment = shared.new_payment("wire")
    assert shared.post(f"/v1/payments/{payment['id']}/cancel").json["status"] == "canceled"
    done = shared.wire(payment, 125_000)["payment"]
    assert (done["status"], done["received_minor"], done["receipts"][0]["late"]) == ("canceled", 125_000, True)


def test_money_after_expiry_is_taken_and_late(heard_sandbox: RunningSandbox, listener: Listener) -> None:
    payment = heard_sandbox.new_payment("wire", expires_at="2020-01-01T00:00:00+07:00")
    wait_for(lambda: listener.about(payment["id"]) == ["payment.updated"])
    assert heard_sandbox.payment(payment["id"])["status"] == "expired"
    assert heard_sandbox.payment(payment["id"])["expires_at"] == "2019-12-31T17:00:00.000000Z"
    assert heard_sandbox.wire(payment, 5)["payment"]["receipts"][0]["late"] is True


def test_settling_expires_nothing(shared: RunningSandbox) -> None:
    payment = shared.new_payment("wire", expires_at="2099-01-01T00:00:00Z")
    shared.settle()
    assert shared.payment(payment["id"])["status"] == "pending"


def test_a_delayed_wire_comes_even_after_a_cancel(shared: RunningSandbox) -> None:
    payment = shared.new_payment("wire")
    reply = shared.wire(payment, 125_000, delay_seconds=0.3)
    assert reply.status == 202 and shared.payment(payment["id"])["received_minor"] == 0
    shared.post(f"/v1/payments/{payment['id']}/cancel")
    wait_for(lambda: shared.payment(payment["id"])["received_minor"] == 125_000)
    assert shared.payment(payment["id"])["status"] == "canceled"


def test_another_currency_is_shown_but_does_not_count(shared: RunningSandbox) -> None:
    payment = shared.new_payment("wire")
    done = shared.wire(payment, 125_000, currency="EUR")["payment"]
    assert (done["status"], done["received_minor"], done["receipts"][0]["currency"]) == ("pending", 0, "EUR")


def test_a_reference_finds_its_newest_payment(shared: RunningSandbox) -> None:
    shared.new_payment("wire", reference="same")
    newest = shared.new_payment("wire", reference="same")
    shared.new_payment("card", reference="same")
    reply = shared.wire(newest, 10, account_number=None, reference="same")
    assert reply["payment"]["id"] == newest["id"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"account_number": "1"}, 404),
        ({"account_number": None}, 400),
        ({"amount_minor": 0}, 400),
        ({"remitter_name": ""}, 400),
        ({"delay_seconds": -1}, 400),
    ],
)
def test_a_bad_wire_is_refused(shared: RunningSandbox, change: dict, status: int) -> None:
    payment = shared.new_payment("wire")
    assert shared.wire(payment, **{"amount_minor": 10} | change).status == status
    assert shared.payment(payment["id"])["receipts"] == []


def test_a_cancel_and_a_wire_at_once_leave_one_story(sandbox: RunningSandbox) -> None:
    for _ in range(10):
        payment = sandbox.new_payment("wire")
        with ThreadPoolExecutor(2) as pool:
            wire = pool.submit(sandbox.wire, payment, 125_000)
            cancel = pool.submit(sandbox.post, f"/v1/payments/{payment['id']}/cancel")
        now = sandbox.payment(payment["id"])
        assert now["received_minor"] == 125_000
        assert cancel.result()["status"] == now["status"]
        assert now["receipts"][0]["late"] is (now["status"] == "canceled")
        assert wire.result().status == 201


def test_a_cancel_after_a_card_paid_changes_nothing(shared: RunningSandbox) -> None:
    payment = shared.paid_by_card()
    reply = shared.post(f"/v1/payments/{payment['id']}/cancel")
    assert (reply.status, reply["status"]) == (200, "succeeded")


def test_a_card_gives_no_late_money(sandbox: RunningSandbox) -> None:
    payment = sandbox.paid_by_card("4000000000000333")
    assert sandbox.post(f"/v1/payments/{payment['id']}/cancel")["status"] == "canceled"
    sandbox.settle()
    assert sandbox.pay_by_card(payment, "4242424242424242").status == 303
    assert sandbox.payment(payment["id"])["status"] == "canceled"
    assert sandbox.movements() == []


def test_the_bank_page_sends_what_it_is_told(shared: RunningSandbox) -> None:
    payment = shared.new_payment("wire")
    page = shared.open_page(payment["bank_page_url"]).text
    for word in ("SANDBOX", payment["bank_details"]["account_number"], "USD 1,250.00", 'value="1250.00"'):
        assert word in page
    remitter = {"remitter_name": "Nordlicht GmbH", "remitter_account": "DE001"}

    short = shared.open_page(payment["bank_page_url"], {"send": "short", "amount": "", **remitter})
    assert short.status == 303
    shown = shared.open_page(short.headers["Location"]).text
    assert "The wire has arrived" in shown and "USD 750.00" in shown and 'value="500.00"' in shown
    shared.open_page(payment["bank_page_url"], {"send": "typed", "amount": "1,000.25", **remitter})
    now = shared.payment(payment["id"])
    assert [receipt["amount_minor"] for receipt in now["receipts"]] == [75_000, 100_025]
    assert now["status"] == "succeeded"


@pytest.mark.parametrize(
    ("currency", "typed", "minor"), [("VND", "1,250", 1_250), ("KWD", "1.255", 1_255), ("USD", "0.01", 1)]
)
def test_typed_amounts_follow_the_currency(shared: RunningSandbox, currency: str, typed: str, minor: int) -> None:
    payment = shared.new_payment("wire", currency=currency)
    form = {"send": "typed", "amount": typed, "remitter_name": "A", "remitter_account": "B"}
    assert shared.open_page(payment["bank_page_url"], form).status == 303
    assert shared.payment(payment["id"])["received_minor"] == minor


@pytest.mark.parametrize("typed", ["", "0", "-1", "1.005", "1e3", "12,34", "ten", "9" * 29, "١٢"])
def test_a_bad_amount_is_refused_beside_its_field(shared: RunningSandbox, typed: str) -> None:
    payment = shared.new_payment("wire")
    form = {"send": "typed", "amount": typed, "remitter_name": "Kept Name", "remitter_account": "B"}
    reply = shared.open_page(payment["bank_page_url"], form)
    assert reply.status == 422
    assert 'aria-describedby="amount-reason"' in reply.text and "Kept Name" in reply.text
    assert shared.payment(payment["id"])["receipts"] == []


@pytest.mark.parametrize(("send", "minor"), [("exact", 125_000), ("short", 75_000), ("over", 150_000)])
def test_buttons_send_what_they_say(shared: RunningSandbox, send: str, minor: int) -> None:
    payment = shared.new_payment("wire")
    shared.open_page(payment["bank_page_url"], {"send": send, "remitter_name": "A", "remitter_account": "B"})
    assert shared.payment(payment["id"])["received_minor"] == minor
