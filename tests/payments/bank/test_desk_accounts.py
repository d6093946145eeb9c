"""Money on the desk from an account that no transfer can go to: it stays there until the payer gave another."""

import pytest
from django.urls import reverse

from core.errors import Invalid, NotAllowed
from core.models import Alarm
from payments.actions.desk import NobodyToSendTo, send_back_item
from payments.actions.desk_cases import AlreadyDecided, NothingProposed, ProposedByYou, withdraw_proposal
from payments.actions.desk_of_two import AccountKnown, confirm_proposal, send_item_to
from payments.actions.sending import claim_refund, record_refund_failed
from payments.books import check_books
from payments.exchanges.reconcile import compare_with_gateway
from payments.exchanges.refunds import send_refund
from payments.models import BankOrder, DeskProposal, Refund
from payments.models.account_codes import suspense
from payments.pain001 import Party
from payments.queries import balance_minor
from payments.refund_targets import party_of_refund
from tests.admin.test_admin import with_both_factors
from tests.cast import NOW, actor
from tests.payments.bank.files import Row
from tests.payments.bank.steps import bank_minor, item, staff
from tests.payments.bank.transfers import IBAN, came_back, handed_over, left
from tests.payments.steps import Books, state_of

pytestmark = pytest.mark.django_db
AMOUNT = 2_000_000
CHASE = Party(name="Harbor Trading LLC", account="99887766", bic="CHASUS33")


@pytest.fixture
def other(second):
    return staff(second)


@pytest.fixture
def american(bank):
    """USD 20,000.00 from an account of which the statement says the number only."""
    bank.says(Row(amount_minor=AMOUNT, text="chairs", name="Harbor Trading LLC", account="99887766"))
    return item()


def send_to(row, by, creditor=CHASE):
    return send_item_to(item_id=row.pk, creditor=creditor, why="they called back", by=by, at=NOW)


def test_it_is_not_sent_into_nothing_but_stays_on_the_desk(american, desk):
    before = Books()
    with pytest.raises(NobodyToSendTo):
        send_back_item(item_id=american.pk, why="not for us", by=desk, at=NOW)
    assert before.unchanged() and state_of(american) == "OPEN" and not Refund.objects.exists()


def test_it_goes_to_the_account_that_two_treasurers_confirm(american, bank, desk, other, second):
    send_to(american, desk)
    with pytest.raises(ProposedByYou):
        send_to(american, desk)
    assert state_of(american) == "OPEN" and not Refund.objects.exists()
    for _twice in range(2):
        send_to(american, other)
    refund = Refund.objects.get()
    send_refund(refund_id=refund.pk, at=NOW)
    order = BankOrder.objects.get()
    assert (order.creditor_name, order.creditor_account, order.creditor_bic, order.amount_minor) == (
        "Harbor Trading LLC",
        "99887766",
        "CHASUS33",
        AMOUNT,
    )
    handed_over(second)
    bank.says(left(AMOUNT))
    assert (state_of(american), state_of(refund), balance_minor(suspense(american.reference))) == (
        "SENT_BACK",
        "PAID",
        0,
    )
    with pytest.raises(AlreadyDecided):
        send_to(american, desk, Party(name="Somebody Else", account=IBAN, bic=""))
    assert compare_with_gateway("bank") == check_books() == []


def test_what_came_back_goes_out_once_more_to_another_account(american, bank, desk, other, second):
    for by in (desk, other):
        send_to(american, by)
    send_refund(refund_id=Refund.objects.get().pk, at=NOW)
    handed_over(second)
    bank.says(left(AMOUNT))
    bank.says(came_back(AMOUNT))
    assert (bank_minor(), balance_minor(suspense(american.reference))) == (AMOUNT, AMOUNT)
    new = Party(name="Harbor Trading LLC", account=IBAN, bic="")
    for by in (desk, other, other):
        send_to(american, by, new)
    first, second_refund = Refund.objects.order_by("pk")
    assert (first.state, second_refund.replaces_id) == ("RETURNED", first.pk)
    send_refund(refund_id=second_refund.pk, at=NOW)
    assert BankOrder.objects.get(refund=second_refund).creditor_account == IBAN
    assert not Alarm.objects.filter(kind="refund_overdue", subject_id=first.pk, cleared_at=None).exists()
    assert check_books() == []


