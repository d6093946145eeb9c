"""Payouts and refunds against every way in which a call can go wrong: sent once, known in the end, to the cent."""

from collections.abc import Callable

import pytest

from companies.models import User
from core.actors import platform
from core.alarms import clear_alarms, raise_alarm
from core.models import Alarm, Transition
from payments.actions.funding import close_to_funding
from payments.actions.refunds import retry_refund
from payments.actions.release import refund_rest
from payments.actions.sending import ABSENT_ALARM, BOOKS_ALARM, record_payout_failed
from payments.exchanges.events import follow_object
from payments.exchanges.payouts import ask_about_payout, send_payout
from payments.exchanges.refunds import send_refund
from payments.gateways.sandbox import SandboxGateway
from payments.models import Payout, Refund, SendState
from payments.queries import money_of, payable_by_currency
from payments.tasks import send_outgoing_money
from payments.timing import REFUND_OVERDUE
from tests.cast import NOW, actor
from tests.payments.exchanges.control import REFUND_FAILS_CARD, Control
from tests.payments.exchanges.scene import (
    FEE_MINOR,
    PRICE_MINOR,
    Deal,
    ask,
    bank_at,
    fund,
    let_back_off_pass,
    open_deal,
    owe_payout,
    start,
)

pytestmark = pytest.mark.django_db(transaction=True)  # a gateway is never called inside a transaction

NET_MINOR = PRICE_MINOR - FEE_MINOR
WITHOUT_EFFECT = ("timeout_before_effect", "error_500", "error_429")
GONE = (SendState.SENT, SendState.PAID)
"""The sandbox bank pays a second later by itself."""
AFTER_EFFECT = ("timeout_after_effect", "error_500_after_effect")


def owe_refund(deal: Deal) -> Refund:
    [refund] = refund_rest(escrow_id=deal.escrow_id, reason="cancelled", by=platform(), at=NOW)
    return refund


@pytest.fixture
def payout(deal: Deal, control: Control) -> Payout:
    fund(deal, control)
    return owe_payout(deal)


@pytest.fixture
def refund(deal: Deal, control: Control) -> Refund:
    fund(deal, control)
    return owe_refund(deal)


def send(row: Payout | Refund) -> str:
    """One exchange; the state afterwards."""
    if isinstance(row, Payout):
        send_payout(payout_id=row.pk, at=NOW)
    else:
        send_refund(refund_id=row.pk, at=NOW)
    row.refresh_from_db()
    return row.state


def at_gateway(control: Control, row: Payout | Refund) -> int:
    return len(control.list_by("payouts" if isinstance(row, Payout) else "refunds", row.reference))


def went_out(control: Control, mark: int) -> list[tuple[str, int]]:
    return [move for move in control.movements(mark) if move[0] != "receipt"]


@pytest.fixture(params=["payout", "refund"])
def row(request: pytest.FixtureRequest) -> Payout | Refund:
    return request.getfixturevalue(request.param)


@pytest.fixture
def paid(control: Control, mark: int) -> Callable[[Payout | Refund], None]:
    """Asserts that a row is paid in the end: once at the gateway, once in the books (which `agreement` compares)."""

    def check(row: Payout | Refund) -> None:
        control.settle()
        assert send(row) == SendState.PAID
        assert at_gateway(control, row) == 1
        assert went_out(control, mark) == [(row._meta.model_name, row.amount_minor)]

    return check


def test_is_sent_then_paid(row, paid) -> None:
    assert send(row) == SendState.SENT
    paid(row)


def test_sent_twice_goes_out_once(row, paid, control: Control) -> None:
    send(row)
    assert send(row) in GONE
    assert at_gateway(control, row) == 1
    paid(row)
    assert send(row) == SendState.PAID


