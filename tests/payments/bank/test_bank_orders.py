"""Transfers by the bank: ordered once, in one file, confirmed by a statement, and never believed without it."""

from functools import partial

import pytest
from django.db import IntegrityError, InternalError, connection, transaction
from django.urls import reverse

from companies.actions import add_payout_account, remove_payout_account
from companies.models import PayoutAccount
from core import deadlines
from core.actions import carry_out
from core.errors import IllegalMove, Invalid, NotAllowed
from core.models import Alarm
from messaging.models import Mail
from payments import events
from payments.actions.bank_orders import (
    BooksAreWrong,
    CarriedOut,
    NothingWaits,
    SaidByYou,
    alarm_about_batch,
    hand_over_batch,
    make_batch,
    note_downloaded,
    reject_batch,
    reject_order,
)
from payments.actions.desk import take_item_as_ours
from payments.actions.payout import request_payout
from payments.actions.refunds import retry_refund
from payments.actions.sending import BOOKS_ALARM, books_are_wrong
from payments.books import check_books
from payments.exchanges import sending
from payments.exchanges.payouts import send_payout
from payments.exchanges.reconcile import compare_with_gateway
from payments.exchanges.refunds import send_refund
from payments.mailing import tell_of_money
from payments.models import BankBatch, BankOrder, Payout, SendState
from payments.queries import payable_by_currency
from payments.sending_words import payout_note, payout_words
from payments.timing import BATCH_WAITS
from tests.admin.test_admin import with_both_factors
from tests.cast import NOW, actor
from tests.concurrency.racing import run_at_once
from tests.payments.bank.steps import bank_minor, follow_hints, item, outcomes, staff, why
from tests.payments.bank.transfers import NET, PRICE, batch_by, came_back, handed_over, left, order
from tests.payments.lies import looked_at_after
from tests.payments.steps import release_all, state_of
from tests.payments.test_pain001 import check_structure, texts

pytestmark = pytest.mark.django_db


# --- ordered once -----------------------------------------------------------------------------------------------------
def test_a_payout_becomes_one_order(payout):
    assert state_of(payout) == SendState.SENT
    for _time in range(3):
        send_payout(payout_id=payout.pk, at=NOW)
    row = order()
    assert (row.state, row.amount_minor, row.currency) == ("WAITING", NET, "USD")
    assert row.end_to_end == payout.reference.replace("_", "").upper()
    assert row.remittance.startswith(f"{row.end_to_end} TA-2026-000123")
    assert Payout.objects.get().gateway_id == row.reference


def test_killed_between_claim_and_record_it_is_found_again(funded, platform, monkeypatch):
    release_all(funded)
    payout = request_payout(company_id=funded.payee_id, currency="USD", by=platform, at=NOW)

    def die(place):
        if place == "payout_called":
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(sending, "reached", die)
        send_payout(payout_id=payout.pk, at=NOW)
    assert (state_of(payout), Payout.objects.get().gateway_id) == (SendState.SENDING, "")
    send_payout(payout_id=payout.pk, at=NOW)
    assert state_of(payout) == SendState.SENT and BankOrder.objects.count() == 1


def test_a_holder_whom_no_bank_can_write_is_told_so_and_no_bank_is_named(funded, seller_owner, platform, client):
    PayoutAccount.objects.filter(company_id=funded.payee_id).update(holder="佛山市明亮照明")
    release_all(funded)
    payout = request_payout(company_id=funded.payee_id, currency="USD", by=platform, at=NOW)
    send_payout(payout_id=payout.pk, at=NOW)
    assert (state_of(payout), Payout.objects.get().failure_code) == (SendState.FAILED, "name_not_latin")
    assert payable_by_currency(funded.payee_id) == {"USD": NET} and not BankOrder.objects.exists()
    client.force_login(seller_owner)
    page = client.get(reverse("payout-list")).content.decode()
    for words in (page, letter_about(payout, "name_not_latin")):
        assert "give the name in Latin letters" in words and "efused" not in words
    with pytest.raises(Invalid) as refusal:
        add_payout_account(
            company_id=funded.payee_id,
            currency="EUR",
            holder="佛山市明亮照明",
            number="12345678",
            bic="BFTVVNVX",
            bank_name="Vietcombank",
            country="VN",
            by=actor(seller_owner),
            at=NOW,
        )
    assert list(refusal.value.fields) == ["holder"]


