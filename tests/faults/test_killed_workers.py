"""Workers killed by SIGKILL, at every place where it could hurt: afterwards the work is done, and done once."""

import pytest
from celery import current_app

from companies.models import User
from core.actors import platform
from core.deadlines import sweep
from core.events import run_courier
from core.models import Deadline, Delivery, DeliveryState
from orders.actions.draft import create_draft
from orders.actions.offer import confirm_order, send_order
from orders.models import Order
from orders.queries import last_terms
from payments.actions.release import refund_rest, release_rest
from payments.models import Instalment, Payment, PaymentState, Payout, Refund, Release, SendState
from payments.queries import money_of, payable_by_currency
from payments.tasks import ask_about_open_payments, send_outgoing_money
from tests.cast import NOW, actor, company_of
from tests.faults.hanging import Hangs
from tests.faults.workers import Worker
from tests.orders.conftest import complete
from tests.orders.steps import DAY, arrive, book, fresh, ready, ship
from tests.payments.exchanges.control import Control
from tests.payments.exchanges.scene import (
    FEE_MINOR,
    PRICE_MINOR,
    Deal,
    fund,
    let_back_off_pass,
    owe_payout,
    start,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]

NET_MINOR = PRICE_MINOR - FEE_MINOR
SEND, ASK, COURIER, SWEEP, RELEASE = (
    "payments.tasks.send_outgoing_money",
    "payments.tasks.ask_about_open_payments",
    "core.tasks.run_courier",
    "core.tasks.sweep_deadlines",
    "tests.faults.chores.release",
)


@pytest.fixture
def funded(deal: Deal, control: Control) -> Deal:
    fund(deal, control)
    return deal


@pytest.fixture
def payout(funded: Deal) -> Payout:
    return owe_payout(funded)


@pytest.fixture
def refund(funded: Deal) -> Refund:
    [refund] = refund_rest(escrow_id=funded.escrow_id, reason="cancelled", by=platform(), at=NOW)
    return refund


def send_until_paid(control: Control) -> None:
    """The work that any other worker does when the dead one's lease is over."""
    for _round in range(3):
        let_back_off_pass()
        send_outgoing_money()
        control.settle()


def went_out(control: Control, mark: int) -> list[tuple[str, int]]:
    return [move for move in control.movements(mark) if move[0] != "receipt"]


def assert_paid_once(row: Payout | Refund, control: Control, mark: int) -> None:
    noun = row._meta.model_name
    row.refresh_from_db()
    assert row.state == SendState.PAID
    assert len(control.list_by(f"{noun}s", row.reference)) == 1
    assert went_out(control, mark) == [(noun, row.amount_minor)]


# --- payouts and refunds ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("place", "at_gateway"), [("payout_claimed", 0), ("payout_called", 1), ("payout_recording", 1)]
)
def test_a_payout_whose_worker_is_killed_goes_out_once(
    payout: Payout, worker: Worker, control: Control, mark: int, place: str, at_gateway: int
) -> None:
    worker.start(kill_at=place)
    current_app.send_task(SEND)
    worker.wait_until_killed()
    payout.refresh_from_db()
    assert payout.state == SendState.SENDING
    assert len(control.list_by("payouts", payout.reference)) == at_gateway

    send_until_paid(control)

    assert_paid_once(payout, control, mark)


@pytest.mark.parametrize("server", ["goes_on", "breaks_off"])
@pytest.mark.parametrize("commit_of", [SendState.SENDING, SendState.SENT])
def test_a_payout_whose_worker_is_killed_inside_a_commit_goes_out_once(
    payout: Payout, worker: Worker, hangs: Hangs, control: Control, mark: int, commit_of: str, server: str
) -> None:
    hangs.in_commit("payments_payout", f"UPDATE WHEN (NEW.state = '{commit_of}' AND OLD.state <> NEW.state)")
    worker.start()
    current_app.send_task(SEND)
    hangs.wait_until_hanging()
    worker.kill()
    if server == "goes_on":
        hangs.let_it_end()
    else:
        hangs.break_off()
    payout.refresh_from_db()
    before = {SendState.SENDING: SendState.REQUESTED, SendState.SENT: SendState.SENDING}[SendState(commit_of)]
    assert payout.state == (commit_of if server == "goes_on" else before)
    hangs.remove()

    send_until_paid(control)

    assert_paid_once(payout, control, mark)


def test_a_refund_whose_worker_is_killed_goes_back_once(
    refund: Refund, worker: Worker, control: Control, mark: int
) -> None:
    worker.start(kill_at="refund_called")
    current_app.send_task(SEND)
    worker.wait_until_killed()
    refund.refresh_from_db()
    assert refund.state == SendState.SENDING

    send_until_paid(control)

    assert_paid_once(refund, control, mark)


# --- payments ---------------------------------------------------------------------------------------------------------
def test_a_payment_whose_worker_is_killed_while_setting_it_up_is_there_once(
    deal: Deal, worker: Worker, control: Control
) -> None:
    control.plan("payments.create", "timeout_before_effect")
    payment = start(deal)
    assert payment.state == PaymentState.CREATED
    let_back_off_pass()
    worker.start(kill_at="payment_called")
    current_app.send_task(ASK)
    worker.wait_until_killed()
    payment.refresh_from_db()
    assert payment.state == PaymentState.CREATED

    let_back_off_pass()
    ask_about_open_payments()

    payment.refresh_from_db()
    assert payment.state == PaymentState.PENDING
    assert len(control.list_by("payments", payment.reference)) == 1


