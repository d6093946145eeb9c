"""A payer's bank takes money back that waits for two treasurers to let it go back."""

import pytest

from payments.actions.approval import approve_refund, decline_refund
from payments.actions.chargebacks import cover_chargeback
from payments.actions.refunds import retry_refund
from payments.actions.release import refund_rest
from payments.actions.sending import record_refund_failed
from tests.cast import NOW, actor
from tests.payments.chargebacks import FEE, charge_back, lose, money, payment_of, refund_states
from tests.payments.steps import new_escrow, pay, sent_refund

pytestmark = pytest.mark.django_db

LARGE = 6_000_000
"""Cents: a refund of it waits for two treasurers."""


@pytest.fixture
def large_refund(buyer_owner, seller_owner, platform):
    escrow = new_escrow(buyer_owner, seller_owner, amounts=[LARGE])
    pay(escrow, buyer_owner)
    return refund_rest(escrow_id=escrow.pk, reason="cancelled", by=platform, at=NOW)[0]


def unapproved(refund, _treasurer):
    return refund


def declined(refund, treasurer):
    return decline_refund(refund_id=refund.pk, why="Ask the bank.", by=actor(treasurer), at=NOW)


@pytest.mark.parametrize("so_far", [unapproved, declined])
def test_a_large_refund_that_nobody_approved_is_stopped_and_covers(large_refund, treasurer, so_far):
    escrow = so_far(large_refund, treasurer).escrow
    row = charge_back(payment_of(escrow), LARGE)
    assert (row.refunds_minor, refund_states(escrow)) == (LARGE, [("STOPPED", LARGE)])
    lose(row)
    assert money(escrow) == {"costs": FEE, "clearing": -FEE}


@pytest.mark.parametrize("so_far", [unapproved, declined])
def test_its_large_replacement_covers_a_chargeback_that_is_open(large_refund, treasurer, second, platform, so_far):
    """The first was approved and on its way when the bank took the money; the gateway refused it."""
    for user in (treasurer, second):
        approve_refund(refund_id=large_refund.pk, by=actor(user), at=NOW)
    sent_refund(large_refund)
    row = charge_back(payment_of(large_refund.escrow), LARGE)
    record_refund_failed(refund_id=large_refund.pk, failure_code="charge_disputed", by=platform, at=NOW)
    so_far(retry_refund(refund_id=large_refund.pk, by=actor(treasurer), at=NOW), treasurer)
    row = cover_chargeback(chargeback_id=row.pk, by=platform, at=NOW)
    assert (row.refunds_minor, row.uncovered_minor) == (LARGE, 0)
    assert refund_states(row.escrow) == [("FAILED", LARGE), ("STOPPED", LARGE)]
    lose(row)
    assert money(row.escrow) == {"costs": FEE, "clearing": -FEE}
