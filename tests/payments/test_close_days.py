import threading
import time
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, connections, transaction

from core import clock
from payments import ledger
from payments.actions.closing import close_days
from payments.books import check_books
from payments.ledger import Leg, close_through, post
from payments.models import DailyClosing, TransferKind
from payments.models.account_codes import clearing, fees
from payments.queries import balance_minor
from tests.payments.steps import new_escrow, pay, release_all

pytestmark = pytest.mark.django_db(transaction=True)


def closings(code):
    rows = DailyClosing.objects.filter(account__code=code).order_by("through")
    return list(rows.values_list("balance_minor", flat=True))


def deal(buyer_owner, seller_owner):
    escrow = new_escrow(buyer_owner, seller_owner, amounts=[10_000])
    pay(escrow, buyer_owner)
    release_all(escrow)


def past():
    """The database's clock, as it is now: everything booked so far is before it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def test_a_balance_is_the_closing_and_the_tail(buyer_owner, seller_owner):
    deal(buyer_owner, seller_owner)
    close_through(past())
    deal(buyer_owner, seller_owner)
    assert (closings(fees("USD")), balance_minor(fees("USD"))) == ([200], 400)
    assert (closings(clearing("sandbox", "USD")), balance_minor(clearing("sandbox", "USD"))) == ([10_000], 20_000)
    close_through(past())
    deal(buyer_owner, seller_owner)
    assert (closings(fees("USD")), balance_minor(fees("USD"))) == ([200, 400], 600)
    assert check_books() == []


def test_the_same_day_is_closed_once(buyer_owner, seller_owner):
    deal(buyer_owner, seller_owner)
    through = past()
    assert close_through(through) == 2
    assert close_through(through) == 0


def test_stored_accounts_are_not_closed(buyer_owner, seller_owner):
    deal(buyer_owner, seller_owner)
    close_through(past())
    assert set(DailyClosing.objects.values_list("account__kind", flat=True)) == {"CLEARING", "FEES"}


def test_closes_up_to_the_last_midnight(buyer_owner, seller_owner):
    deal(buyer_owner, seller_owner)
    assert close_days(wall=clock.wall()) == 2
    assert closings(fees("USD")) == [0]
    through = DailyClosing.objects.values_list("through", flat=True).first()
    assert (through.hour, through.minute) == (0, 0)
    assert timedelta(hours=1) <= clock.wall() - through < timedelta(hours=25)


def test_what_is_not_past_is_not_closed(buyer_owner, seller_owner):
    with pytest.raises(AssertionError):
        close_through(past() + timedelta(seconds=5))


class SlowPost:
    """A posting that has taken its book time and commits when it is told to."""

    def __init__(self) -> None:
        self.posted, self.go = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        assert self.posted.wait(10)

    def run(self) -> None:
        with transaction.atomic():
            leg = Leg(clearing("sandbox", "USD"), fees("USD"), 7, TransferKind.FEE, "slow")
            post([leg], at=clock.wall())
            self.posted.set()
            self.go.wait(20)
        connections.close_all()

    def commit(self) -> None:
        self.go.set()
        self.thread.join(20)


@pytest.fixture
def slow_post(buyer_owner, seller_owner, owner_connection):
    deal(buyer_owner, seller_owner)
    post_in_flight = SlowPost()
    yield post_in_flight
    post_in_flight.commit()
    # It is a bare transfer without a deal: only the closing is looked at here.
    with owner_connection.cursor() as cursor:
        cursor.execute("ALTER TABLE payments_transfer DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM payments_transfer WHERE key = 'slow'")
        cursor.execute("ALTER TABLE payments_transfer ENABLE TRIGGER USER")
        cursor.execute("ALTER TABLE payments_dailyclosing DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM payments_dailyclosing")
        cursor.execute("ALTER TABLE payments_dailyclosing ENABLE TRIGGER USER")


def test_the_closing_waits_for_a_post_that_is_still_in_flight(slow_post):
    through = past()
    threading.Timer(0.5, slow_post.go.set).start()
    began = time.monotonic()
    close_through(through)
    assert time.monotonic() - began > 0.3
    assert closings(fees("USD")) == [207]
    assert balance_minor(fees("USD")) == 207


def test_without_the_gate_the_post_in_flight_would_be_lost(slow_post, monkeypatch):
    """The race is real: closed past the gate's lock, the transfer is in no closing and in no tail."""
    monkeypatch.setattr(ledger, "GATE", ledger.GATE + 1)
    close_through(past())
    slow_post.commit()
    assert closings(fees("USD")) == [200]
    assert balance_minor(fees("USD")) == 200


def test_a_post_that_never_ends_makes_the_closing_give_up(slow_post):
    with pytest.raises(OperationalError):
        close_through(past())
    assert closings(fees("USD")) == []
