"""The harder way, in two windows: 30 % and 70 %, a declined card, a wire in two parts, more time to inspect."""

from collections.abc import Callable

import pytest

from companies.models import User
from payments.books import check_books
from tests.cast import PASSWORD
from tests.journeys.bank import DECLINED_CARD
from tests.journeys.clicking import begin_draft, finish_draft, make, ship
from tests.journeys.desk import Choice, Desk

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_declined_short_and_extended(seller_owner: User, buyer_owner: User, desk: Callable[..., Desk]) -> None:
    seller, buyer = desk(seller_owner.email).at_work(), desk(buyer_owner.email)
    number = draft(seller, buyer_owner.email)
    buyer.log_in(PASSWORD)
    sign(buyer)
    try_a_card(buyer)
    wire_in_two_parts(buyer)
    seller.wait_for_state("In production, money held")
    make(seller)
    seller.expect_state("Goods ready, balance due")
    pay_the_balance(buyer)
    seller.wait_for_state("Goods ready to ship")
    ship(seller, {"Commercial invoice": "invoice.pdf", "Carrier's receipt": "receipt.pdf"})
    inspect_longer(buyer)
    accept(buyer)
    money_arrives(seller, number)
    assert check_books() == []


def draft(seller: Desk, buyer_email: str) -> str:
    seller.go("/dashboard/")
    number = begin_draft(
        seller,
        {"Buyer's e-mail": buyer_email, "Buyer's company": "Lakeside Furniture Inc.", "Buyer's reference": "PO-4711"},
    )
    term = {"Trade term (Incoterms 2020)": Choice("FCA Free Carrier"), "Transport": Choice("Sea")}
    finish_draft(seller, term | {"Named place": "Cát Lái terminal", "Packing list": True}, "30")
    return number


def sign(buyer: Desk) -> None:
    buyer.press("Answer the offer")
    buyer.press("Review and sign")
    buyer.press("Sign and confirm the order")
    assert buyer.page.get_by_label("I have read these terms").evaluate("box => !box.checkValidity()")
    buyer.fill({"I have read these terms": True})
    buyer.press("Sign and confirm the order")
    buyer.press("Pay USD 3,750.00")


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
    buyer.sees("Already received", "USD\N{NO-BREAK SPACE}2,250.00", "USD\N{NO-BREAK SPACE}1,500.00")
    buyer.press("Back to the order")
    assert "Part received" in buyer.page.locator("#money").inner_text()
    buyer.press("Pay USD 1,500.00")
    play_the_bank(buyer, "exact")
    buyer.sees("The platform holds it.")


def play_the_bank(buyer: Desk, how: str) -> None:
    buyer.press("Play the buyer's bank (sandbox)")
    buyer.page.locator(f"button[name=send][value={how}]").click()
    buyer.page.locator(".news").wait_for()
    buyer.page.locator("main").get_by_role("link").last.click()


def pay_the_balance(buyer: Desk) -> None:
    buyer.wait_for_state("Goods ready, balance due")
    buyer.press("Pay USD 8,750.00")
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


def accept(buyer: Desk) -> None:
    buyer.press("Accept and release USD 12,500.00")
    buyer.press("Accept and release USD 12,500.00")
    buyer.expect_state("Accepted")
    assert [buyer.money_row(place)[2] for place in (1, 2)] == ["USD 3,750.00", "USD 8,750.00"]


def money_arrives(seller: Desk, number: str) -> None:
    seller.press("Payouts", within=".site-nav")
    row = seller.page.locator("#payouts tbody tr", has_text=number)
    seller.refresh_until(row, r"Paid[\s\S]*USD.12,250\.00")
