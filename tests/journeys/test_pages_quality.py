"""Every page in both widths: nothing that axe calls serious, nothing wider than the screen; by keyboard; light."""

from collections.abc import Callable
from contextlib import nullcontext

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Page, expect

from companies.models import User
from orders.models import OrderState
from tests.cast import person
from tests.journeys.desk import Desk
from tests.journeys.orders import offered
from tests.journeys.scenery import address, pages_of_everybody, sent
from tests.orders import steps

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDER_THAN_SCREEN = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
AXE = AXE_FILE_PATH.read_text("utf-8")
SERIOUS = """async (contrast) => {
    const rules = {"color-contrast": {enabled: contrast}};
    const found = await axe.run(document, {resultTypes: ["violations"], rules});
    const serious = found.violations.filter((each) => ["serious", "critical"].includes(each.impact));
    return serious.map((each) => `${each.id} at ${each.nodes[0].html}`);
}"""
MOST_BYTES = 250_000
WIDE = 1280


@pytest.mark.parametrize("who", ["guest", "seller", "buyer", "colleague"])
def test_every_page_is_accessible_and_fits(
    seller_owner: User, buyer_owner: User, quiet_desk: Callable[..., Desk], who: str
) -> None:
    paths = pages_of_everybody(seller_owner, buyer_owner)[who]
    colleague = person("new@binhminh.example", "Lê Minh Anh")
    people = {"seller": seller_owner, "buyer": buyer_owner, "colleague": colleague}
    desk = quiet_desk(people[who].email).at_work() if who in people else quiet_desk("guest@nowhere.example")
    found = [fault for path in paths for fault in faults(desk, path)]
    assert found == [], "\n".join(found)


def faults(desk: Desk, path: str) -> list[str]:
    """What is wrong with one page: its answer, its widths, what axe finds in each (colours once: they don't change)."""
    page = desk.page
    page.set_viewport_size({"width": WIDE, "height": 800})
    answer = page.goto(path)
    assert answer is not None
    said = [] if answer.status == 200 or "nothing-lives" in path else [f"answers {answer.status}"]
    said += [] if page.locator("h1").count() == 1 else ["has not one h1"]
    said += [] if page.locator("main .btn-primary").count() <= 1 or "sandbox" in path else ["has two primary buttons"]
    page.evaluate(AXE)
    for width in (WIDE, 360):
        page.set_viewport_size({"width": width, "height": 800})
        said += [f"{width}: {each}" for each in page.evaluate(SERIOUS, width == WIDE)]
        said += [f"{width}: wider than the screen"] if page.evaluate(WIDER_THAN_SCREEN) > 0 else []
    return [f"{path} {each}" for each in said]


def test_the_main_actions_by_keyboard_alone(
    seller_owner: User, buyer_owner: User, quiet_desk: Callable[..., Desk]
) -> None:
    offer, delivered = offered(seller_owner), sent(seller_owner, buyer_owner, arrived=True)
    buyer = quiet_desk(buyer_owner.email).at_work()
    buyer.go(address(offer))
    for words, key in (
        ("Review and sign", "Enter"),
        ("I have read these terms", "Space"),
        ("Sign and confirm", "Enter"),
    ):
        tab_to(buyer.page, words, key)
    buyer.sees("Signed.")
    tab_to(buyer.page, "Pay USD", "Enter")
    buyer.sees("How do you pay?")
    tab_to(buyer.page, "bank wire", "Space")
    tab_to(buyer.page, "Go on to pay", "Enter")
    buyer.sees("Send the wire to this account")
    buyer.go(address(delivered))
    tab_to(buyer.page, "Accept and release", "Enter")
    expect(buyer.page.locator("h1")).to_have_text("Accept the goods and release the money?")
    tab_to(buyer.page, "Accept and release", "Enter")
    buyer.expect_state("Accepted")
    assert steps.fresh(delivered).state == OrderState.COMPLETED


FOCUSED = """() => {
    const e = document.activeElement;
    return (e.labels && e.labels.length ? e.labels[0].innerText : e.innerText) || "";
}"""


def tab_to(page: Page, words: str, key: str) -> None:
    """Press Tab until the control with these words has the focus, visibly, then `key`."""
    for _press in range(80):
        page.keyboard.press("Tab")
        if words in page.evaluate(FOCUSED):
            outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle")
            shadow = page.evaluate("() => getComputedStyle(document.activeElement).boxShadow")
            assert outline != "none" or shadow != "none", f"the focus on '{words}' can't be seen"
            with page.expect_navigation() if key == "Enter" else nullcontext():
                page.keyboard.press(key)
            return
    raise AssertionError(f"Tab never came to '{words}' at {page.url}")


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
