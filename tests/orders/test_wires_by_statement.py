"""An order paid by T/T with statements: the pay page, the slip for the bank, and what both sides read of odd wires."""

from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override
from pypdf import PdfReader

from companies.models import User
from core.events import run_courier
from messaging.models import Mail
from orders.models import Order
from orders.slip_pdf import send_by, slip_pdf
from payments.models import Payment
from tests.cast import NOW
from tests.orders.steps import escrow_of
from tests.payments.bank.files import Row
from tests.payments.bank.steps import bring, wire

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(confirmed_order: Order, buyer_owner: User, settings: Any) -> Payment:
    settings.PAYMENT_GATEWAYS = {"card": "sandbox", "wire": "bank"}
    return wire(escrow_of(confirmed_order), buyer_owner)


def page(user: User, path: str) -> Any:
    client = Client()
    client.force_login(user)
    return client.get(path)


def test_the_pay_page_has_the_details_and_the_day(confirmed_order: Order, waiting: Payment, buyer_owner: User) -> None:
    words = page(buyer_owner, f"/orders/{confirmed_order.reference}/pay/").content.decode()
    for value in (waiting.bank_details["reference"], waiting.bank_details["account_number"], "TADBSGSG", "Demo Trade"):
        assert value in words
    assert "Remittance slip (PDF)" in words and "Send a wire by" in words
    assert "Play the buyer" not in words


@pytest.mark.parametrize(("language", "words"), [("en", "Remittance slip"), ("vi", "Amount"), ("zh-hans", "Amount")])
def test_the_slip_says_all_that_the_bank_asks(
    confirmed_order: Order, waiting: Payment, language: str, words: str
) -> None:
    confirmed_order.buyer.name = "湖畔家具 · Nội thất Hồ Đông"
    with override(language):
        pdf = slip_pdf(confirmed_order, waiting, at=NOW)
    text = "".join(sheet.extract_text() for sheet in PdfReader(BytesIO(pdf)).pages)
    moment = send_by(confirmed_order)
    assert moment is not None and moment.date().isoformat() in text
    for value in (words, "湖畔家具 · Nội thất Hồ Đông", confirmed_order.number, "TADBSGSG", "OUR"):
        assert value in text
    assert waiting.bank_details["reference"] in text and waiting.bank_details["account_number"] in text
    assert len(PdfReader(BytesIO(pdf)).pages) == 1


def test_only_who_may_pay_gets_the_slip_and_only_while_a_wire_is_open(
    confirmed_order: Order, waiting: Payment, buyer_owner: User, seller_owner: User, stranger: User
) -> None:
    path = f"/orders/{confirmed_order.reference}/pay/slip.pdf"
    answer = page(buyer_owner, path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert [page(user, path).status_code for user in (seller_owner, stranger)] == [404, 404]
    bring([Row(amount_minor=waiting.amount_minor, text=waiting.bank_details["reference"])])
    assert page(buyer_owner, path).status_code == 404


def test_both_sides_read_of_a_third_party_and_of_another_currency(
    confirmed_order: Order, waiting: Payment, buyer_owner: User, seller_owner: User
) -> None:
    reference = waiting.bank_details["reference"]
    bring([Row(amount_minor=70_000, text=reference)], currency="EUR")
    bring([Row(amount_minor=waiting.amount_minor, text=reference, name="Uncle & Sons Ltd")])
    run_courier()
    for user in (buyer_owner, seller_owner):
        words = page(user, f"/orders/{confirmed_order.reference}/").content.decode()
        assert "was wired by Uncle &amp; Sons Ltd, who is not the buyer." in words
        assert "EUR 700.00 arrived by wire in another currency" in words
        subjects = " ".join(Mail.objects.filter(to=user.email).values_list("subject", flat=True))
        assert "A wire came from somebody else" in subjects and "A wire came in another currency" in subjects
        assert "Too much was paid" not in subjects