def letter_about(payout, code):
    happened = {"payout_id": payout.pk, "company_id": payout.company_id, "amount_minor": NET, "code": code, "at": NOW}
    tell_of_money(events.PayoutFailed(**happened))
    return Mail.objects.filter(kind="PayoutFailed").latest("pk").body_text


# --- one file ---------------------------------------------------------------------------------------------------------
def test_a_batch_is_a_file_that_stays_as_it_is(payout, treasurer, second):
    batch = batch_by(treasurer)
    root = check_structure(batch.file)
    assert texts(root, "EndToEndId") == [order().end_to_end] and texts(root, "InstdAmt") == ["2450.00"]
    assert texts(root, "MsgId") == [batch.message_id] and texts(root, "Nm")[-1] == "Cong ty TNHH Binh Minh"
    assert (batch.orders, batch.total_minor, batch.state) == (1, NET, "MADE")
    for user in (treasurer, second):
        assert note_downloaded(batch_id=batch.pk, by=actor(user), at=NOW).file == batch.file
    assert BankBatch.objects.get().downloaded_by == treasurer
    with pytest.raises(NothingWaits):
        batch_by(treasurer)
    assert hand_over_batch(batch_id=batch.pk, by=actor(second), at=NOW).state == "HANDED_OVER"
    assert hand_over_batch(batch_id=batch.pk, by=actor(second), at=NOW).state == "HANDED_OVER"
    assert state_of(payout) == SendState.SENT and bank_minor() == PRICE


def test_a_file_that_nobody_downloaded_was_not_handed_over(payout, treasurer):
    with pytest.raises(IllegalMove):
        hand_over_batch(batch_id=batch_by(treasurer).pk, by=actor(treasurer), at=NOW)


@pytest.mark.parametrize("who", ["seller_owner", "verifier"])
def test_only_treasurers_touch_files(request, payout, who, treasurer, platform):
    batch, user = batch_by(treasurer), request.getfixturevalue(who)
    for by in (actor(user), platform):
        for act in (
            partial(make_batch, currency="USD"),
            partial(note_downloaded, batch_id=batch.pk),
            partial(reject_order, order_id=order().pk, why="no"),
        ):
            with pytest.raises(NotAllowed):
                act(by=by, at=NOW)


def test_no_file_is_made_while_the_books_are_wrong(payout, treasurer):
    Alarm.objects.create(kind=BOOKS_ALARM, subject_type="x", subject_id=0, message="", raised_at=NOW, last_at=NOW)
    with pytest.raises(BooksAreWrong):
        batch_by(treasurer)
    assert order().state == "WAITING"


def test_an_order_whose_account_was_removed_is_in_no_file(payout, seller_owner, treasurer):
    account = PayoutAccount.objects.get(company_id=payout.company_id)
    remove_payout_account(reference=account.reference, company_id=account.company_id, by=actor(seller_owner), at=NOW)
    assert batch_by(treasurer) is None and not BankBatch.objects.exists()
    follow_hints()
    assert (order().state, state_of(payout)) == ("CANCELLED", SendState.FAILED)
    told = Payout.objects.get(pk=payout.pk)
    assert "removed" in str(payout_words(told)[0]) and "No bank was asked" in str(payout_note(told))
    assert payable_by_currency(payout.company_id) == {"USD": NET}


def test_a_file_that_lies_about_is_alarmed(payout, treasurer):
    batch = batch_by(treasurer)
    due_at = deadlines.get(batch, BATCH_WAITS).due_at
    alarm_about_batch(subject_id=batch.pk, at=due_at)
    live = Alarm.objects.filter(kind=BATCH_WAITS, cleared_at__isnull=True)
    assert live.count() == 1
    note_downloaded(batch_id=batch.pk, by=actor(treasurer), at=NOW)
    hand_over_batch(batch_id=batch.pk, by=actor(treasurer), at=NOW)
    assert not live.exists() and deadlines.live_of(batch) == []


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE payments_bankbatch SET file = 'other'",
        "UPDATE payments_bankorder SET batch_id = NULL, state = 'WAITING'",
        "UPDATE payments_bankorder SET batch_id = batch_id + 1",
        "UPDATE payments_bankorder SET amount_minor = 1",
        "UPDATE payments_bankorder SET creditor_account = 'X'",
        "UPDATE payments_bankorder SET state = 'REJECTED'",
    ],
)
def test_the_database_keeps_files_and_orders(payout, treasurer, sql):
    batch_by(treasurer)
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


