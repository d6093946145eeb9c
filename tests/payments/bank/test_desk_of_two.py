"""What two treasurers decide on the desk: large money, what left unordered, our own transfers, and what is repaid."""

from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from core.actors import Actor
from core.actors import platform as by_platform
from core.errors import IllegalMove, Invalid, NotAllowed
from payments.actions.debts import WrittenOffByYou, write_off_debt
from payments.actions.desk import Share, match_item, send_back_item, take_item_as_ours, take_item_as_settlement
from payments.actions.desk_cases import (
    AlreadyDecided,
    NothingProposed,
    ProposedByYou,
    ProposedOtherwise,
    withdraw_proposal,
)
from payments.actions.desk_of_two import confirm_proposal, take_item_as_repayment, take_item_as_transfer
from payments.actions.gateway_lines import book_gateway_line
from payments.actions.losses import charge_payee
from payments.books import check_books
from payments.exchanges.reconcile import compare_with_gateway
from payments.limits import CURRENT
from payments.models import Account, BankOrder, Chargeback, DeskProposal, LossBearer, Refund, SuspenseItem
from payments.models.account_codes import losses, receivable, suspense
from payments.queries import balance_minor, payable_by_currency
from tests.admin.test_admin import with_both_factors
from tests.cast import NOW, actor
from tests.concurrency.racing import run_at_once
from tests.payments.bank.files import Row
from tests.payments.bank.steps import bank_minor, bring, costs_minor, follow_hints, item, outcomes, staff, wire
from tests.payments.bank.transfers import IBAN, NET, PRICE, came_back, handed_over, left, order
from tests.payments.chargebacks import charge_back, lose, payment_of
from tests.payments.lies import looked_at_after
from tests.payments.steps import DEPOSIT, Books, new_escrow, release_all, state_of

pytestmark = pytest.mark.django_db

LARGE = CURRENT.over_minor["USD"] + 1


@pytest.fixture
def other(second) -> Actor:
    return staff(second)


@pytest.fixture
def large(buyer_owner, seller_owner):
    """An order of USD 50,000.01 awaited by T/T, and as much from somebody who named nothing."""
    payment = wire(new_escrow(buyer_owner, seller_owner, amounts=[LARGE]), buyer_owner)
    bring([Row(amount_minor=LARGE, text="thanks", name="A Stranger Ltd", account=IBAN)])
    return payment


def proposal() -> DeskProposal:
    return DeskProposal.objects.latest("pk")


def test_a_large_match_is_proposed_by_one_and_confirmed_by_another(large, desk, other):
    before = Books()
    match_item(item_id=item().pk, shares=[Share(large.pk, LARGE)], why="the slip", by=desk, at=NOW)
    assert before.unchanged() and state_of(item()) == "OPEN"
    with pytest.raises(ProposedByYou):
        confirm_proposal(proposal_id=proposal().pk, why="me again", by=desk, at=NOW)
    for _twice in range(2):
        confirm_proposal(proposal_id=proposal().pk, why="seen, too", by=other, at=NOW)
    follow_hints()
    assert (state_of(item()), state_of(large), balance_minor(suspense(item().reference))) == ("MATCHED", "SECURED", 0)
    assert (item().decided_by_id, proposal().confirmed_by_id) == (other.user_id, other.user_id)
    assert compare_with_gateway("bank") == []


def test_the_same_button_by_another_is_the_second_word_and_another_decision_is_refused(large, desk, other):
    take_item_as_ours(item_id=item().pk, why="interest", by=desk, at=NOW)
    before = Books()
    others = [
        partial(match_item, shares=[Share(large.pk, LARGE)]),
        send_back_item,
        partial(take_item_as_ours),
    ]
    for decide, refusal in zip(others, (ProposedOtherwise, ProposedOtherwise, ProposedByYou), strict=True):
        with pytest.raises(refusal):
            decide(item_id=item().pk, why="no", by=desk, at=NOW)
    assert before.unchanged() and Refund.objects.count() == 0
    take_item_as_ours(item_id=item().pk, why="yes", by=other, at=NOW)
    assert (state_of(item()), costs_minor()) == ("OURS", -LARGE)


def test_what_is_withdrawn_is_confirmed_by_nobody_and_the_case_is_open_again(large, desk, other, verifier):
    take_item_as_ours(item_id=item().pk, why="interest", by=desk, at=NOW)
    first = proposal()
    with pytest.raises(NotAllowed):
        withdraw_proposal(proposal_id=first.pk, why="mine", by=actor(verifier), at=NOW)
    for _twice in range(2):
        withdraw_proposal(proposal_id=first.pk, why="it is a buyer's", by=other, at=NOW)
    for by in (desk, other):
        with pytest.raises(NothingProposed):
            confirm_proposal(proposal_id=first.pk, why="still", by=by, at=NOW)
    assert state_of(item()) == "OPEN"
    send_back_item(item_id=item().pk, why="not for us", by=other, at=NOW)
    assert (state_of(item()), Refund.objects.get().approvals_needed) == ("SENT_BACK", 2)


