"""Fees are quoted before anybody signs, an offer keeps its quote, and who pays sees what a method costs."""

import pytest
from django.test import Client
from django.urls import reverse

from core.errors import Invalid
from core.money import CURRENCIES
from orders.contract_pdf import contract_data
from orders.queries import last_terms
from payments.fee_admin import read_rates
from payments.fees import Rate
from payments.schedules import current_schedule
from tests.admin.test_admin import with_both_factors
from tests.cast import actor
from tests.orders.steps import offer, sign
from tests.orders.test_pages import of, url_of
from tests.payments.test_payer_fees import CARD, publish

pytestmark = pytest.mark.django_db


def test_an_offer_is_signed_at_the_fees_that_it_quoted(seller_owner, buyer_owner, treasurer):
    order = offer(seller_owner)
    quoted = last_terms(order).body
    publish(actor(treasurer), payer={"card": CARD}, USD=Rate(basis_points=500, cap_minor=10**9))
    order = sign(order, buyer_owner)
    assert order.escrow.schedule_version == quoted["fee_schedule_version"] == 1
    assert order.escrow.payee_rate.up_to(quoted["total_minor"]) == quoted["payment"]["seller_fee_minor"] == 20_309


def test_the_terms_say_what_a_method_costs_the_buyer(seller_owner, buyer_owner, treasurer):
    publish(actor(treasurer), payer={"card": CARD})
    order = offer(seller_owner)
    terms = last_terms(order)
    (fee,) = terms.body["payment"]["buyer_fees"]
    # 1.5 % of USD 10,154.31 and twice USD 0.30: a deposit and a balance.
    assert (fee["method"], fee["fee_minor"]) == ("card", 15_231 + 60)
    words = next(row["value"] for row in contract_data(terms, [])["payment"] if "152.91" in str(row))
    assert "Card" in words and "1.5 % and USD 0.30" in words


def test_the_pay_page_says_the_fee_beside_the_method(seller_owner, buyer_owner, treasurer):
    publish(actor(treasurer), payer={"card": CARD})
    order = sign(offer(seller_owner), buyer_owner)
    text = of(buyer_owner).get(url_of(order, "order-pay")).text
    # The deposit of USD 3,046.29: 45.69 and 0.30 on top.
    assert "45.99" in text and "3,092.28" in text


def test_every_published_version_can_be_read_by_anybody(treasurer):
    publish(actor(treasurer), payer={"card": CARD}, note="Cards cost the buyer something.")
    text = Client().get(reverse("fees")).text
    assert "Cards cost the buyer something." in text and "1.5 % and USD" in text and "2 %, at most USD" in text
    assert "In force" in text


# --- the admin --------------------------------------------------------------------------------------------------------
PUBLISH = "admin:payments_feeschedule_publish"


@pytest.fixture
def desk(treasurer) -> Client:
    return with_both_factors(treasurer)


def typed(**changes: str) -> dict[str, str]:
    lines = "\n".join(f"{code} 0 5000" for code in CURRENCIES)
    return {
        "note": "Cards cost the buyer something.",
        "payee_percent": "2",
        "payee_amounts": lines,
        "card_percent": "1.5",
        "card_amounts": "USD 0.30 500.00",
        "wire_percent": "0",
        "wire_amounts": "",
        "transfer_percent": "0",
        "transfer_amounts": "",
        "version": "1",
        "checked": "",
    } | changes


def test_publishing_shows_what_changes_before_it_counts(desk):
    shown = desk.post(reverse(PUBLISH), typed())
    assert "1.5 % and USD 0.30, at most USD 500.00" in shown.text.replace("\N{NO-BREAK SPACE}", " ")
    assert current_schedule().version == 1
    checked = shown.context["checked"]
    assert desk.post(reverse(PUBLISH), typed(checked=checked, card_percent="1.6")).status_code == 200
    assert current_schedule().version == 1, "other figures than those that were shown are shown first"
    assert desk.post(reverse(PUBLISH), typed(checked=checked)).status_code == 302
    assert current_schedule().payer["card"] == CARD
    late = desk.post(reverse(PUBLISH), typed(checked=checked))
    assert late.status_code == 422 and current_schedule().version == 2


def test_a_line_that_can_not_be_read_is_named_and_what_was_typed_stays(desk):
    refused = desk.post(reverse(PUBLISH), typed(card_amounts="USD 0.30"))
    assert refused.status_code == 422 and "Line 1" in refused.text
    assert "Cards cost the buyer something." in refused.text
    assert current_schedule().version == 1


@pytest.mark.parametrize("line", ["USD 0.30", "USD x 5", "XXX 1 5", "JPY 0.5 100", "USD 1 2\nUSD 1 2", "USD -1 5"])
def test_amounts_are_read_line_by_line(line):
    with pytest.raises(Invalid) as refusal:
        read_rates(150, line)
    assert set(refusal.value.fields) == {"amounts"}