@pytest.mark.parametrize(
    "creditor",
    [
        Party(name="港口贸易", account=IBAN, bic=""),
        Party(name="Harbor", account="99887766", bic=""),
        Party(name="Harbor", account="DE88370400440532013000", bic=""),
        Party(name="Harbor", account="1", bic="CHASUS33"),
        Party(name="Harbor", account=IBAN, bic="XX"),
    ],
)
def test_an_account_that_no_bank_can_use_is_refused(american, desk, creditor):
    with pytest.raises(Invalid):
        send_to(american, desk, creditor)
    assert not DeskProposal.objects.exists()


@pytest.mark.parametrize("sign", ["\u202e", "\u200b", "\u0007"])
def test_a_holder_with_signs_that_nobody_sees_is_refused(american, desk, sign):
    with pytest.raises(Invalid):
        send_to(american, desk, Party(name=f"Harbor{sign}LLC", account=IBAN, bic=""))


def test_where_the_statement_names_an_account_no_other_is_taken_before_that_one_failed(
    bank, desk, other, treasurer, platform
):
    bank.says(Row(amount_minor=AMOUNT, text="chairs", name="Harbor Trading LLC", account=IBAN))
    page = reverse("admin:payments_suspenseitem_change", args=[item().pk])
    button = reverse("admin:payments_suspenseitem_send_to", args=[item().pk])
    office = with_both_factors(treasurer)
    assert button not in office.get(page).content.decode()
    with pytest.raises(AccountKnown):
        send_to(item(), desk)
    assert not DeskProposal.objects.exists()
    refund = send_back_item(item_id=item().pk, why="not for us", by=desk, at=NOW)
    claim_refund(refund_id=refund.pk, by=platform, at=NOW)
    record_refund_failed(refund_id=refund.pk, failure_code="AC04", by=platform, at=NOW)
    assert button in office.get(page).content.decode()
    for by in (desk, other):
        send_to(item(), by)
    assert party_of_refund(Refund.objects.latest("pk"), at=NOW) == CHASE


def test_a_page_left_open_confirms_what_it_shows_and_nothing_that_came_later(american, desk, other):
    send_to(american, desk)
    shown = DeskProposal.objects.get()
    withdraw_proposal(proposal_id=shown.pk, why="wrong account", by=desk, at=NOW)
    send_to(american, desk, Party(name="Somebody Else", account=IBAN, bic=""))
    with pytest.raises(NothingProposed):
        confirm_proposal(proposal_id=shown.pk, why="I called", by=other, at=NOW)
    later = DeskProposal.objects.latest("pk")
    for _twice in range(2):
        confirm_proposal(proposal_id=later.pk, why="I called", by=other, at=NOW)
    assert DeskProposal.objects.count() == 2 and state_of(american) == "SENT_BACK"


def test_nobody_else_gives_an_account(american, verifier, buyer_owner):
    for user in (verifier, buyer_owner):
        with pytest.raises(NotAllowed):
            send_to(american, actor(user))


def test_the_page_takes_the_account_and_shows_it_to_the_second(american, treasurer, second, other):
    mine, theirs = with_both_factors(treasurer), with_both_factors(second)
    page = reverse("admin:payments_suspenseitem_change", args=[american.pk])
    button = reverse("admin:payments_suspenseitem_send_to", args=[american.pk])
    assert button in mine.get(page).content.decode()
    said = {"name": "Harbor Trading LLC", "account": "9988 7766", "bic": "", "why": "they called back"}
    refused = mine.post(button, said)
    assert refused.status_code == 422 and "9988 7766" in refused.content.decode()
    assert mine.post(button, said | {"bic": "CHASUS33"}).headers["Location"] == page
    assert "Harbor Trading LLC, 99887766 CHASUS33" in theirs.get(page).content.decode()
    asked = theirs.get(
        reverse("admin:payments_suspenseitem_confirm", args=[american.pk, DeskProposal.objects.get().pk])
    )
    facts = dict(asked.context["facts"])
    assert list(facts.values()) == ["Harbor Trading LLC", "99887766", "CHASUS33", "Harbor Trading LLC 99887766"]
    assert all(f">{value}</dd>" in asked.content.decode() for value in facts.values())
    confirm_proposal(proposal_id=DeskProposal.objects.get().pk, why="I called, too", by=other, at=NOW)
    assert state_of(american) == "SENT_BACK"
