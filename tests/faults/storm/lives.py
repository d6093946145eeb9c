"""How an order lives in the storm: two people drive it by the API, and note what they sent to the bank."""

import random
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.evidence.files import PDF
from tests.faults.storm.caller import Caller, GivenUp
from tests.payments.exchanges.control import DECLINED_CARD, GOOD_CARD, Control

STORIES = ("card", "card", "card", "second_card", "short_wire", "dear_wire", "cancelled", "late_money")
ENDS = {"cancelled": "CANCELLED", "late_money": "CANCELLED"}


@dataclass
class Life:
    """What its people know of one order: what they sent to the bank, and how it must end."""

    number: int
    story: str
    price_minor: int
    ref: str = ""
    escrow: str = ""
    sent_minor: int = 0
    payments: list[str] = field(default_factory=list)
    state: str = ""
    failure: str = ""

    @property
    def must_end(self) -> str:
        return ENDS.get(self.story, "COMPLETED")


def live(life: Life, seller: Caller, buyer: Caller, bank: Control, buyer_email: str) -> None:
    """From an empty draft to its end. What goes wrong is written into the life."""
    try:
        _Order(life, seller, buyer, bank).live(buyer_email)
        life.state = seller.order(life.ref)["state"]
    except GivenUp as failure:
        life.failure = str(failure)
    # Whatever breaks in one life must not end the thread that lives the next ones; the verdict counts it.
    except Exception as failure:  # noqa: BLE001
        life.failure = f"{type(failure).__name__}: {failure}"