@pytest.mark.parametrize("fault", AFTER_EFFECT)
def test_no_answer_is_unknown_and_asking_resolves_it(row, paid, control: Control, fault: str) -> None:
    control.plan(f"{row._meta.model_name}s.create", fault)
    assert send(row) == SendState.UNKNOWN
    assert at_gateway(control, row) == 1
    assert send(row) in GONE
    paid(row)


@pytest.mark.parametrize("fault", WITHOUT_EFFECT)
def test_what_is_absent_is_sent_again_only_after_two_looks_a_minute_apart(
    row, paid, control: Control, fault: str
) -> None:
    control.plan(f"{row._meta.model_name}s.create", fault)
    assert send(row) == SendState.UNKNOWN
    for _look in range(3):
        assert send(row) == SendState.UNKNOWN
        assert at_gateway(control, row) == 0, "one empty list, or three within a minute, prove nothing"
    assert Alarm.objects.get(kind=ABSENT_ALARM, cleared_at__isnull=True).subject_id == row.pk

    let_back_off_pass()

    assert send(row) in GONE
    assert not Alarm.objects.filter(kind=ABSENT_ALARM, cleared_at__isnull=True).exists()
    paid(row)


def test_a_list_that_is_empty_once_sends_nothing_again(row, paid, control: Control, monkeypatch) -> None:
    """A gateway whose list lags behind: the first look finds nothing although the money is on its way."""
    control.plan(f"{row._meta.model_name}s.create", "timeout_after_effect")
    assert send(row) == SendState.UNKNOWN
    with monkeypatch.context() as lagging:
        lagging.setattr(SandboxGateway, "_find", lambda *_arguments: None)
        assert send(row) == SendState.UNKNOWN
    let_back_off_pass()
    assert send(row) in GONE
    paid(row)


@pytest.mark.parametrize("fault", WITHOUT_EFFECT)
def test_sent_again_without_an_answer_it_must_be_proved_absent_again(row, paid, control: Control, fault: str) -> None:
    control.plan(f"{row._meta.model_name}s.create", fault, times=2)
    for _round in range(2):
        assert send(row) == SendState.UNKNOWN
        assert send(row) == SendState.UNKNOWN
        assert at_gateway(control, row) == 0
        let_back_off_pass()
    assert send(row) in GONE
    paid(row)


@pytest.mark.parametrize("fault", AFTER_EFFECT)
def test_in_doubt_three_times_it_still_goes_out_once(row, paid, control: Control, fault: str) -> None:
    control.plan(f"{row._meta.model_name}s.create", fault, times=2)
    assert send(row) == SendState.UNKNOWN
    assert send(row) in GONE
    send(row)
    paid(row)


def test_nothing_is_sent_again_while_the_books_are_wrong(row, paid, control: Control) -> None:
    control.plan(f"{row._meta.model_name}s.create", "error_500")
    send(row)
    send(row)
    raise_alarm(BOOKS_ALARM, "payments.books", 0, "they differ")
    let_back_off_pass()
    assert send(row) == SendState.UNKNOWN
    assert at_gateway(control, row) == 0
    clear_alarms(BOOKS_ALARM, "payments.books", 0)
    assert send(row) in GONE
    paid(row)


@pytest.mark.parametrize("fault", ["timeout_before_effect", "error_500", "error_429", "slow"])
def test_a_sent_one_that_cannot_be_read_is_in_doubt_until_it_can(row, paid, control: Control, fault: str) -> None:
    send(row)
    control.plan(f"{row._meta.model_name}s.get", fault)
    assert send(row) == SendState.UNKNOWN
    assert send(row) in GONE
    paid(row)


def test_a_slow_answer_is_an_answer(row, paid, control: Control) -> None:
    control.plan(f"{row._meta.model_name}s.create", "slow", seconds=0.2)
    assert send(row) == SendState.SENT
    paid(row)


def test_paid_before_anybody_asked_is_paid_straight_from_unknown(row, control: Control, mark: int) -> None:
    control.plan(f"{row._meta.model_name}s.create", "timeout_after_effect")
    send(row)
    control.settle()
    assert send(row) == SendState.PAID
    assert len(went_out(control, mark)) == 1


