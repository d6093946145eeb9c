"""A click against a gateway that answers late, twice, wrongly or not at all: one payment, and no doubt forgotten."""

import pytest

from companies.models import User
from core.deadlines import carry_out_deadline
from core.errors import NotAllowed
from core.models import Alarm, Deadline
from payments.actions.funding import stop_funding
from payments.errors import AlreadySecured, FundingIsOver
from payments.exchanges.pay import EarlierAttemptOpen, GatewayTrouble, start_payment
from payments.gateways.base import GatewayPayment, Rejected
from payments.gateways.sandbox import SandboxGateway
from payments.models import Payment, PaymentState
from payments.queries import money_of
from payments.tasks import ask_about_open_payments
from payments.timing import PAYMENT_OPEN
from tests.cast import NOW, actor
from tests.payments.exchanges.control import DECLINED_CARD, LATE_CARD, SECOND_STEP_CARD, SILENT_CARD, Control
from tests.payments.exchanges.scene import PRICE_MINOR, Deal, ask, let_back_off_pass, start

NO_ANSWER = ("timeout_before_effect", "timeout_after_effect", "error_500", "error_500_after_effect", "error_429")


def at_gateway(control: Control) -> list[str]:
    """Status of each payment that the gateway has of ours, oldest first."""
    references = Payment.objects.order_by("pk").values_list("reference", flat=True)
    return [found["status"] for reference in references for found in control.list_by("payments", reference)]


def test_a_card_payment_gets_the_address_of_the_hosted_page(deal: Deal, control: Control) -> None:
    payment = start(deal, "card")
    assert payment.state == PaymentState.PENDING
    assert payment.checkout_url.startswith(control.url)
    assert payment.bank_details == {}


def test_a_wire_gets_an_account_and_a_reference_of_its_own(deal: Deal, control: Control) -> None:
    details = start(deal, "wire").bank_details
    assert details["account_number"] and details["reference"]
    assert details["bank_page_url"].startswith(control.url)


def test_two_clicks_are_one_payment(deal: Deal, control: Control) -> None:
    assert start(deal, "card").pk == start(deal, "card").pk
    assert at_gateway(control) == ["requires_action"]


@pytest.mark.parametrize("fault", NO_ANSWER)
@pytest.mark.parametrize("method", ["card", "wire"])
def test_without_an_answer_the_payment_is_being_set_up_and_asking_completes_it(
    deal: Deal, control: Control, method: str, fault: str
) -> None:
    control.plan("payments.create", fault)

    payment = start(deal, method)

    assert (payment.state, payment.gateway_id) == (PaymentState.CREATED, "")
    completed = ask(payment)
    assert completed.state == PaymentState.PENDING
    assert completed.checkout_url or completed.bank_details
    assert len(at_gateway(control)) == 1


@pytest.mark.parametrize("fault", NO_ANSWER)
def test_without_an_answer_a_second_click_completes_the_same_payment(deal: Deal, control: Control, fault: str) -> None:
    control.plan("payments.create", fault)
    first = start(deal, "card")

    second = start(deal, "card")

    assert (second.pk, second.state) == (first.pk, PaymentState.PENDING)
    assert len(at_gateway(control)) == 1


def test_the_task_completes_what_was_being_set_up(deal: Deal, control: Control) -> None:
    control.plan("payments.create", "timeout_after_effect")
    payment = start(deal, "card")
    let_back_off_pass()

    assert ask_about_open_payments() == 1

    payment.refresh_from_db()
    assert payment.state == PaymentState.PENDING and payment.checkout_url
    assert len(at_gateway(control)) == 1


def test_a_slow_answer_is_waited_for(deal: Deal, control: Control) -> None:
    control.plan("payments.create", "slow", seconds=0.2)
    assert start(deal, "card").state == PaymentState.PENDING


@pytest.mark.parametrize("fault", ["timeout_before_effect", "error_500", "error_429", "slow"])
def test_a_payment_that_cannot_be_read_now_is_read_later(deal: Deal, control: Control, fault: str) -> None:
    payment = start(deal, "wire")
    control.wire(payment.reference, PRICE_MINOR)
    control.plan("payments.get", fault, times=2, seconds=3)
    let_back_off_pass()

    assert ask_about_open_payments() == 0
    assert money_of(deal.escrow_id).held_minor == 0
    let_back_off_pass()
    assert ask_about_open_payments() == 1

    assert money_of(deal.escrow_id).held_minor == PRICE_MINOR


