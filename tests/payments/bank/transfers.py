"""Transfers by the bank on their way: files made and handed over, and what the bank's statements say of them."""

from datetime import timedelta

from payments.actions.bank_orders import hand_over_batch, make_batch, note_downloaded
from payments.models import BankOrder
from tests.cast import NOW, actor
from tests.payments.bank.files import DAY, Row
from tests.payments.bank.steps import bring

PRICE, NET = 250_000, 245_000
IBAN = "DE89370400440532013000"


class Bank:
    """Statements of one account, one per day, each beginning where the last ended."""

    def __init__(self):
        self.balance_minor, self.number = 0, 0

    def says(self, *rows):
        day = DAY + timedelta(days=self.number)
        self.number += 1
        file = bring(rows, opening_minor=self.balance_minor, day=day, number=self.number)
        self.balance_minor += sum(row.amount_minor for row in rows)
        return file


def order():
    return BankOrder.objects.get()


def batch_by(user, *, currency="USD"):
    return make_batch(currency=currency, by=actor(user), at=NOW)


def handed_over(user):
    batch = batch_by(user)
    note_downloaded(batch_id=batch.pk, by=actor(user), at=NOW)
    return hand_over_batch(batch_id=batch.pk, by=actor(user), at=NOW)


def left(amount_minor=NET, name=None):
    return Row(
        amount_minor=-amount_minor, text=f"E2E {name or order().end_to_end}", name="Cong ty", account="0071000123456"
    )


def came_back(amount_minor=NET, name=None):
    return Row(amount_minor=amount_minor, text=f"RETURN {name or order().end_to_end} AC04", name="", account="")
