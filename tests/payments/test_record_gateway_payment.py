from datetime import timedelta
from functools import partial

import pytest

from core import clock, deadlines
from core.errors import NotAllowed
from core.models import Alarm
from payments.actions.funding import stop_funding
from payments.actions.overdue import give_up_payment
from payments.actions.payment import ask_to_cancel_payment, lease_payments_to_ask
from payments.actions.receipts import allowance_minor, record_gateway_payment
from payments.models import EscrowState, Payment, PaymentState, Receipt, Refund, Transfer
from payments.queries import balance_minor, money_of
from tests.cast import NOW, actor
from tests.concurrency.racing import locks_before_writing, run_at_once
from tests.payments.steps import (
    Books,
    balances,
    instalment_of,
    money,
    new_escrow,
    pay,
    receive,
    start,
    state_of,
    told,
)

pytestmark = pytest.mark.django_db


def refunds():
    return list(Refund.objects.order_by("pk").values_list("amount_minor", "currency", "reason", "state"))


# --- exact ------------------------------------------------------------------------------------------------------------
def test_an_exact_card_secures_its_instalment(escrow, buyer_owner):
    payment = start(escrow, buyer_owner)
    with locks_before_writing():
        receive(payment, money(75_000), status="succeeded")

    assert state_of(payment) == PaymentState.SECURED
    assert state_of(escrow) == EscrowState.PARTLY_FUNDED
    assert balances(escrow) == {"held": 75_000, "refund_due": 0, "payable": 0, "fees": 0, "clearing": 75_000}
    assert told("InstalmentSecured") == [
        {
            "escrow_id": escrow.pk,
            "instalment_id": instalment_of(escrow).pk,
            "sequence": 1,
            "amount_minor": 75_000,
            "all_due_secured": False,
        }
    ]
    assert deadlines.live_of(payment) == []


def test_the_last_one_funds_the_escrow(partly_funded_escrow, buyer_owner):
    pay(partly_funded_escrow, buyer_owner, sequence=2, method="wire")
    assert state_of(partly_funded_escrow) == EscrowState.FUNDED
    assert balances(partly_funded_escrow)["held"] == 250_000
    assert told("EscrowFunded") == [{"escrow_id": partly_funded_escrow.pk}]
    assert told("InstalmentSecured")[-1]["all_due_secured"] is True


def test_one_instalment_goes_straight_to_funded(buyer_owner, seller_owner):
    escrow = new_escrow(buyer_owner, seller_owner, amounts=[999])
    pay(escrow, buyer_owner)
    assert state_of(escrow) == EscrowState.FUNDED


@pytest.mark.parametrize(("currency", "amount_minor"), [("VND", 987_654_321), ("KWD", 1_234_567), ("USD", 10**12)])
def test_currencies_of_any_digits(buyer_owner, seller_owner, currency, amount_minor):
    escrow = new_escrow(buyer_owner, seller_owner, amounts=[amount_minor], currency=currency)
    pay(escrow, buyer_owner)
    assert balances(escrow)["held"] == amount_minor


# --- twice, out of order, unasked -------------------------------------------------------------------------------------
def test_told_twice_it_counts_once(escrow, buyer_owner):
    payment, receipt = start(escrow, buyer_owner), money(75_000)
    receive(payment, receipt, status="succeeded")
    books = Books()
    receive(payment, receipt, receipt, status="succeeded")
    assert books.unchanged()
    assert len(told("InstalmentSecured")) == 1


def test_the_money_may_come_before_the_start_is_recorded(escrow, buyer_owner):
    payment = start(escrow, buyer_owner, method="wire")
    receive(payment, money(75_000))
    assert start_again(payment).state == PaymentState.SECURED


def start_again(payment):
    payment.refresh_from_db()
    return payment


