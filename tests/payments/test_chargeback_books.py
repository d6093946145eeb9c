"""The checks on charge-backs find what they are for; and the gateway's record is compared with them line by line."""

import pytest

from core.actors import platform
from payments.actions.losses import charge_payee
from payments.actions.release import refund_rest
from payments.books import RecordLine, compare_with_gateway
from payments.models import Chargeback, Receipt
from tests.cast import NOW
from tests.payments.chargebacks import charge_back, lose, payment_of, win
from tests.payments.steps import new_escrow, pay, release_all
from tests.payments.test_books import lie

__all__ = ["lie"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def deals(buyer_owner, seller_owner):
    """Open, won, lost and covered, a stopped refund; and lost after release, charged to the payee, who repaid it."""
    names = ("open", "won", "covered", "charged", "stopped", "repaid")
    found = {name: new_escrow(buyer_owner, seller_owner, amounts=[10_000]) for name in names}
    for name in names[:-1]:
        pay(found[name], buyer_owner)
    charge_back(payment_of(found["open"]))
    win(charge_back(payment_of(found["won"])))
    lose(charge_back(payment_of(found["covered"])))
    release_all(found["charged"])
    debt = lose(charge_back(payment_of(found["charged"])))
    charge_payee(chargeback_id=debt.pk, by=platform(), at=NOW)
    refund_rest(escrow_id=found["stopped"].pk, reason="cancelled", by=platform(), at=NOW)
    charge_back(payment_of(found["stopped"]), 4_000)
    pay(found["repaid"], buyer_owner)
    release_all(found["repaid"])
    return found


LIES = [
    ("chargeback_account_is_what_is_open", "UPDATE payments_account SET balance_minor = 1 WHERE kind = 'CHARGEBACK'"),
    ("chargeback_account_is_what_is_open", "UPDATE payments_chargeback SET state = 'OPEN' WHERE state = 'WON'"),
    ("chargeback_account_is_what_is_open", "UPDATE payments_account SET code = code || 'x' WHERE kind = 'CHARGEBACK'"),
    ("frozen_is_of_open_chargebacks", "UPDATE payments_account SET balance_minor = 1 WHERE kind = 'FROZEN'"),
    (
        "frozen_is_of_open_chargebacks",
        "UPDATE payments_chargeback SET held_minor = 1 WHERE held_minor > 1 AND state = 'OPEN'",
    ),
    ("chargebacks_are_booked", "DELETE FROM payments_transfer WHERE kind = 'CHARGEBACK_TAKEN'"),
    ("chargebacks_are_booked", "DELETE FROM payments_transfer WHERE kind = 'CHARGEBACK_WON'"),
    ("chargebacks_are_booked", "DELETE FROM payments_transfer WHERE key LIKE '%:lost:covered'"),
    ("chargebacks_are_booked", "DELETE FROM payments_transfer WHERE key LIKE '%:lost:loss'"),
    ("chargebacks_are_booked", "DELETE FROM payments_transfer WHERE key LIKE '%:charged'"),
    ("chargebacks_are_booked", "DELETE FROM payments_transfer WHERE kind = 'FREEZE'"),
    ("chargebacks_are_booked", "UPDATE payments_chargeback SET fee_minor = fee_minor + 1"),
    ("receivable_is_its_rows", "UPDATE payments_chargeback SET charged_minor = 0 WHERE charged_minor > 0"),
    ("receivable_is_its_rows", "UPDATE payments_release SET repaid_minor = 1 WHERE repaid_minor > 0"),
    ("releases_are_booked", "DELETE FROM payments_transfer WHERE kind = 'RECEIVABLE_REPAID'"),
    ("what_came_in_is_somewhere", "UPDATE payments_chargeback SET state = 'WON' WHERE state = 'LOST'"),
    ("payments_sum_their_receipts", "UPDATE payments_payment SET charged_back_minor = charged_back_minor + 1"),
    (
        "payments_know_their_chargebacks",
        "UPDATE payments_payment SET state = 'SECURED' WHERE state = 'CHARGEBACK_OPEN'",
    ),
    (
        "payments_know_their_chargebacks",
        "UPDATE payments_payment SET state = 'CHARGEBACK_OPEN' WHERE state = 'CHARGED_BACK'",
    ),
    (
        "secured_means_all_of_it",
        "UPDATE payments_payment SET charged_back_minor = charged_back_minor + 1 WHERE state = 'SECURED'",
    ),
    ("chargebacks_have_clocks", "UPDATE core_deadline SET state = 'DONE' WHERE kind = 'chargeback_open'"),
    ("refund_due_has_refunds", "UPDATE payments_refund SET state = 'REQUESTED' WHERE state = 'STOPPED'"),
    ("payments_sum_their_receipts", "UPDATE payments_refund SET state = 'REQUESTED' WHERE state = 'STOPPED'"),
]


def test_every_lie_is_found(lie):
    missed = [(check, sql) for check, sql in LIES if check not in lie(sql)]
    assert missed == []


def the_gateways_record() -> list[RecordLine]:
    lines = [
        RecordLine("in", "receipt", row.gateway_receipt_id, row.amount_minor, "USD") for row in Receipt.objects.all()
    ]
    for row in Chargeback.objects.all():
        lines.append(RecordLine("out", "chargeback", row.gateway_dispute_id, row.amount_minor, "USD"))
        lines.append(RecordLine("out", "cost", row.gateway_dispute_id, 1_500, "USD"))
        if row.state == "WON":
            lines.append(RecordLine("in", "chargeback_won", row.gateway_dispute_id, row.amount_minor, "USD"))
    return lines


def test_the_gateways_record_agrees_and_a_missing_line_does_not(deals):
    record = the_gateways_record()
    assert compare_with_gateway(gateway="sandbox", movements=record) == []
    for kind in ("chargeback", "chargeback_won", "cost"):
        at = next(place for place, line in enumerate(record) if line.kind == kind)
        checks = {
            problem.check
            for problem in compare_with_gateway(gateway="sandbox", movements=record[:at] + record[at + 1 :])
        }
        assert checks == {"gateway_line"}, kind
