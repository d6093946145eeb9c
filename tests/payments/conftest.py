"""Escrows in their stages, made by calling actions; after each test that uses the database the books are checked."""

from collections.abc import Iterator

import pytest

from companies.models import User
from payments.books import check_books
from payments.models import Escrow
from tests.payments.steps import new_escrow, pay


@pytest.fixture(autouse=True)
def books_balance(request: pytest.FixtureRequest) -> Iterator[None]:
    """Asked for by every test: what it leaves behind must balance."""
    if request.node.get_closest_marker("django_db") is None:
        yield
        return
    transactional = "transactional_db" in request.fixturenames or _is_transactional(request)
    request.getfixturevalue("transactional_db" if transactional else "db")
    yield
    assert check_books() == []


def _is_transactional(request: pytest.FixtureRequest) -> bool:
    marker = request.node.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("transaction"))


@pytest.fixture
def escrow(buyer_owner: User, seller_owner: User) -> Escrow:
    """USD 2,500.00: 30 % and 70 %, both due, nothing paid."""
    return new_escrow(buyer_owner, seller_owner)


@pytest.fixture
def partly_funded_escrow(escrow: Escrow, buyer_owner: User) -> Escrow:
    """The deposit is secured."""
    pay(escrow, buyer_owner)
    escrow.refresh_from_db()
    return escrow


@pytest.fixture
def funded_escrow(partly_funded_escrow: Escrow, buyer_owner: User) -> Escrow:
    """Both instalments are secured: USD 2,500.00 held."""
    pay(partly_funded_escrow, buyer_owner, sequence=2)
    partly_funded_escrow.refresh_from_db()
    return partly_funded_escrow
