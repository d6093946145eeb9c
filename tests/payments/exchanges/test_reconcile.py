"""Our books beside the gateway's record: what was missed is caught up with, and what differs is told."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache

from companies.models import User
from core import clock
from core.actors import platform
from core.models import Alarm, Heartbeat
from payments.actions.books import SELF_CHECK
from payments.actions.release import refund_rest
from payments.actions.sending import BOOKS_ALARM
from payments.books import compare_with_gateway
from payments.exchanges import reconcile
from payments.exchanges.reconcile import catch_up_by_pages, list_movements
from payments.gateways.base import Movement
from payments.gateways.registry import gateway
from payments.models import Payment, Payout, SendState, Transfer
from payments.queries import balance_minor, money_of, payable_by_currency
from payments.tasks import ask_about_open_payments, check_books_nightly, close_day, send_outgoing_money
from tests.cast import NOW
from tests.payments.exchanges.control import Control
from tests.payments.exchanges.scene import (
    FEE_MINOR,
    PRICE_MINOR,
    Deal,
    ask,
    catch_up,
    fund,
    let_back_off_pass,
    open_deal,
    owe_payout,
    start,
)

PLACE = "payments:movements-followed:sandbox"


def differences(mark: int) -> list[Any]:
    return compare_with_gateway(gateway="sandbox", movements=list_movements(since=mark))


def test_money_that_only_the_gateway_knows_is_a_difference(deal: Deal, control: Control, mark: int) -> None:
    payment = start(deal)
    control.wire(payment.reference, 1)
    assert differences(mark)
    ask(payment)
    assert differences(mark) == []


def test_money_that_only_we_know_is_a_difference(deal: Deal, control: Control) -> None:
    fund(deal, control)
    assert differences(control.last_movement())


def test_catching_up_moves_the_place_to_the_end_of_the_record(deal: Deal, control: Control, mark: int) -> None:
    payment = start(deal)
    control.wire(payment.reference, PRICE_MINOR)

    place = catch_up(gateway_name="sandbox", since=mark, at=NOW)

    assert place == control.last_movement() == mark + 1
    assert money_of(deal.escrow_id).held_minor == PRICE_MINOR
    assert catch_up(gateway_name="sandbox", since=place, at=NOW) == place


def test_catching_up_waits_before_what_the_gateway_does_not_explain(deal: Deal, control: Control, mark: int) -> None:
    payment = start(deal)
    control.wire(payment.reference, PRICE_MINOR)
    control.plan("payments.get", "error_500")
    assert catch_up(gateway_name="sandbox", since=mark, at=NOW) == mark
    assert catch_up(gateway_name="sandbox", since=mark, at=NOW) == mark + 1


def test_a_record_that_stands_still_for_minutes_is_alarmed_until_it_moves(
    deal: Deal, control: Control, mark: int
) -> None:
    """The gateway answers for everything but this one payment."""
    payment = start(deal)
    control.wire(payment.reference, PRICE_MINOR)
    Payment.objects.update(ask_at=None)
    control.plan("payments.get", "error_500", times=2)
    stopped = Alarm.objects.filter(kind="gateway_record_stopped", cleared_at__isnull=True)

    ask_about_open_payments()
    assert not stopped.exists()
    cache.set("payments:movements-stopped:sandbox", clock.wall() - timedelta(minutes=5))
    ask_about_open_payments()
    assert f"movement {mark + 1}, receipt" in stopped.get().message
    ask_about_open_payments()
    assert not stopped.exists()
    assert money_of(deal.escrow_id).held_minor == PRICE_MINOR


def test_a_movement_that_cannot_be_followed_stops_no_other(
    deal: Deal, control: Control, mark: int, buyer_owner: User, seller_owner: User
) -> None:
    """The gateway claims another amount for the first payment than we asked for: only staff can say what that is."""
    poisoned, good = start(deal), start(open_deal(buyer_owner, seller_owner))
    Payment.objects.filter(pk=poisoned.pk).update(amount_minor=PRICE_MINOR - 1)
    control.wire(poisoned.reference, PRICE_MINOR)
    control.wire(good.reference, PRICE_MINOR)

    ask_about_open_payments()

    assert cache.get(PLACE) == mark + 2
    assert Alarm.objects.get(kind="gateway_movement_fails").subject_id == mark + 1
    assert money_of(good.escrow_id).held_minor == PRICE_MINOR
    assert money_of(poisoned.escrow_id).held_minor == 0

    Payment.objects.filter(pk=poisoned.pk).update(amount_minor=PRICE_MINOR)
    let_back_off_pass()
    ask_about_open_payments()
    assert money_of(poisoned.escrow_id).held_minor == PRICE_MINOR


class Overlapping:
    """A gateway whose record is shown from a little before the place that is asked for, as Stripe's is."""

    name = "sandbox"

    def __init__(self, sequences: range) -> None:
        cost = Movement(sequence=1, kind="cost", object_id="", payment_id="", amount_minor=1, currency="USD", at=NOW)
        self.lines = [replace(cost, sequence=number, object_id=f"c{number}") for number in sequences]

    def list_movements(self, *, since: int = 0) -> Iterator[Movement]:
        yield from (line for line in self.lines if line.sequence >= since - 100)


