from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError

from core import clock, deadlines
from core.errors import NotAllowed, NotFound
from payments.actions.funding import stop_funding
from payments.actions.overdue import give_up_payment
from payments.actions.payment import (
    AnotherPaymentLive,
    MethodNotOffered,
    NotDue,
    ask_to_cancel_payment,
    claim_payment,
    lease_payments_to_ask,
    record_payment_started,
)
from payments.errors import AlreadySecured, FundingIsOver
from payments.models import Payment, PaymentState
from payments.timing import PAYMENT_OPEN
from tests.cast import NOW, actor
from tests.concurrency.racing import locks_before_writing, locks_off, meeting_before, run_at_once
from tests.payments.steps import instalment_of, new_escrow, pay, receive, start, state_of, told

pytestmark = pytest.mark.django_db


def claim(escrow, person, *, sequence=1, method="card"):
    return claim_payment(
        instalment_id=instalment_of(escrow, sequence).pk,
        method=method,
        return_url="http://127.0.0.1/back",
        by=actor(person),
        at=NOW,
    )


def test_writes_the_intent_with_its_key_before_any_call(escrow, buyer_finance):
    with locks_before_writing():
        payment = claim(escrow, buyer_finance)
    assert (payment.state, payment.amount_minor, payment.method) == (PaymentState.CREATED, 75_000, "card")
    assert payment.idempotency_key == f"payment:{payment.reference}"
    assert deadlines.get(payment, PAYMENT_OPEN).due_at == NOW + timedelta(days=1)


def test_a_repeat_returns_the_live_attempt(escrow, buyer_owner):
    first = claim(escrow, buyer_owner)
    assert claim(escrow, buyer_owner).pk == first.pk
    start(escrow, buyer_owner)
    assert claim(escrow, buyer_owner).pk == first.pk
    assert Payment.objects.count() == 1


def test_another_method_waits_for_the_end_of_the_first(escrow, buyer_owner):
    first = start(escrow, buyer_owner)
    with pytest.raises(AnotherPaymentLive) as refusal:
        claim(escrow, buyer_owner, method="wire")
    assert refusal.value.details["payment_id"] == first.pk

    ask_to_cancel_payment(payment_id=first.pk, by=actor(buyer_owner), at=NOW)
    with pytest.raises(AnotherPaymentLive):
        claim(escrow, buyer_owner)
    receive(first, status="canceled")
    assert claim(escrow, buyer_owner, method="wire").pk != first.pk


def test_a_declined_card_makes_room(escrow, buyer_owner):
    first = start(escrow, buyer_owner)
    receive(first, status="failed")
    assert claim(escrow, buyer_owner).pk != first.pk


@pytest.mark.parametrize("who", ["seller_owner", "stranger", "buyer_viewer", "arbiter"])
def test_only_those_who_pay_for_the_payer_may(request, escrow, who):
    with pytest.raises(NotAllowed):
        claim(escrow, request.getfixturevalue(who))
    assert not Payment.objects.exists()


def test_what_is_not_due_is_not_paid(buyer_owner, seller_owner):
    escrow = new_escrow(buyer_owner, seller_owner, due=False)
    with pytest.raises(NotDue):
        claim(escrow, buyer_owner, sequence=2)


def test_what_is_secured_is_not_paid_twice(partly_funded_escrow, buyer_owner):
    with pytest.raises(AlreadySecured):
        claim(partly_funded_escrow, buyer_owner)


def test_a_method_that_was_not_agreed_is_refused(escrow, buyer_owner):
    with pytest.raises(MethodNotOffered):
        claim(escrow, buyer_owner, method="transfer")


def test_nothing_begins_after_the_stop(escrow, buyer_owner, platform):
    stop_funding(escrow_id=escrow.pk, reason="expired", by=platform, at=NOW)
    with pytest.raises(FundingIsOver):
        claim(escrow, buyer_owner)


def test_there_is_no_such_instalment(buyer_owner):
    with pytest.raises(NotFound):
        claim_payment(instalment_id=1, method="card", return_url="", by=actor(buyer_owner), at=NOW)


def test_started_is_recorded_once(escrow, buyer_owner):
    payment = start(escrow, buyer_owner)
    assert payment.state == PaymentState.PENDING
    start(escrow, buyer_owner)
    assert len(told("PaymentPending")) == 1


def test_started_is_for_the_platform_only(escrow, buyer_owner):
    payment = claim(escrow, buyer_owner)
    with pytest.raises(NotAllowed):
        record_payment_started(payment_id=payment.pk, gateway_id="sp_1", by=actor(buyer_owner), at=NOW)


def test_an_attempt_left_open_is_cancelled_by_its_clock(escrow, buyer_owner):
    payment = start(escrow, buyer_owner)
    due_at = deadlines.get(payment, PAYMENT_OPEN).due_at
    give_up_payment(subject_id=payment.pk, at=due_at)
    payment.refresh_from_db()
    assert (payment.state, payment.cancel_asked_at) == (PaymentState.PENDING, due_at)
    assert deadlines.get(payment, PAYMENT_OPEN).due_at > due_at
    receive(payment, status="canceled")
    assert state_of(payment) == PaymentState.ABANDONED
    assert deadlines.live_of(payment) == []


def test_is_asked_about_with_back_off(escrow, buyer_owner):
    payment = start(escrow, buyer_owner)
    wall = clock.wall()
    assert lease_payments_to_ask(wall=wall) == []
    assert lease_payments_to_ask(wall=wall + timedelta(seconds=20)) == [payment.pk]
    assert lease_payments_to_ask(wall=wall + timedelta(seconds=21)) == []
    assert lease_payments_to_ask(wall=wall + timedelta(seconds=120)) == [payment.pk]


def test_is_asked_about_at_once_when_it_is_to_be_cancelled(escrow, buyer_owner):
    payment = start(escrow, buyer_owner)
    ask_to_cancel_payment(payment_id=payment.pk, by=actor(buyer_owner), at=NOW)
    assert lease_payments_to_ask(wall=clock.wall() + timedelta(seconds=1)) == [payment.pk]


def test_an_ended_card_is_asked_about_no_more_and_a_wire_is(escrow, buyer_owner):
    pay(escrow, buyer_owner)
    wire = pay(escrow, buyer_owner, sequence=2, method="wire", at=NOW + timedelta(hours=1))
    wall = clock.wall() + timedelta(days=1)
    lease_payments_to_ask(wall=wall)
    assert lease_payments_to_ask(wall=wall + timedelta(hours=7)) == [wire.pk]


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_clicks_are_one_attempt(self, escrow, buyer_owner):
        first, second = run_at_once(partial(claim, escrow, buyer_owner), count=2)
        assert first.pk == second.pk
        assert Payment.objects.count() == 1

    def test_with_the_lock_off_the_database_refuses_the_second(self, escrow, buyer_owner):
        with locks_off(), meeting_before("payments.actions.payment._new_payment"):
            results = run_at_once(partial(claim, escrow, buyer_owner), count=2)
        assert sorted(type(result).__name__ for result in results) == ["IntegrityError", "Payment"]
        assert any(isinstance(result, IntegrityError) for result in results)

    def test_pay_and_stop_leave_no_attempt_that_is_wanted(self, escrow, buyer_owner, platform):
        run_at_once(
            partial(claim, escrow, buyer_owner),
            partial(stop_funding, escrow_id=escrow.pk, reason="expired", by=platform, at=NOW),
        )
        assert not Payment.objects.filter(cancel_asked_at__isnull=True).exists()