@pytest.mark.parametrize("by", [by_platform(), None])
def test_no_program_and_no_stranger_proposes(large, stranger, by):
    for decide in (take_item_as_ours, partial(match_item, shares=[Share(large.pk, LARGE)])):
        with pytest.raises(NotAllowed):
            decide(item_id=item().pk, why="x", by=by or actor(stranger), at=NOW)
    assert not DeskProposal.objects.exists()


def test_a_cent_less_one_treasurer_matches_and_of_a_large_settlement_two(large, desk, other, buyer_owner, seller_owner):
    payment = wire(new_escrow(buyer_owner, seller_owner, amounts=[LARGE - 1]), buyer_owner)
    bring([Row(amount_minor=LARGE - 1, name="Y")], number=2, opening_minor=LARGE)
    small = SuspenseItem.objects.get(amount_minor=LARGE - 1)
    match_item(item_id=small.pk, shares=[Share(payment.pk, LARGE - 1)], why="the slip", by=desk, at=NOW)
    assert state_of(small) == "MATCHED"
    line = {"gateway": "stripe", "amount_minor": LARGE, "currency": "USD", "by": by_platform(), "at": NOW}
    book_gateway_line(kind="settlement", object_id="po_1", **line)
    found = SuspenseItem.objects.get(amount_minor=LARGE)
    for by, state in ((desk, "OPEN"), (other, "SETTLEMENT")):
        take_item_as_settlement(item_id=found.pk, why="Stripe", by=by, at=NOW)
        assert state_of(found) == state


