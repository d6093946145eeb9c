"""Refunds by the bank: to the account that paid, else to a verified one of the payer, else to nobody."""

import pytest

from companies.actions import add_payout_account, verify_payout_account
from core.models import Alarm
from payments.actions.refunds import retry_refund
from payments.actions.release import refund_rest
from payments.exchanges.reconcile import compare_with_gateway
from payments.exchanges.refunds import send_refund
from payments.models import Receipt, Refund, SendState
from payments.sending_words import refund_next_words
from tests.cast import LONG_AGO, NOW, actor, company_of
from tests.payments.bank.files import Row
from tests.payments.bank.steps import bank_minor, wire
from tests.payments.bank.transfers import IBAN, PRICE, came_back, handed_over, left, order
from tests.payments.steps import new_escrow, state_of
from tests.payments.test_pain001 import check_structure

pytestmark = pytest.mark.django_db


# --- refunds ----------------------------------------------------------------------------------------------------------
def test_a_refund_goes_to_the_account_that_paid(refund, bank, treasurer):
    row = order()
    assert (row.creditor_account, row.creditor_bic, row.creditor_name) == (IBAN, "", "Lakeside Furniture Inc.")
    check_structure(handed_over(treasurer).file)
    bank.says(left(PRICE))
    assert (state_of(refund), bank_minor()) == (SendState.PAID, 0)
    bank.says(came_back(PRICE))
    assert (state_of(refund), bank_minor()) == (SendState.RETURNED, PRICE)
    assert compare_with_gateway("bank") == []


def account_of(buyer, verifier, *, number, holder):
    account = add_payout_account(
        company_id=company_of(buyer).pk,
        currency="USD",
        holder=holder,
        number=number,
        bic="CHASUS33",
        bank_name="Chase",
        country="US",
        by=actor(buyer),
        at=LONG_AGO,
    )
    return verify_payout_account(reference=account.reference, by=actor(verifier), at=LONG_AGO)


@pytest.mark.parametrize(
    ("number", "holder", "goes"),
    [
        ("99887766", "Another Name Ltd", True),
        ("55554444", "Lakeside Furniture", True),
        ("55554444", "Another Name Ltd", False),
    ],
    ids=["same account", "same name", "neither"],
)
def test_else_to_a_verified_account_or_to_nobody(
    bank, buyer_owner, seller_owner, verifier, treasurer, platform, number, holder, goes
):
    escrow = new_escrow(buyer_owner, seller_owner, amounts=[PRICE])
    reference = wire(escrow, buyer_owner).bank_details["reference"]
    bank.says(Row(amount_minor=PRICE, text=reference, account="99887766"))
    account_of(buyer_owner, verifier, number=number, holder=holder)
    (refund,) = refund_rest(escrow_id=escrow.pk, reason="cancelled", by=platform, at=NOW)
    send_refund(refund_id=refund.pk, at=NOW)
    if goes:
        assert (order().creditor_account, order().creditor_bic) == (number, "CHASUS33")
        return
    assert (state_of(refund), Refund.objects.get().failure_code) == (SendState.FAILED, "no_account_known")
    assert "Add a payout account" in str(refund_next_words(Refund.objects.get().failure_code))
    assert Alarm.objects.filter(kind="refund_overdue", cleared_at__isnull=True).exists()
    account_of(buyer_owner, verifier, number="44443333", holder="Lakeside Furniture Inc")
    new = retry_refund(refund_id=refund.pk, by=actor(treasurer), at=NOW)
    send_refund(refund_id=new.pk, at=NOW)
    assert order().creditor_account == "44443333" and Receipt.objects.count() == 1
