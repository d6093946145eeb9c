"""Pages of orders without a browser: what they show to whom, and how they refuse."""

from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse

from companies.models import User
from core.events import run_courier
from orders.actions.offer import decline_offer, expire_offer, request_changes, withdraw_offer
from orders.actions.shipment import documents_needed
from orders.forms import ShipForm
from orders.models import OfferLink, Order
from orders.offer_links import token_of
from orders.trade_terms import DOCUMENT_WORDS, TRADE_TERMS
from tests.cast import NOW, actor
from tests.orders.steps import DAY, escrow_of, fresh, offer, sign
from tests.orders.typed import PARTIES, TERM
from tests.payments.steps import pay


def of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url_of(order: Order, name: str = "order", **more: int) -> str:
    return reverse(name, kwargs={"ref": order.reference, **more})


def link_of(order: Order) -> str:
    return reverse("order-offer", kwargs={"token": token_of(OfferLink.objects.get(order=order))})


# --- who the buyer is -------------------------------------------------------------------------------------------------
@pytest.fixture
def offered(seller_owner, buyer_owner, monkeypatch) -> Order:
    """The seller typed an address and nothing else about the buyer."""
    typed = replace(TERM, consignee="To order")
    monkeypatch.setattr("tests.orders.steps.PARTIES", replace(PARTIES, buyer_company_name="Some buyer"))
    return offer(seller_owner, term=typed)


def test_an_address_does_not_tell_the_seller_whose_it_is(offered, seller_owner):
    seller = of(seller_owner)
    for url in (url_of(offered), reverse("dashboard"), reverse("order-list"), url_of(offered, "order-withdraw")):
        answer = seller.get(url)
        assert answer.status_code == 200, url
        assert "Lakeside" not in answer.text and "Chicago" not in answer.text, url


def test_the_link_does_not_tell_whose_the_address_is(offered):
    text = Client().get(link_of(offered)).text
    assert "Some buyer" in text
    assert "Lakeside" not in text and "Chicago" not in text and "owner@" not in text


def test_the_one_it_was_sent_to_reads_it_in_their_own_zone(offered, buyer_owner):
    for name in ("order", "order-review"):
        assert "Lakeside Furniture Inc." in of(buyer_owner).get(url_of(offered, name)).text


# --- the link ---------------------------------------------------------------------------------------------------------
def asked_for_changes(order: Order, seller: User, buyer: User) -> None:
    request_changes(order_id=order.pk, comments={"delivery": "Sooner"}, by=actor(buyer), at=NOW)


def declined(order: Order, seller: User, buyer: User) -> None:
    decline_offer(order_id=order.pk, reason="Too dear", by=actor(buyer), at=NOW)


def signed(order: Order, seller: User, buyer: User) -> None:
    sign(order, buyer)


def withdrawn(order: Order, seller: User, buyer: User) -> None:
    withdraw_offer(order_id=order.pk, by=actor(seller), at=NOW)


def expired(order: Order, seller: User, buyer: User) -> None:
    expire_offer(subject_id=order.pk, at=NOW + 7 * DAY)


@pytest.mark.parametrize("end", [asked_for_changes, declined, signed, withdrawn, expired])
def test_the_link_ends_with_the_offer(offered_order, seller_owner, buyer_owner, end):
    url = link_of(offered_order)
    assert "Screw M6" in Client().get(url).text
    end(offered_order, seller_owner, buyer_owner)
    answer = Client().get(url)
    assert answer.status_code == 410
    assert "no longer open" in answer.text and "Screw M6" not in answer.text and offered_order.number not in answer.text


def test_a_wrong_link_opens_nothing(offered_order):
    assert Client().get(reverse("order-offer", kwargs={"token": "0" * 64})).status_code == 404


# --- refusals ---------------------------------------------------------------------------------------------------------
FORMS = (
    "draft-products", "draft-line-new", "draft-review", "review", "changes", "decline", "withdraw", "pay",
    "declare-wire", "progress", "ready", "carriage", "ship", "arrival", "not-arrived", "extend", "accept", "cancel",
)  # fmt: skip


