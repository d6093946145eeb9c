from dataclasses import replace
from datetime import timedelta

import pytest

from companies.models import Role
from companies.queries import actor_for
from core import deadlines
from core.errors import Invalid, NotFound
from core.models import Event
from orders.actions.draft import create_draft, save_parties, save_trade_term
from orders.actions.offer import (
    NotComplete,
    confirm_order,
    send_order,
    withdraw_offer,
)
from orders.drafting import Parties, TradeTermInput
from orders.models import Order, StageReport
from orders.queries import get_order_for, last_terms, list_orders_for, needs_me_now, timeline
from tests.cast import NOW, actor, company_of, join, open_for_business
from tests.orders.conftest import PARTIES

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


def test_an_offer_is_listed_for_both_sides_and_nobody_else(
    offered_order, seller_owner, buyer_owner, buyer_viewer, stranger
):
    for user, count in ((seller_owner, 1), (buyer_owner, 1), (buyer_viewer, 0), (stranger, 0)):
        assert len(list_orders_for(by=actor(user)).orders) == count
    assert [w.kind for w in needs_me_now(actor(buyer_owner))] == ["offer_open"]
    assert needs_me_now(actor(buyer_viewer)) == needs_me_now(actor(seller_owner)) == []


def test_colleagues_see_the_order_once_it_is_signed(offered_order, buyer_owner, buyer_viewer):
    with pytest.raises(NotFound):
        get_order_for(by=actor(buyer_viewer), ref=offered_order.reference)
    confirm(offered_order, buyer_owner)
    assert get_order_for(by=actor(buyer_viewer), ref=offered_order.reference).pk == offered_order.pk
    assert len(list_orders_for(by=actor(buyer_viewer)).orders) == 1


def test_an_offer_is_not_of_every_company_of_the_addressed_person(offered_order, buyer_owner, stranger):
    """The buyer's owner works for a second company: its people see nothing; signed there, it is the second's."""
    join(stranger, buyer_owner, Role.PURCHASING)
    with pytest.raises(NotFound):
        get_order_for(by=actor(stranger), ref=offered_order.reference)
    assert list_orders_for(by=actor(stranger)).orders == []
    there = actor_for(buyer_owner, company=company_of(stranger))
    confirm_order(order_id=offered_order.pk, terms_sha256=last_terms(offered_order).sha256, by=there, at=NOW)
    with pytest.raises(NotFound):
        get_order_for(by=actor(buyer_owner), ref=offered_order.reference)


def test_what_one_buyer_was_offered_is_never_shown_to_another(offered_order, seller_owner, buyer_owner, stranger):
    withdraw_offer(order_id=offered_order.pk, by=actor(seller_owner), at=NOW)
    for email in (stranger.email, ""):
        with pytest.raises(Invalid) as refused:
            save_parties(
                order_id=offered_order.pk,
                seen_version=Order.objects.get(pk=offered_order.pk).version,
                parties=replace(PARTIES, buyer_email=email),
                by=actor(seller_owner),
                at=NOW,
            )
        assert buyer_owner.email in str(refused.value.fields["buyer_email"])
    # Even if the row said so: only where the last offer went counts.
    Order.objects.filter(pk=offered_order.pk).update(buyer_email=stranger.email)
    for user in (stranger, buyer_owner):
        with pytest.raises(NotFound):
            get_order_for(by=actor(user), ref=offered_order.reference)
        assert list_orders_for(by=actor(user)).orders == []


def test_a_draft_offered_before_stays_open_to_its_buyer(offered_order, seller_owner, buyer_owner):
    withdraw_offer(order_id=offered_order.pk, by=actor(seller_owner), at=NOW)
    assert get_order_for(by=actor(buyer_owner), ref=offered_order.reference).pk == offered_order.pk
    order = save_parties(
        order_id=offered_order.pk,
        seen_version=Order.objects.get(pk=offered_order.pk).version,
        parties=replace(PARTIES, buyer_email=buyer_owner.email.upper()),
        by=actor(seller_owner),
        at=NOW,
    )
    assert order.buyer_email == buyer_owner.email


def test_lists_go_on_where_they_stopped(seller_owner):
    made = [create_draft(by=actor(seller_owner), at=NOW).pk for _number in range(5)]
    first = list_orders_for(by=actor(seller_owner), most=3)
    second = list_orders_for(by=actor(seller_owner), most=3, cursor=first.next_cursor)
    assert [order.pk for order in (*first.orders, *second.orders)] == made[::-1]
    assert second.next_cursor == ""


def test_the_story_names_the_sides(confirmed_order):
    assert [(line.verb, line.side) for line in timeline(confirmed_order)] == [
        ("create_draft", "seller"),
        ("send", "seller"),
        ("confirm", "buyer"),
    ]


def test_the_buyer_lists_by_a_confirmed_address_only(offered_order, seller_owner, stranger):
    """An address that nobody confirmed opens nothing."""
    Order.objects.filter(pk=offered_order.pk).update(buyer_email="someone@elsewhere.example")
    with pytest.raises(NotFound):
        get_order_for(by=actor(stranger), ref=offered_order.reference)


def test_a_second_seller_is_no_side(offered_order, stranger):
    open_for_business(stranger)
    with pytest.raises(NotFound):
        withdraw_offer(order_id=offered_order.pk, by=actor(stranger), at=NOW)


def test_own_address_is_no_buyer(empty_draft, seller_owner):
    with pytest.raises(Invalid):
        save_parties(
            order_id=empty_draft.pk,
            seen_version=empty_draft.version,
            parties=Parties(buyer_email="OWNER@binhminh.example"),
            by=actor(seller_owner),
            at=NOW,
        )


def test_a_term_without_its_place_is_not_sent(draft_order, seller_owner):
    save_trade_term(
        order_id=draft_order.pk,
        seen_version=draft_order.version,
        term=TradeTermInput(incoterm="FOB", transport_mode="air"),
        by=actor(seller_owner),
        at=NOW,
    )
    with pytest.raises(NotComplete) as refused:
        send(draft_order, seller_owner)
    assert {finding.field for finding in refused.value.findings} == {"named_place", "incoterm"}


def test_a_stage_to_judge_waits_for_the_buyer(confirmed_order, buyer_owner, seller_owner):
    report = StageReport.objects.create(
        order=confirmed_order, stage="MATERIALS", reported_at=NOW, reported_by_id=seller_owner.pk
    )
    deadlines.schedule(report, "stage_unchallenged", NOW + DAY)
    waiting = needs_me_now(actor(buyer_owner))
    assert [(each.kind, each.order.pk) for each in waiting] == [
        ("stage_unchallenged", confirmed_order.pk),
        ("first_payment", confirmed_order.pk),
    ]
    assert needs_me_now(actor(seller_owner)) == []