class _Order:
    def __init__(self, life: Life, seller: Caller, buyer: Caller, bank: Control) -> None:
        self.life, self.seller, self.buyer, self.bank = life, seller, buyer, bank

    def live(self, buyer_email: str) -> None:
        self.draft(buyer_email)
        self.sign()
        getattr(self, f"pay_{self.life.story}")()
        if self.life.story == "late_money":
            return
        if self.life.story == "cancelled":
            self.seller.do(self.life.ref, "cancel", {"reason": "The factory burned down."})
            self.buyer.wait_for_state(self.life.ref, "CANCELLED")
            return
        self.ship()
        self.accept()

    def draft(self, buyer_email: str) -> None:
        made = self.seller.post("orders/")
        self.life.ref = made["reference"]
        self.seller.patch(f"orders/{self.life.ref}/", _terms(self.life.price_minor, buyer_email))
        self.seller.do(self.life.ref, "send")

    def sign(self) -> None:
        terms = self.buyer.order(self.life.ref, "terms")
        order = self.buyer.do(self.life.ref, "confirm", {"terms_sha256": terms["sha256"]})
        self.life.escrow = order["money"]["reference"]

    # --- paying -------------------------------------------------------------------------------------------------------
    def begin(self, method: str) -> Any:
        """An attempt that the gateway knows of."""
        payment = self.buyer.do(self.life.ref, "pay", {"method": method})
        while payment["state"] == "CREATED":
            self.buyer._rest("the gateway does not set up a payment")
            payment = self.buyer.get(f"payments/{payment['reference']}/")
        self.life.payments.append(payment["reference"])
        return payment

    def by_card(self, card: str) -> Any:
        payment = self.begin("card")
        gateway_id = payment["checkout_url"].rstrip("/").rsplit("/", 1)[-1].split("?")[0]
        self.bank.pay_by_card(gateway_id, card)
        if card == GOOD_CARD:
            self.life.sent_minor += self.life.price_minor
        return payment

    def by_wire(self, payment: Any, amount_minor: int) -> None:
        self.bank.wire(payment["bank_details"]["reference"], amount_minor)
        self.life.sent_minor += amount_minor

    def produced(self) -> None:
        self.buyer.wait_for_state(self.life.ref, "IN_PRODUCTION")

    def pay_card(self) -> None:
        self.by_card(GOOD_CARD)
        self.produced()

    pay_cancelled = pay_card

    def pay_second_card(self) -> None:
        declined = self.by_card(DECLINED_CARD)
        while self.buyer.get(f"payments/{declined['reference']}/")["state"] != "FAILED":
            self.buyer._rest("a declined card does not fail")
        self.pay_card()

    def pay_short_wire(self) -> None:
        payment = self.begin("wire")
        self.by_wire(payment, self.life.price_minor // 3)
        self.by_wire(payment, self.life.price_minor - self.life.price_minor // 3)
        self.produced()

    def pay_dear_wire(self) -> None:
        self.by_wire(self.begin("wire"), self.life.price_minor + 12_345)
        self.produced()

    def pay_late_money(self) -> None:
        payment = self.begin("wire")
        self.buyer.do(self.life.ref, "cancel", {"reason": "Found another seller."})
        self.by_wire(payment, self.life.price_minor)
        self.buyer.wait_for_state(self.life.ref, "CANCELLED")

    # --- goods --------------------------------------------------------------------------------------------------------
    def ship(self) -> None:
        order = self.seller.order(self.life.ref)
        unlike = PDF + f"%{self.life.number}\n".encode()
        paper = [self.seller.upload(order["folder"], "transport", "papers.pdf", unlike)]
        today = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()
        report = {
            "carrier": "Hapag-Lloyd",
            "transport_number": f"HLCU {self.life.number:04}",
            "dispatched_on": today.isoformat(),
            "eta": (today + timedelta(days=30)).isoformat(),
            "documents": dict.fromkeys(("invoice", "bill_of_lading", "packing_list"), paper),
        }
        self.seller.do(self.life.ref, "ship", report)

    def accept(self) -> None:
        self.buyer.do(self.life.ref, "confirm-arrival")
        held = self.buyer.order(self.life.ref)["money"]["held"]
        self.buyer.do(self.life.ref, "accept", held)
        self.seller.wait_for_state(self.life.ref, "COMPLETED")


def _terms(price_minor: int, buyer_email: str) -> dict[str, Any]:
    ship_date = (datetime.now(UTC) + timedelta(days=60)).date().isoformat()
    line = {
        "name": "Oak chair",
        "quantity_thousandths": 1_000,
        "unit": "piece",
        "unit_price": {"amount_minor": price_minor, "currency": "USD"},
        "requirements": [{"attribute": "Moisture", "target": "8", "unit": "%", "test_method": "Moisture meter"}],
    }
    return {
        "parties": {"buyer_email": buyer_email, "buyer_company_name": "Lakeside Furniture Inc."},
        "lines": [line],
        "delivery": {"delivery_basis": "date", "ship_date": ship_date},
        "trade_term": {"incoterm": "FOB", "named_place": "Hai Phong", "transport_mode": "sea", "inspection_days": 10},
        "payment": {
            "currency": "USD",
            "methods": ["card", "wire"],
            "instalments": [{"basis_points": 10_000, "due_on": "confirmation"}],
        },
    }


def lives_of(count: int, seed: int) -> list[Life]:
    """Stories in turn, so that each is lived; prices at random."""
    chance = random.Random(seed)
    return [Life(number, STORIES[number % len(STORIES)], chance.randrange(10_000, 900_000)) for number in range(count)]


class Crowd:
    """Pairs of people, each pair living one order after the other, until all are lived."""

    def __init__(self, lives: list[Life], callers: list[tuple[Caller, Caller, str]], bank: Control) -> None:
        self._waiting = list(reversed(lives))
        self._lock = threading.Lock()
        self._bank = bank
        self.threads = [threading.Thread(target=self._live, args=pair, daemon=True) for pair in callers]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    @property
    def is_living(self) -> bool:
        return any(thread.is_alive() for thread in self.threads)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def join(self, until: float) -> None:
        for thread in self.threads:
            thread.join(max(until - time.monotonic(), 0.1))

    def _live(self, seller: Caller, buyer: Caller, buyer_email: str) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    return
                life = self._waiting.pop()
            live(life, seller, buyer, self._bank, buyer_email)
