"""The hosted pages in a real browser: no serious finding of axe, no sideways scrolling, the keyboard is enough."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.sandbox.running import Listener, RunningSandbox

pytestmark = pytest.mark.browser


def check_page(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [finding["id"] for finding in found if finding["impact"] in ("serious", "critical")] == [], json.dumps(found)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("en", 360), ("zh-hans", 360), ("vi", 360)])
def test_every_page_is_clean(shared: RunningSandbox, page: Page, width: int, language: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    card = shared.new_payment(reference="R" * 140)
    wire = shared.new_payment("wire", amount_minor=10**12)
    page.goto(f"{card['checkout_url']}?lang={language}")
    check_page(page)
    page.locator("button[name=pay]").click()
    expect(page.locator(".reason").first).to_be_visible()
    check_page(page)
    page.locator("button[value='4000002500003155']").click()
    expect(page.locator("#code")).to_be_visible()
    check_page(page)
    shared.post(f"/v1/payments/{card['id']}/cancel")
    page.goto(f"{card['checkout_url']}?lang={language}")
    check_page(page)
    page.goto(f"{wire['bank_page_url']}?lang={language}")
    check_page(page)
    page.locator("button[value=short]").click()
    expect(page.locator(".news")).to_be_visible()
    check_page(page)
    page.goto(f"{shared.url}/nowhere")
    check_page(page)


def test_a_card_is_typed_and_sent_by_keyboard(shared: RunningSandbox, page: Page, listener: Listener) -> None:
    payment = shared.new_payment(return_url=listener.url)
    page.goto(payment["checkout_url"])
    page.get_by_label("Card number").focus()
    for typed in ("4242424242424242", "12/39", "123", "Ana Lima"):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url == listener.url
    assert shared.payment(payment["id"])["status"] == "succeeded"
