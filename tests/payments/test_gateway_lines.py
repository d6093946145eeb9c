"""A line of a gateway's record that nothing of ours explains: two treasurers say what it is, and money goes on."""

from functools import partial

import pytest
from django.urls import reverse

from core.errors import IllegalMove, Invalid, NotAllowed
from payments.actions.books import note_self_check
from payments.actions.differences import take_difference
from payments.actions.gateway_lines import (
    ExplainedAlready,
    ExplainedByYou,
    NotExplainable,
    book_gateway_line,
    explain_gateway_line,
)
from payments.actions.payout import request_payout
from payments.actions.sending import books_are_wrong, claim_payout
from payments.books import Problem, RecordLine, check_books, compare_with_gateway
from payments.exchanges.reconcile import _heard_of
from payments.gateways import base
from payments.models import BookedInto, Difference, LineExplanation
from payments.queries import balance_minor
from tests.admin.test_admin import with_both_factors
from tests.cast import NOW, actor
from tests.concurrency.racing import locks_before_writing, run_at_once
from tests.payments.lies import looked_at_after
from tests.payments.steps import Books, release_all

pytestmark = pytest.mark.django_db
TAX = RecordLine("out", "other_out", "txn_9", 60, "USD")


def night(*lines, gateway="stripe"):
    """The nightly check beside this record. Returns what it found."""
    found = compare_with_gateway(gateway=gateway, movements=lines)
    note_self_check(problems=found, at=NOW)
    return [str(problem) for problem in found]


@pytest.fixture
def case():
    assert night(TAX) == ["gateway_line: stripe other_out txn_9: ours nothing, theirs USD 0.60"]
    return Difference.objects.get()


def explain(case, user, into=BookedInto.COSTS, why="Sales tax of October."):
    return explain_gateway_line(difference_id=case.pk, into=into, why=why, by=actor(user), at=NOW)


def test_two_treasurers_explain_it_and_outgoing_money_starts_again(case, treasurer, second, funded_escrow, platform):
    release_all(funded_escrow)
    payout = request_payout(company_id=funded_escrow.payee_id, currency="USD", by=platform, at=NOW)
    books = Books()
    assert explain(case, treasurer) is False
    assert books.unchanged() and books_are_wrong(), "one is not enough"
    with locks_before_writing():
        assert explain(case, second) is True
    assert (balance_minor("costs:USD"), balance_minor("clearing:stripe:USD")) == (60, -60)
    assert claim_payout(payout_id=payout.pk, by=platform, at=NOW) is None, "not before a check saw it"
    assert night(TAX) == [] and not books_are_wrong()
    assert claim_payout(payout_id=payout.pk, by=platform, at=NOW).is_first


@pytest.mark.parametrize(
    ("line", "costs", "settling"),
    [
        (RecordLine("in", "other_in", "txn_9", 60, "USD"), -60, 0),
        (RecordLine("out", "refund", "re_by_hand", 60, "USD"), 60, 0),
        (RecordLine("in", "other_in", "tu_9", 60, "USD"), 0, -60),
        (RecordLine("out", "other_out", "po_9", 60, "USD"), 0, 60),
    ],
)
def test_it_goes_the_way_that_it_went_there(treasurer, second, line, costs, settling):
    night(line)
    for user in (treasurer, second):
        explain(Difference.objects.get(), user, BookedInto.SETTLING if settling else BookedInto.COSTS)
    assert (balance_minor("costs:USD"), balance_minor("clearing:settling:USD")) == (costs, settling)
    assert night(line) == []


def test_two_words_must_agree(case, treasurer, second):
    explain(case, treasurer)
    assert explain(case, second, BookedInto.SETTLING) is False
    assert balance_minor("clearing:stripe:USD") == 0
    assert explain(case, treasurer, BookedInto.SETTLING) is True
    assert (balance_minor("costs:USD"), balance_minor("clearing:settling:USD")) == (0, 60)


def test_one_treasurer_counts_once_and_a_line_is_booked_once(case, treasurer, second):
    explain(case, treasurer)
    with pytest.raises(ExplainedByYou):
        explain(case, treasurer)
    explain(case, second)
    books = Books()
    for user in (treasurer, second):
        with pytest.raises(ExplainedAlready):
            explain(case, user, BookedInto.SETTLING)
    assert books.unchanged() and LineExplanation.objects.count() == 2


def test_a_word_about_another_amount_is_no_second_word(case, treasurer, second):
    explain(case, treasurer)
    night(RecordLine("out", "other_out", "txn_9", 6_000, "USD"))
    assert explain(Difference.objects.get(state="OPEN"), second) is False
    assert balance_minor("clearing:stripe:USD") == 0


@pytest.mark.parametrize("who", ["seller_owner", "buyer_owner", "arbiter", "verifier"])
def test_nobody_else_explains(request, case, who, platform):
    for by in (actor(request.getfixturevalue(who)), platform):
        with pytest.raises(NotAllowed):
            explain_gateway_line(difference_id=case.pk, into=BookedInto.COSTS, why="Mine.", by=by, at=NOW)
    assert not LineExplanation.objects.exists()


