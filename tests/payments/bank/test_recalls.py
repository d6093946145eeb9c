"""Wires that the bank took back: two treasurers say whose, and it is booked as the lost charge-back that it is."""

from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from core import deadlines
from core.actors import Actor
from core.actors import platform as by_platform
from core.errors import Invalid, NotAllowed, NotFound
from core.events import run_courier
from core.models import Alarm
from messaging.models import Notice
from payments.actions.desk import Share, match_item, take_item_as_ours
from payments.actions.desk_cases import AlreadyDecided, ProposedByYou, ProposedOtherwise, withdraw_proposal
from payments.actions.desk_of_two import confirm_proposal, take_item_as_transfer
from payments.actions.desk_recalls import take_credit_back, take_item_as_recall
from payments.actions.evidence import NoEvidenceTaken, ask_for_evidence, watch_chargeback
from payments.actions.funding import stop_funding
from payments.actions.losses import charge_payee
from payments.actions.release import refund_rest
from payments.actions.sending import books_are_wrong, claim_refund
from payments.books import check_books
from payments.exchanges.reconcile import compare_with_gateway
from payments.exchanges.refunds import send_refund
from payments.gateways.base import Absent, Rejected
from payments.gateways.registry import gateway
from payments.models import Chargeback, DeskProposal, GatewayEvent, Refund, SuspenseItem
from payments.models.account_codes import chargeback, frozen, held, losses, receivable, refund_due, suspense
from payments.queries import balance_minor, money_of
from payments.recall_queries import credits_for, recalls_for
from payments.tasks import look_after_chargebacks
from payments.timing import CHARGEBACK_OPEN
from tests.admin.test_admin import with_both_factors
from tests.cast import NOW, actor
from tests.concurrency.racing import locks_in_order
from tests.payments.bank.files import Row
from tests.payments.bank.steps import bank_minor, bring, follow_hints, staff, wire
from tests.payments.bank.transfers import IBAN, PRICE, handed_over, left, order
from tests.payments.exchanges.scene import catch_up, let_back_off_pass
from tests.payments.lies import looked_at_after
from tests.payments.steps import BALANCE, DEPOSIT, Books, instalment_of, new_escrow, pay, release_all, state_of, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(second) -> Actor:
    return staff(second)


@pytest.fixture
def paid(waiting):
    """The deposit of USD 750.00 came by wire; the balance is not paid."""
    bring([Row(amount_minor=DEPOSIT, text=waiting.bank_details["reference"], account=IBAN)])
    waiting.refresh_from_db()
    return waiting


def taken_back(amount_minor=DEPOSIT, text="RECALL OF YOUR CREDIT", **more):
    """The line by which a bank takes a credit back, and the case that it becomes."""
    day = more.pop("number", 2)
    bring([Row(amount_minor=-amount_minor, text=text, mark="RC", **more)], number=day)
    return SuspenseItem.objects.filter(direction="out").latest("pk")


def decided(row, payment, *treasurers):
    for by in treasurers:
        take_item_as_recall(item_id=row.pk, payment_id=payment.pk, why="the bank's advice", by=by, at=NOW)
    return SuspenseItem.objects.get(pk=row.pk)


def money(escrow):
    """What isn't zero, in minor units."""
    codes = {
        "held": held(escrow.pk),
        "frozen": frozen(escrow.pk),
        "refund_due": refund_due(escrow.pk),
        "losses": losses(escrow.currency),
        "receivable": receivable(escrow.payee_id, escrow.currency),
    }
    found = {name: balance_minor(code) for name, code in codes.items()} | {"bank": bank_minor()}
    return {name: amount for name, amount in found.items() if amount}


def sure():
    """The books, and the bank's record beside them."""
    return check_books() == compare_with_gateway("bank") == []


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