def test_what_the_gateway_refuses_to_create_has_failed_and_can_be_tried_again(deal: Deal, control: Control) -> None:
    broken = start_payment(
        instalment_id=deal.instalment_ids[0], method="card", return_url="nowhere", by=deal.payer, at=NOW
    )
    assert (broken.state, broken.failure_code) == (PaymentState.FAILED, "invalid_request")
    assert start(deal, "card").state == PaymentState.PENDING
    assert len(at_gateway(control)) == 1


def test_a_click_after_a_declined_card_is_a_new_attempt_though_no_webhook_came(deal: Deal, control: Control) -> None:
    first = start(deal, "card")
    control.pay_by_card(first.gateway_id, DECLINED_CARD)

    second = start(deal, "card")

    first.refresh_from_db()
    assert (first.state, first.failure_code) == (PaymentState.FAILED, "card_declined")
    assert second.pk != first.pk and second.state == PaymentState.PENDING
    assert money_of(deal.escrow_id).held_minor == 0


def test_a_click_after_a_paid_card_finds_it_secured_though_no_webhook_came(deal: Deal, control: Control) -> None:
    first = start(deal, "card")
    control.pay_by_card(first.gateway_id)

    assert start(deal, "card").state == PaymentState.SECURED

    assert money_of(deal.escrow_id).held_minor == PRICE_MINOR
    with pytest.raises(AlreadySecured):
        start(deal, "card")


# --- cards that take their time ---------------------------------------------------------------------------------------
def test_a_card_with_a_second_step_is_held_once_the_step_is_taken(deal: Deal, control: Control) -> None:
    payment = start(deal, "card")
    control.pay_by_card(payment.gateway_id, SECOND_STEP_CARD)
    assert (ask(payment).state, money_of(deal.escrow_id).held_minor) == (PaymentState.PENDING, 0)
    control.give_code(payment.gateway_id, "000000")
    assert ask(payment).state == PaymentState.PENDING
    control.give_code(payment.gateway_id, "123456")
    assert (ask(payment).state, money_of(deal.escrow_id).held_minor) == (PaymentState.SECURED, PRICE_MINOR)


def test_a_second_step_failed_three_times_leaves_the_way_free_for_another_card(deal: Deal, control: Control) -> None:
    first = start(deal, "card")
    control.pay_by_card(first.gateway_id, SECOND_STEP_CARD)
    for _time in range(3):
        control.give_code(first.gateway_id, "000000")
    assert ask(first).state == PaymentState.FAILED
    second = start(deal, "card")
    control.pay_by_card(second.gateway_id)
    assert (ask(second).state, money_of(deal.escrow_id).held_minor) == (PaymentState.SECURED, PRICE_MINOR)


def test_a_card_that_answers_late_is_held_when_it_does(deal: Deal, control: Control) -> None:
    payment = start(deal, "card")
    control.pay_by_card(payment.gateway_id, LATE_CARD)
    assert (ask(payment).state, money_of(deal.escrow_id).held_minor) == (PaymentState.PENDING, 0)
    assert start(deal, "card").pk == payment.pk, "while it is open there is no second attempt"
    control.settle()
    assert (ask(payment).state, money_of(deal.escrow_id).held_minor) == (PaymentState.SECURED, PRICE_MINOR)


def test_a_card_that_never_answers_is_ended_by_its_clock(deal: Deal, control: Control) -> None:
    payment = start(deal, "card")
    control.pay_by_card(payment.gateway_id, SILENT_CARD)
    due = Deadline.objects.get(kind=PAYMENT_OPEN, subject_id=payment.pk, state="WAITING")

    assert carry_out_deadline(due, at=due.due_at)
    ask_about_open_payments()

    payment.refresh_from_db()
    assert (payment.state, at_gateway(control)) == (PaymentState.ABANDONED, ["canceled"])
    assert start(deal, "card").state == PaymentState.PENDING


# --- another method ---------------------------------------------------------------------------------------------------
def test_another_method_closes_the_earlier_attempt_first(deal: Deal, control: Control) -> None:
    card = start(deal, "card")
    wire = start(deal, "wire")
    card.refresh_from_db()
    assert (card.state, wire.state) == (PaymentState.ABANDONED, PaymentState.PENDING)
    assert at_gateway(control) == ["canceled", "pending"]


def test_another_method_finds_the_earlier_attempt_paid(deal: Deal, control: Control) -> None:
    card = start(deal, "card")
    control.pay_by_card(card.gateway_id)

    with pytest.raises(AlreadySecured):
        start(deal, "wire")

    assert money_of(deal.escrow_id).held_minor == PRICE_MINOR
    assert Payment.objects.count() == 1


