"""The same calls on every gateway, and each gateway's own record beside them: how often an effect really happened."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from payments.gateways.base import BankAccount, Gateway
from payments.gateways.sandbox import SandboxGateway
from payments.gateways.stripe import StripeGateway
from payments.packets import EvidenceFile, EvidencePacket
from tests.payments.exchanges.control import PATIENCE_SECONDS, Control
from tests.sandbox.running import KEY, SECRET
from tests.sandbox.stripe_running import ACCOUNT, GOOD_CARD, RunningStripe

AMOUNT_MINOR = 125_000
LONG_SECONDS = 20.0
"""More than this machine ever needs: only a planned time-out is one."""
PACKET = EvidencePacket(
    text="Signed terms and a receipt of the goods.",
    files=(EvidenceFile(name="terms.pdf", role="terms", media_type="application/pdf", content=b"%PDF-1.4 terms"),),
)
Call = Callable[[], Any]


class Bench(ABC):
    """One gateway under test: its client, its faults, its customers and its record."""

    operations: dict[str, str]
    client: Gateway
    account: BankAccount

    @abstractmethod
    def connect(self, timeout_seconds: float) -> Gateway: ...

    def break_next(self, call: str, fault: str, seconds: float = 60) -> None:
        """The next call goes wrong so. The client is impatient where it would wait, until `be_patient`."""
        if fault.startswith("timeout"):
            self.client = self.connect(PATIENCE_SECONDS)
        self.plan(self.operations[call], fault, seconds)

    def be_patient(self) -> None:
        """What was planned has happened: only a planned time-out is waited for in vain."""
        self.client = self.connect(LONG_SECONDS)

    @abstractmethod
    def plan(self, operation: str, fault: str, seconds: float) -> None: ...

    @abstractmethod
    def pay(self, payment_id: str) -> None: ...

    @abstractmethod
    def dispute(self, payment_id: str) -> str: ...

    @abstractmethod
    def effects(self, call: str, reference: str, object_id: str) -> int:
        """How often the gateway's own record says that it happened."""

    # --- the calls, each once prepared and then as often as one likes -------------------------------------------------
    def new_payment(self, key: str) -> Any:
        return self.client.create_payment(
            key=key,
            amount_minor=AMOUNT_MINOR,
            currency="USD",
            method="card",
            reference=key,
            return_url="http://127.0.0.1/back",
            description="TA-2026-000123",
        )

    def paid(self) -> str:
        payment_id = self.new_payment(fresh()).id
        self.pay(payment_id)
        return str(payment_id)

    def prepare(self, call: str, reference: str) -> tuple[Call, str]:
        """The call, ready to be made under one key, and the object that it changes, if that is there already."""
        self.be_patient()
        return getattr(self, f"_prepare_{call}")(reference)

    def _prepare_create_payment(self, reference: str) -> tuple[Call, str]:
        return (lambda: self.new_payment(reference)), ""

    def _prepare_cancel_payment(self, reference: str) -> tuple[Call, str]:
        payment_id = self.new_payment(fresh()).id
        return (lambda: self.client.cancel_payment(key=reference, payment_id=payment_id)), payment_id

    def _prepare_create_refund(self, reference: str) -> tuple[Call, str]:
        payment_id = self.paid()
        order = {"key": reference, "amount_minor": 5_000, "currency": "USD", "reference": reference}
        return (lambda: self.client.create_refund(payment_id=payment_id, **order)), payment_id

    def _prepare_create_payout(self, reference: str) -> tuple[Call, str]:
        self.paid()
        order = {"key": reference, "amount_minor": 5_000, "currency": "USD", "reference": reference}
        return (lambda: self.client.create_payout(account=self.account, **order)), ""

    def _prepare_submit_evidence(self, reference: str) -> tuple[Call, str]:
        dispute_id = self.dispute(self.paid())
        return (lambda: self.client.submit_evidence(key=reference, dispute_id=dispute_id, packet=PACKET)), dispute_id


class SandboxBench(Bench):
    operations = {
        "create_payment": "payments.create",
        "cancel_payment": "payments.cancel",
        "create_refund": "refunds.create",
        "create_payout": "payouts.create",
        "submit_evidence": "disputes.evidence",
        "read_payment": "payments.get",
        "read_refund": "refunds.get",
        "read_payout": "payouts.get",
        "read_dispute": "disputes.get",
    }
    account = BankAccount(holder="Bình Minh", number="0071000123456", bic="BFTVVNVX", country="VN")

    def __init__(self, url: str, key: str, secret: str) -> None:
        self._place = {"url": url, "key": key, "secret": secret}
        self.client = self.connect(LONG_SECONDS)
        self.control = Control(url, key)

    def connect(self, timeout_seconds: float) -> Gateway:
        return SandboxGateway(**self._place, timeout_seconds=timeout_seconds)

    def plan(self, operation: str, fault: str, seconds: float) -> None:
        self.control.plan(operation, fault, seconds=seconds)

    def pay(self, payment_id: str) -> None:
        self.control.pay_by_card(payment_id)

    def dispute(self, payment_id: str) -> str:
        return str(self.control.call("POST", "control/disputes", {"payment_id": payment_id})["id"])

    def effects(self, call: str, reference: str, object_id: str) -> int:
        if call == "submit_evidence":
            return int(self.control.call("GET", f"disputes/{object_id}")["evidence_at"] is not None)
        if call == "cancel_payment":
            return sum(event["object_id"] == object_id for event in self.control.events())
        return len(self.control.list_by(f"{call.removeprefix('create_')}s", reference))


class StripeBench(Bench):
    operations = {
        "create_payment": "checkout.sessions.create",
        "cancel_payment": "checkout.sessions.expire",
        "create_refund": "refunds.create",
        "create_payout": "transfers.create",
        "submit_evidence": "disputes.update",
        "read_payment": "checkout.sessions.get",
        "read_refund": "refunds.get",
        "read_payout": "transfers.get",
        "read_dispute": "disputes.get",
        "list_movements": "balance_transactions.list",
    }
    account = BankAccount(holder="Bình Minh", number=ACCOUNT, bic="", country="US")

    def __init__(self, running: RunningStripe) -> None:
        self.running = running
        self.client = self.connect(LONG_SECONDS)

    def connect(self, timeout_seconds: float) -> Gateway:
        return StripeGateway(url=self.running.url, key=KEY, secret=SECRET, timeout_seconds=timeout_seconds)

    def plan(self, operation: str, fault: str, seconds: float) -> None:
        self.running.control("faults", operation=operation, fault=fault, seconds=seconds)

    def pay(self, payment_id: str) -> None:
        self.running.open_page(f"/c/pay/{payment_id}", {"test_card": GOOD_CARD})

    def dispute(self, payment_id: str) -> str:
        return str(self.running.control("disputes", session=payment_id)["id"])

    def effects(self, call: str, reference: str, object_id: str) -> int:
        api = self.running.api
        if call == "submit_evidence":
            return int(api.disputes.retrieve(object_id).evidence_details.submission_count)
        if call == "cancel_payment":
            seen = api.events.list({"limit": 100}).data
            return sum(event.data.object.id == object_id for event in seen if event.type == "checkout.session.expired")
        lists = {"create_payment": api.checkout.sessions, "create_refund": api.refunds, "create_payout": api.transfers}
        found = lists[call].list({"limit": 100}).auto_paging_iter()
        return sum(each.to_dict()["metadata"].get("reference") == reference for each in found)


def fresh() -> str:
    return f"key_{uuid4().hex}"