# --- refunds ----------------------------------------------------------------------------------------------------------
@pytest.fixture
def cancelled(funded, platform):
    """USD 2,500.00 by wire, all of it to go back; nothing was sent."""
    refund_rest(escrow_id=funded.pk, reason="cancelled", by=platform, at=NOW)
    return Refund.objects.get()


def test_a_refund_that_nobody_sent_is_stopped_and_covers(cancelled, bank, desk, other):
    bank.says(Row(amount_minor=-PRICE, text="RECALL", mark="RC"))
    decided(SuspenseItem.objects.get(), cancelled.payment, desk, other)
    assert claim_refund(refund_id=cancelled.pk, by=by_platform(), at=NOW) is None, "not even before it is booked"
    follow_hints()
    assert (state_of(cancelled), Chargeback.objects.get().refunds_minor) == ("STOPPED", PRICE)
    assert money(cancelled.escrow) == {} and sure()


def test_a_refund_on_its_way_is_waited_for_and_paid_is_a_loss(cancelled, bank, desk, other, second, treasurer):
    send_refund(refund_id=cancelled.pk, at=NOW)
    handed_over(second)
    bank.says(Row(amount_minor=-PRICE, text="RECALL", mark="RC"))
    decided(SuspenseItem.objects.get(), cancelled.payment, desk, other)
    follow_hints()
    row = Chargeback.objects.get()
    assert (row.state, row.frozen_minor) == ("OPEN", 0)
    with pytest.raises(NoEvidenceTaken):
        ask_for_evidence(chargeback_id=row.pk, words="", by=actor(treasurer), at=NOW)
    watch_chargeback(subject_id=row.pk, at=NOW)
    row.refresh_from_db()
    assert row.evidence_wanted_at is None and deadlines.get(row, CHARGEBACK_OPEN) is not None
    assert sure()

    bank.says(left(PRICE, order().end_to_end))
    let_back_off_pass()
    look_after_chargebacks()
    row.refresh_from_db()
    assert (state_of(cancelled), row.state, row.loss_minor) == ("PAID", "LOST", PRICE)
    assert money(row.escrow) == {"losses": PRICE, "bank": -PRICE} and sure()
    assert not Alarm.objects.filter(kind=CHARGEBACK_OPEN, cleared_at__isnull=True).exists()


def test_a_refund_that_was_paid_is_a_loss_at_once(cancelled, bank, desk, other, second):
    send_refund(refund_id=cancelled.pk, at=NOW)
    handed_over(second)
    bank.says(left(PRICE, order().end_to_end))
    bank.says(Row(amount_minor=-PRICE, text="RECALL", mark="RC"))
    decided(SuspenseItem.objects.get(), cancelled.payment, desk, other)
    follow_hints()
    assert Chargeback.objects.get().loss_minor == PRICE
    assert money(cancelled.escrow) == {"losses": PRICE, "bank": -PRICE} and sure()


# --- before it was whole, and after the attempt had ended -------------------------------------------------------------
@pytest.fixture
def in_part(waiting):
    """USD 300.00 of the deposit came by wire."""
    bring([Row(amount_minor=30_000, text=waiting.bank_details["reference"])])
    waiting.refresh_from_db()
    return waiting


def test_a_part_taken_back_while_the_rest_is_awaited_is_asked_for_again(in_part, escrow, desk, other):
    decided(taken_back(30_000), in_part, desk, other)
    follow_hints()
    assert (state_of(in_part), money(escrow)) == ("PENDING", {})
    assert money_of(escrow.pk).instalments[0].missing_minor == DEPOSIT
    reference = in_part.bank_details["reference"]
    bring([Row(amount_minor=45_000, text=reference)], number=3)
    assert (state_of(in_part), money(escrow)) == ("PENDING", {"held": 45_000, "bank": 45_000})
    assert told("WireShort")[-1]["missing_minor"] == 30_000
    bring([Row(amount_minor=30_000, text=reference)], number=4)
    assert (state_of(in_part), money(escrow)) == ("SECURED", {"held": DEPOSIT, "bank": DEPOSIT})
    assert sure()


