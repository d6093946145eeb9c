"""The buyer on Stripe's page: by card with a second step, and by online transfer, until the seller has the money."""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as used
from playwright.sync_api import expect

from companies.actions import add_payout_account, verify_payout_account
from companies.models import User
from core.actors import platform
from core.events import run_courier
from orders.drafting import Delivery
from orders.models import Order, OrderState
from payments.books import check_books, compare_with_gateway
from payments.exchanges.reconcile import list_movements
from payments.models import Payout, SendState
from payments.tasks import process_gateway_events, send_outgoing_money
from tests.cast import LONG_AGO, actor, company_of
from tests.journeys.bank import settle
from tests.journeys.desk import Desk
from tests.journeys.orders import AIR, AT_ONCE, now
from tests.orders import steps
from tests.payments.exchanges.scene import catch_up, let_back_off_pass
from tests.sandbox.running import KEY, SECRET
from tests.sandbox.stripe_running import SECOND_STEP_CARD, RunningStripe

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PRICE = f"{steps.TOTAL // 100:,}.{steps.TOTAL % 100:02}"
IN_TEN_DAYS = Delivery(basis="days", ship_days=10)


@pytest.fixture
def stripe_site(tmp_path: Path, settings: Any, live_server: Any) -> Iterator[RunningStripe]:
    """The site with cards and online transfers by Stripe, whose news it hears; companies are paid by the sandbox."""
    running = RunningStripe(tmp_path / "stripe.db", "--account-holder", "Assurance", "--late-seconds", "600")
    settings.STRIPE_API_URL, settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = running.url, KEY, SECRET
    settings.PAYMENT_GATEWAYS = {"card": "stripe", "transfer": "stripe", "wire": "sandbox"}
    settings.CONTENT_SECURITY_POLICY = deepcopy(used.CONTENT_SECURITY_POLICY)
    settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"].append(running.url)
    running.control("webhook-endpoint", url=f"{live_server.url}/gateways/stripe/webhook/")
    running.control("webhooks", mode="duplicate")
    yield running
    assert running.stop() == 0
    assert "Traceback" not in running.database.with_suffix(".log").read_text()


@pytest.fixture
def buyer(stripe_site: RunningStripe, buyer_owner: User, quiet_desk: Callable[..., Desk]) -> Desk:
    return quiet_desk(buyer_owner.email).at_work()


def begin(buyer: Desk, order: Order, method: str) -> None:
    buyer.go(f"/orders/{order.reference}/")
    buyer.press(f"Pay {order.currency} {PRICE}")
    buyer.fill({method: True})
    buyer.press("Go on to pay")
    buyer.page.wait_for_url(re.compile("/c/pay/"))
    expect(buyer.page.locator("main")).to_contain_text(f"{order.currency} {PRICE}")


def come_back(buyer: Desk, order: Order) -> None:
    buyer.page.wait_for_url(re.compile("/orders/"))
    buyer.sees(f"{order.currency} {PRICE} arrived. The platform holds it.")


def deliver_and_pay_out(order: Order, seller: User, buyer: User) -> Payout:
    """From the money held to the money in the seller's account, by actions and the workers' tasks."""
    process_gateway_events()
    run_courier()
    order = steps.ready(steps.fresh(order), seller, at=now())
    order = steps.arrive(steps.ship(order, seller, at=now()), buyer, at=now())
    order = steps.accept(order, buyer, at=now())
    assert order.state == OrderState.COMPLETED
    run_courier()
    send_outgoing_money()
    settle()
    let_back_off_pass()
    send_outgoing_money()
    return Payout.objects.get()


def check_all(order: Order, payout: Payout) -> None:
    """To the cent: the seller has the price less the fee, and Stripe's record is that of the books, its fees too."""
    assert (payout.state, payout.amount_minor) == (SendState.PAID, steps.TOTAL - steps.FEE)
    assert (payout.gateway, payout.currency) == ("sandbox", order.currency)
    catch_up(gateway_name="stripe", since=0, at=now())
    movements = list_movements("stripe")
    assert [movement.kind for movement in movements] == ["receipt", "cost"]
    assert compare_with_gateway(gateway="stripe", movements=movements) == []
    assert check_books() == []


def test_a_card_with_a_second_step(
    stripe_site: RunningStripe, buyer: Desk, seller_owner: User, buyer_owner: User
) -> None:
    offer = steps.offer(seller_owner, at=now(), delivery=IN_TEN_DAYS, term=AIR, payment=AT_ONCE)
    order = steps.sign(offer, buyer_owner, at=now())
    begin(buyer, order, "Card")
    buyer.page.locator("button[value='4000000000000002']").click()
    expect(buyer.page.locator(".reason")).to_contain_text("Nothing was charged")
    buyer.page.locator(f"button[value='{SECOND_STEP_CARD}']").click()
    buyer.page.locator("button[value=is_me]").click()
    come_back(buyer, order)
    check_all(order, deliver_and_pay_out(order, seller_owner, buyer_owner))


def test_an_online_transfer_whose_bank_is_slow(
    stripe_site: RunningStripe, buyer: Desk, seller_owner: User, buyer_owner: User
) -> None:
    add_euro_account(seller_owner)
    terms = replace(AT_ONCE, currency="EUR", methods=["wire", "transfer"])
    term = replace(AIR, incoterm="DAP", named_place="Rotterdam, Maashaven 1", inspection_days=15)
    offer = steps.offer(seller_owner, at=now(), delivery=IN_TEN_DAYS, term=term, payment=terms)
    order = steps.sign(offer, buyer_owner, at=now())
    begin(buyer, order, "Online transfer")
    buyer.page.locator("button[value=ideal]").click()
    buyer.page.locator("button[value=authorise_late]").click()
    buyer.page.wait_for_url(re.compile("/orders/"))
    buyer.sees("An online transfer is open", "Nothing is charged twice.")
    stripe_site.control("settle")
    buyer.press("Look again")
    come_back(buyer, order)
    check_all(order, deliver_and_pay_out(order, seller_owner, buyer_owner))


def add_euro_account(seller: User) -> None:
    new = add_payout_account(
        company_id=company_of(seller).pk,
        currency="EUR",
        holder="Binh Minh",
        number="0071000999888",
        bic="BFTVVNVX",
        bank_name="Vietcombank",
        country="VN",
        by=actor(seller),
        at=LONG_AGO,
    )
    verify_payout_account(reference=new.reference, by=platform("admin"), at=LONG_AGO)
