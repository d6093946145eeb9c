"""The statements of an account are one chain: what is told twice in other words, or forged, moves nothing."""

from datetime import date
from typing import Any

import pytest

from core.models import Alarm
from payments.books import check_books
from payments.exchanges.statements import import_file
from payments.models import BankLine, Payment, Refund, StatementFile
from tests.payments.bank.files import Row, mt940
from tests.payments.bank.steps import LATER, bank_minor, bring, outcomes, receive
from tests.payments.lies import looked_at_after
from tests.payments.steps import DEPOSIT, Books, state_of

pytestmark = pytest.mark.django_db


def refused(file: StatementFile) -> str:
    """The code; nothing of the file may be there."""
    assert (file.state, BankLine.objects.filter(file=file).count()) == ("QUARANTINED", 0)
    assert Alarm.objects.filter(kind="statement_quarantined", subject_id=file.pk).count() == 1
    return str(file.problem_code)


@pytest.fixture
def paid(waiting: Payment) -> Payment:
    bring([Row(amount_minor=DEPOSIT, text=waiting.bank_details["reference"])])
    assert state_of(waiting) == "SECURED"
    return waiting


@pytest.mark.parametrize(
    "told",
    [
        {"text": "{reference} AND A LONGER TEXT"},
        {"text": "{reference}", "name": "SOMEBODY ELSE"},
        {"text": "{reference}", "account": "SG99"},
        {"text": "{reference}", "reference": "B77"},
    ],
)
def test_the_same_statement_in_other_words_moves_nothing(paid: Payment, told: dict[str, str]) -> None:
    """It would be money that came too often, and go out as a refund."""
    before = Books()
    words = {name: value.format(reference=paid.bank_details["reference"]) for name, value in told.items()}
    assert refused(bring([Row(amount_minor=DEPOSIT, **words)], number=2, opening_minor=0)) == "other_lines"
    assert before.unchanged() and not Refund.objects.exists()
    assert (check_books(), bank_minor()) == ([], DEPOSIT)


@pytest.mark.parametrize("amounts", [[DEPOSIT], [DEPOSIT + 1, -1], [DEPOSIT + 5000], [-1, DEPOSIT + 1]])
def test_a_forged_statement_from_a_balance_that_is_known_is_not_believed(paid: Payment, amounts: list[int]) -> None:
    rows = [Row(amount_minor=amount, text="order ta 2026 000777", name="THIEF LTD") for amount in amounts]
    assert refused(bring(rows, number=2, opening_minor=0)) == "other_lines"
    assert bring([Row(amount_minor=7, name="X")], number=3, opening_minor=DEPOSIT).state == "BOOKED"
    assert (check_books(), bank_minor()) == ([], DEPOSIT + 7)


def test_when_the_forged_one_came_first_the_true_one_is_told_of(waiting: Payment) -> None:
    bring([Row(amount_minor=DEPOSIT, text=waiting.bank_details["reference"], name="THIEF LTD")])
    assert (
        refused(bring([Row(amount_minor=DEPOSIT, name="The true payer")], number=2, opening_minor=0)) == "other_lines"
    )


def test_a_balance_that_comes_back_goes_on_each_time() -> None:
    for number, (opening_minor, amount_minor) in enumerate([(0, 100), (100, -100), (0, 100), (100, 50)]):
        file = bring([Row(amount_minor=amount_minor, name=f"N{number}")], number=number, opening_minor=opening_minor)
        assert (file.state, set(outcomes(file))) == ("BOOKED", set(outcomes(file)) - {"DUPLICATE"})
    assert refused(bring([Row(amount_minor=9, name="Again")], number=9, opening_minor=0)) == "other_lines"
    assert bank_minor() in (150, 250)  # What left without an order is booked once it is decided.


def test_parts_of_a_day_out_of_their_order_are_not_taken_for_each_other() -> None:
    equal = Row(amount_minor=100, name="X", text="same")
    bring([equal], number=2, opening_minor=100)
    assert refused(bring([equal], number=1, opening_minor=0)) == "out_of_order"


@pytest.mark.django_db(transaction=True)
def test_a_gap_in_one_account_hides_nothing_in_another(waiting: Payment, settings: Any, services: Any) -> None:
    bring([Row(amount_minor=100, name="X")], currency="EUR", day=date(2026, 3, 3))
    bring([Row(amount_minor=100, name="Y")], currency="EUR", day=date(2026, 3, 5), opening_minor=300, number=3)
    assert Alarm.objects.filter(kind="statement_gap", cleared_at=None).count() == 1
    bring([Row(amount_minor=DEPOSIT, text=waiting.bank_details["reference"])])
    assert check_books() == []
    lie = "UPDATE payments_bankstatement SET opening_minor = opening_minor + 1 WHERE currency = 'USD'"
    found = looked_at_after(lie, check_books, services)
    assert "bank_ends_where_its_statements_end" in {problem.check for problem in found}


def test_the_same_file_of_many_statements_is_known_whole(paid: Payment) -> None:
    rows = [Row(amount_minor=5, name="A", reference="R1")]
    bring(rows, number=2)
    content = mt940(rows, opening_minor=DEPOSIT, number=3)
    assert outcomes(import_file(file_id=receive(content).pk, until=LATER)) == {"DUPLICATE": 1}
