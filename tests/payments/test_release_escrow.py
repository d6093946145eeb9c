from functools import partial

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from core.errors import IllegalMove, NotAllowed, NotFound
from core.models import Transition
from payments.actions.release import release_escrow, release_rest
from payments.errors import NotEnoughHeld
from payments.models import Entry, EscrowState, Release
from payments.models.account_codes import held, payable
from tests.cast import NOW, actor
from tests.concurrency.racing import locks_before_writing, locks_off, meeting_before, run_at_once
from tests.payments.steps import Books, balances, new_escrow, pay, state_of, stranger_to, told

pytestmark = pytest.mark.django_db


def release(escrow, by, amount_minor=250_000, reason="accepted", sequence=1):
    return release_escrow(
        escrow_id=escrow.pk, amount_minor=amount_minor, reason=reason, sequence=sequence, by=by, at=NOW
    )


def test_owes_the_payee_what_was_held_less_the_fee(funded_escrow, platform):
    with locks_before_writing():
        made = release(funded_escrow, platform)

    assert (made.amount_minor, made.fee_minor, made.net_minor) == (250_000, 5_000, 245_000)
    assert balances(funded_escrow) == {
        "held": 0,
        "refund_due": 0,
        "payable": 245_000,
        "fees": 5_000,
        "clearing": 250_000,
    }
    assert state_of(funded_escrow) == EscrowState.CLOSED
    assert told("EscrowReleased") == [{"escrow_id": funded_escrow.pk, "amount_minor": 250_000, "fee_minor": 5_000}]
    assert Transition.objects.filter(subject_type="payments.escrow", verb="close").count() == 1


def test_the_entries_keep_the_running_balance(funded_escrow, platform):
    release(funded_escrow, platform)
    rows = Entry.objects.order_by("version").values_list("change_minor", "balance_minor", "version")
    assert list(rows.filter(account__code=held(funded_escrow.pk))) == [
        (75_000, 75_000, 1),
        (175_000, 250_000, 2),
        (-245_000, 5_000, 3),
        (-5_000, 0, 4),
    ]
    assert list(rows.filter(account__code=payable(funded_escrow.payee_id, "USD"))) == [(245_000, 245_000, 1)]


def test_needs_at_most_twelve_statements(funded_escrow, platform):
    with CaptureQueriesContext(connection) as captured:
        release(funded_escrow, platform)
    sent = [query["sql"] for query in captured.captured_queries if "SAVEPOINT" not in query["sql"]]
    assert len(sent) <= 12, "\n".join(sent)


def test_parts_leave_the_escrow_open_and_add_up(funded_escrow, platform):
    for sequence, amount_minor in enumerate((33_333, 33_333, 33_334), start=1):
        release(funded_escrow, platform, amount_minor, "stage", sequence)
    assert state_of(funded_escrow) == EscrowState.FUNDED
    assert [row.fee_minor for row in Release.objects.order_by("pk")] == [667, 666, 667]
    assert balances(funded_escrow)["held"] == 150_000
    assert balances(funded_escrow)["fees"] == 2_000

    release_rest(escrow_id=funded_escrow.pk, reason="accepted", sequence=1, by=platform, at=NOW)
    assert state_of(funded_escrow) == EscrowState.CLOSED
    assert balances(funded_escrow)["fees"] == 5_000


def test_the_fee_stops_at_its_cap(buyer_owner, seller_owner, platform):
    escrow = new_escrow(buyer_owner, seller_owner, amounts=[30_000_000])
    pay(escrow, buyer_owner)
    release(escrow, platform, 24_999_999, "stage", 1)
    release(escrow, platform, 5_000_001, "stage", 2)
    assert [row.fee_minor for row in Release.objects.order_by("pk")] == [500_000, 0]


def test_a_repeat_returns_the_first(funded_escrow, platform):
    first = release(funded_escrow, platform, 100_000)
    books = Books()
    assert release(funded_escrow, platform, 150_000).pk == first.pk
    assert books.unchanged()
    assert len(told("EscrowReleased")) == 1