def test_a_reason_is_asked_for_and_a_case_that_is_over_is_left(case, treasurer):
    with pytest.raises(Invalid):
        explain(case, treasurer, why=" ")
    night()
    with pytest.raises(IllegalMove):
        explain(case, treasurer)


@pytest.mark.parametrize(
    ("gateway", "lines"),
    [
        ("bank", [RecordLine("in", "unmatched", "line_7", 60, "USD")]),
        ("stripe", [RecordLine("out", "refund", "re_1", 60, "USD")] * 2),
        ("stripe", [RecordLine("out", "refund", "re_1", 60, "USD"), RecordLine("out", "refund", "re_1", 61, "USD")]),
        ("stripe", [RecordLine("out", "other_out", "txn_9", 60, "XAU")]),
    ],
)
def test_what_is_no_line_without_a_row_of_ours_is_not_explained_away(gateway, lines, treasurer):
    night(*lines, gateway=gateway)
    with pytest.raises(NotExplainable):
        explain(Difference.objects.get(), treasurer)


def test_words_alone_are_no_line(treasurer):
    words = "stripe other_out txn_9: ours nothing, theirs USD 0.60"
    note_self_check(problems=[Problem("gateway_line", words)], at=NOW)
    with pytest.raises(NotExplainable):
        explain(Difference.objects.get(), treasurer)


def test_what_was_explained_is_asked_about_no_more(case, treasurer, second):
    for user in (treasurer, second):
        explain(case, user)
    line = base.Movement(
        sequence=1, kind="other_out", object_id="txn_9", payment_id="", amount_minor=60, currency="USD", at=NOW
    )
    assert _heard_of("stripe", [line]) == {("other_out", "txn_9")}
    assert _heard_of("sandbox", [line]) == set()


def test_what_our_books_have_is_no_missing_line(platform, treasurer):
    line = {"gateway": "stripe", "kind": "cost", "object_id": "txn_1", "amount_minor": 30, "currency": "USD"}
    book_gateway_line(**line, by=platform, at=NOW)
    for record in ([], [RecordLine("out", "cost", "txn_1", 31, "USD")]):
        night(*record)
        with pytest.raises(NotExplainable):
            explain(Difference.objects.get(), treasurer)


# --- the door ---------------------------------------------------------------------------------------------------------
def test_it_is_reached_from_the_case(case, treasurer, second):
    url = reverse("admin:payments_difference_explain_as_cost", args=[case.pk])
    first, other = with_both_factors(treasurer), with_both_factors(second)
    assert "Two treasurers must say so" in first.get(url).text and not LineExplanation.objects.exists()
    assert first.post(url, {"why": ""}).status_code == 422
    assert first.post(url, {"why": "Tax."}).status_code == 302
    assert "another treasurer" in first.post(url, {"why": "Tax."}).text
    shown = other.get(reverse("admin:payments_difference_change", args=[case.pk])).text
    assert f"{treasurer}: the platform&#x27;s cost. Tax." in shown
    assert other.post(url, {"why": "Tax, seen at Stripe."}).status_code == 302
    assert balance_minor("costs:USD") == 60


@pytest.mark.parametrize("name", ["take", "explain_as_cost", "explain_as_settling"])
def test_a_verifier_does_not_see_it(case, verifier, name):
    url = reverse(f"admin:payments_difference_{name}", args=[case.pk])
    assert with_both_factors(verifier).get(url).status_code == 403


def test_of_more_than_are_kept_none_that_is_still_there_ends(case, treasurer):
    take_difference(difference_id=case.pk, note="Asked.", by=actor(treasurer), at=NOW)
    others = [RecordLine("out", "cost", f"x{number}", 1, "USD") for number in range(500)]
    night(*others, TAX)
    case.refresh_from_db()
    assert (case.state, case.seen) == ("OPEN", 2)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_book_it_once(case, treasurer, second):
    results = run_at_once(partial(explain, case, treasurer), partial(explain, case, second))
    assert sorted(results) == [False, True]
    assert balance_minor("costs:USD") == 60


LIES = (
    "UPDATE payments_lineexplanation SET amount_minor = 61 WHERE id = (SELECT min(id) FROM payments_lineexplanation)",
    "UPDATE payments_lineexplanation SET booked_into = 'SETTLING'",
    "DELETE FROM payments_lineexplanation WHERE id = (SELECT min(id) FROM payments_lineexplanation)",
    "UPDATE payments_transfer SET debit_id = credit_id, credit_id = debit_id WHERE key LIKE 'explained:%'",
    "UPDATE payments_transfer SET kind = 'SETTLEMENT' WHERE key LIKE 'explained:%'",
    "UPDATE payments_transfer SET key = replace(key, ':stripe:', ':sandbox:') WHERE key LIKE 'explained:%'",
)


@pytest.mark.django_db(transaction=True)
def test_a_lie_about_it_is_found(case, treasurer, second, services):
    for user in (treasurer, second):
        explain(case, user)
    for sql in LIES:
        found = looked_at_after(sql, lambda: {problem.check for problem in check_books()}, services)
        assert "explained_by_two" in found, sql
