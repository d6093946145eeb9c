"""A wire that the bank took back, said and followed by several at once: booked once, and never more than came in."""

from functools import partial

import pytest

from companies.actions import create_staff
from core.actors import platform
from core.errors import Invalid
from payments.actions.desk_cases import AlreadyDecided, ProposedOtherwise
from payments.actions.desk_of_two import confirm_proposal
from payments.actions.desk_recalls import take_credit_back, take_item_as_recall
from payments.actions.release import refund_rest, release_rest
from payments.actions.sending import claim_refund
from payments.errors import NotEnoughHeld, TakenBackNow
from payments.exchanges.events import process_event
from payments.models import Chargeback, DeskProposal, GatewayEvent, Refund, Release, SuspenseItem
from tests.cast import LONG_AGO, NOW, PASSWORD
from tests.concurrency.racing import locks_off, meeting_before, run_at_once
from tests.payments.bank.files import Row
from tests.payments.bank.recalls import sure, taken_back
from tests.payments.bank.steps import bank_minor, bring, follow_hints, staff, wire
from tests.payments.bank.transfers import IBAN
from tests.payments.steps import DEPOSIT, new_escrow, state_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def third(db):
    words = {"email": "treasurer3@staff.example", "password": PASSWORD, "full_name": "Mai Tran"}
    return staff(create_staff(**words, groups=["treasurer"], by=platform(), at=LONG_AGO))


@pytest.fixture
def paid(buyer_owner, seller_owner):
    """All of an order, USD 750.00, by wire."""
    payment = wire(new_escrow(buyer_owner, seller_owner, amounts=[DEPOSIT]), buyer_owner)
    bring([Row(amount_minor=DEPOSIT, text=payment.bank_details["reference"], account=IBAN)])
    payment.refresh_from_db()
    return payment


def proposed(row, payment, by):
    take_item_as_recall(item_id=row.pk, payment_id=payment.pk, why="the advice", by=by, at=NOW)
    return DeskProposal.objects.latest("pk")


def confirming(said, by):
    return partial(confirm_proposal, proposal_id=said.pk, why="seen", by=by, at=NOW)


def following():
    return partial(process_event, gateway_event_id=GatewayEvent.objects.get(processed_at__isnull=True).pk, at=NOW)


def failures(results):
    return [result for result in results if isinstance(result, Exception)]


def test_two_confirm_at_once_and_it_is_decided_once(paid, desk, other, third):
    said = proposed(taken_back(), paid, desk)
    results = run_at_once(confirming(said, other), confirming(said, third))
    assert [result.state for result in results] == ["TAKEN_BACK", "TAKEN_BACK"]
    assert GatewayEvent.objects.filter(event_id__startswith="recall:").count() == 1
    assert run_at_once(following(), count=2) == [True, True]
    assert (Chargeback.objects.get().state, state_of(paid), bank_minor()) == ("LOST", "CHARGED_BACK", 0)
    assert sure()


@pytest.fixture
def twice(paid, desk):
    """Two debits of USD 500.00, both proposed as taken back from the USD 750.00."""
    return [proposed(taken_back(50_000, text=f"RECALL {number}", number=number), paid, desk) for number in (2, 3)]


def test_two_cases_of_one_payment_at_once_take_no_more_than_came(twice, paid, other, third):
    with meeting_before("payments.actions.desk_recalls.agreed", seconds=0.3):
        results = run_at_once(confirming(twice[0], other), confirming(twice[1], third))
    [refused] = failures(results)
    assert isinstance(refused, Invalid)
    follow_hints()
    assert list(Chargeback.objects.values_list("amount_minor", flat=True)) == [50_000]


def test_without_its_locks_it_would(twice, paid, other, third):
    with locks_off(), meeting_before("payments.actions.desk_recalls.agreed", seconds=1):
        results = run_at_once(confirming(twice[0], other), confirming(twice[1], third))
    assert failures(results) == []
    assert SuspenseItem.objects.filter(payment=paid).count() == 2


def test_a_release_at_the_same_moment_moves_nothing_twice(paid, desk, other):
    confirming(proposed(taken_back(), paid, desk), other)()
    release = partial(release_rest, escrow_id=paid.escrow_id, reason="accepted", sequence=1, by=platform(), at=NOW)
    with meeting_before("payments.actions.release._release", seconds=0.3):
        results = run_at_once(release, following())
    assert all(isinstance(each, (NotEnoughHeld, TakenBackNow)) for each in failures(results)) and failures(results)
    row = Chargeback.objects.get()
    assert (row.held_minor, row.loss_minor, Release.objects.count()) == (DEPOSIT, 0, 0)
    assert sure()


def test_a_refund_is_claimed_before_the_word_or_not_at_all(paid, desk, other):
    """Claimed first, it is waited for; decided first, it is held back, and stopped when the news is followed."""
    refund_rest(escrow_id=paid.escrow_id, reason="cancelled", by=platform(), at=NOW)
    said, refund = proposed(taken_back(), paid, desk), Refund.objects.get()
    claim = partial(claim_refund, refund_id=refund.pk, by=platform(), at=NOW)
    results = run_at_once(claim, confirming(said, other))
    assert failures(results) == []
    assert claim() is None or state_of(refund) == "SENDING"
    follow_hints()
    row = Chargeback.objects.get()
    assert (state_of(refund), row.state, row.refunds_minor) in (("SENDING", "OPEN", 0), ("STOPPED", "LOST", DEPOSIT))
    assert sure()


def test_the_credit_or_the_payment_but_not_both(paid, desk, other, third):
    bring([Row(amount_minor=DEPOSIT, text="thanks", name="A Stranger Ltd")], number=2)
    credit = SuspenseItem.objects.get()
    row = taken_back(number=3)
    said = proposed(row, paid, desk)
    as_credit = partial(take_credit_back, item_id=row.pk, credit_id=credit.pk, why="x", by=third, at=NOW)
    results = run_at_once(confirming(said, other), as_credit)
    [refused] = failures(results)
    assert isinstance(refused, (AlreadyDecided, ProposedOtherwise)) and state_of(credit) == "OPEN"
    follow_hints()
    assert sure()