def test_an_old_failure_after_the_success_changes_nothing(escrow, buyer_owner):
    payment = start(escrow, buyer_owner)
    receive(payment, money(75_000), status="succeeded")
    books = Books()
    receive(payment, status="failed")
    assert books.unchanged()


def test_success_without_its_receipts_secures_nothing(escrow, buyer_owner):
    payment = start(escrow, buyer_owner)
    receive(payment, status="succeeded")
    assert state_of(payment) == PaymentState.PENDING
    assert Alarm.objects.filter(kind="payment_without_money").count() == 1
    receive(payment, money(75_000), status="succeeded")
    assert state_of(payment) == PaymentState.SECURED


@pytest.mark.parametrize("who", ["buyer_owner", "seller_owner", "treasurer"])
def test_nobody_but_the_platform_may_tell_of_money(request, escrow, buyer_owner, who):
    payment = start(escrow, buyer_owner)
    books = Books()
    with pytest.raises(NotAllowed):
        record_gateway_payment(
            payment_id=payment.pk,
            status="succeeded",
            receipts=[money(75_000)],
            by=actor(request.getfixturevalue(who)),
            at=NOW,
        )
    assert books.unchanged()


# --- the ways to fail -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("status", "state"),
    [("failed", PaymentState.FAILED), ("expired", PaymentState.EXPIRED), ("canceled", PaymentState.ABANDONED)],
)
def test_an_attempt_that_ends_leaves_the_instalment_open(escrow, buyer_owner, status, state):
    payment = start(escrow, buyer_owner)
    receive(payment, status=status)
    assert state_of(payment) == state
    assert state_of(escrow) == EscrowState.AWAITING_FUNDS
    assert not Transfer.objects.exists()
    codes = [each["code"] for each in told("PaymentFailed")]
    assert codes == ([] if state == PaymentState.ABANDONED else [state.lower()])
    assert money_of(escrow.pk).instalments[0].state == "DUE"


def test_money_on_an_ended_attempt_goes_back(escrow, buyer_owner):
    payment = start(escrow, buyer_owner)
    receive(payment, status="expired")
    receive(payment, money(75_000), status="expired")
    assert refunds() == [(75_000, "USD", "payment_ended", "REQUESTED")]
    assert balances(escrow) == {"held": 0, "refund_due": 75_000, "payable": 0, "fees": 0, "clearing": 75_000}
    assert told("MoneyOnEndedAttempt")[0]["amount_minor"] == 75_000
    assert told("MoneyAfterStop") == []


def test_nobody_is_told_to_try_again_who_chose_another_way_or_whose_deal_has_ended(escrow, buyer_owner, platform):
    switched = start(escrow, buyer_owner)
    ask_to_cancel_payment(payment_id=switched.pk, by=actor(buyer_owner), at=NOW)
    receive(switched, status="failed")
    stopped = start(escrow, buyer_owner, sequence=2)
    stop_funding(escrow_id=escrow.pk, reason="expired", by=platform, at=NOW)
    receive(stopped, status="expired")
    assert told("PaymentFailed") == []


def test_a_card_charged_after_the_stop_is_told_of_once_and_truly(escrow, buyer_owner, platform):
    payment = start(escrow, buyer_owner)
    stop_funding(escrow_id=escrow.pk, reason="expired", by=platform, at=NOW)
    receive(payment, money(75_000), status="succeeded")
    assert [each["amount_minor"] for each in told("MoneyAfterStop")] == [75_000]
    assert told("PaymentFailed") == told("MoneyOnEndedAttempt") == []


def test_an_attempt_that_ends_with_a_part_tells_of_the_part_and_not_that_nothing_was_taken(escrow, buyer_owner):
    payment = start(escrow, buyer_owner, method="wire")
    receive(payment, money(20_000))
    receive(payment, status="expired")
    assert [each["amount_minor"] for each in told("MoneyOnEndedAttempt")] == [20_000]
    assert told("PaymentFailed") == []


