"""Uploads in a real browser: straight from the page's origin to the store's."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Page, expect

from evidence import storage
from evidence.models import Document, DocumentState
from tests.evidence.files import GIF, JPEG, PDF, big_pdf, picture

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.evidence.pages_with_uploads"),
]
MB = 1024 * 1024


@pytest.fixture
def open_folder(page: Page, live_server, seller_owner, seller, folder):
    """The folder's page, logged in; console messages that speak of the content security policy fail the test."""
    client = Client()
    client.force_login(seller_owner)
    cookie = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": django_settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))

    def open_() -> Page:
        page.goto(f"{live_server.url}/folders/{folder.reference}/")
        return page

    yield open_
    assert [line for line in said if "Content Security Policy" in line] == []


def choose(page: Page, *files: tuple[str, bytes] | Path, within: str = "form[data-upload]") -> None:
    given = [each if isinstance(each, Path) else {"name": each[0], "mimeType": "", "buffer": each[1]} for each in files]
    page.locator(f"{within} [data-upload-input]").set_input_files(given)


def row(page: Page, name: str):
    return page.locator(".upload-row", has_text=name)


def test_files_go_straight_to_the_store_and_the_list_shows_them(open_folder, tmp_path) -> None:
    page = open_folder()
    puts: list[str] = []
    page.on("request", lambda request: puts.append(request.url) if request.method == "PUT" else None)
    page.get_by_label("What it shows").select_option("bill")
    largest = tmp_path / "big.pdf"
    largest.write_bytes(big_pdf(50 * MB))
    for name, content in {"bill.pdf": PDF, "front.jpg": JPEG}.items():
        (tmp_path / name).write_bytes(content)
    choose(page, *[tmp_path / name for name in ("bill.pdf", "front.jpg", "big.pdf")])

    shown = row(page, "big.pdf").get_by_role("progressbar")
    page.wait_for_function("bar => 0 < bar.value && bar.value < 100", arg=shown.element_handle())
    for name in ("bill.pdf", "front.jpg", "big.pdf"):
        expect(row(page, name)).to_contain_text("Sealed", timeout=20_000)
        expect(page.locator("#documents table")).to_contain_text(name)
    assert len(puts) == 12 and all(url.startswith(django_settings.S3_PUBLIC_URL) for url in puts)
    assert {each.kind for each in Document.objects.all()} == {"bill"}
    assert Document.objects.filter(state=DocumentState.SEALED).count() == 3


def test_the_store_lets_the_page_read_the_etag(open_folder, begin) -> None:
    page = open_folder()
    document = begin(PDF, "bill.pdf")
    url = storage.part_url(document.object_key, document.upload_id, 1, len(PDF))
    etag = page.evaluate(
        "async ([url, text]) => (await fetch(url, {method: 'PUT', body: text})).headers.get('ETag')",
        [url, PDF.decode()],
    )
    [part] = (storage.list_parts(document.object_key, document.upload_id) or {}).values()
    assert etag == part.etag


def test_a_bad_line_is_tried_again_and_cancel_gives_up(open_folder) -> None:
    page = open_folder()
    page.route(re.compile("partNumber="), lambda route: route.abort(), times=3)
    choose(page, ("big.pdf", big_pdf(6 * MB)))
    expect(page.locator("form[data-upload] [data-upload-status]")).to_contain_text("Trying again")
    expect(row(page, "big.pdf")).to_contain_text("Sealed", timeout=30_000)

    page.route(re.compile("partNumber="), lambda route: route.abort())
    choose(page, ("bill.pdf", PDF))
    row(page, "bill.pdf").get_by_role("button", name="Cancel: bill.pdf").click()
    expect(row(page, "bill.pdf")).to_contain_text("Cancelled")
    expect(page.locator("#documents table")).not_to_contain_text("bill.pdf")


def test_after_a_reload_the_same_file_goes_on(open_folder, tmp_path) -> None:
    file = tmp_path / "scan.pdf"
    file.write_bytes(big_pdf(16 * MB))
    page = open_folder()
    blocked = re.compile("partNumber=[34]")
    page.route(blocked, lambda route: route.abort())
    choose(page, file)
    expect(row(page, "scan.pdf")).to_contain_text("Trying again", timeout=20_000)
    document = Document.objects.get()
    arrived = storage.list_parts(document.object_key, document.upload_id) or {}
    assert set(arrived) and set(arrived) <= {1, 2}, "parts 3 and 4 could not come"

    puts: list[str] = []
    page = open_folder()
    page.unroute(blocked)  # Not before the reload: the first page would go on by itself.
    page.on("request", lambda request: puts.append(request.url) if request.method == "PUT" else None)
    choose(page, file)
    expect(row(page, "scan.pdf")).to_contain_text("Sealed", timeout=20_000)
    assert len(puts) == 4 - len(arrived)
    assert Document.objects.get().state == DocumentState.SEALED


