"""Wires go by the bank gateway here."""

from typing import Any

import pytest

from companies.models import User
from core.actors import Actor
from payments.models import Escrow, Payment
from tests.payments.bank.steps import staff, wire


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
