"""The client against the sandbox gateway itself: what it promises about keys, doubts and present states."""

from typing import Any
from uuid import uuid4

import pytest

from payments.gateways.base import Absent, BankAccount, Rejected, Unanswered
from payments.gateways.registry import gateway
from payments.gateways.sandbox import SandboxGateway
from tests.payments.exchanges.control import NO_TIME, Control

ACCOUNT = BankAccount(holder="Bình Minh", number="0071000123456", bic="BFTVVNVX", country="VN")
FAULTS_WITHOUT_ANSWER = (
    "timeout_before_effect",
    "timeout_after_effect",
    "error_500",
    "error_500_after_effect",
    "error_429",
)
WITH_EFFECT = {"timeout_after_effect", "error_500_after_effect"}


@pytest.fixture
def client(settings: Any) -> SandboxGateway:
    settings.GATEWAY_TIMEOUT_SECONDS = 2.0
    found = gateway("sandbox")
    assert isinstance(found, SandboxGateway)
    return found


def new_payment(client: SandboxGateway, key: str, *, method: str = "wire", reference: str = "pay_x"):
    return client.create_payment(
        key=key,
        amount_minor=125_000,
        currency="USD",
        method=method,
        reference=reference,
        return_url="http://127.0.0.1/back",
        description="TA-2026-000123",
    )


def new_payout(client: SandboxGateway, key: str):
    return client.create_payout(key=key, amount_minor=5_000, currency="USD", reference=key, account=ACCOUNT)


def test_the_same_key_makes_one_payment_and_answers_with_its_present_state(client, control: Control) -> None:
    key = str(uuid4())
    first = new_payment(client, key, reference=key)
    control.wire(key, 125_000)

    again = new_payment(client, key, reference=key)

    assert (again.id, again.status, again.received_minor) == (first.id, "succeeded", 125_000)
    assert [receipt.amount_minor for receipt in again.receipts] == [125_000]
    assert len(control.list_by("payments", key)) == 1


def test_another_body_under_the_same_key_is_refused(client) -> None:
    key = str(uuid4())
    new_payment(client, key)
    with pytest.raises(Rejected) as refusal:
        new_payment(client, key, reference="pay_other")
    assert refusal.value.code == "idempotency_key_reused"


def test_a_cancelled_payment_cancelled_again_reads_its_present_state(client, control: Control) -> None:
    key = str(uuid4())
    made = new_payment(client, key, reference=key)
    assert client.cancel_payment(key=f"{key}:cancel", payment_id=made.id).status == "canceled"
    control.wire(key, 3)

    again = client.cancel_payment(key=f"{key}:cancel", payment_id=made.id)

    assert (again.status, again.received_minor) == ("canceled", 3)


def test_a_payment_that_was_paid_first_stays_paid(client, control: Control) -> None:
    made = new_payment(client, str(uuid4()), method="card")
    control.pay_by_card(made.id)
    assert client.cancel_payment(key=f"{made.id}:cancel", payment_id=made.id).status == "succeeded"


@pytest.mark.parametrize("fault", FAULTS_WITHOUT_ANSWER)
@pytest.mark.parametrize("operation", ["payments.create", "payouts.create"])
def test_no_answer_is_a_doubt_and_the_key_resolves_it(client, control: Control, operation: str, fault: str) -> None:
    key, make = str(uuid4()), new_payment if operation == "payments.create" else new_payout
    find = client.find_payment if operation == "payments.create" else client.find_payout
    control.plan(operation, fault, seconds=NO_TIME if fault == "timeout_before_effect" else 3)

    with pytest.raises(Unanswered):
        make(client, key)

    assert (find(key) is not None) == (fault in WITH_EFFECT)
    assert make(client, key).id == find(key).id
    assert control.planned() == []


@pytest.mark.parametrize("fault", FAULTS_WITHOUT_ANSWER)
def test_a_refund_in_doubt_is_found_by_its_key(client, control: Control, fault: str) -> None:
    key = str(uuid4())
    made = new_payment(client, key, reference=key)
    control.wire(key, 1_000)
    refund = {"key": f"{key}:r", "payment_id": made.id, "amount_minor": 1_000, "currency": "USD", "reference": key}
    control.plan("refunds.create", fault)

    with pytest.raises(Unanswered):
        client.create_refund(**refund)

    assert (client.find_refund(f"{key}:r") is not None) == (fault in WITH_EFFECT)
    assert client.create_refund(**refund).amount_minor == 1_000
    assert len(control.list_by("refunds", key)) == 1


def test_more_than_came_in_is_not_refunded(client, control: Control) -> None:
    key = str(uuid4())
    made = new_payment(client, key, reference=key)
    with pytest.raises(Rejected) as refusal:
        client.create_refund(key=f"{key}:r", payment_id=made.id, amount_minor=1, currency="USD", reference=key)
    assert refusal.value.code == "refund_too_large"


@pytest.mark.parametrize("read", ["read_payment", "read_refund", "read_payout"])
def test_an_unknown_id_is_absent(client, read: str) -> None:
    with pytest.raises(Absent):
        getattr(client, read)("../payments/none?x=1")


@pytest.mark.parametrize("find", ["find_payment", "find_refund", "find_payout"])
def test_an_unknown_key_finds_nothing(client, find: str) -> None:
    assert getattr(client, find)("never used") is None


def test_a_slow_answer_is_still_an_answer(client, control: Control) -> None:
    control.plan("payouts.create", "slow", seconds=0.2)
    assert new_payout(client, str(uuid4())).status == "processing"


def test_a_gateway_that_is_not_there_does_not_answer() -> None:
    nobody = SandboxGateway(url="http://127.0.0.1:9", key="k", secret="s", timeout_seconds=0.5)
    with pytest.raises(Unanswered):
        nobody.read_payment("sp_x")


def test_a_wrong_key_of_ours_proves_nothing(control: Control) -> None:
    stranger = SandboxGateway(url=control.url, key="wrong", secret="s", timeout_seconds=2)
    with pytest.raises(Unanswered):
        stranger.read_payment("sp_x")


def test_a_creation_at_a_wrong_address_proves_nothing(control: Control) -> None:
    lost = SandboxGateway(url=f"{control.url}/v1", key="wrong", secret="s", timeout_seconds=2)
    with pytest.raises(Unanswered):
        new_payout(lost, "k")


def test_the_record_is_read_from_any_place(client, control: Control) -> None:
    since, key = control.last_movement(), str(uuid4())
    new_payment(client, key, reference=key)
    control.wire(key, 7)
    control.wire(key, 9)

    movements = list(client.list_movements(since=since))

    assert [(line.kind, line.amount_minor, line.currency) for line in movements] == [
        ("receipt", 7, "USD"),
        ("receipt", 9, "USD"),
    ]
    assert [line.sequence for line in movements] == [since + 1, since + 2]


@pytest.mark.django_db
def test_no_call_is_made_inside_a_transaction(client) -> None:
    with pytest.raises(AssertionError):
        client.read_payment("sp_x")
