"""Test cards, each with its own way of ending, and what paying with one does."""

import re
import sqlite3
from dataclasses import dataclass

from sandbox import errands, payments
from sandbox.config import Config
from sandbox.payments import Receipt

STEP_CODE = "123456"
MOST_WRONG_CODES = 3
REFUND_FAILS = "4000000000005126"
CHARGED_BACK = "4000000000000259"


@dataclass(frozen=True)
class TestCard:
    """`conduct` is one of succeed, decline, second_step, silent, late, charge_back; `word` names it in `words`."""

    __test__ = False

    number: str
    word: str
    conduct: str
    failure_code: str | None = None
    copies_of_news: int = 1

    @property
    def spaced(self) -> str:
        return " ".join(re.findall("....", self.number))

    @property
    def remitter(self) -> str:
        return f"card {self.number[-4:]}"


CARDS = (
    TestCard("4242424242424242", "card_succeeds", "succeed"),
    TestCard("4000000000000002", "card_declined", "decline", failure_code="card_declined"),
    TestCard("4000000000009995", "card_insufficient", "decline", failure_code="insufficient_funds"),
    TestCard("4000002500003155", "card_second_step", "second_step"),
    TestCard("4000000000000119", "card_silent", "silent"),
    TestCard("4000000000000226", "card_twice", "succeed", copies_of_news=2),
    TestCard("4000000000000333", "card_late", "late"),
    TestCard(REFUND_FAILS, "card_refund_fails", "succeed"),
    TestCard(CHARGED_BACK, "card_charged_back", "charge_back"),
)
BY_NUMBER = {card.number: card for card in CARDS}
HOLDER = "Test Cardholder"


def pay(db: sqlite3.Connection, payment_id: str, card: TestCard, holder: str, config: Config) -> bool:
    """Charge the card for a payment that waits for one; true when the customer has a second step to take.

    A payment that does not wait any more is left alone.
    """
    if payments.get(db, payment_id)["status"] != "requires_action":
        return False
    db.execute("UPDATE payments SET card = ? WHERE id = ?", (card.number, payment_id))
    if card.conduct == "second_step":
        return True
    if card.conduct == "decline":
        _fail(db, payment_id, str(card.failure_code))
    elif card.conduct in ("succeed", "charge_back"):
        capture(db, payment_id, holder, copies=card.copies_of_news)
    else:
        _wait(db, payment_id)
    if card.conduct == "charge_back":
        errands.put_off(db, "open_dispute", payment_id, seconds=config.late_seconds)
    if card.conduct == "late":
        errands.put_off(db, "capture_card", payment_id, seconds=config.late_seconds, holder=holder)
    return False


def capture(db: sqlite3.Connection, payment_id: str, holder: str, *, copies: int = 1) -> None:
    """The money is there. Nothing happens when the payment has ended meanwhile: a card gives no late money."""
    payment = payments.get(db, payment_id)
    if payment["status"] not in payments.OPEN:
        return
    errands.forget(db, payment_id)
    receipt = Receipt(payment["amount_minor"], payment["currency"], holder, BY_NUMBER[payment["card"]].remitter)
    payments.take_in(db, payment_id, receipt)
    payments.move(db, payment_id, "succeeded", copies=copies)


def check_code(db: sqlite3.Connection, payment_id: str, code: str) -> bool:
    """True when the second step is over, well or badly; the third wrong code fails the payment."""
    payment = payments.get(db, payment_id)
    if not awaits_code(payment):
        return True
    if code == STEP_CODE:
        capture(db, payment_id, HOLDER)
        return True
    db.execute("UPDATE payments SET wrong_codes = wrong_codes + 1 WHERE id = ?", (payment_id,))
    if payment["wrong_codes"] + 1 < MOST_WRONG_CODES:
        return False
    _fail(db, payment_id, "authentication_failed")
    return True


def awaits_code(payment: sqlite3.Row) -> bool:
    card = BY_NUMBER.get(payment["card"] or "")
    return payment["status"] == "requires_action" and card is not None and card.conduct == "second_step"


def _fail(db: sqlite3.Connection, payment_id: str, failure_code: str) -> None:
    errands.forget(db, payment_id)
    payments.move(db, payment_id, "failed", failure_code=failure_code)


def _wait(db: sqlite3.Connection, payment_id: str) -> None:
    """The bank thinks; nobody is told, since nothing is known."""
    db.execute("UPDATE payments SET status = 'pending' WHERE id = ?", (payment_id,))
