"""Fixtures of tests that talk to the sandbox gateway; `conftest` files import them by name."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from companies.models import User
from payments.books import check_books, compare_with_gateway
from payments.exchanges.reconcile import list_movements
from services.gateway import SandboxGateway
from tests.cast import NOW
from tests.payments.exchanges.control import PATIENCE_SECONDS, Control
from tests.payments.exchanges.scene import Deal, catch_up, open_deal


@pytest.fixture
def control(sandbox_gateway: SandboxGateway, settings: Any) -> Iterator[Control]:
    """The sandbox gateway of this test process, without planned faults before and after. Sends webhooks to nobody.

    Only a test that plans a time-out is impatient: elsewhere a slow machine must not look like a lost answer.
    """

    def be_impatient() -> None:
        settings.GATEWAY_TIMEOUT_SECONDS = PATIENCE_SECONDS

    hand = Control(sandbox_gateway.url, sandbox_gateway.secret("key"), be_impatient)
    hand.clear_faults()
    hand.webhooks("drop")
    yield hand
    hand.clear_faults()
    hand.webhooks("normal")


@pytest.fixture
def quick_people(settings: Any) -> None:
    """Passwords are not what is tested here; a strong hash takes most of a test's time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def mark(control: Control) -> int:
    """The last movement of the gateway's record before this test: the record outlives the tests, the books don't."""
    last = control.last_movement()
    cache.set("payments:movements-followed:sandbox", last, timeout=None)
    cache.delete("payments:movements-stopped:sandbox")
    return last


@pytest.fixture
def agreement(transactional_db: None, quick_people: None, control: Control, mark: int) -> Iterator[None]:
    """After the test all that waits happens; then our books check, and agree with the gateway's record to the cent."""
    yield
    control.clear_faults()
    control.settle()
    catch_up(gateway_name="sandbox", since=mark, at=NOW)
    assert check_books() == []
    assert compare_with_gateway(gateway="sandbox", movements=list_movements(since=mark)) == []


@pytest.fixture
def deal(agreement: None, buyer_owner: User, seller_owner: User) -> Deal:
    """One instalment of USD 1,250.00, due; nothing paid yet."""
    return open_deal(buyer_owner, seller_owner)
