"""Workers killed while a payer's bank takes money back, or decides: it is frozen once, and moves once."""

import pytest
from celery import current_app

from payments.models import Chargeback
from payments.queries import money_of
from payments.tasks import look_after_chargebacks
from tests.cast import NOW
from tests.faults.hanging import Hangs
from tests.faults.workers import Worker
from tests.payments.exchanges.control import Control
from tests.payments.exchanges.scene import PRICE_MINOR, Deal, ask, catch_up, let_back_off_pass, start

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]

LOOK, CATCH_UP = "payments.tasks.look_after_chargebacks", "payments.tasks.ask_about_open_payments"


@pytest.fixture
def disputed(deal: Deal, control: Control) -> str:
    """Paid by card; its bank has taken it back, and nobody has told us. The dispute's id at the gateway."""
    payment = start(deal, method="card")
    control.pay_by_card(payment.gateway_id)
    ask(payment)
    return str(control.call("POST", "control/disputes", {"payment_id": payment.gateway_id})["id"])


@pytest.mark.parametrize("server", ["goes_on", "breaks_off"])
def test_killed_in_the_commit_that_freezes_the_money_is_frozen_once(
    deal: Deal, disputed: str, worker: Worker, hangs: Hangs, mark: int, server: str
) -> None:
    hangs.in_commit("payments_chargeback", "INSERT")
    worker.start()
    current_app.send_task(CATCH_UP)
    hangs.wait_until_hanging()
    worker.kill()
    if server == "goes_on":
        hangs.let_it_end()
    else:
        hangs.break_off()
    assert Chargeback.objects.count() == (server == "goes_on")
    hangs.remove()

    catch_up(gateway_name="sandbox", since=mark, at=NOW)

    assert Chargeback.objects.get().gateway_dispute_id == disputed
    assert (money_of(deal.escrow_id).frozen_minor, money_of(deal.escrow_id).held_minor) == (PRICE_MINOR, 0)


@pytest.mark.parametrize(("outcome", "held_minor"), [("won", PRICE_MINOR), ("lost", 0)])
def test_killed_in_the_verdict_moves_the_money_once(
    deal: Deal, disputed: str, worker: Worker, hangs: Hangs, control: Control, mark: int, outcome: str, held_minor: int
) -> None:
    catch_up(gateway_name="sandbox", since=mark, at=NOW)
    control.settle(disputed, outcome)
    hangs.in_write("payments_chargeback", f"UPDATE WHEN (NEW.state = '{outcome.upper()}' AND OLD.state <> NEW.state)")
    let_back_off_pass()
    worker.start()
    current_app.send_task(LOOK)
    hangs.wait_until_hanging()
    worker.kill()
    hangs.let_it_end()
    assert Chargeback.objects.get().state == "OPEN"
    hangs.remove()

    let_back_off_pass()
    look_after_chargebacks()

    assert Chargeback.objects.get().state == outcome.upper()
    assert (money_of(deal.escrow_id).frozen_minor, money_of(deal.escrow_id).held_minor) == (0, held_minor)
