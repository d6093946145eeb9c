"""Wires that the bank took back: two treasurers say whose, and it is booked as the lost charge-back that it is."""

from functools import partial

import pytest
from django.db import IntegrityError, transaction

from core.actors import platform as by_platform
from core.errors import Invalid, NotAllowed, NotFound
from core.models import Alarm
from payments.actions.desk import take_item_as_ours
from payments.actions.desk_cases import AlreadyDecided, ProposedByYou, ProposedOtherwise, withdraw_proposal
from payments.actions.desk_of_two import confirm_proposal, take_item_as_transfer
from payments.actions.desk_recalls import take_credit_back, take_item_as_recall
from payments.actions.losses import charge_payee
from payments.actions.sending import books_are_wrong
from payments.books import check_books
from payments.exchanges.reconcile import compare_with_gateway
from payments.gateways.base import Absent, Rejected
from payments.gateways.registry import gateway
from payments.models import Chargeback, DeskProposal, GatewayEvent, SuspenseItem
from payments.queries import money_of
from payments.recall_queries import recalls_for
from tests.cast import NOW, actor
from tests.concurrency.racing import locks_in_order
from tests.payments.bank.files import Row
from tests.payments.bank.recalls import decided, end_as_ours, money, sure, taken_back
from tests.payments.bank.steps import bring, follow_hints, wire
from tests.payments.exchanges.scene import catch_up
from tests.payments.lies import looked_at_after
from tests.payments.steps import DEPOSIT, Books, new_escrow, pay, release_all, state_of

pytestmark = pytest.mark.django_db


# --- whole, and whatever became of it ---------------------------------------------------------------------------------
def test_a_wire_taken_back_is_lost_and_its_instalment_due_again(paid, escrow, desk, other, buyer_owner):
    row = taken_back()
    assert books_are_wrong() and {each.check for each in compare_with_gateway("bank")} == {"gateway_line"}
    before = Books()
    decided(row, paid, desk)
    assert before.unchanged() and state_of(row) == "OPEN" and books_are_wrong()
    row = decided(row, paid, other)
    assert (row.state, row.payment_id, row.decided_by_id) == ("TAKEN_BACK", paid.pk, other.user_id)
    assert before.unchanged(), "the exchange books it"
    assert follow_hints() == 1

    found = Chargeback.objects.get()
    assert (found.state, found.gateway, found.gateway_dispute_id) == ("LOST", "bank", row.reference)
    assert (found.amount_minor, found.held_minor, found.loss_minor, found.fee_minor) == (DEPOSIT, DEPOSIT, 0, 0)
    assert found.reason == "taken back by the bank"
    assert state_of(paid) == "CHARGED_BACK" and money(escrow) == {}
    assert [each.state for each in money_of(escrow.pk).instalments] == ["LOST", "DUE"]
    assert not books_are_wrong() and sure()
    assert not Alarm.objects.filter(cleared_at__isnull=True).exists()

    again = wire(escrow, buyer_owner)
    bring([Row(amount_minor=DEPOSIT, text=again.bank_details["reference"])], number=3)
    assert (state_of(again), money(escrow)) == ("SECURED", {"held": DEPOSIT, "bank": DEPOSIT})
    assert sure()


def test_what_was_released_is_a_loss_that_the_seller_may_owe(paid, escrow, desk, other, buyer_owner, platform):
    pay(escrow, buyer_owner, sequence=2)
    release_all(escrow)
    decided(taken_back(), paid, desk, other)
    follow_hints()
    found = Chargeback.objects.get()
    assert (found.state, found.loss_minor, state_of(escrow)) == ("LOST", DEPOSIT, "CLOSED")
    assert money(escrow) == {"losses": DEPOSIT}
    charge_payee(chargeback_id=found.pk, by=platform, at=NOW)
    assert money(escrow) == {"receivable": DEPOSIT}
    assert sure()


def test_a_part_leaves_the_rest_and_only_the_part_is_due(paid, escrow, desk, other, buyer_owner):
    decided(taken_back(20_000), paid, desk, other)
    follow_hints()
    assert money(escrow) == {"held": DEPOSIT - 20_000, "bank": DEPOSIT - 20_000}
    assert money_of(escrow.pk).instalments[0].missing_minor == 20_000
    assert wire(escrow, buyer_owner).amount_minor == 20_000
    assert sure()