def test_its_whole_amount_is_matched_by_amount_and_payer_again(in_part, escrow, desk, other):
    decided(taken_back(30_000), in_part, desk, other)
    follow_hints()
    bring([Row(amount_minor=DEPOSIT, text="thank you")], number=3)
    assert (state_of(in_part), money(escrow)) == ("SECURED", {"held": DEPOSIT, "bank": DEPOSIT})


def test_the_rest_that_came_before_the_news_was_followed_secures_and_is_lost_in_part(in_part, escrow, desk, other):
    decided(taken_back(30_000), in_part, desk, other)
    hint = GatewayEvent.objects.get(event_id__startswith="recall:")
    GatewayEvent.objects.filter(pk=hint.pk).update(processed_at=NOW)
    bring([Row(amount_minor=45_000, text=in_part.bank_details["reference"])], number=3)
    assert state_of(in_part) == "SECURED"
    GatewayEvent.objects.filter(pk=hint.pk).update(processed_at=None)
    follow_hints()
    assert (state_of(in_part), money(escrow)) == ("CHARGED_BACK", {"held": 45_000, "bank": 45_000})
    assert money_of(escrow.pk).due_minor >= 30_000 and sure()


def test_what_was_taken_back_does_not_go_back_with_the_rest(in_part, escrow, desk, other, buyer_owner):
    decided(taken_back(10_000), in_part, desk, other)
    follow_hints()
    stop_funding(escrow_id=escrow.pk, reason="cancelled", by=actor(buyer_owner), at=NOW)
    assert list(Refund.objects.values_list("amount_minor", flat=True)) == [20_000]
    assert money(escrow) == {"refund_due": 20_000, "bank": 20_000} and sure()


def test_an_attempt_that_ended_gives_its_refund_for_it(in_part, escrow, desk, other, buyer_owner):
    stop_funding(escrow_id=escrow.pk, reason="cancelled", by=actor(buyer_owner), at=NOW)
    decided(taken_back(30_000), in_part, desk, other)
    follow_hints()
    assert [(each.state, each.amount_minor) for each in Refund.objects.all()] == [("STOPPED", 30_000)]
    assert money(escrow) == {} and sure()


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