# --- wires: short, in parts, over -------------------------------------------------------------------------------------
def test_a_wire_short_within_the_allowance_counts_and_the_rest_joins_the_next(escrow, buyer_owner):
    payment = start(escrow, buyer_owner, method="wire")
    receive(payment, money(70_000))
    assert state_of(payment) == PaymentState.SECURED
    assert instalment_of(escrow).shortfall_minor == 5_000
    second = instalment_of(escrow, 2)
    assert (second.amount_minor, second.carried_minor, second.asked_minor) == (175_000, 5_000, 180_000)
    pay(escrow, buyer_owner, sequence=2)
    assert balances(escrow)["held"] == 250_000


def test_one_cent_more_than_the_allowance_is_waited_for(escrow, buyer_owner):
    payment = start(escrow, buyer_owner, method="wire")
    receive(payment, money(69_999))
    assert state_of(payment) == PaymentState.PENDING
    assert state_of(escrow) == EscrowState.PARTLY_FUNDED
    assert told("WireShort") == [{"escrow_id": escrow.pk, "payment_id": payment.pk, "missing_minor": 5_001}]
    assert money_of(escrow.pk).instalments[0].missing_minor == 5_001

    receive(payment, money(5_001))
    assert state_of(payment) == PaymentState.SECURED
    assert balances(escrow)["held"] == 75_000


def test_short_on_the_last_one_the_payee_bears_it(partly_funded_escrow, buyer_owner):
    payment = start(partly_funded_escrow, buyer_owner, sequence=2, method="wire")
    receive(payment, money(170_000))
    assert state_of(partly_funded_escrow) == EscrowState.FUNDED
    assert balances(partly_funded_escrow)["held"] == 245_000


def test_a_card_is_never_short(escrow, buyer_owner):
    payment = start(escrow, buyer_owner)
    receive(payment, money(74_999), status="succeeded")
    assert state_of(payment) == PaymentState.PENDING


def test_the_allowance_never_swallows_a_small_instalment(buyer_owner, seller_owner):
    escrow = new_escrow(buyer_owner, seller_owner, amounts=[4_000])
    payment = start(escrow, buyer_owner, method="wire")
    assert allowance_minor(payment) == 400
    receive(payment, money(3_599))
    assert state_of(payment) == PaymentState.PENDING


def test_the_shortfall_does_not_change_a_payment_that_is_under_way(escrow, buyer_owner):
    second = start(escrow, buyer_owner, sequence=2)
    first = start(escrow, buyer_owner, method="wire")
    receive(first, money(70_000))
    receive(second, money(175_000), status="succeeded")
    assert balances(escrow)["held"] == 245_000
    assert state_of(escrow) == EscrowState.FUNDED


def test_what_is_over_goes_back(escrow, buyer_owner):
    payment = start(escrow, buyer_owner, method="wire")
    receive(payment, money(80_000), status="succeeded")
    assert state_of(payment) == PaymentState.SECURED
    assert refunds() == [(5_000, "USD", "over_payment", "REQUESTED")]
    assert balances(escrow) == {"held": 75_000, "refund_due": 5_000, "payable": 0, "fees": 0, "clearing": 80_000}
    assert told("OverpaymentReceived")[0]["amount_minor"] == 5_000


def test_a_duplicate_wire_goes_back_whole(escrow, buyer_owner):
    payment, first, second = start(escrow, buyer_owner, method="wire"), money(75_000), money(75_000)
    receive(payment, first, status="succeeded")
    receive(payment, first, second, status="succeeded")
    assert refunds() == [(75_000, "USD", "over_payment", "REQUESTED")]


def test_parts_in_one_message_are_sorted_in_turn(escrow, buyer_owner):
    payment = start(escrow, buyer_owner, method="wire")
    receive(payment, money(50_000), money(50_000), money(10_000))
    assert [row.held_minor for row in Receipt.objects.order_by("pk")] == [50_000, 25_000, 0]
    assert refunds() == [(35_000, "USD", "over_payment", "REQUESTED")]


