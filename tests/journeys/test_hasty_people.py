"""Stale tabs, double clicks, the back button, and the ways an offer goes back and forth: clear words, nothing twice."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from companies.models import User
from orders.models import ChangeRequest, Order, OrderState, Signature
from payments.models import Payment, Receipt
from tests.journeys.bank import GOOD_CARD
from tests.journeys.desk import Desk
from tests.journeys.orders import now, offered
from tests.orders import steps

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
STALE = "This was changed since you opened it."
NOT_NOW = "This step isn't possible in the present state."


@pytest.fixture
def buyer(buyer_owner: User, quiet_desk: Callable[..., Desk]) -> Desk:
    return quiet_desk(buyer_owner.email).at_work()


@pytest.fixture
def seller(seller_owner: User, quiet_desk: Callable[..., Desk]) -> Desk:
    return quiet_desk(seller_owner.email).at_work()


def second_tab(desk: Desk) -> Page:
    tab = desk.page.context.new_page()
    tab.goto(desk.page.url)
    return tab


def test_a_stale_tab_is_told_and_keeps_what_was_typed(seller: Desk, seller_owner: User, buyer_owner: User) -> None:
    seller.go("/orders/new/")
    seller.press("Begin the draft")
    seller.fill({"Buyer's company": "Typed in the old tab"})
    other = second_tab(seller)
    other.get_by_label("Buyer's company").fill("Typed in the new tab")
    other.get_by_role("button", name="Save and go on").click()
    other.wait_for_url("**/draft/2/")
    seller.press("Save and go on")
    seller.sees(STALE)
    expect(seller.page.get_by_label("Buyer's company")).to_have_value("Typed in the old tab")
    assert Order.objects.get().buyer_company_name == "Typed in the new tab"
    seller.press("Save and go on")
    seller.sees(STALE)
    assert Order.objects.get().buyer_company_name == "Typed in the new tab", "nothing is overwritten unread"
    seller.page.get_by_role("link", name="Open it as it is now").click()
    expect(seller.page.get_by_label("Buyer's company")).to_have_value("Typed in the new tab")
    seller.fill({"Buyer's company": "Typed after reading"})
    seller.press("Save and go on")
    seller.page.wait_for_url("**/draft/2/")
    assert Order.objects.get().buyer_company_name == "Typed after reading"


def test_two_clicks_sign_once(buyer: Desk, seller_owner: User) -> None:
    order = offered(seller_owner)
    buyer.go(f"/orders/{order.reference}/review/")
    buyer.fill({"I have read these terms": True})
    buyer.page.get_by_role("button", name="Sign and confirm the order").dblclick()
    buyer.sees("Pay the first instalment")
    assert Signature.objects.filter(terms__order=order).count() == 2


def test_the_same_form_sent_from_two_tabs_signs_once(buyer: Desk, seller_owner: User) -> None:
    order = offered(seller_owner)
    buyer.go(f"/orders/{order.reference}/review/")
    other = second_tab(buyer)
    buyer.fill({"I have read these terms": True})
    buyer.press("Sign and confirm the order")
    buyer.sees("Pay the first instalment")
    other.get_by_label("I have read these terms").check()
    other.get_by_role("button", name="Sign and confirm the order").click()
    expect(other.locator("main")).to_contain_text("This order is signed already.")
    assert Signature.objects.filter(terms__order=order).count() == 2


def test_the_back_button_after_paying_pays_nothing_again(buyer: Desk, seller_owner: User, buyer_owner: User) -> None:
    order = steps.sign(offered(seller_owner), buyer_owner, at=now())
    buyer.go(f"/orders/{order.reference}/pay/")
    buyer.fill({"Card": True})
    buyer.press("Go on to pay")
    buyer.pay_by_card(GOOD_CARD)
    buyer.sees("The platform holds it.")
    buyer.go(f"/orders/{order.reference}/pay/?returned=1")
    buyer.sees("The platform holds it.")
    buyer.go(f"/orders/{order.reference}/pay/")
    buyer.sees("Nothing is due from you now.")
    buyer.page.go_back()
    buyer.page.go_back()
    buyer.page.go_back()
    assert Receipt.objects.count() == 1
    assert Payment.objects.count() == 1


def test_an_old_pay_page_pays_nothing_again(buyer: Desk, seller_owner: User, buyer_owner: User) -> None:
    order = steps.sign(offered(seller_owner), buyer_owner, at=now())
    buyer.go(f"/orders/{order.reference}/pay/")
    other = second_tab(buyer)
    steps.pay_for(order, buyer_owner, at=now())
    other.get_by_label("Card").check()
    other.get_by_role("button", name="Go on to pay").click()
    expect(other.locator("main")).to_contain_text("Nothing is due from you now.")
    assert Payment.objects.count() == 1


def test_a_stale_acceptance_releases_nothing(buyer: Desk, seller_owner: User, buyer_owner: User) -> None:
    order = delivered(seller_owner, buyer_owner)
    buyer.go(f"/orders/{order.reference}/accept/")
    other = second_tab(buyer)
    buyer.go(f"/orders/{order.reference}/extend/")
    buyer.press("Extend by 15 days")
    buyer.sees("extended")
    other.get_by_role("button", name="Accept and release USD 10,154.31").click()
    expect(other.locator("main")).to_contain_text(STALE)
    assert steps.fresh(order).state == OrderState.DELIVERED
    assert steps.divided(order) == (steps.TOTAL, 0, 0)


def delivered(seller: User, buyer: User) -> Order:
    order = steps.pay_for(steps.sign(offered(seller), buyer, at=now()), buyer, at=now())
    steps.ready(order, seller, at=now())
    order = steps.pay_for(steps.book(order, buyer, at=now()), buyer, sequence=2, at=now())
    steps.ship(order, seller, at=now())
    return steps.arrive(order, buyer, at=now())


def test_changes_asked_for_and_a_new_offer_that_shows_them(buyer: Desk, seller: Desk, seller_owner: User) -> None:
    order = offered(seller_owner)
    buyer.go(f"/orders/{order.reference}/review/")
    buyer.press("Ask for changes")
    buyer.press("Send to the seller")
    buyer.sees("Write")
    assert not ChangeRequest.objects.exists()
    buyer.fill({"Payment": "20 % deposit, please"})
    buyer.press("Send to the seller")
    buyer.sees("Changes the draft and sends a new offer")
    seller.go(f"/orders/{order.reference}/draft/5/")
    seller.sees("The buyer asks for changes", "20 % deposit, please")
    seller.fill({"Share due on confirmation": "20"})
    seller.press("Save and go on")
    seller.press("Sign and send the offer")
    seller.expect_state("Buyer to sign")
    buyer.go(f"/orders/{order.reference}/review/")
    buyer.sees("What changed since the last offer", "20 %, USD")


def test_an_offer_is_declined_with_its_reason(buyer: Desk, seller: Desk, seller_owner: User) -> None:
    order = offered(seller_owner)
    buyer.go(f"/orders/{order.reference}/review/")
    buyer.press("Decline")
    buyer.fill({"Reason": "Bought elsewhere"})
    buyer.press("Decline the offer")
    buyer.expect_state("Declined")
    seller.go(f"/orders/{order.reference}/")
    seller.sees("Declined by the buyer", "Bought elsewhere")
    expect(seller.page.locator("a.btn-primary")).to_have_count(0)
    seller.go(f"/orders/{order.reference}/withdraw/")
    seller.expect_state("Declined")


def test_an_offer_is_taken_back_and_can_no_longer_be_signed(buyer: Desk, seller: Desk, seller_owner: User) -> None:
    order = offered(seller_owner)
    buyer.go(f"/orders/{order.reference}/review/")
    buyer.fill({"I have read these terms": True})
    seller.go(f"/orders/{order.reference}/")
    seller.press("Take the offer back")
    seller.press("Take it back")
    seller.sees("The offer is a draft again.")
    buyer.press("Sign and confirm the order")
    buyer.sees(NOT_NOW)
    assert steps.fresh(order).state == OrderState.DRAFT


def test_what_is_wrong_is_said_beside_its_field(seller: Desk) -> None:
    seller.go("/orders/new/")
    seller.press("Begin the draft")
    seller.fill({"Buyer's e-mail": "not an address", "Your own reference": "SC-1"})
    seller.press("Save and go on")
    wrong = seller.page.locator("[data-field=buyer_email]")
    expect(wrong.locator(".field-error")).to_be_visible()
    expect(wrong.get_by_label("Buyer's e-mail")).to_have_value("not an address")
    expect(seller.page.get_by_label("Your own reference")).to_have_value("SC-1")
