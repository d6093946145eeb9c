"""A cardholder's bank takes a payment back: once, within what is left, and hears evidence once."""

import base64
import hashlib
from typing import Any

import pytest

from tests.sandbox.running import Listener, RunningSandbox, wait_for

PDF = b"%PDF-1.7 signed terms"
CHARGED_BACK_CARD = "4000000000000259"


def charge_back(sandbox: RunningSandbox, payment: dict, **more: Any) -> Any:
    return sandbox.post("/v1/control/disputes", {"payment_id": payment["id"], **more})


def evidence(content: bytes = PDF, sha256: str = "") -> dict[str, Any]:
    file = {
        "name": "terms.pdf",
        "role": "terms",
        "media_type": "application/pdf",
        "sha256": sha256 or hashlib.sha256(content).hexdigest(),
        "content": base64.b64encode(content).decode(),
    }
    return {"text": "The goods arrived.", "files": [file]}


def refund(sandbox: RunningSandbox, payment: dict, amount_minor: int) -> Any:
    return sandbox.post("/v1/refunds", {"payment_id": payment["id"], "amount_minor": amount_minor, "reference": "RF-1"})


def test_a_dispute_takes_the_money_and_a_fee(heard_sandbox: RunningSandbox, listener: Listener) -> None:
    payment = heard_sandbox.paid_by_card()
    dispute = charge_back(heard_sandbox, payment, reason="fraudulent")
    assert (dispute.status, dispute["status"], dispute["amount_minor"], dispute["fee_minor"]) == (
        201,
        "open",
        125_000,
        1_500,
    )
    wait_for(lambda: listener.about(dispute["id"]) == ["dispute.updated"])
    assert heard_sandbox.movements()[1:] == [("out", "chargeback", 125_000, "USD"), ("out", "cost", 1_500, "USD")]
    assert [found["id"] for found in heard_sandbox.get(f"/v1/disputes?payment_id={payment['id']}")["data"]] == [
        dispute["id"]
    ]


def test_the_card_that_is_charged_back_is_so_later(sandbox: RunningSandbox) -> None:
    payment = sandbox.paid_by_card(CHARGED_BACK_CARD)
    assert sandbox.get(f"/v1/disputes?payment_id={payment['id']}")["data"] == []
    sandbox.settle()
    [dispute] = sandbox.get(f"/v1/disputes?payment_id={payment['id']}")["data"]
    assert (dispute["status"], dispute["amount_minor"]) == ("open", 125_000)


@pytest.mark.parametrize(("outcome", "left"), [("won", 123_500), ("lost", -1_500)])
def test_the_bank_decides_once(sandbox: RunningSandbox, outcome: str, left: int) -> None:
    dispute = charge_back(sandbox, sandbox.paid_by_card())
    sandbox.settle(object_id=dispute["id"], outcome=outcome)
    assert sandbox.get(f"/v1/disputes/{dispute['id']}")["status"] == outcome
    assert sandbox.totals()["USD"]["balance_minor"] == left
    again = sandbox.post("/v1/control/settle", {"object_id": dispute["id"], "outcome": "won"})
    assert again.status == 400


def test_refund_and_charge_back_never_both_pay(sandbox: RunningSandbox) -> None:
    payment = sandbox.paid_by_card()
    assert refund(sandbox, payment, 25_000).status == 201
    assert charge_back(sandbox, payment, amount_minor=100_001).code == "dispute_too_large"
    dispute = charge_back(sandbox, payment)
    assert dispute["amount_minor"] == 100_000, "the refund came first"
    assert refund(sandbox, payment, 1).code == "charge_disputed"
    sandbox.settle()
    sandbox.settle(object_id=dispute["id"], outcome="lost")
    assert refund(sandbox, payment, 1).code == "refund_too_large"
    assert sandbox.totals()["USD"]["balance_minor"] == -1_500


def test_what_was_won_can_be_refunded(sandbox: RunningSandbox) -> None:
    payment = sandbox.paid_by_card()
    sandbox.settle(object_id=charge_back(sandbox, payment)["id"], outcome="won")
    assert refund(sandbox, payment, 125_000).status == 201


def test_a_wire_is_never_charged_back(sandbox: RunningSandbox) -> None:
    wire = sandbox.new_payment(method="wire")
    assert charge_back(sandbox, wire).status == 400


def test_evidence_is_taken_once_with_true_hashes(sandbox: RunningSandbox) -> None:
    dispute = charge_back(sandbox, sandbox.paid_by_card())
    path = f"/v1/disputes/{dispute['id']}/evidence"
    assert sandbox.post(path, evidence(sha256="0" * 64)).status == 400
    first = sandbox.post(path, evidence(), key="ev")
    assert first["evidence"]["files"] == [
        {
            "name": "terms.pdf",
            "role": "terms",
            "media_type": "application/pdf",
            "sha256": hashlib.sha256(PDF).hexdigest(),
            "size": len(PDF),
        }
    ]
    assert sandbox.post(path, evidence(), key="ev").json == first.json
    assert sandbox.post(path, evidence(), key="other").code == "evidence_submitted"
    sandbox.settle(object_id=dispute["id"], outcome="lost")
    late = charge_back(sandbox, sandbox.paid_by_card())
    sandbox.settle(object_id=late["id"], outcome="lost")
    assert sandbox.post(f"/v1/disputes/{late['id']}/evidence", evidence()).code == "dispute_decided"


def test_a_large_packet_is_taken(sandbox: RunningSandbox) -> None:
    dispute = charge_back(sandbox, sandbox.paid_by_card())
    reply = sandbox.post(f"/v1/disputes/{dispute['id']}/evidence", evidence(b"x" * 3_000_000))
    assert reply.status == 200
