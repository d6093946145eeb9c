"""What makes a page good: its answer, its headings, its widths, the sandbox's bar, and what axe finds in it."""

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Response

from tests.journeys.desk import Desk

WIDE, PHONE = 1280, 360
WIDER_THAN_SCREEN = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
AXE = AXE_FILE_PATH.read_text("utf-8")
SERIOUS = """async (contrast) => {
    const rules = {"color-contrast": {enabled: contrast}, region: {enabled: false}};
    const page = {include: [["html"]], exclude: [[".swagger-ui"]]};
    const found = await axe.run(page, {resultTypes: ["violations"], preload: false, rules});
    const serious = found.violations.filter((each) => ["serious", "critical"].includes(each.impact));
    return serious.map((each) => `${each.id} at ${each.nodes[0].html}`);
}"""
"""What Swagger UI draws is its own makers': its buttons stand inside each other. All around it is judged."""
SEND_UNCHECKED = """([name, value]) => {
    const field = document.querySelector(`main [name="${name}"]`);
    field.value = value;
    field.form.noValidate = true;
    field.form.requestSubmit(field.form.querySelector(".btn-primary, .btn-danger"));
}"""
"""A form is sent with this in one field, without the browser's own checks."""
LOOKS = """() => {
    const look = (e) => `${e.tagName}.${e.getAttribute("class")}`;
    return [...new Set([...document.querySelectorAll("body *")].map((e) => `${look(e.parentElement)} > ${look(e)}`))];
}"""
"""How elements can look: by their own tag and classes, and their parents'."""


@dataclass(frozen=True)
class Visit:
    """`ends`: the path that answers, where it is another one. `ours`: wears our layout and the sandbox's bar.

    `typed`: a field and what is sent in it, so that the form comes back refused.
    """

    path: str
    status: int = 200
    ends: str = ""
    ours: bool = True
    typed: tuple[str, str] | None = None


@dataclass
class Judge:
    """Judges pages one after the other. Colours cost most and depend on looks alone: known looks aren't judged again.

    Every page is judged at the width of a phone; the wide one only of pages with new looks, or, where the environment
    has THOROUGH_PAGES, of every page as well.
    """

    thorough: bool = "THOROUGH_PAGES" in os.environ
    looks: set[str] = field(default_factory=set)

    def visit(self, desk: Desk, visit: Visit) -> list[str]:
        desk.page.set_viewport_size({"width": WIDE, "height": 800})
        answer = desk.page.goto(visit.path)
        if visit.typed is not None:
            with desk.page.expect_navigation() as sent:
                desk.page.evaluate(SEND_UNCHECKED, visit.typed)
            answer = sent.value
        assert answer is not None
        ended = urlsplit(answer.url).path
        wanted = visit.ends or urlsplit(visit.path).path
        if ended != wanted:
            return [f"{visit.path} ends at {ended}"]
        return self.here(desk, visit, answer)

    def here(self, desk: Desk, visit: Visit, answer: Response | None = None) -> list[str]:
        """The page that is open."""
        page = desk.page
        said = [f"answers {answer.status}"] if answer is not None and answer.status != visit.status else []
        if visit.ours:
            said += [] if page.locator("h1").count() == 1 else ["has not one h1"]
            said += [] if page.locator("main .btn-primary").count() <= 1 else ["has two primary buttons"]
            said += [] if page.locator(".sandbox-bar button").count() == 4 else ["has no bar of the sandbox"]
        new = set(page.evaluate(LOOKS)) - self.looks
        self.looks |= new
        page.evaluate(AXE)
        if new or self.thorough:
            page.set_viewport_size({"width": WIDE, "height": 800})
            said += [f"{WIDE}: {each}" for each in page.evaluate(SERIOUS, bool(new))]
            said += [f"{WIDE}: wider than the screen"] if page.evaluate(WIDER_THAN_SCREEN) > 0 else []
        page.set_viewport_size({"width": PHONE, "height": 800})
        said += [f"{PHONE}: {each}" for each in page.evaluate(SERIOUS, False)]
        said += [f"{PHONE}: wider than the screen"] if page.evaluate(WIDER_THAN_SCREEN) > 0 else []
        return [f"{visit.path} {each}" for each in said]