def test_refusals_are_said_beside_the_file(open_folder) -> None:
    page = open_folder()
    choose(page, ("anim.gif", GIF), ("empty.pdf", b""), ("fake.jpg", GIF), ("cut.jpg", JPEG[:300]))
    for name, words in {
        "anim.gif": "We take JPEG",
        "empty.pdf": "The file is empty",
        "fake.jpg": "The content is not",
        "cut.jpg": "cut off",
    }.items():
        expect(row(page, name)).to_contain_text(words, timeout=20_000)
        expect(row(page, name).get_by_role("button")).to_have_count(0)
        expect(row(page, name)).to_contain_text("upload it again")
        expect(row(page, name)).to_have_class(re.compile("upload-failed"))
    expect(page.get_by_role("row", name="cut.jpg")).to_contain_text("Refused")
    assert not Document.objects.filter(state=DocumentState.SEALED).exists()


def test_a_form_picks_what_was_sent(open_folder, send) -> None:
    before = send(picture("JPEG", seed=2), "left.jpg")
    page = open_folder()
    form = page.locator("#ready")
    choose(page, ("front.jpg", JPEG), within="#ready")
    expect(form.get_by_role("checkbox", name="front.jpg")).to_be_checked(timeout=20_000)
    form.get_by_role("checkbox", name="left.jpg").check()
    form.get_by_role("button", name="Declare ready").click()
    page.wait_for_url(re.compile("packed="))
    new = Document.objects.exclude(pk=before.pk).get()
    assert sorted(re.findall("packed=([a-z0-9_]+)", page.url)) == sorted([before.reference, new.reference])


def test_a_form_waits_for_its_files(open_folder) -> None:
    page = open_folder()
    page.route(re.compile("partNumber="), lambda route: route.abort())
    choose(page, ("front.jpg", JPEG), within="#ready")
    expect(page.locator("#ready .upload-row")).to_contain_text("Trying again")
    page.get_by_role("button", name="Declare ready").click()
    expect(page.locator("#ready [data-upload-status]")).to_contain_text("Files are still being sent")
    assert "packed" not in page.url


def test_by_keyboard_and_for_axe_on_a_phone(open_folder, send) -> None:
    send(PDF, "bill.pdf")
    page = open_folder()
    page.set_viewport_size({"width": 360, "height": 720})
    choose(page, ("front.jpg", JPEG))
    expect(row(page, "front.jpg")).to_contain_text("Sealed", timeout=20_000)
    button = page.locator("form[data-upload]").get_by_role("button", name="Choose files")
    with page.expect_file_chooser() as chooser:
        # The focus is asked for inside: its answer comes after the browser began to listen for the chooser. Keys take
        # another way into the browser and overtook that, so that the chooser opened unheard.
        button.focus()
        page.keyboard.press("Enter")
    assert chooser.value.is_multiple()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []


def test_a_phone_takes_photos(browser, open_folder) -> None:
    page = open_folder()
    expect(page.get_by_text("Take a photo").first).to_be_hidden()
    with browser.new_context(has_touch=True, is_mobile=True, viewport={"width": 360, "height": 720}) as context:
        context.add_cookies(page.context.cookies())
        phone = context.new_page()
        phone.goto(page.url)
        with phone.expect_file_chooser() as chooser:
            phone.locator("form[data-upload]").get_by_role("button", name="Take a photo").tap()
        assert chooser.value.element.get_attribute("capture") == "environment"
        chooser.value.set_files([{"name": "front.jpg", "mimeType": "image/jpeg", "buffer": JPEG}])
        expect(row(phone, "front.jpg")).to_contain_text("Sealed", timeout=20_000)


def test_without_script_the_plain_form_works(browser, live_server, seller_owner, seller, folder, tmp_path) -> None:
    file = tmp_path / "bill.pdf"
    file.write_bytes(PDF)
    client = Client()
    client.force_login(seller_owner)
    name = django_settings.SESSION_COOKIE_NAME
    with browser.new_context(java_script_enabled=False) as context:
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        page = context.new_page()
        page.goto(f"{live_server.url}/folders/{folder.reference}/")
        page.get_by_label("Add documents").set_input_files(file)
        page.get_by_role("button", name="Upload").click()
        expect(page.locator("#messages")).to_contain_text("1 document is sealed")
        expect(page.locator("#documents table")).to_contain_text("bill.pdf")