def test_another_currency_goes_back_in_that_currency(escrow, buyer_owner):
    payment = start(escrow, buyer_owner, method="wire")
    receive(payment, money(60_000, currency="EUR"))
    assert state_of(payment) == PaymentState.PENDING
    assert refunds() == [(60_000, "EUR", "over_payment", "REQUESTED")]
    assert balances(escrow)["held"] == 0
    assert balance_minor(f"refund_due:{escrow.pk}:EUR") == balance_minor("clearing:sandbox:EUR") == 60_000


def test_part_of_a_wire_goes_back_when_the_attempt_ends(escrow, buyer_owner):
    payment = start(escrow, buyer_owner, method="wire")
    receive(payment, money(20_000))
    receive(payment, status="canceled")
    assert state_of(payment) == PaymentState.ABANDONED
    assert refunds() == [(20_000, "USD", "payment_ended", "REQUESTED")]
    assert balances(escrow)["held"] == 0


# --- after the stop ---------------------------------------------------------------------------------------------------
def test_late_money_goes_back_in_full(escrow, buyer_owner, platform):
    payment = start(escrow, buyer_owner, method="wire")
    stop_funding(escrow_id=escrow.pk, reason="expired", by=platform, at=NOW)
    receive(payment, money(75_000), status="succeeded")
    assert state_of(payment) == PaymentState.ABANDONED
    assert state_of(escrow) == EscrowState.CLOSED
    assert refunds() == [(75_000, "USD", "after_stop", "REQUESTED")]
    assert told("MoneyAfterStop") == [
        {"escrow_id": escrow.pk, "payment_id": payment.pk, "amount_minor": 75_000, "currency": "USD"}
    ]
    assert told("InstalmentSecured") == []


def test_a_wire_that_was_long_asked_about_is_watched_for_late_money_as_long_as_any(escrow, buyer_owner):
    """45 days of polls are not counted as looks for late money."""
    payment = start(escrow, buyer_owner, method="wire")
    wall = clock.wall() + timedelta(seconds=1)
    Payment.objects.filter(pk=payment.pk).update(asked=2_160, ask_at=wall)
    receive(payment, money(75_000), status="succeeded")
    assert lease_payments_to_ask(wall=wall) == [payment.pk]
    assert Payment.objects.get().ask_at == wall + timedelta(hours=6)


def test_the_alarms_about_an_open_attempt_end_with_it(escrow, buyer_owner):
    payment = start(escrow, buyer_owner)
    for _twice in range(2):
        give_up_payment(subject_id=payment.pk, at=NOW)
    receive(payment, status="succeeded")
    assert set(Alarm.objects.values_list("kind", flat=True)) == {"payment_open", "payment_without_money"}
    receive(payment, money(75_000), status="succeeded")
    assert not Alarm.objects.filter(cleared_at__isnull=True).exists()


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_messages_about_one_receipt(self, escrow, buyer_owner):
        payment, receipt = start(escrow, buyer_owner), money(75_000)
        results = run_at_once(partial(receive, payment, receipt, status="succeeded"), count=3)
        assert not [result for result in results if isinstance(result, Exception)]
        assert balances(escrow)["held"] == 75_000

    def test_money_and_stop_end_in_one_of_two_ways(self, escrow, buyer_owner, platform):
        payment = start(escrow, buyer_owner)
        money_in, stopped = run_at_once(
            partial(receive, payment, money(75_000), status="succeeded"),
            partial(stop_funding, escrow_id=escrow.pk, reason="expired", by=platform, at=NOW),
        )
        if type(stopped).__name__ == "AlreadySecured":
            assert balances(escrow)["held"] == 75_000
        else:
            assert state_of(escrow) == EscrowState.CLOSED
            assert balances(escrow)["refund_due"] == 75_000
        assert not isinstance(money_in, Exception)
