"""What the self-check finds becomes a case with an age and an owner; money stops with it and goes on without it."""

from functools import partial

import pytest

from core import deadlines
from core.errors import IllegalMove, Invalid, NotAllowed
from core.models import Alarm
from payments.actions.books import note_self_check
from payments.actions.differences import alarm_about_difference, take_difference
from payments.actions.sending import books_are_wrong
from payments.books import Problem
from payments.models import Difference
from payments.timing import DIFFERENCE_UNOWNED
from tests.cast import NOW, actor
from tests.concurrency.racing import run_at_once
from tests.orders.steps import DAY

pytestmark = pytest.mark.django_db


def line(figures: str = "theirs USD 500") -> Problem:
    return Problem("gateway_line", f"sandbox receipt sx_1: ours nothing, {figures}", "sandbox receipt sx_1")


def total(figures: str = "booked 0, our lines 500") -> Problem:
    return Problem("gateway_total", f"sandbox USD: {figures}", "sandbox USD")


LINE, TOTAL = line(), total()


def check(*problems, unread=(), at=NOW):
    note_self_check(problems=problems, unread=unread, at=at)


def cases():
    return [(row.check_name, row.state, row.seen) for row in Difference.objects.order_by("pk")]


def test_each_problem_is_a_case_from_first_seen_until_a_full_check_sees_it_no_more():
    check(LINE, TOTAL)
    check(LINE, TOTAL, at=NOW + DAY)
    assert cases() == [("gateway_line", "OPEN", 2), ("gateway_total", "OPEN", 2)]
    assert books_are_wrong()
    check(TOTAL, at=NOW + 2 * DAY)
    assert cases() == [("gateway_line", "GONE", 2), ("gateway_total", "OPEN", 3)]
    assert books_are_wrong()
    check(at=NOW + 3 * DAY)
    assert [state for _check, state, _seen in cases()] == ["GONE", "GONE"]
    assert not books_are_wrong()
    assert Difference.objects.get(check_name="gateway_total").gone_at == NOW + 3 * DAY


def test_a_check_that_could_not_read_a_record_ends_no_case():
    check(LINE)
    check(unread=["sandbox"])
    assert cases() == [("gateway_line", "OPEN", 1)]
    assert books_are_wrong()


def test_a_difference_whose_figures_change_keeps_its_owner(treasurer):
    check(LINE, TOTAL)
    for case in Difference.objects.all():
        take_difference(difference_id=case.pk, note="Asked.", by=actor(treasurer), at=NOW)
    grown = (line("theirs USD 600"), total("booked 0, our lines 600"))
    check(*grown, at=NOW + DAY)
    assert cases() == [("gateway_line", "OPEN", 2), ("gateway_total", "OPEN", 2)]
    assert [f"{row.check_name}: {row.words}" for row in Difference.objects.order_by("pk")] == list(map(str, grown))
    assert set(Difference.objects.values_list("owner", flat=True)) == {treasurer.pk}


def test_what_comes_back_is_a_new_case():
    check(LINE)
    check()
    check(LINE)
    assert cases() == [("gateway_line", "GONE", 1), ("gateway_line", "OPEN", 1)]


def test_two_checks_at_once_open_one_case(transactional_db):
    run_at_once(partial(check, LINE), count=2)
    assert cases() == [("gateway_line", "OPEN", 2)]


def test_a_treasurer_takes_it_and_its_clock_begins_anew(treasurer):
    check(LINE)
    case = Difference.objects.get()
    before = deadlines.get(case, DIFFERENCE_UNOWNED).due_at
    alarm_about_difference(subject_id=case.pk, at=before)
    assert Alarm.objects.filter(kind=DIFFERENCE_UNOWNED, cleared_at__isnull=True).count() == 1
    taken = take_difference(difference_id=case.pk, note="Asked the bank.", by=actor(treasurer), at=NOW + 2 * DAY)
    assert (taken.owner_id, taken.note) == (treasurer.pk, "Asked the bank.")
    assert deadlines.get(case, DIFFERENCE_UNOWNED).due_at > before
    assert not Alarm.objects.filter(kind=DIFFERENCE_UNOWNED, cleared_at__isnull=True).exists()


@pytest.mark.parametrize("who", ["seller_owner", "buyer_owner", "arbiter", "verifier"])
def test_nobody_else_takes_a_case(request, who):
    check(LINE)
    case = Difference.objects.get()
    with pytest.raises(NotAllowed):
        take_difference(difference_id=case.pk, note="Mine.", by=actor(request.getfixturevalue(who)), at=NOW)
    case.refresh_from_db()
    assert case.owner_id is None


def test_a_case_is_taken_with_words_and_while_it_is_open(treasurer):
    check(LINE)
    case = Difference.objects.get()
    with pytest.raises(Invalid):
        take_difference(difference_id=case.pk, note=" ", by=actor(treasurer), at=NOW)
    check()
    with pytest.raises(IllegalMove):
        take_difference(difference_id=case.pk, note="Mine.", by=actor(treasurer), at=NOW)