@pytest.mark.parametrize("state", ["empty_draft", "offered_order", "completed_order"])
def test_no_form_fails_in_a_state_it_is_not_for(request, state, seller_owner, buyer_owner):
    order = request.getfixturevalue(state)
    before = (order.state, order.version)
    for user in (seller_owner, buyer_owner):
        client = of(user)
        for name in FORMS:
            answer = client.post(url_of(order, f"order-{name}"), {"version": "0"})
            assert answer.status_code in (302, 404, 412, 422), f"{name}: {answer.status_code}"
    order.refresh_from_db()
    assert (order.state, order.version) == before


def test_the_sellers_draft_is_not_shown_to_the_buyer_in_a_refusal(offered_order, seller_owner, buyer_owner):
    withdraw_offer(order_id=offered_order.pk, by=actor(seller_owner), at=NOW)
    for name in ("draft-products", "draft-line-new", "draft-review"):
        answer = of(buyer_owner).post(url_of(offered_order, f"order-{name}"), {})
        assert answer.status_code == 302 and answer.url == url_of(offered_order)
    answer = of(buyer_owner).post(url_of(offered_order, "order-draft-line", place=1), {"name": ""})
    assert answer.status_code == 302


@pytest.mark.parametrize("path", ["draft/1/", "draft/2/", "draft/3/", "draft/4/", "draft/5/"])
def test_no_step_opens_with_an_error_before_anything_was_typed(empty_draft, seller_owner, path):
    shown = of(seller_owner).get(f"/orders/{empty_draft.reference}/{path}", follow=True)
    assert shown.status_code == 200 and "notice-danger" not in shown.text


def test_who_goes_back_after_signing_reads_that_it_is_signed(confirmed_order, buyer_owner):
    shown = of(buyer_owner).get(url_of(confirmed_order, "order-review"), follow=True)
    assert shown.redirect_chain == [(url_of(confirmed_order), 302)]
    assert [(told.level_tag, str(told)) for told in shown.context["messages"]] == [
        ("info", "This order is signed already. The page shows how things stand now.")
    ]


def test_the_page_follows_the_money_until_production_starts(confirmed_order, buyer_owner):
    for step, asks_again in ((lambda: pay(escrow_of(confirmed_order), buyer_owner), True), (run_courier, False)):
        step()
        shown = of(buyer_owner).get(url_of(confirmed_order)).text
        assert (f'hx-get="{url_of(confirmed_order)}"' in shown) == asks_again


def test_a_second_click_is_told_that_it_is_done(offered_order, seller_owner):
    client, form = of(seller_owner), {"idempotency_key": "k1", "version": fresh(offered_order).version}
    for _click in range(2):
        answer = client.post(url_of(offered_order, "order-withdraw"), form, follow=True)
        assert "The offer is a draft again." in answer.text
    other = client.post(url_of(offered_order, "order-withdraw"), form | {"idempotency_key": "k2"}, follow=True)
    assert "possible in the present state" in other.text and "The offer is a draft again." not in other.text


def test_a_stage_that_is_not_there(paid_order, buyer_owner):
    client = of(buyer_owner)
    for name in ("order-stage-approve", "order-stage-challenge"):
        url = url_of(paid_order, name, number=40)
        assert client.get(url).status_code == client.post(url, {"reason": "No"}).status_code == 404


@pytest.mark.parametrize("number", ["1e999999", "-1e999999", "1e-999999", "9" * 30, "0e999999"])
def test_a_number_that_is_too_large_is_refused_beside_its_field(empty_draft, seller_owner, number):
    line = {"name": "Chair", "unit": "piece", "price_basis": "1", "form-TOTAL_FORMS": "0", "form-INITIAL_FORMS": "0"}
    for field in ("quantity", "price"):
        typed = line | {"quantity": "1", "price": "1", field: number}
        answer = of(seller_owner).post(url_of(empty_draft, "order-draft-line-new"), typed)
        assert answer.status_code == 422
        assert set(answer.context["form"].errors) == {field}


# --- papers -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("incoterm", TRADE_TERMS)
def test_every_paper_of_a_trade_term_has_its_words_in_the_form(incoterm):
    roles = documents_needed(Order(incoterm=incoterm, state="IN_PRODUCTION"))
    form = ShipForm(roles=roles)
    assert [str(form.fields[role].label) for role in roles] == [str(DOCUMENT_WORDS[role]) for role in roles]
