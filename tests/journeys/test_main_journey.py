"""The main job in two browsers, by clicking only: from an empty draft to the seller's money in the bank."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from companies.models import User
from payments.books import check_books
from tests.cast import PASSWORD
from tests.journeys.bank import GOOD_CARD
from tests.journeys.clicking import begin_draft, finish_draft, make, ship
from tests.journeys.desk import Choice, Desk

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

BUYER = "sofia.lind@fjord.example"
NEW_PASSWORD = "a-long-winter-night"
PAPERS = {
    "Commercial invoice": "invoice.pdf",
    "Air waybill, road": "awb.pdf",
    "Insurance policy": "policy.pdf",
}
"""What CIP and the terms ask for."""


def test_from_an_empty_draft_to_the_sellers_money(seller_owner: User, desk: Callable[..., Desk]) -> None:
    seller, buyer = desk(seller_owner.email), desk(BUYER)
    seller.log_in(PASSWORD)
    number = draft(seller)
    sign_up_from_the_offer(buyer, number)
    sign(buyer)
    pay(buyer)
    certify(seller, number)
    make(seller)
    seller.expect_state("Goods ready to ship")
    ship(seller, PAPERS)
    receive(buyer, number)
    paid_out(seller, number)
    assert check_books() == []


def draft(seller: Desk) -> str:
    number = begin_draft(
        seller, {"Buyer's e-mail": BUYER, "Buyer's company": "Fjord Interior AS", "Buyer's reference": "PO-9001"}
    )
    term = {"Trade term (Incoterms 2020)": Choice("CIP Carriage and Insurance Paid To"), "Transport": Choice("Air")}
    finish_draft(seller, term | {"Named place": "Oslo Gardermoen airport", "Commercial invoice": True}, "100")
    return number


def sign_up_from_the_offer(buyer: Desk, number: str) -> None:
    buyer.open_mail("Offer from Công ty TNHH Bình Minh")
    buyer.follow_link_of_mail("/offers/")
    buyer.sees(number, "Oak stool", "Moisture: 8", "USD\N{NO-BREAK SPACE}12,500.00")
    buyer.press("Sign up to answer")
    buyer.fill({"Email": BUYER, "Password": NEW_PASSWORD, "Password (again)": NEW_PASSWORD})
    buyer.press("Sign up")
    buyer.sees("Mail doesn't leave this machine.")
    buyer.open_mail("confirm")
    buyer.follow_link_of_mail("/confirm-email/")
    buyer.press("Yes, go on")
    buyer.fill({"Your full name": "Sofia Lind", "Company name": "Fjord Interior AS", "Country": Choice("Norway")})
    buyer.press("Create the company")


def sign(buyer: Desk) -> None:
    buyer.sees("Oak stool", "At a glance")
    buyer.fill({"I have read these terms": True})
    buyer.press("Sign and confirm the order")
    buyer.sees("Signed.", "Pay the first instalment", "The order expires")


def pay(buyer: Desk) -> None:
    buyer.press("Pay USD 12,500.00")
    buyer.fill({"Card": True})
    buyer.press("Go on to pay")
    buyer.pay_by_card(GOOD_CARD)
    buyer.sees("USD 12,500.00 arrived. The platform holds it.")
    buyer.expect_state("In production, money held")


def certify(seller: Desk, number: str) -> None:
    seller.open_order(number)
    seller.wait_for_state("In production, money held")
    assert seller.money_row(1)[:2] == ["USD 12,500.00", "USD 12,500.00"]
    seller.press("Funding certificate")
    seller.sees("Fjord Interior AS", "USD\N{NO-BREAK SPACE}12,500.00")
    seller.press("Back to the order")


def receive(buyer: Desk, number: str) -> None:
    buyer.go("/dashboard/")
    buyer.move_clock("+1 day", times=4)
    buyer.press("Confirm the arrival")
    expect(buyer.page.locator("h1")).to_have_text(number)
    buyer.press("Confirm the arrival")
    buyer.press("The goods have arrived")
    buyer.expect_state("Arrived: to be inspected")
    buyer.sees("The goods count as accepted, and the money goes to the seller.")
    buyer.press("Accept and release USD 12,500.00")
    buyer.press("Accept and release USD 12,500.00")
    buyer.expect_state("Accepted")
    assert buyer.money_row(1) == ["USD 12,500.00", "USD 0.00", "USD 12,500.00", "USD 0.00"]


def paid_out(seller: Desk, number: str) -> None:
    seller.press("Payouts", within=".site-nav")
    row = seller.page.locator("#payouts tbody tr", has_text=number)
    seller.refresh_until(row, re.compile(r"Paid[\s\S]*USD.12,250\.00"))
    seller.open_order(number)
    seller.expect_state("Accepted: paid")
    seller.sees("Fee of the platform", "USD\N{NO-BREAK SPACE}250.00")