def end_as_ours(row, *treasurers):
    for by in treasurers:
        take_item_as_ours(item_id=row.pk, why="x", by=by, at=NOW)


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
def test_lies_about_it_are_found(paid, desk, other, services):
    decided(taken_back(), paid, desk, other)
    follow_hints()
    lies = [
        ("recalls_are_charged_back", "DELETE FROM payments_gatewayevent WHERE event_id LIKE 'recall:%'"),
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


# --- money that lay on the desk ---------------------------------------------------------------------------------------
@pytest.fixture
def unmatched(waiting):
    """USD 750.00 from somebody who named nothing, on the desk."""
    bring([Row(amount_minor=DEPOSIT, text="thanks", name="A Stranger Ltd", account=IBAN)])
    return SuspenseItem.objects.get()


def test_money_on_the_desk_that_was_taken_back_ends_both_cases(unmatched, desk, other):
    row = taken_back()
    assert credits_for(row) == [unmatched]
    for by in (desk, other, desk):
        take_credit_back(item_id=row.pk, credit_id=unmatched.pk, why="the same wire", by=by, at=NOW)
    assert (state_of(row), state_of(unmatched)) == ("TAKEN_BACK", "TAKEN_BACK")
    assert (balance_minor(suspense(unmatched.reference)), bank_minor()) == (0, 0)
    assert follow_hints() == 0 and not Chargeback.objects.exists()
    assert not Alarm.objects.filter(cleared_at__isnull=True).exists() and not books_are_wrong() and sure()
    catch_up(gateway_name="bank", since=0, at=NOW)
    assert not Alarm.objects.filter(cleared_at__isnull=True).exists()


def test_only_undecided_money_of_that_amount_is_taken_off_the_desk(unmatched, waiting, paid_twice, desk, other):
    row, less = paid_twice
    say = partial(take_credit_back, why="x", by=desk, at=NOW)
    for item_id, credit_id, words in (
        (less.pk, unmatched.pk, "exactly this amount"),
        (row.pk, less.pk, "left"),
        (unmatched.pk, unmatched.pk, "came in"),
    ):
        with pytest.raises(Invalid, match=words):
            say(item_id=item_id, credit_id=credit_id)
    take_item_as_ours(item_id=unmatched.pk, why="interest", by=desk, at=NOW)
    assert credits_for(row) == []
    with pytest.raises(ProposedOtherwise):
        say(item_id=row.pk, credit_id=unmatched.pk)
    withdraw_proposal(proposal_id=DeskProposal.objects.get().pk, why="x", by=other, at=NOW)
    match_item(item_id=unmatched.pk, shares=[Share(waiting.pk, DEPOSIT)], why="the slip", by=desk, at=NOW)
    follow_hints()
    with pytest.raises(Invalid, match="choose that payment"):
        say(item_id=row.pk, credit_id=unmatched.pk)
    decided(row, waiting, desk, other)
    follow_hints()
    end_as_ours(less, desk, other)
    assert (state_of(waiting), sure()) == ("CHARGED_BACK", True)


@pytest.fixture
def paid_twice(unmatched):
    """Two debits: of USD 750.00, and of a cent less."""
    return taken_back(), taken_back(DEPOSIT - 1, number=3)


# --- the page ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("amount_minor", "line"),
    [
        (DEPOSIT, {"text": "RECALL", "name": "", "account": ""}),
        (20_000, {"text": "RECALL {reference}", "name": "", "account": ""}),
        (20_000, {"text": "RECALL TA-2026-000123", "name": "", "account": ""}),
        (20_000, {"text": "RECALL", "name": "", "account": IBAN}),
        (20_000, {"text": f"RECALL FROM {IBAN} X", "name": "", "account": ""}),
        (20_000, {"text": "RECALL", "name": "LAKESIDE FURNITURE INC.", "account": ""}),
    ],
)
def test_payments_are_offered_by_what_the_line_says_or_by_its_amount(paid, desk, other, amount_minor, line):
    line["text"] = line["text"].format(reference=paid.bank_details["reference"])
    row = taken_back(amount_minor, **line)
    assert [each.payment.pk for each in recalls_for(row)] == [paid.pk]
    assert recalls_for(row, find="nobody") == []
    for find in ("ta-2026-000123", paid.reference, "lakeside"):
        assert [each.payment.pk for each in recalls_for(row, find=find)] == [paid.pk]
    end_as_ours(row, desk, other)


def test_nothing_is_offered_that_it_can_not_be(paid, desk, other):
    row = taken_back(DEPOSIT + 1, text=f"RECALL {paid.bank_details['reference']}")
    assert recalls_for(row) == []
    small = taken_back(100, text="RECALL", name="", account="", number=3)
    assert recalls_for(small) == []
    end_as_ours(row, desk, other)
    end_as_ours(small, desk, other)


