"""Plays all stories along one sandbox clock that ends today."""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta

from assurance.demo.bank import settle
from assurance.demo.deal import Deal
from assurance.demo.people import Cast, create_cast
from assurance.demo.products import create_products
from assurance.demo.stories import PLANS, Plan
from catalog.models import Product
from core import clock, events
from core.sandbox_clock import begin_earlier, move_clock
from payments.exchanges.payouts import ask_about_payout
from payments.exchanges.refunds import ask_about_refund
from payments.models import OPEN_STATES, Payout, Refund
from payments.tasks import ask_about_open_payments, send_outgoing_money

Progress = Callable[[str], None]


def load_demo(say: Progress) -> int:
    """Load the demo into an empty database; returns the number of orders. Sandbox mode, services running.

    The clock begins before the first story and stands at the present when the last one is told.
    """
    say("people and companies")
    today = clock.wall()
    first = today - timedelta(days=max(plan.starts for plan in PLANS) + 2)
    begin_earlier(by=today - first)
    cast = create_cast(clock.now())
    say("products")
    products = create_products(cast, clock.now())
    scenes = [
        (today - timedelta(days=plan.starts), place, plan.story(_deal(cast, plan, products), f"{2600 + place}"))
        for place, plan in enumerate(PLANS)
    ]
    heapq.heapify(scenes)
    ended = 0
    while scenes:
        moment, place, scene = heapq.heappop(scenes)
        if moment > today:
            ended += 1
            continue
        _go_to(moment)
        days = next(scene, None)
        _let_news_arrive()
        if days is None:
            ended += 1
            say(f"{ended} of {len(PLANS)} orders")
            continue
        heapq.heappush(scenes, (moment + timedelta(days=days), place, scene))
    _go_to(clock.wall())
    _let_news_arrive()
    return len(PLANS)


def _deal(cast: Cast, plan: Plan, products: dict[str, Product]) -> Deal:
    return Deal(
        cast,
        plan.seller,
        plan.buyer,
        products=[products[name] for name in plan.products],
        incoterm=plan.incoterm,
        place=plan.place,
        mode=plan.mode,
        deposit=plan.deposit,
        ship_days=plan.ship_days,
    )


def _go_to(moment: datetime) -> None:
    distance = moment - clock.now()
    if distance > timedelta(0):
        move_clock(by=distance)


def _let_news_arrive() -> None:
    """What the workers do all the time: deliver events, send payouts and refunds, ask the gateway."""
    events.run_courier()
    send_outgoing_money()
    if _money_is_on_its_way():
        settle()
        _ask_about_money_on_its_way()
    ask_about_open_payments()
    events.run_courier()


def _money_is_on_its_way() -> bool:
    """Sent by this process or by a worker that was quicker."""
    return any(rows.objects.filter(state__in=OPEN_STATES).exists() for rows in (Payout, Refund))


def _ask_about_money_on_its_way() -> None:
    """The gateway's news may come to a web process that isn't up yet: ask instead."""
    at = clock.now()
    for payout_id in Payout.objects.filter(state__in=OPEN_STATES).values_list("pk", flat=True):
        ask_about_payout(payout_id=payout_id, at=at)
    for refund_id in Refund.objects.filter(state__in=OPEN_STATES).values_list("pk", flat=True):
        ask_about_refund(refund_id=refund_id, at=at)
