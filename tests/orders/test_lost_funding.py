"""The buyer's bank takes a payment back: the goods stay, clocks stand still, and the end follows the bank's verdict."""

import pytest

from core.events import run_courier
from orders.actions.production import FundingIsLost
from orders.evidence_packet import has_complete_folder
from orders.models import OrderState
from orders.screen import order_screen
from payments.actions.release import release_rest
from payments.books import check_books
from payments.models import Chargeback
from payments.queries import held_minor_of, money_of
from tests.cast import NOW, actor
from tests.orders.stages import ARRIVED_AT
from tests.orders.steps import (
    BALANCE,
    DAY,
    DEPOSIT,
    FEE,
    TOTAL,
    accept,
    book,
    cancel,
    clocks_of,
    escrow_of,
    fresh,
    pass_time,
    pay_for,
    prove,
    ready,
    ship,
    standing_of,
    told,
    utc,
)
from tests.orders.test_pages import of, url_of
from tests.payments.chargebacks import charge_back, lose, money, payment_of, win
from tests.payments.steps import pay, state_of

S = OrderState
SHIP_DUE = utc("2026-06-10T11:00")


def take_back(order, sequence: int = 1, *, at=NOW) -> Chargeback:
    row = charge_back(payment_of(escrow_of(order), sequence), at=at)
    run_courier()
    return row


def decide(verdict, row: Chargeback, *, at=NOW) -> None:
    verdict(row, at=at)
    run_courier()


def test_the_page_says_so_and_whose_turn_it_is(paid_order, buyer_owner, seller_owner):
    take_back(paid_order)
    for user, mine in ((buyer_owner, True), (seller_owner, False)):
        screen = order_screen(fresh(paid_order), actor(user), NOW)
        assert (str(screen.state_label), screen.lost_minor) == ("Funding lost", DEPOSIT)
        assert (screen.next_step.mine, screen.next_step.due) == (mine, NOW + 10 * DAY)
    assert "pay" in {button.verb for button in order_screen(fresh(paid_order), actor(buyer_owner), NOW).buttons}
    assert told(paid_order)[-1] == "FundingLost"


def test_goods_are_neither_declared_ready_nor_shipped(paid_order, paid_ready_order, seller_owner):
    take_back(paid_ready_order)
    with pytest.raises(FundingIsLost) as refused:
        ship(fresh(paid_ready_order), seller_owner)
    assert refused.value.code == "funding_lost"
    assert fresh(paid_ready_order).state == S.READY


def test_readiness_waits_too(paid_order, seller_owner):
    take_back(paid_order)
    with pytest.raises(FundingIsLost):
        ready(fresh(paid_order), seller_owner)


def test_the_sellers_clock_stands_still_until_it_is_paid_anew(paid_order, buyer_owner, seller_owner):
    take_back(paid_order, at=NOW + DAY)
    assert standing_of(paid_order) == {"ship_date"}
    assert set(clocks_of(paid_order)) == {"funding_lost"}
    pay_for(paid_order, buyer_owner, at=NOW + 4 * DAY)
    # Three days of pause and five more: Thursday 18 June.
    assert clocks_of(paid_order) == {"ship_date": utc("2026-06-18T11:00")}
    assert fresh(paid_order).ship_due_at == utc("2026-06-18T11:00")
    assert told(paid_order)[-1] == "FundingRestored"
    assert fresh(ready(fresh(paid_order), seller_owner, at=NOW + 5 * DAY)).state == S.READY


def test_won_it_goes_on_as_well(paid_order):
    row = take_back(paid_order)
    decide(win, row, at=NOW + DAY)
    assert set(clocks_of(paid_order)) == {"ship_date"}
    assert held_minor_of(paid_order.escrow_id) == DEPOSIT