def test_the_page_offers_it_asks_first_and_another_confirms_it(paid, treasurer, second, verifier):
    row = taken_back()
    page = reverse("admin:payments_suspenseitem_change", args=[row.pk])
    button = reverse("admin:payments_suspenseitem_recall", args=[row.pk, paid.pk])
    first, other, stranger = (with_both_factors(user) for user in (treasurer, second, verifier))
    shown = first.get(page).content.decode()
    assert button in shown and "The bank took back this wire" in shown
    assert button not in first.get(page, {"find": "nobody"}).content.decode()
    asked = first.get(button).content.decode()
    assert "TA-2026-000123" in asked and "USD 750.00" in asked and "both sides are told" in asked
    assert first.post(button, {"why": ""}).status_code == 422 and not DeskProposal.objects.exists()
    assert first.post(button, {"why": "the bank's letter"}).headers["Location"] == page
    confirm = reverse("admin:payments_suspenseitem_confirm", args=[row.pk, DeskProposal.objects.get().pk])
    mine, theirs = first.get(page).content.decode(), other.get(page).content.decode()
    assert confirm not in mine and confirm in theirs and paid.reference in theirs and button not in theirs
    assert "USD 750.00" in other.get(confirm).content.decode()
    assert first.post(confirm, {"why": "mine"}).status_code == 422
    assert [stranger.post(url, {"why": "x"}).status_code for url in (confirm, button)] == [403, 403]
    assert other.post(confirm, {"why": "seen"}).status_code == 302
    follow_hints()
    assert "Taken back by the bank" in first.get(page).content.decode()
    chargeback_page = reverse("admin:payments_chargeback_change", args=[Chargeback.objects.get().pk])
    assert "Send the evidence now" not in first.get(chargeback_page).content.decode()
    send = f"/admin/payments/chargeback/{Chargeback.objects.get().pk}/send_evidence/"
    assert first.get(send).status_code == 403
    listed = first.get(reverse("admin:payments_chargeback_changelist")).content.decode()
    assert "none is taken of a wire" in listed


def test_the_page_offers_money_on_the_desk(unmatched, treasurer, second):
    row = taken_back()
    page = reverse("admin:payments_suspenseitem_change", args=[row.pk])
    button = reverse("admin:payments_suspenseitem_credit", args=[row.pk, unmatched.pk])
    first, other = with_both_factors(treasurer), with_both_factors(second)
    assert button in first.get(page).content.decode()
    assert unmatched.reference in first.get(button).content.decode()
    assert first.post(button, {"why": "the same wire"}).status_code == 302
    confirm = reverse("admin:payments_suspenseitem_confirm", args=[row.pk, DeskProposal.objects.get().pk])
    assert unmatched.reference in other.get(confirm).content.decode()
    assert other.post(confirm, {"why": "seen"}).status_code == 302
    credit_page = reverse("admin:payments_suspenseitem_change", args=[unmatched.pk])
    for shown in (first.get(page).content.decode(), first.get(credit_page).content.decode()):
        assert "Taken back by the bank" in shown and "Confirmed by" in shown and treasurer.full_name in shown


# --- who is told ------------------------------------------------------------------------------------------------------
def test_each_side_is_told_once_that_the_wire_is_gone(paid, desk, other, buyer_owner, seller_owner, treasurer):
    Notice.objects.all().delete()
    decided(taken_back(), paid, desk, other)
    follow_hints()
    run_courier()

    def titles(user):
        return [each for each in Notice.objects.filter(user=user).values_list("title", flat=True) if "bank" in each]

    assert [each.partition(" · ")[0] for each in titles(buyer_owner)] == ["PO-77: Your bank took a wire back"]
    assert [each.partition(" · ")[0] for each in titles(seller_owner)] == ["INV-9: The buyer's bank took a wire back"]
    assert not Notice.objects.filter(user=treasurer, kind="chargeback_opened").exists()
    assert balance_minor(chargeback(paid.pk)) == 0


def test_a_later_instalment_alone_is_lost(paid, escrow, desk, other, buyer_owner):
    second = wire(escrow, buyer_owner, sequence=2)
    bring([Row(amount_minor=BALANCE, text=second.bank_details["reference"])], number=2)
    assert state_of(escrow) == "FUNDED"
    decided(taken_back(BALANCE, number=3), second, desk, other)
    follow_hints()
    assert (state_of(escrow), state_of(paid), state_of(second)) == ("PARTLY_FUNDED", "SECURED", "CHARGED_BACK")
    assert instalment_of(escrow, 2).secured_at is None and sure()
