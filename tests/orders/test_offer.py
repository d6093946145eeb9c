from dataclasses import replace
from datetime import date, timedelta

import pytest

from core import deadlines
from core.errors import IllegalMove, Invalid, NotAllowed, NotFound, Stale
from core.models import Event
from orders.actions.draft import create_draft, expire_draft, save_delivery, save_parties
from orders.actions.offer import (
    MayNotSell,
    NotComplete,
    confirm_order,
    decline_offer,
    expire_offer,
    request_changes,
    send_order,
    withdraw_offer,
)
from orders.contract_terms import hash_of
from orders.drafting import Delivery
from orders.models import OfferLink, Order, OrderState, Shipment, Signature
from orders.offer_links import order_behind, token_of
from orders.queries import get_order_for, last_terms, needs_me_now, open_change_request
from payments.models import Escrow, Instalment
from tests.cast import NOW, actor, company_of
from tests.orders.conftest import PARTIES, complete

DAY = timedelta(days=1)


def state_of(order: Order) -> str:
    order.refresh_from_db()
    return order.state


def events_of(order: Order) -> list[str]:
    return [row.name.split(".")[-1] for row in Event.objects.filter(payload__order_id=order.pk).order_by("pk")]


def send(order: Order, user, at=NOW):
    order.refresh_from_db()
    return send_order(order_id=order.pk, seen_version=order.version, by=actor(user), at=at)


def confirm(order: Order, user, at=NOW, sha=None) -> Order:
    terms = last_terms(order)
    return confirm_order(order_id=order.pk, terms_sha256=sha or terms.sha256, by=actor(user), at=at)


@pytest.fixture
def offered_to(draft_order, seller_owner):
    """`offered_to(user)`: the cast's order, sent to that person of the buyer."""

    def offer(user) -> Order:
        parties = replace(PARTIES, buyer_email=user.email)
        version, by = draft_order.version, actor(seller_owner)
        save_parties(order_id=draft_order.pk, seen_version=version, parties=parties, by=by, at=NOW)
        send(draft_order, seller_owner)
        draft_order.refresh_from_db()
        return draft_order

    return offer


# --- send -------------------------------------------------------------------------------------------------------------
def test_sending_fixes_the_terms_and_the_seller_signs_them(draft_order, seller_sales, buyer_owner):
    terms = send(draft_order, seller_sales)

    assert state_of(draft_order) == OrderState.OFFERED
    assert (terms.number, terms.body["total_minor"]) == (1, 1_015_431)
    assert [part["amount_minor"] for part in terms.body["payment"]["instalments"]] == [304_629, 710_802]
    assert terms.sha256 == hash_of(terms.body)
    terms.refresh_from_db()
    assert terms.sha256 == hash_of(terms.body), "the database gives back the same terms"
    signature = Signature.objects.get(terms=terms)
    assert (signature.side, signature.sha256, signature.identity.signed_from) == ("seller", terms.sha256, "203.0.113.7")
    assert signature.identity.full_name == "Trần Văn Long"
    assert events_of(draft_order) == ["OrderSent"]


def test_no_token_and_no_address_leaves_by_the_event(offered_order):
    link = OfferLink.objects.get(order=offered_order)
    payload = str(Event.objects.get(name__endswith="OrderSent").payload)
    assert token_of(link) not in payload and link.email not in payload
    assert link.token_sha256 != token_of(link)
    assert order_behind(token_of(link)).pk == offered_order.pk
    with pytest.raises(NotFound):
        order_behind(link.token_sha256)


def test_the_offer_stays_open_seven_days_by_the_buyers_calendar(offered_order):
    # 2026-03-03 02:00 UTC is Monday 20:00 in Chicago; seven days later is a Monday there.
    assert deadlines.get(offered_order, "offer_open").due_at == NOW + 7 * DAY
    assert deadlines.get(offered_order, "draft_untouched") is None


def test_the_offer_ends_with_the_price(draft_order, seller_owner):
    save_delivery(
        order_id=draft_order.pk,
        seen_version=draft_order.version,
        delivery=Delivery(basis="days", ship_days=40, price_valid_until=date(2026, 3, 5)),
        by=actor(seller_owner),
        at=NOW,
    )
    send(draft_order, seller_owner)
    assert deadlines.get(draft_order, "offer_open").due_at.isoformat() == "2026-03-05T11:00:00+00:00"


def test_an_incomplete_draft_is_refused_with_every_reason(empty_draft, seller_owner):
    with pytest.raises(NotComplete) as refused:
        send(empty_draft, seller_owner)
    fields = {finding.field for finding in refused.value.findings}
    assert fields == {
        "buyer_email", "lines", "ship_date", "named_place", "transport_mode", "incoterm", "methods", "instalments",
    }  # fmt: skip
    assert state_of(empty_draft) == OrderState.DRAFT
    assert last_terms(empty_draft) is None


