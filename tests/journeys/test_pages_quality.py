"""Every page in both widths: nothing that axe calls serious, nothing wider than the screen; by keyboard; light."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve
from playwright.sync_api import Page, expect

from companies.models import User
from orders.models import Order, OrderState
from tests.cast import PASSWORD, person
from tests.journeys.desk import Desk
from tests.journeys.judging import Judge, Visit
from tests.journeys.orders import offered
from tests.journeys.scenery import NO_PAGES, address, in_production, pages_of_everybody, ready_to_ship, sent
from tests.orders import steps

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MOST_BYTES = 250_000


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.urls("tests.journeys.pages_that_fail")
def test_every_page_is_accessible_and_fits(
    seller_owner: User, buyer_owner: User, treasurer: User, quiet_desk: Callable[..., Desk]
) -> None:
    pages = pages_of_everybody(seller_owner, buyer_owner)
    colleague = person("new@binhminh.example", "Lê Minh Anh")
    TOTP.activate(treasurer, generate_totp_secret())
    RecoveryCodes.activate(treasurer)
    people = {
        "seller": seller_owner,
        "buyer": buyer_owner,
        "colleague": colleague,
        "treasurer": treasurer,
        "half_way": treasurer,
    }
    judge, found = Judge(), []
    for who, visits in pages.items():
        desk = quiet_desk(people[who].email if who in people else "guest@nowhere.example")
        if who == "half_way":
            desk.go("/accounts/login/")
            desk.type_password(PASSWORD)
        elif who in people:
            desk.at_work()
        found += [fault for visit in visits for fault in judge.visit(desk, visit)]
    assert found == [], "\n".join(found)
    visited = {name_of(visit) for visits in pages.values() for visit in visits}
    assert set(names_of_pages()) - visited - NO_PAGES == set(), "a page that nobody visited"


def name_of(visit: Visit) -> str:
    """In the URL conf; none for the gateway's pages, and for an address at which nothing lives."""
    try:
        return str(resolve(urlsplit(visit.path).path).url_name)
    except Resolver404:
        return ""


def names_of_pages() -> Iterator[str]:
    """All that the site answers to a browser, but for the API and the admin."""
    for pattern in patterns_under(get_resolver("assurance.urls")):
        if pattern.name and not pattern.name.startswith("api-"):
            yield pattern.name


def patterns_under(resolver: URLResolver) -> Iterator[URLPattern]:
    for each in resolver.url_patterns:
        if isinstance(each, URLPattern):
            yield each
        elif each.namespace != "admin":
            yield from patterns_under(each)


@pytest.mark.slow
def test_the_main_actions_by_keyboard_alone(
    seller_owner: User, buyer_owner: User, quiet_desk: Callable[..., Desk]
) -> None:
    offer, working = offered(seller_owner), in_production(seller_owner, buyer_owner)
    ready, goods = ready_to_ship(seller_owner, buyer_owner), sent(seller_owner, buyer_owner)
    buyer, seller = quiet_desk(buyer_owner.email).at_work(), quiet_desk(seller_owner.email).at_work()
    sign_and_pay(buyer, offer)
    seller.go("/orders/new/")
    by_keyboard(seller.page, "Begin the draft")
    by_keyboard(seller.page, "Save and go on", typed={"Buyer's e-mail": "nina@fjord.example"})
    assert Order.objects.latest("pk").buyer_email == "nina@fjord.example"
    seller.go(address(working, "progress/"))
    by_keyboard(seller.page, "Report this stage", typed={"Stage reached": "Production"}, ticked=("a.pdf",))
    seller.sees("The stage is reported.")
    seller.go(address(ready, "ship/"))
    day = f"{seller.today():%m%d%Y}"
    typed = {"Carrier": "Norse Cargo", "Transport document": "020-5544", "Handed over on": day, "Expected": day}
    by_keyboard(seller.page, "Report as shipped", typed=typed, ticked=("a.pdf",))
    seller.expect_state("On the way")
    receive_and_accept(buyer, goods)
    buyer.go(address(working))
    by_keyboard(buyer.page, "Cancel the order")
    by_keyboard(buyer.page, "Cancel the order", typed={"Reason": "Bought elsewhere"})
    buyer.expect_state("Cancelled")


def sign_and_pay(buyer: Desk, offer: Order) -> None:
    buyer.go(address(offer))
    by_keyboard(buyer.page, "Review and sign")
    by_keyboard(buyer.page, "Sign and confirm", ticked=("I have read these terms",))
    buyer.sees("Signed.")
    by_keyboard(buyer.page, "Pay USD")
    by_keyboard(buyer.page, "Go on to pay", ticked=("bank wire",))
    buyer.sees("Send the wire to this account")


def receive_and_accept(buyer: Desk, order: Order) -> None:
    buyer.go(address(order))
    by_keyboard(buyer.page, "Confirm the arrival")
    by_keyboard(buyer.page, "The goods have arrived")
    by_keyboard(buyer.page, "Accept and release")
    expect(buyer.page.locator("h1")).to_have_text("Accept the goods and release the money?")
    by_keyboard(buyer.page, "Accept and release")
    buyer.expect_state("Accepted")
    assert steps.fresh(order).state == OrderState.COMPLETED


FOCUSED = """() => {
    const e = document.activeElement, style = getComputedStyle(e);
    return {
        words: (e.labels && e.labels.length ? e.labels[0].innerText : e.innerText) || "",
        tag: e.tagName,
        is_off: (e.matches("input[type=checkbox], input[type=radio]") && !e.checked)
            || (e.tagName === "SUMMARY" && !e.parentElement.open),
        is_seen: style.outlineStyle !== "none" || style.boxShadow !== "none",
    };
}"""


def by_keyboard(page: Page, press: str, *, typed: Mapping[str, str] | None = None, ticked: Sequence[str] = ()) -> None:
    """Tab through the page, type, tick, open what is folded, and press Enter on the control with these words."""
    left = dict(typed or {})
    for _tab in range(150):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        label = next((label for label in left if label in at["words"]), None)
        if label and at["tag"] in ("INPUT", "SELECT", "TEXTAREA"):
            page.keyboard.type(left.pop(label))
        elif at["is_off"] and (at["tag"] == "SUMMARY" or any(words in at["words"] for words in ticked)):
            page.keyboard.press("Space")
        elif press in at["words"] and at["tag"] in ("A", "BUTTON"):
            assert at["is_seen"], f"the focus on '{press}' can't be seen"
            with page.expect_navigation():
                page.keyboard.press("Enter")
            assert not left, f"never came to {left}"
            return
    raise AssertionError(f"Tab never came to '{press}' at {page.url}")


def test_a_first_visit_of_an_order_is_light(
    seller_owner: User, buyer_owner: User, web_desk: Callable[..., Desk]
) -> None:
    order = sent(seller_owner, buyer_owner)
    for user in (seller_owner, buyer_owner):
        assert 20_000 < moved_bytes(web_desk(user.email).at_work(), address(order)) <= MOST_BYTES


def moved_bytes(desk: Desk, path: str) -> int:
    """What the browser says came over the line, headers and compression included, with an empty cache."""
    line = desk.page.context.new_cdp_session(desk.page)
    moved: list[int] = []
    line.on("Network.loadingFinished", lambda event: moved.append(int(event["encodedDataLength"])))
    line.send("Network.enable")
    line.send("Network.setCacheDisabled", {"cacheDisabled": True})
    desk.page.goto(path, wait_until="networkidle")
    return sum(moved)