# --- banks that behave badly ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("ending", "state"), [("0002", SendState.FAILED), ("0003", SendState.RETURNED)])
def test_what_a_bank_refuses_or_returns_is_payable_again(
    deal: Deal, control: Control, seller_owner: User, ending: str, state: str
) -> None:
    bank_at(seller_owner, f"007100012{ending}")
    fund(deal, control)
    payout = owe_payout(deal)
    send(payout)
    control.settle()

    assert send(payout) == state

    assert payable_by_currency(deal.payee_id) == {"USD": NET_MINOR}
    bank_at(seller_owner, "0071000199999")
    again = owe_payout(deal)
    send(again)
    control.settle()
    assert send(again) == SendState.PAID
    assert payable_by_currency(deal.payee_id).get("USD", 0) == 0


def test_a_payout_returned_after_it_was_paid_is_owed_again(deal: Deal, control: Control, seller_owner: User) -> None:
    bank_at(seller_owner, "0071000120004")
    fund(deal, control)
    payout = owe_payout(deal)
    send(payout)
    control.settle(gateway_id(payout), "paid")
    assert send(payout) == SendState.PAID
    control.settle(gateway_id(payout), "returned")
    assert send(payout) == SendState.PAID, "a final payout is not sent or asked about by the task"

    follow_object(gateway_name="sandbox", noun="payout", object_id=payout.gateway_id, at=NOW)

    payout.refresh_from_db()
    assert payout.state == SendState.RETURNED
    assert payable_by_currency(deal.payee_id) == {"USD": NET_MINOR}


def gateway_id(payout: Payout) -> str:
    payout.refresh_from_db()
    return payout.gateway_id


def test_a_bank_that_never_answers_leaves_it_sent(deal: Deal, control: Control, seller_owner: User) -> None:
    bank_at(seller_owner, "0071000120004")
    fund(deal, control)
    payout = owe_payout(deal)
    send(payout)
    control.settle()
    assert send(payout) == SendState.SENT
    control.settle(gateway_id(payout), "paid")
    assert send(payout) == SendState.PAID


def test_a_refund_that_the_bank_refuses_stays_owed(deal: Deal, control: Control) -> None:
    payment = start(deal, "card")
    control.pay_by_card(payment.gateway_id, REFUND_FAILS_CARD)
    ask(payment)
    refund = owe_refund(deal)
    send(refund)
    control.settle()

    assert send(refund) == SendState.FAILED

    assert money_of(deal.escrow_id).refund_due_minor == PRICE_MINOR


def paid_by_card_and_back(deal: Deal, control: Control) -> Refund:
    """The refund is PAID, and due back no more."""
    payment = start(deal, "card")
    control.pay_by_card(payment.gateway_id)
    ask(payment)
    refund = owe_refund(deal)
    send(refund)
    control.settle()
    assert send(refund) == SendState.PAID
    assert money_of(deal.escrow_id).refund_due_minor == 0
    return refund


@pytest.mark.parametrize("word", ["failed", "returned"])
def test_a_refund_that_comes_back_after_it_was_paid_is_owed_again(
    deal: Deal, control: Control, treasurer: User, word: str
) -> None:
    refund = paid_by_card_and_back(deal, control)
    control.settle(refund.gateway_id, word)

    for _time in range(2):
        follow_object(gateway_name="sandbox", noun="refund", object_id=refund.gateway_id, at=NOW)

    refund.refresh_from_db()
    assert refund.state == SendState.RETURNED
    assert money_of(deal.escrow_id).refund_due_minor == PRICE_MINOR
    assert Alarm.objects.get(kind=REFUND_OVERDUE, cleared_at__isnull=True).subject_id == refund.pk
    again = retry_refund(refund_id=refund.pk, by=actor(treasurer), at=NOW)
    send(again)
    control.settle()
    assert send(again) == SendState.PAID
    assert money_of(deal.escrow_id).refund_due_minor == 0


