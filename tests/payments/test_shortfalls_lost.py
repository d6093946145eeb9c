"""A short wire secured its instalment, and the bank takes it back: nobody is asked twice for what was short."""

import pytest

from payments.books import check_books
from payments.queries import money_of
from tests.payments.chargebacks import charge_back, lose, money, payment_of, win
from tests.payments.steps import BALANCE, DEPOSIT, instalment_of, pay, receive, release_all, start, state_of
from tests.payments.steps import money as receipt

pytestmark = pytest.mark.django_db
SHORT = 1_000
WHOLE = DEPOSIT + BALANCE


def wire(escrow, payer, amount_minor, *, sequence=1):
    return receive(start(escrow, payer, sequence=sequence, method="wire"), receipt(amount_minor))


def asks(escrow):
    """What each instalment still asks for."""
    return [each.missing_minor for each in money_of(escrow.pk).instalments]


def carried(escrow):
    return instalment_of(escrow, 2).carried_minor


@pytest.fixture
def short(escrow, buyer_owner):
    """USD 740.00 of 750.00 came, and the balance asks for the rest."""
    assert state_of(wire(escrow, buyer_owner, DEPOSIT - SHORT)) == "SECURED"
    assert asks(escrow) == [0, BALANCE + SHORT]
    return escrow


def test_lost_it_is_asked_for_once(short, buyer_owner):
    for _twice in range(2):
        lose(charge_back(payment_of(short), DEPOSIT - SHORT))
        assert asks(short) == [DEPOSIT, BALANCE] and carried(short) == 0
        wire(short, buyer_owner, DEPOSIT - SHORT)
        assert asks(short) == [0, BALANCE + SHORT]
    assert check_books() == []
    lose(charge_back(payment_of(short), DEPOSIT - SHORT))
    pay(short, buyer_owner)
    pay(short, buyer_owner, sequence=2)
    assert (state_of(short), money(short)["held"]) == ("FUNDED", WHOLE) and check_books() == []


def test_won_it_is_short_as_before(short, buyer_owner):
    row = charge_back(payment_of(short), DEPOSIT - SHORT)
    assert asks(short) == [DEPOSIT, BALANCE]
    for _twice in range(2):
        win(row)
    assert asks(short) == [0, BALANCE + SHORT] and check_books() == []
    pay(short, buyer_owner, sequence=2)
    assert (state_of(short), money(short)["held"]) == ("FUNDED", WHOLE) and check_books() == []


@pytest.mark.parametrize("how", ["paid", "being_paid", "taken_back_in_part"])
def test_what_the_balance_was_asked_for_the_deposit_is_not(short, buyer_owner, how):
    balance = (start if how == "being_paid" else pay)(short, buyer_owner, sequence=2)
    assert balance.amount_minor == BALANCE + SHORT
    if how == "taken_back_in_part":
        lose(charge_back(balance, 5_000))
    lose(charge_back(payment_of(short), DEPOSIT - SHORT))
    assert asks(short)[0] == DEPOSIT - SHORT and carried(short) == SHORT
    assert pay(short, buyer_owner).amount_minor == DEPOSIT - SHORT
    if how == "being_paid":
        receive(balance, receipt(balance.amount_minor), status="succeeded")
    elif how == "taken_back_in_part":
        assert pay(short, buyer_owner, sequence=2).amount_minor == 5_000
    assert (state_of(short), money(short)["held"]) == ("FUNDED", WHOLE) and check_books() == []
    release_all(short)
    assert check_books() == []


def test_short_once_more_after_the_balance_was_paid_the_payee_bears_it(short, buyer_owner):
    pay(short, buyer_owner, sequence=2)
    lose(charge_back(payment_of(short), DEPOSIT - SHORT))
    wire(short, buyer_owner, DEPOSIT - 2 * SHORT)
    assert (state_of(short), money(short)["held"]) == ("FUNDED", WHOLE - SHORT)
    assert instalment_of(short).shortfall_minor == 2 * SHORT and check_books() == []
    lose(charge_back(payment_of(short), DEPOSIT - 2 * SHORT))
    assert asks(short)[0] == DEPOSIT - SHORT, "what no other was asked for is asked for again"
    assert check_books() == []


def test_what_the_payee_bore_of_the_last_is_asked_for_again(funded_escrow, escrow, buyer_owner):
    lose(charge_back(payment_of(funded_escrow, 2)))
    wire(funded_escrow, buyer_owner, BALANCE - SHORT, sequence=2)
    assert instalment_of(funded_escrow, 2).shortfall_minor == SHORT
    lose(charge_back(payment_of(funded_escrow, 2), BALANCE - SHORT))
    assert asks(funded_escrow) == [0, BALANCE] and check_books() == []


def test_taken_back_in_part_it_asks_for_what_is_not_asked_elsewhere(short, buyer_owner):
    lose(charge_back(payment_of(short), 20_000))
    assert asks(short) == [20_000 + SHORT, BALANCE]
    pay(short, buyer_owner)
    pay(short, buyer_owner, sequence=2)
    assert (state_of(short), money(short)["held"]) == ("FUNDED", WHOLE) and check_books() == []
