"""A worker killed between reading a statement and booking it: the next one goes on, and nothing is booked twice."""

import pytest
from celery import current_app

from companies.models import User
from payments.books import check_books
from payments.models import Escrow, LineOutcome, Payment, StatementFile, SuspenseItem
from payments.tasks import import_statements, process_gateway_events
from tests.faults.workers import Worker
from tests.payments.bank.files import Row, mt940
from tests.payments.bank.steps import bank_minor, receive, wire
from tests.payments.steps import DEPOSIT, new_escrow, state_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]


@pytest.fixture
def escrow(buyer_owner: User, seller_owner: User, settings: object) -> Escrow:
    settings.PAYMENT_GATEWAYS = {"card": "sandbox", "wire": "bank"}  # type: ignore[attr-defined]
    return new_escrow(buyer_owner, seller_owner)


def test_killed_between_store_and_booking(escrow: Escrow, buyer_owner: User, worker: Worker) -> None:
    payment: Payment = wire(escrow, buyer_owner)
    file = receive(mt940([Row(amount_minor=DEPOSIT, text=payment.bank_details["reference"]), Row(amount_minor=7)]))
    worker.start(kill_at="statement_booking")
    current_app.send_task("payments.tasks.import_statements")
    worker.wait_until_killed()
    assert (state_of(file), LineOutcome.objects.count()) == ("READ", 0)

    import_statements()
    process_gateway_events()
    assert StatementFile.objects.get().state == "BOOKED"
    assert (state_of(payment), bank_minor(), SuspenseItem.objects.count()) == ("SECURED", DEPOSIT + 7, 1)
    assert check_books() == []
