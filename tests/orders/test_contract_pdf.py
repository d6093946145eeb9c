"""The contract is read back from the finished file."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from core.errors import NotFound
from orders.actions.draft import save_lines, save_parties
from orders.actions.offer import send_order
from orders.contract_pdf import contract_data, contract_pdf, typeset
from orders.drafting import LineInput, Parties
from orders.models import Signature
from orders.queries import last_terms
from tests.cast import NOW, actor
from tests.orders.conftest import CHAIR

HOSTILE = '#read("/etc/passwd") $x^2$ *bold* ] #{ "\\u{41}" @ref <label> // `code` ___'


def text_of(pdf: bytes) -> str:
    pages = PdfReader(BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def send_with(order, user, *, language="vi", name="Ghế gỗ sồi 橡木椅", specification=""):
    by = actor(user)
    order = save_parties(
        order_id=order.pk,
        seen_version=order.version,
        parties=Parties(buyer_email="owner@lakeside.example", language=language, governing_law="CISG"),
        by=by,
        at=NOW,
    )
    line = LineInput(**{**CHAIR.__dict__, "name": name, "specification": specification})
    order = save_lines(order_id=order.pk, seen_version=order.version, currency="USD", lines=[line], by=by, at=NOW)
    send_order(order_id=order.pk, seen_version=order.version, by=by, at=NOW)
    return order


def test_is_the_same_file_each_time(confirmed_order):
    first = contract_pdf(confirmed_order)
    assert first.startswith(b"%PDF-")
    assert contract_pdf(confirmed_order) == first


def test_shows_the_signed_terms(confirmed_order):
    text = text_of(contract_pdf(confirmed_order))
    terms = last_terms(confirmed_order)
    for words in (
        confirmed_order.number,
        terms.sha256,
        "USD 10,154.31",
        "USD 3,046.29",
        "USD 7,108.02",
        "FCA Free Carrier",
        "Moisture meter, 3 places",
        "Grace Miller, Lakeside Furniture Inc.",
        "Công ty TNHH Bình Minh",
        "500 W Madison St, Chicago, US",
        "30 %",
    ):
        assert words in text, words


@pytest.mark.parametrize("language", ["en", "zh-hans", "vi"])
def test_chinese_and_vietnamese_survive(draft_order, seller_owner, language):
    order = send_with(draft_order, seller_owner, language=language, name="Ghế gỗ sồi, phủ dầu 橡木椅(上油)")
    text = text_of(contract_pdf(order))
    assert "Ghế gỗ sồi, phủ dầu" in text
    assert "橡木椅(上油)" in text


def test_what_people_write_is_text_and_no_markup(draft_order, seller_owner):
    order = send_with(draft_order, seller_owner, name=HOSTILE, specification=HOSTILE)
    text = text_of(contract_pdf(order))
    assert "root:" not in text
    assert '#read("/etc/passwd")' in text
    assert "*bold*" in text and "$x^2$" in text


def test_erased_people_are_named_no_more(confirmed_order):
    signature = Signature.objects.get(terms=last_terms(confirmed_order), side="buyer")
    signature.identity.erased_at = NOW
    signature.identity.full_name = ""
    signature.identity.save()
    data = contract_data(last_terms(confirmed_order), [Signature.objects.get(pk=signature.pk)])
    assert data["signatures"][0][1] == "erased"
    assert typeset(data, at=NOW).startswith(b"%PDF-")


def test_a_draft_has_no_contract(draft_order):
    with pytest.raises(NotFound):
        contract_pdf(draft_order)