def test_not_replaced_in_ten_days_the_buyer_has_refused(paid_order, buyer_owner, seller_owner):
    prove(paid_order, seller_owner, buyer_owner, "STARTED")
    row = take_back(paid_order)
    pass_time(NOW + 10 * DAY)
    order = fresh(paid_order)
    assert (order.state, order.end_reason) == (S.CANCELLED, "")
    pass_time(NOW + 20 * DAY)
    assert money_of(order.escrow_id).released_minor == 0, "nothing is held that could be divided"
    assert state_of(escrow_of(order)) == "PARTLY_FUNDED", "open until the bank has decided"
    decide(win, row, at=NOW + 40 * DAY)
    # 40 % of the price is more than the deposit that came back.
    assert money_of(order.escrow_id).released_minor == DEPOSIT
    assert state_of(escrow_of(order)) == "CLOSED"


def test_of_a_paid_order_the_rest_is_divided_and_what_is_won_follows(paid_ready_order, buyer_owner):
    """90 % are proven by readiness, unchallenged: 913,888; the balance covers 710,802 of it."""
    order = fresh(paid_ready_order)
    row = take_back(order, 1)
    cancel(fresh(order), buyer_owner)
    pass_time(NOW + 20 * DAY)
    assert money_of(order.escrow_id).released_minor == BALANCE
    decide(win, row, at=NOW + 40 * DAY)
    after = money_of(order.escrow_id)
    assert (after.released_minor, after.refund_due_minor) == (913_888, TOTAL - 913_888)
    assert state_of(escrow_of(order)) == "CLOSED"


def test_money_that_outran_the_clock_keeps_the_order(paid_order, buyer_owner):
    take_back(paid_order)
    pass_time(NOW + 9 * DAY)
    pay(escrow_of(paid_order), buyer_owner, at=NOW + 10 * DAY)
    pass_time(NOW + 10 * DAY)
    assert fresh(paid_order).state == S.IN_PRODUCTION
    assert set(clocks_of(paid_order)) == {"ship_date"}


def test_what_was_taken_back_in_part_is_paid_on_the_page_at_its_own_price(paid_order, buyer_owner):
    """Of 3,046.29 the bank took 1,000.00: the rest is kept, and counts as no wire on its way."""
    charge_back(payment_of(escrow_of(paid_order)), 100_000)
    run_courier()
    client = of(buyer_owner)
    page = client.get(url_of(paid_order, "order-pay"))
    assert [(each.offer.method, each.total_minor) for each in page.context["offers"]] == [
        ("wire", 100_000),
        ("card", 100_000),
    ]
    assert page.context["instalment"].missing_minor == 100_000
    assert page.context["deadline"].due_at == NOW + 10 * DAY and "the buyer refused" in page.text
    pay_for(paid_order, buyer_owner, at=NOW + DAY)
    assert held_minor_of(paid_order.escrow_id) == DEPOSIT and clocks_of(paid_order).keys() == {"ship_date"}


def test_taken_back_before_production_starts_nothing(confirmed_order, buyer_owner):
    """Both news come in either order: the money is gone when the first is heard."""
    charge_back(pay(escrow_of(confirmed_order), buyer_owner))
    run_courier()
    assert fresh(confirmed_order).state == S.AWAITING_PAYMENT
    pass_time(NOW + 10 * DAY)
    assert fresh(confirmed_order).state == S.EXPIRED


def test_both_duties_of_the_buyer_end_the_pause(ready_order, buyer_owner):
    take_back(ready_order)
    pay_for(ready_order, buyer_owner, sequence=1, at=NOW + DAY)
    book(fresh(ready_order), buyer_owner, at=NOW + DAY)
    assert standing_of(ready_order) == {"ship_date"}, "the balance is owed still"
    pay_for(ready_order, buyer_owner, sequence=2, at=NOW + 2 * DAY)
    assert set(clocks_of(ready_order)) == {"ship_date"}