def test_a_payout_that_is_called_failed_after_it_was_paid_is_owed_again(payout: Payout, control: Control) -> None:
    send(payout)
    control.settle()
    assert send(payout) == SendState.PAID
    record_payout_failed(payout_id=payout.pk, failure_code="account_closed", by=platform("gateway"), at=NOW)
    record_payout_failed(payout_id=payout.pk, failure_code="account_closed", by=platform("gateway"), at=NOW)
    control.settle(payout.gateway_id, "returned")
    payout.refresh_from_db()
    assert payout.state == SendState.RETURNED
    assert payable_by_currency(payout.company_id) == {"USD": NET_MINOR}


# --- the task ---------------------------------------------------------------------------------------------------------
def test_the_task_sends_what_is_due_and_asks_until_it_is_paid(row, control: Control) -> None:
    let_back_off_pass()
    assert send_outgoing_money() == 1
    row.refresh_from_db()
    assert row.state == SendState.SENT
    assert send_outgoing_money() == 0, "leased: not yet due again"

    control.settle()
    let_back_off_pass()
    assert send_outgoing_money() == 1

    row.refresh_from_db()
    assert row.state == SendState.PAID


def test_refunds_and_payouts_go_by_turns_within_one_budget(
    payout: Payout, control: Control, buyer_owner: User, seller_owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    refunds = []
    for _number in range(3):
        deal = open_deal(buyer_owner, seller_owner)
        fund(deal, control)
        refunds.append(owe_refund(deal))
    let_back_off_pass()
    monkeypatch.setattr("payments.tasks.BUDGET_SECONDS", 0)
    assert send_outgoing_money() == 0
    monkeypatch.setattr("payments.tasks.BUDGET_SECONDS", 45)
    monkeypatch.setattr("payments.tasks.TURN", 1)

    assert send_outgoing_money() == 4

    payout.refresh_from_db()
    assert [Refund.objects.filter(sending_at__isnull=False).count(), payout.state] == [3, SendState.SENT]
    moved = Transition.objects.filter(target=SendState.SENDING).order_by("pk")
    assert [row.subject_type for row in moved][:2] == ["payments.refund", "payments.payout"]


def test_a_gateway_that_is_down_stops_nothing_for_good(row, paid, settings) -> None:
    there = settings.SANDBOX_GATEWAY_URL
    settings.SANDBOX_GATEWAY_URL = "http://127.0.0.1:9"
    let_back_off_pass()
    send_outgoing_money()
    row.refresh_from_db()
    assert row.state == SendState.UNKNOWN

    settings.SANDBOX_GATEWAY_URL = there
    for _look in range(2):
        let_back_off_pass()
        send_outgoing_money()

    paid(row)


def test_asking_about_a_payout_sends_nothing(payout: Payout, control: Control) -> None:
    ask_about_payout(payout_id=payout.pk, at=NOW)
    payout.refresh_from_db()
    assert payout.state == SendState.REQUESTED
    assert at_gateway(control, payout) == 0


def test_a_closed_deal_refunds_only_what_it_holds(deal: Deal, control: Control, mark: int) -> None:
    payment = fund(deal, control)
    close_to_funding(escrow_id=deal.escrow_id, reason="cancelled", by=platform(), at=NOW)
    control.wire(payment.reference, 7_000)
    ask(payment)
    held = owe_refund(deal)
    [late] = Refund.objects.exclude(pk=held.pk)
    for refund in (held, late):
        send(refund)
    control.settle()
    assert [send(refund) for refund in (held, late)] == [SendState.PAID, SendState.PAID]
    assert sorted(went_out(control, mark)) == [("refund", 7_000), ("refund", PRICE_MINOR)]
    assert money_of(deal.escrow_id).refund_due_minor == 0