@pytest.mark.django_db
def test_without_time_each_run_gets_one_movement_further_and_the_last_one_to_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Four lines within the overlap: what is shown again, or known already, is no way further and takes no time."""
    record = Overlapping(range(10, 50, 10))
    monkeypatch.setattr(reconcile, "gateway", lambda _name: record)
    place, over, runs = 0, time.monotonic() - 1, []
    for _run in range(4):
        runs.append(list(catch_up_by_pages(gateway_name="sandbox", since=place, at=NOW, until=over)))
        place = runs[-1][-1]
    assert runs == [[10], [20], [30], [40]]
    assert list(catch_up_by_pages(gateway_name="sandbox", since=40, at=NOW, until=over)) == []

    record.lines.insert(2, replace(record.lines[0], sequence=25, object_id="shown_late"))
    assert list(catch_up_by_pages(gateway_name="sandbox", since=40, at=NOW, until=over)) == []
    assert Transfer.objects.filter(key="cost:sandbox:shown_late").exists()
    assert list(catch_up_by_pages(gateway_name="sandbox", since=0, at=NOW, until=over)) == [40], "all is known"
    assert balance_minor("costs:USD") == 5


@pytest.mark.django_db
def test_without_time_a_whole_page_before_the_place_is_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    record = Overlapping(range(1, 8))
    monkeypatch.setattr(reconcile, "gateway", lambda _name: record)
    monkeypatch.setattr(reconcile, "PAGE", 2)
    over = time.monotonic() - 1
    assert list(catch_up_by_pages(gateway_name="sandbox", since=6, at=NOW, until=over)) == [7]


def test_with_the_cache_emptied_the_record_is_read_from_its_start_to_the_same_effect(
    deal: Deal, control: Control
) -> None:
    fund(deal, control)
    cache.clear()
    ask_about_open_payments()
    assert cache.get(PLACE) == control.last_movement()
    assert money_of(deal.escrow_id).held_minor == PRICE_MINOR


def test_a_payout_that_came_back_unheard_is_owed_again(deal: Deal, control: Control, mark: int) -> None:
    fund(deal, control)
    payout = owe_payout(deal)
    for _round in range(2):
        let_back_off_pass()
        send_outgoing_money()
        control.settle()
    payout.refresh_from_db()
    assert payout.state == SendState.PAID
    control.settle(payout.gateway_id, "returned")
    assert differences(mark)

    ask_about_open_payments()

    assert Payout.objects.get().state == SendState.RETURNED
    assert payable_by_currency(deal.payee_id) == {"USD": PRICE_MINOR - FEE_MINOR}


def test_a_refund_that_came_back_unheard_is_owed_again(deal: Deal, control: Control, mark: int) -> None:
    fund(deal, control)
    [refund] = refund_rest(escrow_id=deal.escrow_id, reason="cancelled", by=platform(), at=NOW)
    for _round in range(2):
        let_back_off_pass()
        send_outgoing_money()
        control.settle()
    refund.refresh_from_db()
    assert refund.state == SendState.PAID
    control.settle(refund.gateway_id, "returned")
    assert differences(mark)

    ask_about_open_payments()

    refund.refresh_from_db()
    assert refund.state == SendState.RETURNED
    assert money_of(deal.escrow_id).refund_due_minor == PRICE_MINOR


@pytest.fixture
def foreign_money(transactional_db: None, quick_people: None, mark: int, control: Control) -> str:
    """Money in our account at the gateway for a payment that we never asked for. The books can't agree after this."""
    key = str(uuid4())
    gateway("sandbox").create_payment(
        key=key,
        amount_minor=5_000,
        currency="USD",
        method="wire",
        reference=key,
        return_url="http://127.0.0.1/back",
        description="",
    )
    control.wire(key, 5_000)
    return key


