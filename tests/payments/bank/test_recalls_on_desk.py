"""Wires that the bank took back, as staff see them on the desk; money that lay there; and who is told."""

from functools import partial

import pytest
from django.urls import reverse

from core.errors import Invalid
from core.events import run_courier
from core.models import Alarm
from messaging.models import Notice
from payments.actions.desk import Share, match_item, take_item_as_ours
from payments.actions.desk_cases import ProposedOtherwise, withdraw_proposal
from payments.actions.desk_recalls import take_credit_back
from payments.actions.sending import books_are_wrong
from payments.models import Chargeback, DeskProposal, SuspenseItem
from payments.models.account_codes import chargeback, suspense
from payments.queries import balance_minor
from payments.recall_queries import credits_for, recalls_for
from tests.admin.test_admin import with_both_factors
from tests.cast import NOW
from tests.payments.bank.files import Row
from tests.payments.bank.recalls import decided, end_as_ours, sure, taken_back
from tests.payments.bank.steps import bank_minor, bring, follow_hints, wire
from tests.payments.bank.transfers import IBAN
from tests.payments.exchanges.scene import catch_up
from tests.payments.steps import BALANCE, DEPOSIT, instalment_of, new_escrow, state_of

pytestmark = pytest.mark.django_db


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


def test_a_line_that_names_a_wire_taken_back_before_offers_nobody_elses(paid, desk, other, buyer_owner, seller_owner):
    equal = wire(new_escrow(buyer_owner, seller_owner, amounts=[DEPOSIT]), buyer_owner)
    bring([Row(amount_minor=DEPOSIT, text=equal.bank_details["reference"])], number=2)
    decided(taken_back(number=3, text=f"RECALL {paid.bank_details['reference']}", name=""), paid, desk, other)
    again = taken_back(number=4, text=f"RECALL {paid.bank_details['reference']} ONCE MORE", name="", account="")
    assert recalls_for(again) == []
    assert [each.payment.pk for each in recalls_for(again, find="lakeside")] == [equal.pk]
    end_as_ours(again, desk, other)
    follow_hints()


@pytest.mark.parametrize("words", ["", "LAKESIDE FURNITURE INC."])
def test_newer_ones_that_were_taken_back_crowd_none_out(
    paid, desk, other, buyer_owner, seller_owner, monkeypatch, words
):
    monkeypatch.setattr("payments.recall_queries.MOST", 1)
    newer = wire(new_escrow(buyer_owner, seller_owner, amounts=[DEPOSIT]), buyer_owner)
    bring([Row(amount_minor=DEPOSIT, text=newer.bank_details["reference"])], number=2)
    decided(taken_back(number=3), newer, desk, other)
    row = taken_back(text="RECALL", name=words, account="", number=4)
    assert [each.payment.pk for each in recalls_for(row)] == [paid.pk]
    end_as_ours(row, desk, other)
    follow_hints()


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
    assert "asks for no papers" in first.post(send, {"words": "late"}).content.decode()
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