def test_who_may_not_trade_sends_nothing(stranger, buyer_owner):
    order = complete(create_draft(by=actor(stranger), at=NOW), stranger)
    with pytest.raises(MayNotSell):
        send(order, stranger)
    assert state_of(order) == OrderState.DRAFT


def test_sending_needs_a_payout_account_in_the_orders_currency(draft_order, seller_owner):
    Order.objects.filter(pk=draft_order.pk).update(currency="EUR")
    with pytest.raises(MayNotSell):
        send(draft_order, seller_owner)


def test_a_stale_page_sends_nothing(draft_order, seller_owner):
    with pytest.raises(Stale):
        send_order(order_id=draft_order.pk, seen_version=draft_order.version - 1, by=actor(seller_owner), at=NOW)
    assert state_of(draft_order) == OrderState.DRAFT


def test_sending_twice_is_refused(offered_order, seller_owner):
    with pytest.raises(IllegalMove):
        send(offered_order, seller_owner)
    assert Signature.objects.count() == 1


@pytest.mark.parametrize(("who", "refusal"), [("stranger", NotFound), ("buyer_owner", NotFound)])
def test_a_draft_is_nobody_elses(request, draft_order, who, refusal):
    user = request.getfixturevalue(who)
    with pytest.raises(refusal):
        send(draft_order, user)
    with pytest.raises(NotFound):
        get_order_for(by=actor(user), ref=draft_order.reference)


# --- withdraw, request changes, decline -------------------------------------------------------------------------------
def test_withdrawing_reopens_the_draft_and_kills_the_link(offered_order, seller_owner):
    token = token_of(OfferLink.objects.get(order=offered_order))
    withdraw_offer(order_id=offered_order.pk, by=actor(seller_owner), at=NOW + DAY)

    assert state_of(offered_order) == OrderState.DRAFT
    assert deadlines.get(offered_order, "offer_open") is None
    assert deadlines.get(offered_order, "draft_untouched") is not None
    with pytest.raises(NotFound):
        order_behind(token)


def test_asking_for_changes_keeps_the_wishes_until_the_next_offer(offered_to, seller_owner, buyer_purchasing):
    offered_order = offered_to(buyer_purchasing)
    request_changes(
        order_id=offered_order.pk, comments={"delivery": "By 1 June"}, by=actor(buyer_purchasing), at=NOW + DAY
    )
    assert state_of(offered_order) == OrderState.DRAFT
    assert open_change_request(offered_order).comments == {"delivery": "By 1 June"}
    assert [w.order.pk for w in needs_me_now(actor(seller_owner))] == [offered_order.pk]

    terms = send(offered_order, seller_owner, at=NOW + DAY)
    assert terms.number == 2
    offered_order.refresh_from_db()
    assert open_change_request(offered_order) is None


@pytest.mark.parametrize("comments", [{}, {"delivery": "  "}])
def test_asking_for_changes_needs_a_wish(offered_order, buyer_owner, comments):
    with pytest.raises(Invalid):
        request_changes(order_id=offered_order.pk, comments=comments, by=actor(buyer_owner), at=NOW)
    assert state_of(offered_order) == OrderState.OFFERED


def test_declining_ends_the_order_with_its_reason(offered_order, buyer_owner):
    decline_offer(order_id=offered_order.pk, reason="Too late for us", by=actor(buyer_owner), at=NOW)
    assert state_of(offered_order) == OrderState.DECLINED
    assert offered_order.end_reason == "Too late for us"
    assert deadlines.live_of(offered_order) == []
    with pytest.raises(IllegalMove):
        confirm(offered_order, buyer_owner)


def test_declining_needs_a_reason(offered_order, buyer_owner):
    with pytest.raises(Invalid):
        decline_offer(order_id=offered_order.pk, reason=" ", by=actor(buyer_owner), at=NOW)