# --- releases ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("where", "server"), [("in_write", "goes_on"), ("in_commit", "goes_on"), ("in_commit", "breaks_off")]
)
def test_a_release_whose_worker_is_killed_is_all_or_nothing_and_repeated_once(
    funded: Deal, worker: Worker, hangs: Hangs, where: str, server: str
) -> None:
    getattr(hangs, where)("payments_release", "INSERT")
    worker.start()
    current_app.send_task(RELEASE, [funded.escrow_id])
    hangs.wait_until_hanging()
    worker.kill()
    if server == "goes_on":
        hangs.let_it_end()
    else:
        hangs.break_off()
    committed = where == "in_commit" and server == "goes_on"
    assert Release.objects.count() == committed
    assert money_of(funded.escrow_id).held_minor == (0 if committed else PRICE_MINOR)
    assert payable_by_currency(funded.payee_id) == ({"USD": NET_MINOR} if committed else {})
    hangs.remove()

    release_rest(escrow_id=funded.escrow_id, reason="accepted", sequence=1, by=platform(), at=NOW)

    assert Release.objects.count() == 1
    assert money_of(funded.escrow_id).held_minor == 0
    assert payable_by_currency(funded.payee_id) == {"USD": NET_MINOR}


# --- the courier ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("where", ["in_write", "in_commit"])
def test_news_whose_courier_is_killed_has_its_effect_once(
    funded: Deal, worker: Worker, hangs: Hangs, control: Control, mark: int, where: str
) -> None:
    release_rest(escrow_id=funded.escrow_id, reason="accepted", sequence=1, by=platform(), at=NOW)
    getattr(hangs, where)("payments_payout", "INSERT")
    worker.start()
    current_app.send_task(COURIER)
    hangs.wait_until_hanging()
    worker.kill()
    hangs.let_it_end()
    committed = where == "in_commit"
    assert Payout.objects.count() == committed
    hangs.remove()

    run_courier()

    assert not Delivery.objects.filter(state=DeliveryState.WAITING).exists()
    payout = Payout.objects.get()
    send_until_paid(control)
    assert_paid_once(payout, control, mark)


def test_an_order_whose_courier_is_killed_starts_production_once(
    agreement: None, seller_owner: User, buyer_owner: User, worker: Worker, hangs: Hangs, control: Control
) -> None:
    order = confirmed_order(seller_owner, buyer_owner)
    first = Instalment.objects.get(escrow_id=order.escrow_id, sequence=1)
    fund(Deal(order.escrow_id, [first.pk], actor(buyer_owner), 0), control)
    hangs.in_write("orders_order", "UPDATE WHEN (NEW.state = 'IN_PRODUCTION' AND OLD.state <> NEW.state)")
    worker.start()
    current_app.send_task(COURIER)
    hangs.wait_until_hanging()
    worker.kill()
    hangs.let_it_end()
    order.refresh_from_db()
    assert order.state == "AWAITING_PAYMENT"
    hangs.remove()

    run_courier()

    order.refresh_from_db()
    assert order.state == "IN_PRODUCTION"
    assert Payment.objects.get().state == PaymentState.SECURED


# --- an order that is accepted by silence -----------------------------------------------------------------------------
def test_an_order_whose_sweep_is_killed_while_it_accepts_completes_and_pays_once(
    agreement: None, seller_owner: User, buyer_owner: User, worker: Worker, hangs: Hangs, control: Control, mark: int
) -> None:
    """Nobody accepts: the worker's sweep does, within one transaction of order, shipment, escrow and ledger."""
    order = delivered_order(seller_owner, buyer_owner, control)
    hangs.in_write("payments_release", "INSERT")
    worker.start()
    current_app.send_task(SWEEP)
    hangs.wait_until_hanging()
    worker.kill()
    hangs.let_it_end()
    order.refresh_from_db()
    assert (order.state, Release.objects.count()) == ("DELIVERED", 0)
    hangs.remove()

    Deadline.objects.filter(state="WAITING").update(leased_until=None)
    sweep()
    run_courier()

    order.refresh_from_db()
    assert (order.state, Release.objects.count()) == ("COMPLETED", 1)
    send_until_paid(control)
    assert_paid_once(Payout.objects.get(), control, mark)


def delivered_order(seller: User, buyer: User, control: Control) -> Order:
    """Paid at the gateway, made, shipped and arrived long ago: the time to inspect it is over."""
    order = confirmed_order(seller, buyer)
    ids = list(Instalment.objects.filter(escrow_id=order.escrow_id).order_by("sequence").values_list("pk", flat=True))
    deal = Deal(order.escrow_id, ids, actor(buyer), company_of(seller).pk)
    fund(deal, control)
    run_courier()
    ready(fresh(order), seller)
    fund(deal, control, place=1)
    run_courier()
    book(fresh(order), buyer)
    ship(fresh(order), seller, at=NOW + 2 * DAY)
    return arrive(fresh(order), buyer, at=NOW + 30 * DAY)


def confirmed_order(seller: User, buyer: User) -> Order:
    order = complete(create_draft(by=actor(seller), at=NOW), seller)
    send_order(order_id=order.pk, seen_version=order.version, by=actor(seller), at=NOW)
    terms = last_terms(order)
    assert terms is not None
    return confirm_order(order_id=order.pk, terms_sha256=terms.sha256, by=actor(buyer), at=NOW)
