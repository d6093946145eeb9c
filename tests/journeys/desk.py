"""One person at one browser, who only clicks and types."""

import re
import time
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Locator, Page, expect

from companies.models import User
from tests.evidence.files import JPEG, PDF

SLOW_MS = 30_000
"""For what a worker does: beat polls every few seconds."""
MAIN_STATE = ".page-head .state"


class Desk:
    """A page of one's own browser and the person's address."""

    def __init__(self, page: Page, email: str) -> None:
        self.page, self.email = page, email
        self.uploads = 0

    # --- moving about -------------------------------------------------------------------------------------------------
    def go(self, path: str) -> None:
        self.page.goto(path)

    def press(self, name: str, within: str = "main") -> None:
        """A button or link by its words."""
        either = self.page.locator(within).get_by_role("button", name=name, exact=True)
        either.or_(self.page.locator(within).get_by_role("link", name=name, exact=True)).first.click()

    def fill(self, values: Mapping[str, Any]) -> None:
        """Type into fields by their labels; True ticks, `Choice` chooses from a list."""
        for label, value in values.items():
            field = self.page.locator("main").get_by_label(re.compile(rf"^\s*{re.escape(label)}")).first
            if value is True:
                field.check()
            elif isinstance(value, Choice):
                field.select_option(label=value)
            else:
                field.fill(str(value))

    def sees(self, *words: str) -> None:
        for each in words:
            expect(self.page.locator("main")).to_contain_text(each)

    def section(self, title: str) -> Locator:
        return self.page.locator("section.card", has=self.page.get_by_role("heading", name=title, exact=True))

    def refresh_until(self, what: Locator, words: str | re.Pattern[str]) -> None:
        """Look at the page again and again, as a person would, until a worker's news is there."""

        def looked() -> bool:
            self.page.reload()
            return bool(re.search(words, what.inner_text()) if what.count() else False)

        self.wait(looked, f"{words!r} in {what}")

    def wait(self, came: Any, told: str) -> None:
        for _attempt in range(SLOW_MS // 500):
            if came():
                return
            self.page.wait_for_timeout(500)
        raise AssertionError(f"{self.email} waited in vain for {told} at {self.page.url}")

    # --- people -------------------------------------------------------------------------------------------------------
    def log_in(self, password: str) -> None:
        self.go("/accounts/login/")
        self.type_password(password)
        expect(self.page).not_to_have_url(re.compile("/accounts/login/"))

    def type_password(self, password: str) -> None:
        self.fill({"Email": self.email, "Password": password})
        self.press("Log in")

    def at_work(self, *given: str) -> "Desk":
        """Logged in a moment ago without the log-in page, which other journeys walk through.

        `given`: how they proved who they are; a password, if nothing is said.
        """
        client, user = Client(), User.objects.get(email=self.email)
        client.force_login(user)
        session = client.session
        session["account_authentication_methods"] = [
            {"method": method, "at": time.time()} for method in given or ("password",)
        ]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
        name = settings.SESSION_COOKIE_NAME
        self.go("/healthz")
        origin = self.page.evaluate("() => location.origin")
        self.page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": origin}])
        return self

    def open_mail(self, subject: str) -> None:
        """The newest mail to this person whose subject has these words, from the sandbox's mail page."""
        link = self.page.locator("main .list-group a", has_text=subject).first

        def came() -> bool:
            self.go(f"/sandbox/mail/?to={self.email}")
            return link.count() > 0

        self.wait(came, f"mail '{subject}'")
        link.click()

    def follow_link_of_mail(self, pattern: str) -> None:
        self.page.locator("main a", has_text=re.compile(pattern)).first.click()

    # --- an order -----------------------------------------------------------------------------------------------------
    def open_order(self, number: str) -> None:
        self.go("/orders/")
        self.page.get_by_role("link", name=number, exact=True).click()

    def expect_state(self, words: str) -> None:
        expect(self.page.locator(MAIN_STATE)).to_contain_text(words)

    def wait_for_state(self, words: str) -> None:
        self.refresh_until(self.page.locator(MAIN_STATE), words)

    def due_at(self) -> datetime:
        """The moment by which somebody must act, as the order's page shows it."""
        moment = self.page.locator(".next-step-due time").first.get_attribute("datetime")
        assert moment is not None
        return datetime.fromisoformat(moment)

    def money_row(self, sequence: int) -> list[str]:
        """Due, held, released, refunded of an instalment, as shown."""
        cells = self.page.locator("#money tbody tr").nth(sequence - 1).locator("td")
        return [text.replace("\N{NO-BREAK SPACE}", " ") for text in cells.all_inner_texts()]

    def attach(self, field: str, name: str) -> None:
        """Choose a file for a field of a form; it goes to the store and comes back as a ticked document."""
        kind = JPEG if name.endswith(".jpg") else PDF
        self.uploads += 1
        box = self.page.locator("fieldset[data-upload]", has=self.page.locator("legend", has_text=field))
        payload = {"name": name, "mimeType": "", "buffer": kind + b"%" + str(self.uploads).encode()}
        box.locator("[data-upload-input]").set_input_files([payload])
        expect(box.get_by_role("checkbox", name=name)).to_be_checked(timeout=SLOW_MS)

    # --- the sandbox --------------------------------------------------------------------------------------------------
    def move_clock(self, button: str, times: int = 1) -> None:
        for _turn in range(times):
            self.page.locator(".sandbox-bar").get_by_role("button", name=button).click()
            expect(self.page.locator("#messages")).to_contain_text("The sandbox clock moved", timeout=SLOW_MS)

    def today(self) -> date:
        """The business day that the sandbox bar shows."""
        moment = self.page.locator(".sandbox-bar time").get_attribute("datetime")
        assert moment is not None
        return datetime.fromisoformat(moment).date()

    def in_days(self, days: int) -> str:
        return (self.today() + timedelta(days=days)).isoformat()

    def pay_by_card(self, number: str) -> None:
        """On the gateway's own page, which sends the payer back."""
        self.page.locator(f"button[name=test_card][value='{number}']").click()
        self.page.wait_for_url(re.compile("/orders/"))


class Choice(str):
    """The words of an entry in a list."""
