"""What people see: accessible at both widths, nothing wider than the screen, nothing from elsewhere."""

from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = ["/", "/sandbox/components/", "/nothing-lives-here/"]
VIETNAMESE = "button[name=language][value=vi]"
WIDER_THAN_SCREEN = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("path", PAGES)
def test_passes_axe_and_fits_the_screen(page: Page, live_server: LiveServer, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(live_server.url + path)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate(WIDER_THAN_SCREEN) <= 0


@pytest.mark.parametrize("path", PAGES[:2])
def test_breaks_no_policy_and_calls_nobody_else(page: Page, live_server: LiveServer, path: str) -> None:
    said: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.goto(live_server.url + path, wait_until="networkidle")
    assert said == []
    assert hosts == {urlsplit(live_server.url).netloc}


def test_the_keyboard_alone_skips_to_the_content_and_opens_a_menu(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url + "/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    menu = page.locator("details[data-menu]").first
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(menu.locator(VIETNAMESE)).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu.locator(VIETNAMESE)).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()


def test_the_language_is_switched_by_a_button(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url + "/")
    page.locator("details[data-menu] summary").first.click()
    page.locator(VIETNAMESE).click()
    expect(page.locator("html")).to_have_attribute("lang", "vi")


def test_a_pressed_form_is_not_sent_twice(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url + "/sandbox/components/")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.route("**/*", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.evaluate("for (let n = 0; n < 3; n += 1) document.querySelector('#forms button.btn:not([hidden])').click()")
    page.wait_for_timeout(500)
    assert len(sent) == 1


def test_a_reference_is_copied_and_the_button_says_so(page: Page, live_server: LiveServer) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(live_server.url + "/sandbox/components/")
    page.get_by_role("button", name="Copy payment reference").click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "TA-2026-000123"
