"""An order paid by T/T: the buyer reads where to wire, a treasurer uploads the statement, the order is completed."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa import app_settings
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from playwright.sync_api import Page, expect

from companies.models import User
from core.events import run_courier
from orders.models import Order
from payments.books import check_books
from payments.exchanges.reconcile import compare_with_gateway
from payments.models import Payout, StatementFile
from payments.tasks import import_statements, process_gateway_events, send_outgoing_money
from tests.cast import PASSWORD
from tests.journeys.bank import settle
from tests.journeys.desk import Desk
from tests.journeys.judging import PHONE, WIDE, WIDER_THAN_SCREEN
from tests.journeys.orders import AT_ONCE, IN_FORTY_DAYS, now
from tests.orders import steps
from tests.payments.bank.files import Row, mt940

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def signed(seller_owner: User, buyer_owner: User, settings: Any) -> Order:
    """USD 10,154.31, all due on confirmation; wires go by statement."""
    settings.PAYMENT_GATEWAYS = {"card": "sandbox", "wire": "bank"}
    offer = steps.offer(seller_owner, at=now(), delivery=IN_FORTY_DAYS, payment=AT_ONCE)
    return steps.sign(offer, buyer_owner, at=now())


@pytest.fixture
def people(seller_owner: User, buyer_owner: User, treasurer: User, second: User) -> dict[str, User]:
    return {"seller": seller_owner, "buyer": buyer_owner, "treasurer": treasurer, "second": second}


def test_paid_by_a_statement_to_completion(
    signed: Order, people: dict[str, User], quiet_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    seller_owner, buyer_owner, treasurer = people["seller"], people["buyer"], people["treasurer"]
    buyer = quiet_desk(buyer_owner.email).at_work()
    buyer.go(f"/orders/{signed.reference}/pay/")
    buyer.fill({"T/T (bank wire)": True})
    buyer.press("Go on to pay")
    buyer.sees("Send the wire to this account", "Send a wire by", "Demo Trade Bank")
    reference = re.search(r"\bTT[0-9A-Z]{8}\b", buyer.page.locator("#bank").inner_text())
    assert reference is not None
    with buyer.page.expect_download() as slip:
        buyer.press("Remittance slip (PDF)")
    assert slip.value.path().read_bytes().startswith(b"%PDF-")

    statement = tmp_path / "march.sta"
    wired = Row(amount_minor=steps.TOTAL, text=f"order {reference.group().lower()}")
    statement.write_bytes(mt940([wired, Row(amount_minor=12_300, name="A Stranger Ltd", text="thanks")]))
    office = quiet_desk(treasurer.email)
    page = upload(enter_admin(office, treasurer), statement)
    other = quiet_desk(people["second"].email)
    confirm(enter_admin(other, people["second"]), page.url)
    look_at_result(page)
    buyer.go(f"/orders/{signed.reference}/")
    buyer.expect_state("In production, money held")

    deliver(signed, seller_owner, buyer_owner)
    buyer.go(f"/orders/{signed.reference}/")
    buyer.press("Accept and release USD 10,154.31")
    buyer.press("Accept and release USD 10,154.31")
    buyer.expect_state("Accepted")
    pay_out()
    assert Payout.objects.get().state == "PAID"
    assert check_books() == compare_with_gateway("bank") == []


def enter_admin(office: Desk, treasurer: User) -> Page:
    """With the password and the second factor."""
    secret = generate_totp_secret()
    TOTP.activate(treasurer, secret)
    office.go("/accounts/login/")
    office.type_password(PASSWORD)
    code = format_hotp_value(hotp_value(secret, int(time.time()) // app_settings.TOTP_PERIOD))
    office.page.locator("input[name=code]").fill(code)
    office.page.locator("main form button").first.click()
    office.page.wait_for_load_state()
    return office.page


def upload(page: Page, statement: Path) -> Page:
    """The page of the file says that it is being read, and then that another treasurer must look at it."""
    page.goto("/admin/payments/statementfile/")
    page.get_by_role("link", name="Upload a statement").click()
    page.get_by_label("Statement file").set_input_files(statement)
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.locator("#state")).to_contain_text("Waiting to be read")
    assert import_statements() == 1
    page.reload()
    expect(page.locator("#confirm")).to_contain_text("You sent this file: somebody else must confirm it.")
    return page


def confirm(page: Page, address: str) -> None:
    """The other treasurer sees its sums and lines, and compares them with the bank's own pages."""
    page.goto(address)
    expect(page.locator("#confirm")).to_contain_text("USD 10,154.31")
    expect(page.locator("#confirm")).to_contain_text("US120003")
    with page.expect_download() as original:
        page.get_by_role("link", name="Download the file as it came").click()
    assert original.value.path().read_bytes().startswith(b":20:STATEMENT")
    fits_a_phone(page)
    page.get_by_role("link", name="Confirm", exact=True).click()
    page.locator("textarea[name=why]").fill("as the bank shows it")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("#state")).to_contain_text("Waiting to be read")


def fits_a_phone(page: Page) -> None:
    """Tables scroll in themselves, the page doesn't."""
    page.set_viewport_size({"width": PHONE, "height": 800})
    assert page.evaluate(WIDER_THAN_SCREEN) == 0
    page.set_viewport_size({"width": WIDE, "height": 800})


def look_at_result(page: Page) -> None:
    """Once the worker read it, the page says what became of each line."""
    assert import_statements() == 1 and process_gateway_events() >= 1
    run_courier()
    page.reload()
    expect(page.locator("#state")).to_contain_text("Booked")
    expect(page.locator("#lines")).to_contain_text("stands in the text")
    fits_a_phone(page)
    page.get_by_role("link", name="On the desk: To decide").click()
    expect(page.get_by_role("heading", name="USD 123.00 came in")).to_be_visible()
    assert StatementFile.objects.get().uploaded_by is not None


def deliver(order: Order, seller: User, buyer: User) -> None:
    steps.ready(steps.fresh(order), seller, at=now())
    steps.book(steps.fresh(order), buyer, at=now())
    steps.ship(steps.fresh(order), seller, at=now())
    steps.arrive(steps.fresh(order), buyer, at=now())


def pay_out() -> None:
    """What worker and bank do after the acceptance, until the bank's news has come: it is sent when the bank likes."""
    until = time.monotonic() + 60
    while not Payout.objects.filter(state="PAID").exists():
        assert time.monotonic() < until, "no news of the payout"
        run_courier()
        send_outgoing_money()
        settle()
        process_gateway_events()
        time.sleep(0.05)
