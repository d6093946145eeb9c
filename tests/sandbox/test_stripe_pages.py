"""The stand-in's hosted pages in a real browser: clean by axe, no sideways scrolling, and the keyboard is enough."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.sandbox.running import Listener
from tests.sandbox.stripe_running import RunningStripe
from tests.sandbox.test_pages import check_page

pytestmark = pytest.mark.browser


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningStripe]:
    running = RunningStripe(tmp_path / "stripe.db")
    yield running
    assert running.stop() == 0
    assert "Traceback" not in running.database.with_suffix(".log").read_text()


def test_every_page_is_clean_and_leads_on(running: RunningStripe, page: Page, listener: Listener) -> None:
    methods = ("card", "ideal", "bancontact", "eps", "p24")
    for width, language in ((360, "vi"), (1280, "en")):
        page.set_viewport_size({"width": width, "height": 800})
        session = running.new_session(currency="eur", methods=methods, success_url=listener.url)
        page.goto(f"{session.url}?lang={language}")
        check_page(page)
        page.locator("button[value='4000000000000002']").click()
        expect(page.locator(".reason")).to_be_visible()
        check_page(page)
        page.locator("button[value='4000002500003155']").click()
        expect(page.locator("button[value=is_not_me]")).to_be_visible()
        check_page(page)
        page.locator("button[value=is_not_me]").click()
        page.locator("button[value=ideal]").click()
        expect(page.locator("button[value=refuse]")).to_be_visible()
        check_page(page)
        page.locator("button[value=authorise]").focus()
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.url == listener.url
        page.goto(f"{session.url}?lang={language}")
        check_page(page)
