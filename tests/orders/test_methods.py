"""A way to pay is offered where somebody takes it, in that currency, and can hold the money as long as it may take."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse

from core.errors import Invalid
from orders.actions.draft import save_delivery, save_payment, save_trade_term
from orders.drafting import InstalmentInput, check_payment
from orders.holding import longest_life_days
from orders.lint import lint_order
from orders.methods import METHODS, offers_here
from orders.models import Order, OrderLine, PlannedInstalment
from orders.paying import check_may_pay, method_offers, payable_instalment
from orders.process import TRANSIT_DAYS
from tests.cast import NOW, actor, company_of
from tests.orders.conftest import DELIVERY, PAYMENT, TERM

pytestmark = pytest.mark.django_db

AT_ONCE = [InstalmentInput(basis_points=10_000, due_on="confirmation")]


@pytest.fixture
def by_stripe(settings: Any) -> None:
    settings.PAYMENT_GATEWAYS = {"card": "stripe", "wire": "bank", "transfer": "stripe"}


def drafted(order: Order, user: Any, *, days: int, mode: str, term: str, **terms: Any) -> Order:
    """Steps 3 to 5 of a draft anew."""
    by = {"by": actor(user), "at": NOW}
    delivery = replace(DELIVERY, basis="days", ship_date=None, ship_days=days)
    order = save_delivery(order_id=order.pk, seen_version=order.version, delivery=delivery, **by)
    trade = replace(TERM, incoterm=term, transport_mode=mode, inspection_days=15)
    order = save_trade_term(order_id=order.pk, seen_version=order.version, term=trade, **by)
    return save_payment(order_id=order.pk, seen_version=order.version, terms=replace(PAYMENT, **terms), **by)


def refusals(order: Order) -> list[str]:
    return [str(finding.message) for finding in lint_order(order, at=NOW) if finding.field == "methods"]


# late 60, ready 30 where somebody is waited for, on the way, ETA 15, not arrived 45, inspected 15 + 15
@pytest.mark.parametrize(
    ("days", "mode", "term", "parts", "life"),
    [
        (10, "air", "DAP", AT_ONCE, 10 + 60 + 15 + 15 + 45 + 30),
        (10, "air", "FCA", AT_ONCE, 10 + 60 + 30 + 15 + 15 + 45 + 30),
        (10, "air", "DAP", PAYMENT.instalments, 10 + 60 + 30 + 15 + 15 + 45 + 30),
        (30, "sea", "CIF", PAYMENT.instalments, 30 + 60 + 30 + 45 + 15 + 45 + 30),
    ],
)
def test_an_order_may_run_until_every_clock_has_run_out(
    draft_order: Order, seller_owner: Any, days: int, mode: str, term: str, parts: Any, life: int
) -> None:
    order = drafted(draft_order, seller_owner, days=days, mode=mode, term=term, instalments=parts)
    planned = PlannedInstalment.objects.filter(order=order)
    assert longest_life_days(order, planned, at=NOW) == life
    order.delivery_basis, order.ship_date = "date", order.seller.calendar.day_of(NOW) + timedelta(days=days)
    assert longest_life_days(order, planned, at=NOW) == life
    order.transport_mode = ""
    assert longest_life_days(order, planned, at=NOW) is None


def test_a_method_that_cannot_hold_long_enough_is_refused_with_the_days(
    by_stripe: None, draft_order: Order, seller_owner: Any
) -> None:
    terms = {"currency": "EUR", "methods": ["transfer"], "instalments": AT_ONCE}
    short = drafted(draft_order, seller_owner, days=15, mode="air", term="DAP", **terms)
    assert refusals(short) == []
    long = drafted(short, seller_owner, days=16, mode="air", term="DAP", **terms)
    [finding] = [each for each in lint_order(long, at=NOW) if each.field == "methods"]
    assert (finding.severity, str(finding.message)) == (
        "stop",
        "Online transfer can't hold the money as long as this order may run.",
    )
    assert "go back for 180 days" in str(finding.explanation) and "may run for 181 days" in str(finding.explanation)
    assert refusals(drafted(long, seller_owner, days=16, mode="air", term="DAP", **terms | {"methods": ["card"]})) == []


def test_a_method_is_refused_in_a_currency_that_it_does_not_know(
    by_stripe: None, draft_order: Order, seller_owner: Any
) -> None:
    order = drafted(draft_order, seller_owner, days=1, mode="air", term="DAP", methods=["wire", "transfer"])
    assert refusals(order) == ["Online transfer isn't possible in USD."]


def test_a_method_is_refused_where_it_cannot_carry_an_instalment(
    by_stripe: None, draft_order: Order, seller_owner: Any
) -> None:
    """A hundred times USD 10,154.31 is seven digits before the point and two behind, of which Stripe takes eight."""
    OrderLine.objects.filter(order=draft_order).update(unit_price_minor=F("unit_price_minor") * 100)
    terms = {"currency": "USD", "methods": ["card", "wire"], "instalments": AT_ONCE}
    order = drafted(draft_order, seller_owner, days=10, mode="air", term="DAP", **terms)
    assert refusals(order) == ["Card can't carry the largest payment of this order."]
    order = drafted(order, seller_owner, days=10, mode="air", term="DAP", **terms | {"currency": "KWD"})
    assert refusals(order) == ["Card isn't possible in KWD."]


def test_a_method_that_cannot_carry_what_is_due_is_not_on_the_page(settings: Any, ready_order: Order) -> None:
    due = payable_instalment(ready_order)
    assert due is not None
    settings.PAYMENT_GATEWAYS = {"card": "stripe", "wire": "sandbox"}
    large = replace(due, asked_minor=100_000_000)
    assert [quoted.offer.method for quoted in method_offers(ready_order, large)] == ["wire"]
    assert [quoted.offer.method for quoted in method_offers(ready_order, due)] == ["wire", "card"]


def test_a_wire_and_the_sandbox_hold_for_ever(settings: Any, draft_order: Order, seller_owner: Any) -> None:
    settings.PAYMENT_GATEWAYS = {"card": "sandbox", "wire": "bank", "transfer": "sandbox"}
    assert "sea" in TRANSIT_DAYS
    order = drafted(draft_order, seller_owner, days=365, mode="sea", term="CIF", methods=["card", "wire", "transfer"])
    assert refusals(order) == []


def test_what_nobody_takes_here_is_not_saved_offered_or_paid(
    settings: Any, ready_order: Order, buyer_owner: Any
) -> None:
    assert [offer.method for offer in offers_here()] == ["wire", "card"]
    assert set(METHODS) == {"card", "wire", "transfer"}
    with pytest.raises(Invalid) as refusal:
        check_payment(replace(PAYMENT, methods=["transfer"]))
    assert "methods" in refusal.value.fields

    due = payable_instalment(ready_order)
    assert [quoted.offer.method for quoted in method_offers(ready_order, due)] == ["wire", "card"]
    settings.PAYMENT_GATEWAYS = {"wire": "sandbox"}
    assert [quoted.offer.method for quoted in method_offers(ready_order, due)] == ["wire"]
    with pytest.raises(Invalid):
        check_may_pay(order_id=ready_order.pk, method="card", by=actor(buyer_owner))
    assert refusals(ready_order) == ["A method of payment is chosen that nobody can pay by now."]


def test_the_draft_says_why_a_method_is_not_offered(by_stripe: None, draft_order: Order, seller_owner: Any) -> None:
    client = Client()
    client.force_login(seller_owner)
    assert company_of(seller_owner) == draft_order.seller
    page = client.get(reverse("order-draft", kwargs={"ref": draft_order.reference, "step": 5})).content.decode()
    assert "Online transfer isn't possible in USD." in page
    assert "It is in: EUR, GBP." in page
    assert 'value="transfer"' in page, "the currency may be changed in the same step"
