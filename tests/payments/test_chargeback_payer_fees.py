"""A payment that was charged back brought a fee on top of the price: it is frozen and comes back with it."""

import pytest

from core.actors import platform
from payments.actions.release import refund_rest
from payments.books import check_books
from payments.models.account_codes import payer_fee
from payments.queries import balance_minor, money_of
from tests.cast import NOW
from tests.payments.chargebacks import FEE, charge_back, lose, money, refund_states, win
from tests.payments.steps import money as receipt
from tests.payments.steps import pay, receive, start, state_of
from tests.payments.test_payer_fees import escrow, with_card_fee

__all__ = ["escrow", "with_card_fee"]
pytestmark = pytest.mark.django_db
PRICE, ON_TOP = 75_000, 1_155
PAID = PRICE + ON_TOP


def apart(of):
    return balance_minor(payer_fee(of.pk))


def test_the_fee_is_frozen_with_the_price_and_both_come_back(escrow, buyer_owner):
    row = charge_back(pay(escrow, buyer_owner))
    assert (row.held_minor, row.payer_fee_minor, row.uncovered_minor) == (PRICE, ON_TOP, 0)
    assert money(escrow) == {"frozen": PAID, "chargeback": PAID, "costs": FEE, "clearing": -FEE}
    win(row)
    assert (money(escrow)["held"], apart(escrow)) == (PRICE, ON_TOP)
    assert [each.received_minor for each in money_of(escrow.pk).instalments] == [PRICE, 0]


def test_lost_it_is_covered_by_both(escrow, buyer_owner):
    lose(charge_back(pay(escrow, buyer_owner)))
    assert money(escrow) == {"costs": FEE, "clearing": -FEE}
    assert apart(escrow) == 0


def test_a_part_takes_the_price_first_and_is_asked_for_again(escrow, buyer_owner):
    lose(charge_back(pay(escrow, buyer_owner), 50_000))
    assert (money(escrow)["held"], apart(escrow)) == (25_000, ON_TOP)
    assert money_of(escrow.pk).instalments[0].missing_minor == 50_000
    anew = pay(escrow, buyer_owner)
    assert (anew.amount_minor - anew.fee_minor, anew.fee_minor) == (50_000, 780)
    assert (money(escrow)["held"], apart(escrow)) == (PRICE, ON_TOP + 780)
    refund_rest(escrow_id=escrow.pk, reason="cancelled", by=platform(), at=NOW)
    assert refund_states(escrow) == [("REQUESTED", 50_780), ("REQUESTED", 25_000 + ON_TOP)]
    assert state_of(escrow) == "CLOSED"


@pytest.mark.parametrize("verdict", [win, lose])
def test_what_needed_the_other_payment_keeps_its_own_fee(escrow, buyer_owner, verdict):
    first = pay(escrow, buyer_owner)
    lose(charge_back(first, 50_000))
    second = pay(escrow, buyer_owner)
    row = charge_back(first, PAID - 50_000)
    assert (row.held_minor, row.payer_fee_minor) == (25_000, ON_TOP)
    assert (state_of(second), money(escrow)["held"], apart(escrow)) == ("KEPT", 50_000, 780)
    assert money_of(escrow.pk).instalments[0].missing_minor == 25_000 and check_books() == []
    verdict(row)
    if verdict is lose:
        assert pay(escrow, buyer_owner).amount_minor > 25_000
    assert state_of(second) == ("SECURED" if verdict is win else "KEPT")
    assert money(escrow)["held"] == PRICE and check_books() == []


def test_what_was_carried_from_an_earlier_instalment_costs_no_fee(escrow, buyer_owner):
    """50.00 short on the first joined the second; of that the bank took 30.00: more than its own price is kept."""
    receive(start(escrow, buyer_owner, method="wire"), receipt(70_000))
    lose(charge_back(pay(escrow, buyer_owner, sequence=2), 3_000))
    second = money_of(escrow.pk).instalments[1]
    assert (second.kept_minor, second.price_to_pay_minor, second.missing_minor) == (177_000, 0, 3_000)
    anew = pay(escrow, buyer_owner, sequence=2)
    assert (anew.amount_minor, anew.fee_minor) == (3_000, 0)


def test_won_after_it_was_paid_anew_all_of_it_goes_back(escrow, buyer_owner):
    row = charge_back(pay(escrow, buyer_owner))
    pay(escrow, buyer_owner)
    win(row)
    assert refund_states(escrow) == [("REQUESTED", PAID)]
    assert (money(escrow)["held"], apart(escrow)) == (PRICE, ON_TOP)


def test_a_stopped_refund_of_price_and_fee_covers(escrow, buyer_owner):
    payment = pay(escrow, buyer_owner)
    refund_rest(escrow_id=escrow.pk, reason="cancelled", by=platform(), at=NOW)
    row = charge_back(payment)
    assert (row.refunds_minor, row.held_minor, row.payer_fee_minor) == (PAID, 0, 0)
    win(row)
    assert refund_states(escrow) == [("STOPPED", PAID), ("REQUESTED", PAID)]