def test_money_at_the_gateway_that_belongs_to_nothing_of_ours_is_alarmed(foreign_money: str, mark: int) -> None:
    assert catch_up(gateway_name="sandbox", since=mark, at=NOW) == mark + 1
    assert Alarm.objects.filter(kind="gateway_movement_unknown").count() == 1


def test_the_night_finds_what_differs_and_outgoing_money_stops(
    foreign_money: str, control: Control, buyer_owner: User, seller_owner: User
) -> None:
    assert check_books_nightly() > 0
    assert Alarm.objects.filter(kind=BOOKS_ALARM, cleared_at__isnull=True).exists()
    deal = open_deal(buyer_owner, seller_owner)
    fund(deal, control)
    payout = owe_payout(deal)
    let_back_off_pass()

    send_outgoing_money()

    payout.refresh_from_db()
    assert payout.state == SendState.REQUESTED
    assert control.list_by("payouts", payout.reference) == []


def test_the_night_without_the_gateway_still_checks_the_books(deal: Deal, settings: Any) -> None:
    there, settings.SANDBOX_GATEWAY_URL = settings.SANDBOX_GATEWAY_URL, "http://127.0.0.1:9"
    assert check_books_nightly() == 0
    settings.SANDBOX_GATEWAY_URL = there
    assert Alarm.objects.get(kind="gateway_record_unread").cleared_at is None
    assert not Heartbeat.objects.filter(name=SELF_CHECK).exists()


def test_a_night_whose_gateway_refuses_still_checks_the_books(deal: Deal, settings: Any) -> None:
    """A key that was changed: the gateway answers 401 or 422, and no difference can be told from that."""
    right, settings.SANDBOX_GATEWAY_KEY = settings.SANDBOX_GATEWAY_KEY, "another"
    assert check_books_nightly() == 0
    settings.SANDBOX_GATEWAY_KEY = right
    assert Alarm.objects.get(kind="gateway_record_unread").cleared_at is None


@pytest.mark.parametrize("word", ["failed", "returned"])
def test_a_refund_that_went_out_and_came_back_unheard_differs_in_nothing(
    deal: Deal, control: Control, mark: int, word: str
) -> None:
    fund(deal, control)
    [refund] = refund_rest(escrow_id=deal.escrow_id, reason="cancelled", by=platform(), at=NOW)
    send_outgoing_money()
    refund.refresh_from_db()
    assert refund.state == SendState.SENT
    control.settle(refund.gateway_id, "succeeded")
    control.settle(refund.gateway_id, word)

    let_back_off_pass()
    send_outgoing_money()

    refund.refresh_from_db()
    assert refund.state == word.upper()
    assert differences(mark) == []
    assert money_of(deal.escrow_id).refund_due_minor == PRICE_MINOR


def test_a_day_is_closed(deal: Deal, control: Control) -> None:
    fund(deal, control)
    assert close_day() >= 0
    assert close_day() == 0