@pytest.mark.parametrize(("verdict", "released"), [(win, TOTAL), (lose, BALANCE)])
def test_acceptance_releases_what_is_held_and_the_rest_follows(delivered_order, buyer_owner, verdict, released):
    row = take_back(delivered_order, at=ARRIVED_AT)
    accept(fresh(delivered_order), buyer_owner, at=ARRIVED_AT + DAY, seen_minor=BALANCE)
    order = fresh(delivered_order)
    assert order.state == S.COMPLETED
    assert money_of(order.escrow_id).released_minor == BALANCE
    assert state_of(escrow_of(order)) == "PARTLY_FUNDED"
    decide(verdict, row, at=ARRIVED_AT + 40 * DAY)
    assert money_of(order.escrow_id).released_minor == released
    assert state_of(escrow_of(order)) == "CLOSED"


@pytest.mark.parametrize("verdict", [win, lose])
def test_what_was_paid_anew_is_accepted_and_the_verdict_closes(delivered_order, buyer_owner, verdict):
    row = take_back(delivered_order, at=ARRIVED_AT)
    pay_for(delivered_order, buyer_owner, sequence=1, at=ARRIVED_AT)
    accept(fresh(delivered_order), buyer_owner, at=ARRIVED_AT + DAY, seen_minor=TOTAL)
    assert money_of(delivered_order.escrow_id).released_minor == TOTAL and check_books() == []
    decide(verdict, row, at=ARRIVED_AT + 40 * DAY)
    assert state_of(escrow_of(delivered_order)) == "CLOSED" and check_books() == []


def test_what_is_left_of_it_is_taken_back_after_the_rest_was_paid_anew(paid_ready_order, buyer_owner, seller_owner):
    """Two payments make the deposit up; each is whole or gone, and the instalment is neither."""
    order, part = fresh(paid_ready_order), 100_000
    first = payment_of(escrow_of(order))
    decide(lose, charge_back(first, part))
    pay_for(order, buyer_owner, sequence=1, at=NOW + DAY)
    for user, words in ((buyer_owner, "Goods ready to ship"), (seller_owner, "Goods ready to ship")):
        assert str(order_screen(fresh(order), actor(user), NOW).state_label) == words
    charge_back(first, DEPOSIT - part, at=NOW + 2 * DAY)
    run_courier()
    for user in (buyer_owner, seller_owner):
        screen = order_screen(fresh(order), actor(user), NOW + 2 * DAY)
        assert (str(screen.state_label), screen.lost_minor) == ("Funding lost", DEPOSIT - part)
    with pytest.raises(FundingIsLost):
        ship(fresh(order), seller_owner)
    page = of(buyer_owner).get(url_of(order, "order-pay"))
    assert [each.total_minor for each in page.context["offers"]] == [DEPOSIT - part] * 2
    pay_for(order, buyer_owner, sequence=1, at=NOW + 3 * DAY)
    assert held_minor_of(order.escrow_id) == TOTAL and set(clocks_of(order)) == {"ship_date"}
    assert check_books() == []


def test_a_complete_folder_leaves_the_loss_with_the_platform(completed_order):
    assert has_complete_folder(completed_order)
    decide(lose, take_back(completed_order))
    row = Chargeback.objects.get()
    assert (row.bearer, row.charged_minor) == ("platform", 0)
    assert money(escrow_of(completed_order))["losses"] == DEPOSIT


def test_goods_accepted_by_silence_alone_leave_it_with_the_seller(shipped_order):
    """Nobody has said that they came: the papers show that they left."""
    pass_time(NOW + 90 * DAY)
    order = fresh(shipped_order)
    assert order.state == S.COMPLETED and not has_complete_folder(order)
    decide(lose, take_back(order, at=NOW + 95 * DAY), at=NOW + 120 * DAY)
    row = Chargeback.objects.get()
    assert (row.bearer, row.charged_minor) == ("payee", DEPOSIT)
    assert money(escrow_of(order))["receivable"] == DEPOSIT


def test_money_released_before_anything_was_proven_is_the_sellers_debt(paid_order, platform):
    release_rest(escrow_id=paid_order.escrow_id, reason="stage", sequence=1, by=platform, at=NOW)
    assert not has_complete_folder(paid_order)
    assert FEE and money_of(paid_order.escrow_id).held_minor == 0
