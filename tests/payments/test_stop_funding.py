from functools import partial

import pytest

from core.errors import NotAllowed
from payments.actions.funding import close_to_funding, stop_funding, stop_unless_secured
from payments.actions.release import settle_escrow
from payments.errors import AlreadySecured
from payments.models import EscrowState, PaymentState, Refund
from tests.cast import NOW, actor
from tests.concurrency.racing import locks_before_writing, run_at_once
from tests.payments.steps import Books, balances, money, receive, start, state_of, told

pytestmark = pytest.mark.django_db


def stop(escrow, by):
    return stop_funding(escrow_id=escrow.pk, reason="expired", by=by, at=NOW)


def test_closes_what_has_nothing(escrow, platform):
    with locks_before_writing():
        stop(escrow, platform)
    assert state_of(escrow) == EscrowState.CLOSED
    assert told("FundingStopped") == [{"escrow_id": escrow.pk, "reason": "expired"}]


def test_twice_is_once(escrow, platform):
    stop(escrow, platform)
    books = Books()
    stop(escrow, platform)
    assert books.unchanged()
    assert len(told("FundingStopped")) == 1


def test_is_refused_once_an_instalment_is_secured(partly_funded_escrow, platform):
    books = Books()
    with pytest.raises(AlreadySecured) as refusal:
        stop(partly_funded_escrow, platform)
    assert refusal.value.code == "already_secured"
    assert books.unchanged()


def test_asks_for_the_end_of_what_is_open(escrow, buyer_owner, platform):
    payment = start(escrow, buyer_owner)
    stop(escrow, platform)
    payment.refresh_from_db()
    assert (payment.state, payment.cancel_asked_at) == (PaymentState.PENDING, NOW)
    receive(payment, status="canceled")
    assert state_of(payment) == PaymentState.ABANDONED


def test_what_came_in_part_goes_back(escrow, buyer_owner, platform):
    payment = start(escrow, buyer_owner, method="wire")
    receive(payment, money(20_000))
    stop(escrow, platform)
    assert state_of(escrow) == EscrowState.CLOSED
    assert balances(escrow) == {"held": 0, "refund_due": 20_000, "payable": 0, "fees": 0, "clearing": 20_000}
    assert Refund.objects.get().amount_minor == 20_000

    receive(payment, money(55_000), status="succeeded")
    assert balances(escrow)["refund_due"] == 75_000
    assert [refund.amount_minor for refund in Refund.objects.order_by("pk")] == [20_000, 55_000]


@pytest.mark.parametrize("who", ["stranger", "buyer_viewer", "seller_sales"])
def test_is_refused_to_anyone_without_the_right(request, escrow, who):
    books = Books()
    with pytest.raises(NotAllowed):
        stop(escrow, actor(request.getfixturevalue(who)))
    assert books.unchanged()


@pytest.mark.parametrize("who", ["buyer_owner", "seller_owner"])
def test_either_party_may(request, escrow, who):
    stop(escrow, actor(request.getfixturevalue(who)))
    assert state_of(escrow) == EscrowState.CLOSED


def test_close_to_funding_keeps_what_is_held(partly_funded_escrow, buyer_owner, platform):
    payment = start(partly_funded_escrow, buyer_owner, sequence=2, method="wire")
    receive(payment, money(10_000))
    close_to_funding(escrow_id=partly_funded_escrow.pk, reason="cancelled", by=platform, at=NOW)
    assert state_of(partly_funded_escrow) == EscrowState.PARTLY_FUNDED
    assert balances(partly_funded_escrow)["held"] == 75_000
    assert balances(partly_funded_escrow)["refund_due"] == 10_000

    receive(payment, money(165_000))
    assert balances(partly_funded_escrow)["held"] == 75_000
    assert balances(partly_funded_escrow)["refund_due"] == 175_000

    settle_escrow(escrow_id=partly_funded_escrow.pk, payee_minor=50_000, reason="cancelled", by=platform, at=NOW)
    assert state_of(partly_funded_escrow) == EscrowState.CLOSED
    assert balances(partly_funded_escrow) == {
        "held": 0,
        "refund_due": 200_000,
        "payable": 49_000,
        "fees": 1_000,
        "clearing": 250_000,
    }


def test_stop_unless_secured_looks_at_that_instalment_only(partly_funded_escrow, platform):
    stop_unless_secured(escrow_id=partly_funded_escrow.pk, sequence=2, reason="refused", by=platform, at=NOW)
    partly_funded_escrow.refresh_from_db()
    assert partly_funded_escrow.stopped_at == NOW
    assert balances(partly_funded_escrow)["held"] == 75_000


def test_stop_unless_secured_is_refused_when_it_is(funded_escrow, platform):
    books = Books()
    with pytest.raises(AlreadySecured):
        stop_unless_secured(escrow_id=funded_escrow.pk, sequence=2, reason="refused", by=platform, at=NOW)
    assert books.unchanged()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_stop_once(escrow, platform):
    run_at_once(partial(stop, escrow, platform), count=2)
    assert len(told("FundingStopped")) == 1