# --- statements -------------------------------------------------------------------------------------------------------
def test_a_debit_with_our_reference_confirms_it(payout, bank, treasurer):
    handed_over(treasurer)
    file = bank.says(left())
    assert outcomes(file) == {"ORDER": 1} and "left" in why(file)
    assert (order().state, state_of(payout), bank_minor()) == ("CONFIRMED", SendState.PAID, PRICE - NET)
    assert compare_with_gateway("bank") == []


@pytest.mark.parametrize("rows", [lambda: [left(NET - 1)], lambda: [left(), left()]], ids=["another amount", "twice"])
def test_a_debit_that_does_not_fit_confirms_nothing_and_alarms(payout, bank, treasurer, rows):
    handed_over(treasurer)
    shown = rows()
    file = bank.says(*shown)
    assert outcomes(file).get("UNORDERED") == 1 and "our transfer" in why(file, len(shown))
    assert Alarm.objects.filter(kind="money_left_unordered", cleared_at__isnull=True).count() == 1
    expected = ("CONFIRMED", SendState.PAID) if len(shown) == 2 else ("BATCHED", SendState.SENT)
    assert (order().state, state_of(payout)) == expected


def test_a_debit_before_any_file_is_no_confirmation(payout, bank):
    file = bank.says(left())
    assert outcomes(file) == {"UNORDERED": 1} and order().state == "WAITING"


def test_what_comes_back_after_it_was_paid_is_owed_again(payout, bank, treasurer):
    handed_over(treasurer)
    bank.says(left())
    file = bank.says(came_back())
    assert outcomes(file) == {"ORDER": 1}
    assert (order().state, state_of(payout), bank_minor()) == ("RETURNED", SendState.RETURNED, PRICE)
    assert payable_by_currency(payout.company_id) == {"USD": NET}
    assert compare_with_gateway("bank") == []
    again = bank.says(came_back())
    assert outcomes(again) == {"SUSPENSE": 1} and "came back before" in why(again)


def test_out_of_order_it_ends_the_same(payout, bank, treasurer):
    handed_over(treasurer)
    bank.says(came_back(), left())
    assert (order().state, state_of(payout), bank_minor()) == ("RETURNED", SendState.RETURNED, PRICE)
    assert compare_with_gateway("bank") == []


def test_a_returned_sum_less_charges_waits_on_the_desk(payout, bank, treasurer):
    handed_over(treasurer)
    bank.says(left())
    file = bank.says(came_back(NET - 1_500))
    assert outcomes(file) == {"SUSPENSE": 1} and "our transfer" in why(file)
    assert state_of(payout) == SendState.PAID


# --- rejected by the bank ---------------------------------------------------------------------------------------------
def test_what_leaves_after_two_said_it_did_not_stops_all_outgoing_money_at_once(
    refund, bank, treasurer, second, platform
):
    batch = handed_over(treasurer)
    for user in (treasurer, second):
        reject_batch(batch_id=batch.pk, why="the upload was refused", by=actor(user), at=NOW)
    follow_hints()
    newer = retry_refund(refund_id=refund.pk, by=actor(treasurer), at=NOW)
    send_refund(refund_id=newer.pk, at=NOW)
    made = batch_by(treasurer)
    first, again = BankOrder.objects.order_by("pk")
    assert outcomes(bank.says(left(PRICE, name=first.end_to_end))) == {"UNORDERED": 1}
    assert books_are_wrong() and not Alarm.objects.filter(kind=BOOKS_ALARM).exists(), "no check has run yet"
    with pytest.raises(BooksAreWrong):
        note_downloaded(batch_id=made.pk, by=actor(treasurer), at=NOW)
    page = reverse("admin:payments_suspenseitem_change", args=[item().pk])
    shown = with_both_factors(treasurer).get(page).content.decode()
    assert first.end_to_end in shown and newer.reference in shown and "was taken not to have left" in shown
    assert again.end_to_end not in shown and "No transfer is named here" not in shown
    (alarm,) = Alarm.objects.filter(kind="money_left_unordered")
    assert "USD 2,500.00 left the bank" in alarm.message
    for user in (treasurer, second):
        take_item_as_ours(item_id=item().pk, why="paid twice", by=staff(user), at=NOW)
    assert not books_are_wrong()
    assert note_downloaded(batch_id=made.pk, by=actor(treasurer), at=NOW).state == "DOWNLOADED"


