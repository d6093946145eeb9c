"""A worker killed between the word that the bank took a wire back and its booking: it is booked, and once."""

import pytest
from celery import current_app

from payments.actions.desk_recalls import take_item_as_recall
from payments.books import check_books
from payments.exchanges.reconcile import compare_with_gateway
from payments.models import Chargeback, SuspenseItem
from payments.tasks import process_gateway_events
from tests.cast import NOW
from tests.faults.hanging import Hangs
from tests.faults.workers import Worker
from tests.payments.bank.files import Row
from tests.payments.bank.steps import bank_minor, bring, staff, wire
from tests.payments.exchanges.scene import let_back_off_pass
from tests.payments.steps import DEPOSIT, new_escrow, state_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]

EVENTS = "payments.tasks.process_gateway_events"


@pytest.fixture
def recalled(buyer_owner, seller_owner, treasurer, second, settings):
    """USD 750.00 came by wire and was taken back: two treasurers said so, and nobody has followed it."""
    settings.PAYMENT_GATEWAYS = {"card": "sandbox", "wire": "bank"}
    payment = wire(new_escrow(buyer_owner, seller_owner, amounts=[DEPOSIT]), buyer_owner)
    bring([Row(amount_minor=DEPOSIT, text=payment.bank_details["reference"])])
    bring([Row(amount_minor=-DEPOSIT, text="RECALL", mark="RC")], number=2)
    for user in (treasurer, second):
        item_id = SuspenseItem.objects.get().pk
        take_item_as_recall(item_id=item_id, payment_id=payment.pk, why="the advice", by=staff(user), at=NOW)
    return payment


@pytest.mark.parametrize("server", ["goes_on", "breaks_off"])
@pytest.mark.parametrize("at", ["INSERT", "UPDATE WHEN (NEW.state = 'LOST' AND OLD.state <> NEW.state)"])
def test_killed_in_a_commit_of_it_it_is_lost_once(recalled, worker: Worker, hangs: Hangs, server: str, at: str) -> None:
    hangs.in_commit("payments_chargeback", at)
    worker.start()
    current_app.send_task(EVENTS)
    hangs.wait_until_hanging()
    worker.kill()
    if server == "goes_on":
        hangs.let_it_end()
    else:
        hangs.break_off()
    hangs.remove()

    for _twice in range(2):
        let_back_off_pass()
        process_gateway_events()

    assert (Chargeback.objects.get().state, state_of(recalled), bank_minor()) == ("LOST", "CHARGED_BACK", 0)
    assert check_books() == compare_with_gateway("bank") == []
