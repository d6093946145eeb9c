"""Each check of statements, lines and the desk finds what it is for; and the gateway's record beside ours."""

from typing import Any

import pytest

from companies.models import User
from core.actors import Actor
from payments.actions.desk import Share, match_item, send_back_item
from payments.books import check_books
from payments.models import Payment, SuspenseItem
from tests.cast import NOW
from tests.payments.bank.files import Row
from tests.payments.bank.steps import bring, follow_hints, receive, staff
from tests.payments.bank.transfers import IBAN
from tests.payments.lies import looked_at_after
from tests.payments.steps import DEPOSIT

pytestmark = pytest.mark.django_db(transaction=True)

LIES = [
    ("lines_are_counted", "UPDATE payments_statementfile SET lines = lines + 1 WHERE state = 'BOOKED'"),
    ("lines_are_counted", "DELETE FROM payments_lineoutcome WHERE outcome = 'COST'"),
    ("lines_are_booked_once", "UPDATE payments_lineoutcome SET outcome = 'ORDER' WHERE outcome = 'ALLOCATED'"),
    ("lines_are_booked_once", "UPDATE payments_allocation SET amount_minor = amount_minor - 1"),
    ("lines_are_booked_once", "DELETE FROM payments_transfer WHERE kind = 'GATEWAY_COST'"),
    ("lines_are_booked_once", "UPDATE payments_bankline SET repeats_id = NULL, nth = 9 WHERE repeats_id IS NOT NULL"),
    ("allocations_are_received", "DELETE FROM payments_receipt WHERE item_id IS NULL"),
    ("allocations_are_received", "UPDATE payments_receipt SET item_id = NULL WHERE item_id IS NOT NULL"),
    ("allocations_are_received", "DELETE FROM payments_allocation WHERE item_id IS NULL"),
    ("suspense_is_undecided_money", "UPDATE payments_suspenseitem SET state = 'OURS' WHERE state = 'OPEN'"),
    ("suspense_is_undecided_money", "UPDATE payments_account SET balance_minor = 1 WHERE kind = 'SUSPENSE'"),
    ("suspense_is_undecided_money", "UPDATE payments_account SET code = code || 'x' WHERE kind = 'SUSPENSE'"),
    ("suspense_has_clock", "UPDATE core_deadline SET state = 'DONE' WHERE kind = 'suspense_open'"),
    ("suspense_has_clock", "UPDATE core_deadline SET state = 'DONE' WHERE kind = 'statement_open'"),
    ("statements_add_up", "UPDATE payments_bankstatement SET closing_minor = closing_minor + 1"),
    ("statements_add_up", "UPDATE payments_bankstatement SET lines = lines + 1"),
    ("bank_is_its_statements", "UPDATE payments_bankline SET amount_minor = amount_minor + 1 WHERE direction = 'in'"),
    ("bank_is_its_statements", "DELETE FROM payments_transfer WHERE kind = 'SUSPENSE_IN'"),
    (
        "bank_ends_where_its_statements_end",
        "UPDATE payments_bankstatement SET opening_minor = opening_minor + 1",
    ),
]


@pytest.fixture
def history(waiting: Payment, treasurer: User) -> None:
    """Allocated, a charge, money left unordered; on the desk open, matched and sent back; two repeats."""
    desk: Actor = staff(treasurer)
    first = [
        Row(amount_minor=DEPOSIT - 6000, text=waiting.bank_details["reference"]),
        *(Row(amount_minor=amount, name=f"Stranger {amount}", account=IBAN) for amount in (6000, 7000, 8000)),
        Row(amount_minor=-90, text="FEE", name="", account="", kind="NCHG"),
        Row(amount_minor=-50, text="INVOICE", name="Unknown Ltd"),
    ]
    bring(first)
    bring(first[:2], number=2, opening_minor=0)
    items = {item.amount_minor: item.pk for item in SuspenseItem.objects.all()}
    match_item(item_id=items[6000], shares=[Share(waiting.pk, 6000)], why="slip", by=desk, at=NOW)
    send_back_item(item_id=items[7000], why="not for us", by=desk, at=NOW)
    follow_hints()


def test_each_lie_is_found(history: None, services: Any) -> None:
    receive(b"a file that nobody read yet")
    assert check_books() == []
    missed = [
        (check, sql)
        for check, sql in LIES
        if check not in {problem.check for problem in looked_at_after(sql, check_books, services)}
    ]
    assert missed == []