def test_two_people_say_that_the_bank_rejected_it(payout, treasurer, second):
    handed_over(treasurer)
    say = partial(reject_order, order_id=order().pk, why="pain.002 RJCT", at=NOW)
    say(by=actor(treasurer))
    assert (order().state, state_of(payout)) == ("BATCHED", SendState.SENT)
    with pytest.raises(SaidByYou):
        say(by=actor(treasurer))
    say(by=actor(second))
    follow_hints()
    assert (order().state, state_of(payout)) == ("REJECTED", SendState.FAILED)
    assert payable_by_currency(payout.company_id) == {"USD": NET}
    with pytest.raises(IllegalMove):
        say(by=actor(second))


def test_a_rejection_needs_a_reason_and_a_file_at_the_bank(payout, treasurer):
    batch_by(treasurer)
    with pytest.raises(IllegalMove):
        reject_order(order_id=order().pk, why="RJCT", by=actor(treasurer), at=NOW)
    with pytest.raises(Invalid):
        reject_order(order_id=order().pk, why=" ", by=actor(treasurer), at=NOW)


def test_two_people_say_that_the_bank_took_nothing_of_a_file(payout, funded, treasurer, second, platform):
    batch = batch_by(treasurer)
    say = partial(reject_batch, batch_id=batch.pk, why="the upload was refused", at=NOW)
    note_downloaded(batch_id=batch.pk, by=actor(treasurer), at=NOW)
    with pytest.raises(Invalid):
        say(by=actor(treasurer), why=" ")
    with pytest.raises(NotAllowed):
        say(by=platform)
    say(by=actor(treasurer))
    assert (state_of(batch), order().state) == ("DOWNLOADED", "BATCHED")
    with pytest.raises(SaidByYou):
        say(by=actor(treasurer))
    say(by=actor(second))
    follow_hints()
    assert (state_of(batch), order().state, state_of(payout)) == ("REJECTED", "REJECTED", SendState.FAILED)
    assert payable_by_currency(payout.company_id) == {"USD": NET}
    for end in (say, *(partial(verb, batch_id=batch.pk, at=NOW) for verb in (hand_over_batch, note_downloaded))):
        with pytest.raises(IllegalMove):
            end(by=actor(second))
    assert not deadlines.live_of(batch) and check_books() == []


def test_a_file_of_which_a_statement_shows_a_transfer_was_taken(payout, bank, treasurer):
    batch = handed_over(treasurer)
    bank.says(left())
    with pytest.raises(CarriedOut):
        reject_batch(batch_id=batch.pk, why="lost", by=actor(treasurer), at=NOW)
    assert state_of(payout) == SendState.PAID


LIES = [
    ("batches_add_up", "UPDATE payments_bankbatch SET state = 'REJECTED'"),
    ("bank_orders_agree", "UPDATE payments_bankorder SET amount_minor = amount_minor + 1"),
    ("bank_orders_agree", "UPDATE payments_payout SET state = 'FAILED'"),
    ("order_lines_belong", "UPDATE payments_bankorder SET debit_line_id = NULL, state = 'BATCHED'"),
    ("batches_add_up", "UPDATE payments_bankbatch SET total_minor = total_minor + 1"),
    ("batches_have_clocks", "UPDATE payments_bankbatch SET state = 'MADE'"),
]


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_treasurers_make_one_file(self, payout, treasurer, second):
        results = run_at_once(*(partial(carry_out, batch_by, user) for user in (treasurer, second)))
        assert sorted(type(result).__name__ for result in results) == ["BankBatch", "NothingWaits"]
        assert order().batch == BankBatch.objects.get()

    def test_two_workers_write_one_order(self, funded, platform):
        release_all(funded)
        payout = request_payout(company_id=funded.payee_id, currency="USD", by=platform, at=NOW)
        run_at_once(partial(send_payout, payout_id=payout.pk, at=NOW), count=2)
        send_payout(payout_id=payout.pk, at=NOW)  # The second may have asked before the first had written.
        assert state_of(payout) == SendState.SENT and BankOrder.objects.count() == 1

    @pytest.mark.parametrize(("check", "sql"), LIES)
    def test_a_lie_about_orders_is_found(self, payout, bank, treasurer, services, check, sql):
        handed_over(treasurer)
        bank.says(left())
        found = looked_at_after(sql, check_books, services)
        assert check in {problem.check for problem in found}

    def test_with_all_committed_the_books_agree_with_the_bank(self, payout, bank, treasurer):
        handed_over(treasurer)
        bank.says(left())
        assert check_books() == [] and compare_with_gateway("bank") == []