def test_a_repeat_after_the_close_returns_the_first(funded_escrow, platform):
    first = release(funded_escrow, platform)
    assert release(funded_escrow, platform).pk == first.pk
    assert balances(funded_escrow)["payable"] == 245_000


@pytest.mark.parametrize("who", ["seller_owner", "stranger", "buyer_viewer", "arbiter"])
def test_is_refused_to_anyone_without_the_right(request, funded_escrow, who):
    person = request.getfixturevalue(who)
    books = Books()
    with pytest.raises(NotAllowed):
        release(funded_escrow, actor(person), 1)
    assert books.unchanged()


def test_the_payer_may(funded_escrow, buyer_finance):
    assert release(funded_escrow, actor(buyer_finance)).net_minor == 245_000


@pytest.mark.parametrize("amount_minor", [250_001, 10**12])
def test_more_than_is_held_is_refused(funded_escrow, platform, amount_minor):
    books = Books()
    with pytest.raises(NotEnoughHeld):
        release(funded_escrow, platform, amount_minor)
    assert books.unchanged()


@pytest.mark.parametrize("amount_minor", [0, -1])
def test_nothing_and_less_is_no_release(funded_escrow, platform, amount_minor):
    with pytest.raises(AssertionError):
        release(funded_escrow, platform, amount_minor)


def test_an_escrow_without_money_has_nothing_to_release(escrow, platform):
    with pytest.raises(IllegalMove):
        release(escrow, platform, 1)


def test_a_closed_one_releases_no_more(funded_escrow, platform):
    release(funded_escrow, platform)
    books = Books()
    with pytest.raises(IllegalMove):
        release(funded_escrow, platform, 1, "again", 1)
    assert books.unchanged()


def test_there_is_no_other_escrow(platform, escrow):
    with pytest.raises(NotFound):
        release_escrow(escrow_id=escrow.pk + 1, amount_minor=1, reason="x", sequence=1, by=platform, at=NOW)


def test_a_stranger_company_is_refused(funded_escrow):
    with pytest.raises(NotAllowed):
        release(funded_escrow, stranger_to(funded_escrow), 1)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_of_the_same_release_once(self, funded_escrow, platform):
        first, second = run_at_once(partial(release, funded_escrow, platform), count=2)
        assert first.pk == second.pk
        assert balances(funded_escrow)["payable"] == 245_000

    def test_two_different_ones_can_not_both_have_all(self, funded_escrow, platform):
        results = run_at_once(
            partial(release, funded_escrow, platform, 250_000, "accepted", 1),
            partial(release, funded_escrow, platform, 250_000, "decided", 1),
        )
        assert sorted(type(result).__name__ for result in results) in (
            ["IllegalMove", "Release"],
            ["NotEnoughHeld", "Release"],
        )
        assert balances(funded_escrow)["payable"] == 245_000

    def test_with_the_lock_off_both_go_ahead_and_the_database_refuses_one(self, funded_escrow, platform):
        with locks_off(), meeting_before("payments.actions.release.post"):
            results = run_at_once(
                partial(release, funded_escrow, platform, 250_000, "accepted", 1),
                partial(release, funded_escrow, platform, 250_000, "decided", 1),
            )
        assert sorted(type(result).__name__ for result in results) == ["IntegrityError", "Release"]
        assert isinstance(next(each for each in results if isinstance(each, Exception)), IntegrityError)
        assert balances(funded_escrow)["payable"] == 245_000

    def test_with_the_lock_on_only_one_comes_so_far(self, funded_escrow, platform):
        with meeting_before("payments.actions.release.post", seconds=0.3):
            results = run_at_once(
                partial(release, funded_escrow, platform, 250_000, "accepted", 1),
                partial(release, funded_escrow, platform, 250_000, "decided", 1),
            )
        assert "IntegrityError" not in [type(result).__name__ for result in results]
        assert balances(funded_escrow)["payable"] == 245_000