# --- confirm ----------------------------------------------------------------------------------------------------------
def test_confirming_signs_and_opens_the_money(offered_to, buyer_purchasing):
    order = confirm(offered_to(buyer_purchasing), buyer_purchasing)

    assert state_of(order) == OrderState.AWAITING_PAYMENT
    assert order.buyer == company_of(buyer_purchasing)
    assert order.process_version == 1
    signature = Signature.objects.get(terms=last_terms(order), side="buyer")
    assert signature.identity.company_name == "Lakeside Furniture Inc."
    assert signature.sha256 == last_terms(order).sha256
    escrow = Escrow.objects.get(pk=order.escrow_id)
    assert (escrow.total_minor, escrow.currency, escrow.title) == (1_015_431, "USD", order.number)
    assert (escrow.payer_ref, escrow.payee_ref, escrow.methods) == ("PO-4711", "BM-77", ["wire", "card"])
    due = Instalment.objects.filter(escrow=escrow).order_by("sequence").values_list("amount_minor", "due_at")
    assert list(due) == [(304_629, NOW), (710_802, None)]
    assert Shipment.objects.filter(order=order).count() == 1
    # 2026-03-13 02:00 UTC is Thursday evening in Chicago: an open day, so ten times 24 hours.
    assert [(clock.kind, clock.due_at) for clock in deadlines.live_of(order)] == [("first_payment", NOW + 10 * DAY)]
    assert events_of(order) == ["OrderSent", "OrderConfirmed"]


def test_other_terms_than_the_buyer_saw_are_not_signed(offered_order, buyer_owner):
    with pytest.raises(Stale):
        confirm(offered_order, buyer_owner, sha="0" * 64)
    assert state_of(offered_order) == OrderState.OFFERED
    assert Escrow.objects.count() == 0


def test_terms_of_an_earlier_offer_are_not_signed(offered_order, seller_owner, buyer_owner):
    seen = last_terms(offered_order).sha256
    withdraw_offer(order_id=offered_order.pk, by=actor(seller_owner), at=NOW)
    send(offered_order, seller_owner)
    with pytest.raises(Stale):
        confirm(offered_order, buyer_owner, sha=seen)


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("buyer_purchasing", NotFound),
        ("seller_owner", NotAllowed),
        ("seller_sales", NotAllowed),
        ("stranger", NotFound),
    ],
)
def test_nobody_signs_but_who_the_offer_was_sent_to(request, offered_order, who, refusal):
    with pytest.raises(refusal):
        confirm(offered_order, request.getfixturevalue(who))
    assert state_of(offered_order) == OrderState.OFFERED
    assert Escrow.objects.count() == 0


@pytest.mark.parametrize("who", ["buyer_finance", "buyer_viewer"])
def test_only_an_owner_or_purchasing_signs(request, offered_to, who):
    user = request.getfixturevalue(who)
    offered_order = offered_to(user)
    with pytest.raises(NotAllowed):
        confirm(offered_order, user)
    assert state_of(offered_order) == OrderState.OFFERED
    assert Escrow.objects.count() == 0


def test_confirming_twice_is_refused(confirmed_order, buyer_owner):
    with pytest.raises(IllegalMove):
        confirm(confirmed_order, buyer_owner)
    assert Escrow.objects.count() == 1


def test_after_the_signature_the_seller_drafts_no_more(confirmed_order, seller_owner):
    with pytest.raises(IllegalMove):
        save_parties(
            order_id=confirmed_order.pk,
            seen_version=confirmed_order.version,
            parties=PARTIES,
            by=actor(seller_owner),
            at=NOW,
        )


def test_a_signed_order_belongs_to_the_company_that_signed(confirmed_order, buyer_owner, stranger):
    assert get_order_for(by=actor(buyer_owner), ref=confirmed_order.reference).pk == confirmed_order.pk
    with pytest.raises(NotFound):
        get_order_for(by=actor(stranger), ref=confirmed_order.reference)


# --- silence ----------------------------------------------------------------------------------------------------------
def test_an_unanswered_offer_expires(offered_order, buyer_owner):
    expire_offer(subject_id=offered_order.pk, at=NOW + 7 * DAY)
    assert state_of(offered_order) == OrderState.EXPIRED
    assert Event.objects.get(name__endswith="OrderExpired").payload["source"] == "OFFERED"
    expire_offer(subject_id=offered_order.pk, at=NOW + 7 * DAY)
    assert events_of(offered_order) == ["OrderSent", "OrderExpired"]
    assert get_order_for(by=actor(buyer_owner), ref=offered_order.reference).pk == offered_order.pk


def test_an_untouched_draft_expires(empty_draft):
    assert deadlines.get(empty_draft, "draft_untouched") is not None
    expire_draft(subject_id=empty_draft.pk, at=NOW + 90 * DAY)
    assert state_of(empty_draft) == OrderState.EXPIRED
    assert deadlines.live_of(empty_draft) == []


def test_a_clock_of_an_earlier_state_does_nothing(confirmed_order):
    expire_offer(subject_id=confirmed_order.pk, at=NOW)
    expire_draft(subject_id=confirmed_order.pk, at=NOW)
    assert state_of(confirmed_order) == OrderState.AWAITING_PAYMENT
