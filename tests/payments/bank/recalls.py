"""Wires that a bank takes back: the line of its statement, the words of two treasurers, and how the money stands."""

from payments.actions.desk import take_item_as_ours
from payments.actions.desk_recalls import take_item_as_recall
from payments.books import check_books
from payments.exchanges.reconcile import compare_with_gateway
from payments.models import SuspenseItem
from payments.models.account_codes import frozen, held, losses, receivable, refund_due
from payments.queries import balance_minor
from tests.cast import NOW
from tests.payments.bank.files import Row
from tests.payments.bank.steps import bank_minor, bring
from tests.payments.steps import DEPOSIT


def taken_back(amount_minor=DEPOSIT, text="RECALL OF YOUR CREDIT", number=2, **more):
    """The line by which a bank takes a credit back, and the case that it becomes."""
    bring([Row(amount_minor=-amount_minor, text=text, mark="RC", **more)], number=number)
    return SuspenseItem.objects.filter(direction="out").latest("pk")


def decided(row, payment, *treasurers):
    for by in treasurers:
        take_item_as_recall(item_id=row.pk, payment_id=payment.pk, why="the bank's advice", by=by, at=NOW)
    return SuspenseItem.objects.get(pk=row.pk)


def money(escrow):
    """What isn't zero, in minor units."""
    codes = {
        "held": held(escrow.pk),
        "frozen": frozen(escrow.pk),
        "refund_due": refund_due(escrow.pk),
        "losses": losses(escrow.currency),
        "receivable": receivable(escrow.payee_id, escrow.currency),
    }
    found = {name: balance_minor(code) for name, code in codes.items()} | {"bank": bank_minor()}
    return {name: amount for name, amount in found.items() if amount}


def sure():
    """The books, and the bank's record beside them."""
    return check_books() == compare_with_gateway("bank") == []


def end_as_ours(row, *treasurers):
    for by in treasurers:
        take_item_as_ours(item_id=row.pk, why="x", by=by, at=NOW)