@pytest.mark.parametrize("fault", NO_ANSWER)
def test_while_the_earlier_attempt_is_in_doubt_there_is_no_second_one(deal: Deal, control: Control, fault: str) -> None:
    start(deal, "card")
    control.plan("payments.cancel", fault)

    with pytest.raises(EarlierAttemptOpen):
        start(deal, "wire")

    assert Payment.objects.count() == 1
    assert start(deal, "wire").state == PaymentState.PENDING
    assert at_gateway(control) == ["canceled", "pending"]


@pytest.mark.parametrize("fault", NO_ANSWER)
def test_an_attempt_that_may_not_exist_is_made_and_cancelled_before_another_starts(
    deal: Deal, control: Control, fault: str
) -> None:
    control.plan("payments.create", fault)
    card = start(deal, "card")

    assert start(deal, "wire").state == PaymentState.PENDING

    card.refresh_from_db()
    assert card.state == PaymentState.ABANDONED
    assert at_gateway(control) == ["canceled", "pending"]


def test_a_refused_cancellation_is_no_refused_creation(
    deal: Deal, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gateway has a live checkout, whatever it says to the wish to cancel it: the attempt can't have failed."""
    control.plan("payments.create", "timeout_after_effect")
    card = start(deal, "card")

    def refuse(_client: SandboxGateway, *, key: str, payment_id: str) -> GatewayPayment:
        raise Rejected("cannot_cancel", "not now")

    monkeypatch.setattr(SandboxGateway, "cancel_payment", refuse)
    with pytest.raises(EarlierAttemptOpen):
        start(deal, "wire")
    card.refresh_from_db()
    assert card.state == PaymentState.PENDING and card.gateway_id
    assert Alarm.objects.get(kind="gateway_answer").subject_id == card.pk
    assert at_gateway(control) == ["requires_action"]

    monkeypatch.undo()
    assert start(deal, "wire").state == PaymentState.PENDING
    assert at_gateway(control) == ["canceled", "pending"]


def test_another_object_for_an_answer_is_refused_in_words_and_alarmed(deal: Deal, control: Control) -> None:
    """Not with an error page. `agreement` sees afterwards that nothing was booked by it."""
    payment = start(deal, "card")
    Payment.objects.filter(pk=payment.pk).update(amount_minor=PRICE_MINOR - 1)
    with pytest.raises(GatewayTrouble):
        start(deal, "card")
    assert Alarm.objects.get(kind="gateway_answer").subject_id == payment.pk
    Payment.objects.filter(pk=payment.pk).update(amount_minor=PRICE_MINOR)


def test_money_on_the_abandoned_account_goes_back(deal: Deal, control: Control) -> None:
    wire = start(deal, "wire")
    start(deal, "card")
    control.wire(wire.reference, 40_000)

    ask(wire)

    money = money_of(deal.escrow_id)
    assert (money.held_minor, money.refund_due_minor) == (0, 40_000)


# --- cancelled with its escrow ----------------------------------------------------------------------------------------
def test_open_attempts_of_a_stopped_escrow_are_cancelled_by_the_task(deal: Deal, control: Control) -> None:
    payment = start(deal, "card")
    stop_funding(escrow_id=deal.escrow_id, reason="expired", by=deal.payer, at=NOW)

    assert ask_about_open_payments() == 1

    payment.refresh_from_db()
    assert payment.state == PaymentState.ABANDONED
    assert at_gateway(control) == ["canceled"]
    with pytest.raises(FundingIsOver):
        start(deal, "wire")


def test_a_card_that_paid_before_the_stop_reached_the_gateway_goes_back(deal: Deal, control: Control) -> None:
    payment = start(deal, "card")
    control.pay_by_card(payment.gateway_id)
    stop_funding(escrow_id=deal.escrow_id, reason="expired", by=deal.payer, at=NOW)

    ask_about_open_payments()

    payment.refresh_from_db()
    money = money_of(deal.escrow_id)
    assert payment.state == PaymentState.ABANDONED
    assert (money.held_minor, money.refund_due_minor) == (0, PRICE_MINOR)


def test_a_stranger_starts_nothing(deal: Deal, stranger: User, control: Control) -> None:
    with pytest.raises(NotAllowed):
        start(Deal(deal.escrow_id, deal.instalment_ids, actor(stranger), deal.payee_id), "card")
    assert not Payment.objects.exists()