def test_two_of_one_payment_take_no_more_than_it_brought(paid, escrow, desk, other):
    first = taken_back(30_000)
    decided(first, paid, desk, other)
    second = taken_back(45_001, number=3)
    with pytest.raises(Invalid, match=r"USD.450\.00 came in"):
        decided(second, paid, desk)
    assert [each.payment.pk for each in recalls_for(second)] == [], "not so much is left"
    third = taken_back(45_000, number=4)
    assert [(each.payment.pk, each.left_minor) for each in recalls_for(third, find="TA-2026-000123")] == [
        (paid.pk, 45_000)
    ]
    decided(third, paid, desk, other)
    follow_hints()
    assert sorted(Chargeback.objects.values_list("amount_minor", "state")) == [(30_000, "LOST"), (45_000, "LOST")]
    assert money(escrow) == {}
    end_as_ours(second, desk, other)
    assert sure()


# --- refused ----------------------------------------------------------------------------------------------------------
def test_it_is_refused_to_anyone_but_two_treasurers(paid, escrow, desk, other, verifier, stranger):
    row = taken_back()
    before = Books()
    say = partial(take_item_as_recall, item_id=row.pk, payment_id=paid.pk, at=NOW)
    for by in (actor(verifier), actor(stranger), by_platform()):
        with pytest.raises(NotAllowed):
            say(why="x", by=by)
    with pytest.raises(Invalid):
        say(why=" ", by=desk)
    say(why="the advice", by=desk)
    with pytest.raises(ProposedByYou):
        say(why="me, too", by=desk)
    with pytest.raises(ProposedByYou):
        confirm_proposal(proposal_id=DeskProposal.objects.get().pk, why="me, too", by=desk, at=NOW)
    with pytest.raises(ProposedOtherwise):
        take_item_as_ours(item_id=row.pk, why="a charge", by=other, at=NOW)
    with pytest.raises(IntegrityError, match="decided by one person"), transaction.atomic():
        SuspenseItem.objects.filter(pk=row.pk).update(state="TAKEN_BACK", payment=paid)
    with pytest.raises(IntegrityError, match="suspense_payment_was_taken_back"), transaction.atomic():
        SuspenseItem.objects.filter(pk=row.pk).update(payment=paid)
    assert before.unchanged() and follow_hints() == 0
    withdraw_proposal(proposal_id=DeskProposal.objects.get().pk, why="another", by=other, at=NOW)
    assert state_of(row) == "OPEN"
    end_as_ours(row, desk, other)


def test_other_payments_and_other_money_are_refused(paid, waiting, escrow, desk, other, buyer_owner, seller_owner):
    row = taken_back()
    euros = wire(new_escrow(buyer_owner, seller_owner, amounts=[DEPOSIT], currency="EUR"), buyer_owner)
    bring([Row(amount_minor=DEPOSIT, text=euros.bank_details["reference"])], currency="EUR", number=1)
    unpaid = wire(new_escrow(buyer_owner, seller_owner, amounts=[DEPOSIT]), buyer_owner)
    by_card = pay(escrow, buyer_owner, sequence=2)
    for payment, words in ((euros, "this currency"), (by_card, "bank transfer"), (unpaid, "import that statement")):
        with pytest.raises(Invalid, match=words):
            decided(row, payment, desk)
    with pytest.raises(NotFound):
        take_item_as_recall(item_id=row.pk, payment_id=0, why="x", by=desk, at=NOW)
    bring([Row(amount_minor=DEPOSIT, text="thanks", name="A Stranger Ltd")], number=3)
    came = SuspenseItem.objects.get(direction="in")
    with pytest.raises(Invalid, match="came in"):
        decided(came, paid, desk)
    assert not DeskProposal.objects.exists() and GatewayEvent.objects.filter(processed_at__isnull=True).count() == 0
    end_as_ours(row, desk, other)


