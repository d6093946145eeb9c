"""The harder way: a card that is declined, wires in two parts, more time to inspect, then silence."""

from collections.abc import Callable

import pytest

from companies.models import User
from orders.models import Order
from payments.books import check_books
from tests.cast import PASSWORD
from tests.journeys.bank import DECLINED_CARD
from tests.journeys.desk import Desk
from tests.journeys.orders import now, offered
from tests.orders import steps

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_declined_short_extended_and_silent(seller_owner: User, buyer_owner: User, desk: Callable[..., Desk]) -> None:
    order = offered(seller_owner)
    buyer = desk(buyer_owner.email)
    buyer.log_in(PASSWORD)
    sign(buyer)
    try_a_card(buyer)
    wire_in_two_parts(buyer)
    buyer.wait_for_state("In production, money held")
    steps.ready(order, seller_owner, at=now())
    pay_the_balance(buyer)
    steps.ship(steps.fresh(order), seller_owner, at=now())
    inspect_longer(buyer)
    say_nothing(buyer)
    money_arrives(desk(seller_owner.email), order)
    assert check_books() == []


def sign(buyer: Desk) -> None:
    buyer.press("Answer the offer")
    buyer.press("Review and sign")
    buyer.press("Sign and confirm the order")
    assert buyer.page.get_by_label("I have read these terms").evaluate("box => !box.checkValidity()")
    buyer.fill({"I have read these terms": True})
    buyer.press("Sign and confirm the order")
    buyer.press("Pay USD 3,046.29")


def try_a_card(buyer: Desk) -> None:
    buyer.fill({"Card": True})
    buyer.press("Go on to pay")
    buyer.pay_by_card(DECLINED_CARD)
    buyer.sees("The last attempt to pay did not succeed", "The card was declined. Nothing was taken.")


def wire_in_two_parts(buyer: Desk) -> None:
    buyer.fill({"T/T (bank wire)": True})
    buyer.press("Go on to pay")
    buyer.sees("Send the wire to this account", "Account number")
    play_the_bank(buyer, "short")
    buyer.sees("Already received", "USD\N{NO-BREAK SPACE}1,827.77", "USD\N{NO-BREAK SPACE}1,218.52")
    buyer.press("Back to the order")
    assert "Part received" in buyer.page.locator("#money").inner_text()
    buyer.press("Pay USD 1,218.52")
    play_the_bank(buyer, "exact")
    buyer.sees("The platform holds it.")


def play_the_bank(buyer: Desk, how: str) -> None:
    buyer.press("Play the buyer's bank (sandbox)")
    buyer.page.locator(f"button[name=send][value={how}]").click()
    buyer.page.locator(".news").wait_for()
    buyer.page.locator("main").get_by_role("link").last.click()


def pay_the_balance(buyer: Desk) -> None:
    buyer.wait_for_state("Goods ready, balance due")
    buyer.press("Pay USD 7,108.02")
    buyer.fill({"T/T (bank wire)": True})
    buyer.press("Go on to pay")
    play_the_bank(buyer, "exact")
    buyer.press("Tell the carriage booked")
    buyer.fill({"Carrier and booking": "Maersk 4711, collects on Friday"})
    buyer.press("Tell the seller")
    buyer.expect_state("Goods ready to ship")


def inspect_longer(buyer: Desk) -> None:
    buyer.wait_for_state("On the way")
    buyer.move_clock("+7 days", times=2)
    buyer.press("Confirm the arrival")
    buyer.press("The goods have arrived")
    before = buyer.due_at()
    buyer.press("Extend the inspection")
    buyer.press("Extend by 15 days")
    buyer.sees("The inspection is extended by 15 days.")
    assert (buyer.due_at() - before).days >= 15


def say_nothing(buyer: Desk) -> None:
    """Fifteen days of the contract and fifteen more; a closed day may add some."""
    buyer.move_clock("+7 days", times=4)
    buyer.expect_state("Arrived: to be inspected")
    buyer.move_clock("+7 days")
    buyer.expect_state("Accepted")
    buyer.sees("Accepted; money released", "Platform")


def money_arrives(seller: Desk, order: Order) -> None:
    seller.log_in(PASSWORD)
    seller.press("Payouts", within=".site-nav")
    row = seller.page.locator("#payouts tbody tr", has_text=order.number)
    seller.refresh_until(row, r"Paid[\s\S]*USD.9,951\.22")
