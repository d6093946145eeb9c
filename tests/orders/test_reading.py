"""Pages that are only read: what both sides sign, lists, the contract, and the day by which a wire must leave."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from catalog.quantities import format_quantity
from companies.models import Role
from core.events import run_courier
from core.money import percent
from messaging.actions import record_sent
from messaging.models import Mail
from orders.actions import production
from orders.actions.offer import withdraw_offer
from orders.contract_pdf import contract_data
from orders.contract_terms import body_of, hash_of
from orders.draft_parts import parts_of
from orders.models import Order, Signature
from orders.queries import last_terms
from orders.terms_words import instalment_words, line_value_words
from tests.api.client import Api
from tests.cast import NOW, actor, join, person
from tests.orders.steps import DAY, offer, report, sign
from tests.orders.test_pages import link_of, of, url_of

SIGNED = (
    "FCA Free Carrier", "Cát Lái terminal", "Lakeside Furniture Inc., Chicago", "CISG; Vietnam", "T/T (bank wire)",
    "the buyer bears them", "Certificate of origin", "Oak, oiled", "Moisture meter, 3 places",
    "the seller gets", "Fees and cover", "nobody owes one under this trade term", "Carrier&#x27;s receipt",
    "Late shipment, after the ship date", "once 15 days more",
    "Materials bought", "20 %", "A seller who cancels, or is cancelled for lateness, earns nothing.",
)  # fmt: skip


@pytest.mark.parametrize("door", ["order-review", "order-draft-review", "link"])
def test_both_sides_read_all_that_they_sign(request, seller_owner, buyer_owner, door):
    if door == "order-draft-review":
        order = request.getfixturevalue("draft_order")
        text = of(seller_owner).get(url_of(order, door)).text
    else:
        order = request.getfixturevalue("offered_order")
        text = (
            of(buyer_owner).get(url_of(order, door)) if door == "order-review" else Client().get(link_of(order))
        ).text
    text = text.replace("\N{NO-BREAK SPACE}", " ")
    assert [words for words in SIGNED if words not in text] == []


def test_every_figure_of_the_contract_stands_in_what_is_hashed(draft_order):
    body = body_of(parts_of(draft_order), 1)
    days = body["clocks"]
    assert (days["eta_grace"], days["ship_clock_buffer"], days["least_transit"]["sea"]) == (15, 5, 5)
    changed = {**body, "clocks": {**days, "eta_grace": 16}}
    assert hash_of(changed) != hash_of(body)


def test_quantities_and_shares_read_as_the_money_beside_them(draft_order):
    body = body_of(parts_of(draft_order), 1)
    with translation.override("vi"):
        assert line_value_words(body["lines"][1], "quantity", "USD") == "12.345 piece"
        assert line_value_words(body["lines"][1], "price", "USD") == "USD 1,25 / 100 piece"
        assert instalment_words({**body["payment"]["instalments"][0], "basis_points": 1250}, "USD").startswith("12,5 %")
        assert (percent(3333), format_quantity(1_234_500)) == ("33,33 %", "1.234,5")


# --- who may only read ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", [Role.VIEWER, Role.FINANCE, Role.PURCHASING])
def test_a_colleague_who_may_not_draft_reads_it(draft_order, seller_owner, role):
    colleague = person(f"{role}@binhminh.example", "Võ An")
    join(seller_owner, colleague, role)
    answer = of(colleague).get(url_of(draft_order))
    assert answer.status_code == 200 and "Screw M6" in answer.text
    led = of(colleague).get(url_of(draft_order, "order-draft", step=1), follow=True)
    assert led.status_code == 200 and len(led.redirect_chain) == 1


def test_a_cursor_that_nobody_gave_shows_the_first_page(draft_order, seller_owner):
    answer = of(seller_owner).get(reverse("order-list") + "?after=x&q=a%26b&show=drafts", follow=True)
    assert answer.status_code == 200
    assert answer.redirect_chain == [(reverse("order-list") + "?show=drafts&q=a%26b", 302)]


# --- drafts that are begun --------------------------------------------------------------------------------------------
def test_a_double_click_begins_one_draft(draft_order, seller_owner):
    client, form = of(seller_owner), {"idempotency_key": "k1"}
    for url in (reverse("order-new"), url_of(draft_order, "order-copy")):
        before = Order.objects.count()
        first, second = client.post(url, form), client.post(url, form)
        assert first.url == second.url
        assert Order.objects.count() == before + 1


# --- the contract and the wire ----------------------------------------------------------------------------------------
def test_a_program_reads_the_contract(draft_order, offered_order, seller_owner, buyer_owner, stranger):
    answer = Api(buyer_owner).client.get(
        f"/api/v1/orders/{offered_order.reference}/contract.pdf", HTTP_ACCEPT="application/pdf"
    )
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    refused = Api(stranger).get(f"orders/{offered_order.reference}/contract.pdf")
    assert (refused.status, refused.code) == (404, "not_found")


def test_the_pay_page_says_by_when_to_send_a_wire(seller_owner, buyer_owner):
    order = sign(offer(seller_owner), buyer_owner)
    page = of(buyer_owner).get(url_of(order, "order-pay"))
    # Ten days after Tuesday 3 March: Thursday the 12th in Chicago. Three business days before: Monday the 9th, 18:00.
    assert page.context["send_by"].isoformat() == "2026-03-09T23:00:00+00:00"
    text = page.text
    assert "Send a wire by" in text and "Must arrive by" in text
    assert "2026-03-09T18:00:00-05:00" in text and "2026-03-10T06:00:00+07:00" in text


# --- how much is asked of the database --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "who", "most"),
    [
        ("order-review", "buyer_owner", 24),
        ("order-draft-review", "seller_owner", 22),
        ("order-draft-products", "seller_owner", 22),
    ],
)
def test_pages_ask_few_questions(request, seller_owner, buyer_owner, name, who, most):
    state = "offered_order" if name == "order-review" else "draft_order"
    order = request.getfixturevalue(state)
    client = of(request.getfixturevalue(who))
    client.get(url_of(order, name))
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url_of(order, name)).status_code == 200
    assert len(asked) <= most, "\n".join(query["sql"][:200] for query in asked)


def test_an_offer_behind_its_link_is_cached_and_indexed_nowhere(offered_order):
    answer = Client().get(link_of(offered_order))
    assert (answer["Cache-Control"], answer["X-Robots-Tag"]) == ("private, no-store", "noindex, nofollow")


def test_the_letter_with_the_link_keeps_no_secret_and_says_why_it_came(offered_order, settings):
    run_courier()
    letter = Mail.objects.get(kind="OrderSent")
    assert letter.holds_secret and "the seller named this address" in letter.body_text
    assert "you act for a company" not in letter.body_text + letter.body_html
    settings.SANDBOX = False
    record_sent(mail_id=letter.pk, at=NOW)
    letter.refresh_from_db()
    assert (letter.body_text, letter.body_html) == ("", "")


def test_an_offer_taken_back_before_its_letter_was_written_is_not_sent(offered_order, seller_owner):
    withdraw_offer(order_id=offered_order.pk, by=actor(seller_owner), at=NOW + DAY)
    run_courier()
    assert [mail.subject.split(" · ")[0] for mail in Mail.objects.filter(to="owner@lakeside.example")] == [
        "PO-4711: Offer withdrawn"
    ]


def test_where_a_signature_came_from_is_erased_with_the_name(offered_order):
    signature = Signature.objects.get()
    assert signature.identity.signed_from == "203.0.113.7"
    assert not hasattr(signature, "address")
    assert contract_data(last_terms(offered_order), [signature])["signatures"][0][3] == "203.0.113.7"


def test_reports_have_an_end(paid_order, seller_owner, buyer_owner, monkeypatch):
    monkeypatch.setattr(production, "MOST_REPORTS", 2)
    for _round in range(2):
        made = report(paid_order, seller_owner, "MATERIALS")
        production.challenge_stage(
            order_id=paid_order.pk, report_id=made.pk, reason="Old photo", by=actor(buyer_owner), at=NOW
        )
    with pytest.raises(production.TooManyReports):
        report(paid_order, seller_owner, "MATERIALS")
    assert production.MOST_REPORTS + 2 <= 50