def test_postgresql_wants_the_second_word_itself(large, desk):
    take_item_as_ours(item_id=item().pk, why="interest", by=desk, at=NOW)
    with pytest.raises(IntegrityError, match="decided by one person"), transaction.atomic():
        SuspenseItem.objects.update(state="OURS")
    with pytest.raises(IntegrityError, match="proposal_needs_another"), transaction.atomic():
        DeskProposal.objects.update(confirmed_by=desk.user_id, ended_at=NOW)
    with pytest.raises(Exception, match="frozen|readonly|Cannot"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE payments_suspenseitem SET approvals_needed = 0")


# --- our own transfers ------------------------------------------------------------------------------------------------
@pytest.fixture
def at_the_bank(payout, second):
    """A payout of USD 2,450.00 whose file the bank has."""
    handed_over(second)
    return payout


def decided_by_two(desk, other, decide, **what):
    for by in (desk, other):
        decide(item_id=item().pk, why="the bank's advice", by=by, at=NOW, **what)
    follow_hints()


def test_a_payout_that_came_back_less_charges_is_owed_again_whole(at_the_bank, bank, desk, other):
    bank.says(left())
    assert outcomes(bank.says(came_back(NET - 2_500))) == {"SUSPENSE": 1}
    before = Books()
    take_item_as_transfer(item_id=item().pk, order_id=order().pk, why="the bank's advice", by=desk, at=NOW)
    assert before.unchanged() and state_of(at_the_bank) == "PAID"
    confirm_proposal(proposal_id=proposal().pk, why="seen", by=other, at=NOW)
    follow_hints()
    assert (state_of(item()), state_of(at_the_bank), order().state) == ("TRANSFER", "RETURNED", "RETURNED")
    assert payable_by_currency(at_the_bank.company_id) == {"USD": NET}
    assert (costs_minor(), bank_minor(), balance_minor(suspense(item().reference))) == (2_500, bank.balance_minor, 0)
    assert compare_with_gateway("bank") == check_books() == []
    take_item_as_transfer(item_id=item().pk, order_id=order().pk, why="again", by=desk, at=NOW)
    with pytest.raises(AlreadyDecided):
        take_item_as_transfer(item_id=item().pk, order_id=order().pk + 1, why="again", by=desk, at=NOW)


def test_a_payout_that_left_with_charges_in_its_line_is_paid(at_the_bank, bank, desk, other):
    assert outcomes(bank.says(left(NET + 1_500))) == {"UNORDERED": 1}
    decided_by_two(desk, other, take_item_as_transfer, order_id=order().pk)
    assert (state_of(item()), state_of(at_the_bank), order().state) == ("TRANSFER", "PAID", "CONFIRMED")
    assert (costs_minor(), bank_minor()) == (1_500, bank.balance_minor)
    assert compare_with_gateway("bank") == check_books() == []


def test_what_can_not_be_this_transfer_is_refused(at_the_bank, bank, desk):
    bank.says(came_back(NET + 1), left(2 * NET, name="NOTHING OF OURS"))
    came, went = SuspenseItem.objects.order_by("pk")
    before = Books()
    for found, order_id in ((came, order().pk), (went, order().pk), (came, order().pk + 1)):
        with pytest.raises(Invalid):
            take_item_as_transfer(item_id=found.pk, order_id=order_id, why="x", by=desk, at=NOW)
    bank.says(left())
    bank.says(left(NET + 9))
    with pytest.raises(Invalid, match="already"):
        found = SuspenseItem.objects.latest("pk")
        take_item_as_transfer(item_id=found.pk, order_id=order().pk, why="x", by=desk, at=NOW)
    assert not DeskProposal.objects.exists() and before != Books()


# --- what a company owes ----------------------------------------------------------------------------------------------
@pytest.fixture
def debt(funded_escrow, platform):
    """The seller owes USD 750.00 of an order that it was paid for."""
    release_all(funded_escrow)
    row = lose(charge_back(payment_of(funded_escrow), DEPOSIT))
    Chargeback.objects.filter(pk=row.pk).update(bearer=LossBearer.UNDECIDED)
    charge_payee(chargeback_id=row.pk, by=platform, at=NOW)
    return funded_escrow


def test_a_company_repays_by_wire_what_it_owes_and_no_more(debt, desk, other):
    owed = receivable(debt.payee_id, "USD")
    owes_minor = balance_minor(owed)
    bring([Row(amount_minor=owes_minor - 100, name="Cong ty"), Row(amount_minor=101, name="Cong ty")])
    first, late = SuspenseItem.objects.order_by("pk")
    before = Books()
    take_item_as_repayment(item_id=first.pk, company_id=debt.payee_id, why="they wrote", by=desk, at=NOW)
    assert before.unchanged()
    for _twice in range(2):
        take_item_as_repayment(item_id=first.pk, company_id=debt.payee_id, why="they wrote", by=other, at=NOW)
    assert (state_of(first), balance_minor(owed), costs_minor()) == ("REPAYMENT", 100, costs_minor())
    for company_id in (debt.payee_id, debt.payer_id):
        with pytest.raises(Invalid, match="owes"):
            take_item_as_repayment(item_id=late.pk, company_id=company_id, why="the rest", by=desk, at=NOW)
    with pytest.raises(AlreadyDecided):
        take_item_as_repayment(item_id=first.pk, company_id=debt.payer_id, why="x", by=desk, at=NOW)
    assert check_books() == []


def test_a_debt_is_written_off_by_two_and_no_more_of_it_than_they_saw(debt, treasurer, second, verifier):
    owed = Account.objects.get(code=receivable(debt.payee_id, "USD"))
    say = partial(write_off_debt, account_id=owed.pk, seen_minor=DEPOSIT, why="bankrupt", at=NOW)
    before = Books()
    for by, refusal in ((actor(verifier), NotAllowed), (by_platform(), NotAllowed)):
        with pytest.raises(refusal):
            say(by=by)
    for wrong in ({"seen_minor": DEPOSIT - 1}, {"why": " "}):
        with pytest.raises(Invalid):
            say(by=actor(treasurer), **wrong)
    say(by=actor(treasurer))
    with pytest.raises(WrittenOffByYou):
        say(by=actor(treasurer))
    assert before.unchanged() and balance_minor(owed.code) == DEPOSIT
    say(by=actor(second))
    assert (balance_minor(owed.code), balance_minor(losses("USD"))) == (0, DEPOSIT)
    with pytest.raises(IllegalMove):
        say(by=actor(second))
    assert check_books() == []


def test_a_debt_that_changed_needs_two_words_anew(debt, desk, other, treasurer, second):
    owed = Account.objects.get(code=receivable(debt.payee_id, "USD"))
    say = partial(write_off_debt, account_id=owed.pk, why="bankrupt", at=NOW)
    say(seen_minor=DEPOSIT, by=actor(treasurer))
    bring([Row(amount_minor=100, name="Cong ty")])
    decided_by_two(desk, other, take_item_as_repayment, company_id=debt.payee_id)
    with pytest.raises(Invalid, match="changed"):
        say(seen_minor=DEPOSIT, by=actor(second))
    say(seen_minor=DEPOSIT - 100, by=actor(second))
    assert balance_minor(owed.code) == DEPOSIT - 100
    say(seen_minor=DEPOSIT - 100, by=actor(treasurer))
    assert balance_minor(owed.code) == 0 and check_books() == []


def test_the_page_of_a_debt_has_the_button(debt, treasurer, second):
    owed = Account.objects.get(code=receivable(debt.payee_id, "USD"))
    page = reverse("admin:payments_account_transfers", args=[owed.pk])
    button = reverse("admin:payments_account_write_off", args=[owed.pk])
    for user in (treasurer, second):
        client = with_both_factors(user)
        assert button in client.get(page).content.decode()
        assert client.post(button, {"why": "bankrupt"}).headers["Location"] == page
    shown = client.get(page).content.decode()
    assert client.get(button).status_code == 200 and client.post(button, {"why": "x"}).status_code == 422
    assert button not in shown and treasurer.full_name in shown and balance_minor(owed.code) == 0


# --- the page ---------------------------------------------------------------------------------------------------------
def test_the_page_shows_who_proposed_what_and_another_confirms_it(at_the_bank, bank, treasurer, second):
    bank.says(left())
    bank.says(came_back(NET - 2_500))
    page = reverse("admin:payments_suspenseitem_change", args=[item().pk])
    first, other = with_both_factors(treasurer), with_both_factors(second)
    button = reverse("admin:payments_suspenseitem_transfer", args=[item().pk, order().pk])
    assert button in first.get(page).content.decode()
    assert order().end_to_end in first.get(button).content.decode()
    assert first.post(button, {"why": "the advice of March"}).headers["Location"] == page
    confirm = reverse("admin:payments_suspenseitem_confirm", args=[item().pk, proposal().pk])
    mine, theirs = first.get(page).content.decode(), other.get(page).content.decode()
    assert confirm not in mine and "Another treasurer must confirm it." in mine
    assert confirm in theirs and "the advice of March" in theirs and treasurer.full_name in theirs
    assert order().end_to_end in other.get(confirm).content.decode()
    assert first.post(confirm, {"why": "mine"}).status_code == 422
    assert state_of(item()) == "OPEN"
    assert other.post(confirm, {"why": "seen"}).status_code == 302
    assert state_of(item()) == "TRANSFER" and "Confirmed by" in first.get(page).content.decode()


# --- the check --------------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_confirmed_at_once_it_is_booked_once_and_the_check_knows_it(at_the_bank, bank, desk, other, services):
    bank.says(left(NET + 1_500))
    take_item_as_transfer(item_id=item().pk, order_id=order().pk, why="the advice", by=desk, at=NOW)
    confirm = partial(confirm_proposal, proposal_id=proposal().pk, why="seen", by=other, at=NOW)
    assert [result.state for result in run_at_once(confirm, count=2)] == ["TRANSFER", "TRANSFER"]
    follow_hints()
    assert (costs_minor(), bank_minor()) == (1_500, -NET - 1_500 + PRICE)
    lies = [
        ("desk_decisions_have_two", "DELETE FROM payments_deskproposal"),
        ("desk_decisions_have_two", "UPDATE payments_suspenseitem SET approvals_needed = 0"),
        ("lines_are_booked_once", "UPDATE payments_transfer SET amount_minor = 1 WHERE key LIKE 'line_%:gateway_cost'"),
        ("order_lines_belong", "UPDATE payments_bankorder SET debit_line_id = NULL"),
    ]
    assert check_books() == []
    missed = [
        (check, sql)
        for check, sql in lies
        if check not in {problem.check for problem in looked_at_after(sql, check_books, services)}
    ]
    assert missed == []
    assert BankOrder.objects.get().state == "CONFIRMED"


@pytest.mark.django_db(transaction=True)
def test_a_debt_that_ended_without_its_two_words_is_found(debt, desk, other, treasurer, second, services):
    owed = Account.objects.get(code=receivable(debt.payee_id, "USD"))
    bring([Row(amount_minor=100, name="Cong ty")])
    decided_by_two(desk, other, take_item_as_repayment, company_id=debt.payee_id)
    for user in (treasurer, second):
        write_off_debt(account_id=owed.pk, seen_minor=DEPOSIT - 100, why="bankrupt", by=actor(user), at=NOW)
    assert check_books() == []
    for sql in (
        "DELETE FROM payments_debtword WHERE user_id = (SELECT max(user_id) FROM payments_debtword)",
        "UPDATE payments_deskproposal SET terms = '{}'",
        "UPDATE payments_suspenseitem SET amount_minor = 99",
    ):
        found = {problem.check for problem in looked_at_after(sql, check_books, services)}
        assert "receivable_is_its_rows" in found, sql
