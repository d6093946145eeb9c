"""Wires go by the bank gateway here."""

from typing import Any

import pytest

from companies.models import User
from core.actors import Actor
from payments.actions.payout import request_payout
from payments.actions.release import refund_rest
from payments.exchanges.payouts import send_payout
from payments.exchanges.refunds import send_refund
from payments.models import Escrow, Payment
from tests.cast import NOW
from tests.payments.bank.files import Row
from tests.payments.bank.steps import bring, staff, wire
from tests.payments.bank.transfers import IBAN, PRICE, Bank
from tests.payments.steps import DEPOSIT, new_escrow, release_all


@pytest.fixture(autouse=True)
def wires_by_statement(settings: Any) -> None:
    settings.PAYMENT_GATEWAYS = {"card": "sandbox", "wire": "bank"}


@pytest.fixture
def desk(treasurer: User) -> Actor:
    return staff(treasurer)


@pytest.fixture
def waiting(escrow: Escrow, buyer_owner: User) -> Payment:
    """The deposit of USD 750.00, awaited by T/T."""
    return wire(escrow, buyer_owner)


@pytest.fixture
def other(second: User) -> Actor:
    """The second treasurer at the desk."""
    return staff(second)


@pytest.fixture
def paid(waiting: Payment) -> Payment:
    """The deposit of USD 750.00 came by wire; the balance is not paid."""
    bring([Row(amount_minor=DEPOSIT, text=waiting.bank_details["reference"], account=IBAN)])
    waiting.refresh_from_db()
    return waiting


# --- money out -------------------------------------------------------------------------------------------------------
@pytest.fixture
def payouts_by_bank(settings):
    settings.PAYOUT_GATEWAY = "bank"


@pytest.fixture
def bank(db):
    return Bank()


@pytest.fixture
def funded(payouts_by_bank, bank, buyer_owner, seller_owner):
    """USD 2,500.00 came by wire from an IBAN."""
    escrow = new_escrow(buyer_owner, seller_owner, amounts=[PRICE])
    bank.says(Row(amount_minor=PRICE, text=wire(escrow, buyer_owner).bank_details["reference"], account=IBAN))
    return escrow


@pytest.fixture
def payout(funded, platform):
    """USD 2,450.00, claimed and written as an order that waits."""
    release_all(funded)
    payout = request_payout(company_id=funded.payee_id, currency="USD", by=platform, at=NOW)
    send_payout(payout_id=payout.pk, at=NOW)
    return payout


@pytest.fixture
def refund(funded, platform):
    (refund,) = refund_rest(escrow_id=funded.pk, reason="cancelled", by=platform, at=NOW)
    send_refund(refund_id=refund.pk, at=NOW)
    return refund