def test_decided_it_is_decided_once(paid, escrow, desk, other, buyer_owner, seller_owner):
    row = taken_back()
    decided(row, paid, desk, other)
    follow_hints()
    before = Books()
    assert decided(row, paid, desk, other).state == "TAKEN_BACK"
    confirm_proposal(proposal_id=DeskProposal.objects.get().pk, why="again", by=other, at=NOW)
    assert follow_hints() == 0 and before.unchanged()
    unpaid = wire(new_escrow(buyer_owner, seller_owner, amounts=[DEPOSIT]), buyer_owner)
    for else_ in (
        partial(take_item_as_recall, payment_id=unpaid.pk),
        partial(take_item_as_ours),
        partial(take_item_as_transfer, order_id=1),
        partial(take_credit_back, credit_id=row.pk),
    ):
        with pytest.raises(AlreadyDecided):
            else_(item_id=row.pk, why="x", by=desk, at=NOW)


def test_the_payment_is_locked_before_its_case(paid, desk, other):
    row = taken_back()
    tables = ("payments_escrow", "payments_payment", "payments_suspenseitem")
    with locks_in_order(*tables):
        decided(row, paid, desk)
    with locks_in_order(*tables):
        confirm_proposal(proposal_id=DeskProposal.objects.get().pk, why="seen", by=other, at=NOW)
    follow_hints()


# --- the bank's record ------------------------------------------------------------------------------------------------
def test_a_lost_hint_is_caught_up_with_from_the_record(paid, escrow, desk, other):
    row = decided(taken_back(), paid, desk, other)
    GatewayEvent.objects.filter(event_id=f"recall:{row.reference}").update(processed_at=NOW)
    assert {each.check for each in check_books()} >= {"recalls_are_charged_back", "bank_is_its_statements"}
    assert {each.about for each in compare_with_gateway("bank")} == {f"bank chargeback {row.reference}"}
    for _twice in range(2):
        catch_up(gateway_name="bank", since=0, at=NOW)
    assert (Chargeback.objects.get().state, money(escrow)) == ("LOST", {}) and sure()


def test_the_gateway_knows_no_other_dispute_and_takes_no_evidence(paid, desk, other):
    row = taken_back()
    client = gateway("bank")
    for unknown in (row.reference, "sus_nothing"):
        with pytest.raises(Absent):
            client.read_dispute(unknown)
    decided(row, paid, desk, other)
    follow_hints()
    assert client.read_dispute(row.reference).status == "lost"
    with pytest.raises(Rejected):
        client.submit_evidence(key="k", dispute_id=row.reference, packet=None)
    assert client.read_payment(paid.gateway_id).status == "succeeded"


@pytest.mark.django_db(transaction=True)
def test_hints_that_were_thrown_away_are_missed_by_nobody(paid, desk, other, services):
    decided(taken_back(), paid, desk, other)
    follow_hints()
    assert looked_at_after("DELETE FROM payments_gatewayevent", check_books, services) == []


@pytest.mark.django_db(transaction=True)
def test_lies_about_it_are_found(paid, desk, other, services):
    decided(taken_back(), paid, desk, other)
    follow_hints()
    lies = [
        (
            "recalls_are_charged_back",
            "DELETE FROM payments_gatewayevent WHERE event_id LIKE 'recall:%';"
            " UPDATE payments_chargeback SET gateway_dispute_id = 'sus_other'",
        ),
        (
            "recalls_are_charged_back",
            "DELETE FROM payments_gatewayevent WHERE event_id LIKE 'recall:%';"
            " UPDATE payments_chargeback SET amount_minor = amount_minor + 1",
        ),
        ("recalls_are_charged_back", "UPDATE payments_chargeback SET amount_minor = amount_minor + 1"),
        ("recalls_are_charged_back", "UPDATE payments_suspenseitem SET payment_id = NULL"),
        ("recalls_are_charged_back", "UPDATE payments_deskproposal SET terms = '{\"payment_id\": 1000000}'"),
        ("desk_decisions_have_two", "DELETE FROM payments_deskproposal"),
        ("lines_are_booked_once", "UPDATE payments_suspenseitem SET payment_id = NULL"),
    ]
    assert check_books() == []
    missed = [
        (check, sql)
        for check, sql in lies
        if check not in {problem.check for problem in looked_at_after(sql, check_books, services)}
    ]
    assert missed == []
