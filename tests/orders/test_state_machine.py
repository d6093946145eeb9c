"""Several orders, payments, a gateway that speaks twice, late and out of order, and the clock, all at random.

After each step the books balance and no order is stuck; at the end silence ends every order and divides its money.
A bounded run in the suite, always the same; `HYPOTHESIS_MINUTES=30` looks for new stories for as long.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test

from companies.models import User
from core import deadlines
from core.events import deliver_one, run_courier
from core.models import Alarm, Deadline, DeadlineState, Delivery, DeliveryState
from orders.actions.cancellation import cancel_order
from orders.actions.offer import confirm_order, decline_offer, request_changes, send_order, withdraw_offer
from orders.actions.production import approve_stage, book_carriage, challenge_stage, declare_ready, report_progress
from orders.actions.receipt import accept_order, confirm_arrival, extend_inspection, tell_not_arrived
from orders.actions.shipment import documents_needed, ship_order
from orders.models import Cancellation, Order, OrderState, Stage, StageReport
from orders.process import FINAL_STATES
from orders.queries import last_terms
from payments.books import check_books
from payments.gateways.registry import BUILDERS
from payments.models import EscrowState, Instalment
from payments.queries import held_minor_of
from tests.cast import NOW, actor
from tests.orders.money_stories import ENDS, WHICH, MoneyStories
from tests.orders.scripted_gateway import ANSWERS, ScriptedGateway
from tests.orders.steps import ALL_AT_ONCE, CIF, DAY, dispatch, escrow_of, fresh, offer, paper, sign

S = OrderState
LONG_RUN_MINUTES = float(os.environ.get("HYPOTHESIS_MINUTES", "0"))
FEW = settings(
    max_examples=7,
    stateful_step_count=14,
    deadline=None,
    derandomize=not LONG_RUN_MINUTES,
    database=None,
    # A bounded run tells the story as it was found; a long one also shortens it.
    phases=list(Phase) if LONG_RUN_MINUTES else [Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


BACK = ("changes", "withdraw", "decline")
"""How an offer goes back."""


class World:
    """The people and three orders that every story begins with: two signed, one offered."""

    def __init__(self, seller: User, buyer: User) -> None:
        self.seller, self.buyer = actor(seller), actor(buyer)
        orders = [
            sign(offer(seller), buyer),
            sign(offer(seller, term=CIF, payment=ALL_AT_ONCE), buyer),
            offer(seller),
        ]
        self.order_ids = [order.pk for order in orders]
        self.papers = {order.pk: [paper(order, seller)] for order in orders}
        self.reached: Counter[str] = Counter()


class Stories(MoneyStories):
    world: World

    @initialize(
        steps=st.tuples(st.integers(0, 5), st.sampled_from([1, 2, 3, 4, 4, 4]), st.integers(0, 1)),
        answer=st.sampled_from(ANSWERS),
        ends=st.sampled_from(ENDS),
        offer_is=st.sampled_from(["left", *BACK]),
        again=st.booleans(),
    )
    def begin(self, steps: tuple[int, ...], answer: str, ends: str, offer_is: str, again: bool) -> None:
        """Each order has come so many steps before the story begins; too much was paid, and money has left."""
        self.point = transaction.savepoint()
        self.now = NOW
        self.bank = ScriptedGateway()
        BUILDERS["sandbox"] = lambda: self.bank
        if offer_is != "left":
            self.offer_goes_back(offer_is, again)
        for which, count in enumerate(steps):
            for _step in range(count):
                self.go_on(which)
                run_courier()
        self.money_arrives(0, 30)
        self.gateway_tells(0)
        self.money_goes_out(answer, 0, ends, again)

    # --- people -------------------------------------------------------------------------------------------------------
    def order(self, which: int) -> Order:
        return fresh(Order(pk=self.world.order_ids[which]))

    def some(self, state: str) -> list[Order]:
        return list(Order.objects.filter(state=state).order_by("pk"))

    @rule(which=WHICH)
    def go_on(self, which: int) -> None:
        """The next step of a deal that goes well."""
        order = self.order(which)
        steps: dict[str, Callable[[Order], Any]] = {
            S.OFFERED: self.confirm,
            S.AWAITING_PAYMENT: self.pay_whole,
            S.IN_PRODUCTION: self.ready_or_ship,
            S.READY: self.pay_book_and_ship,
            S.SHIPPED: partial(self.as_buyer, confirm_arrival),
            S.DELIVERED: self.accept,
        }
        if order.state in steps:
            steps[order.state](order)

    def as_buyer(self, act: Callable[..., Any], order: Order, **given: Any) -> Any:
        return self.try_(act, order_id=order.pk, by=self.world.buyer, **given)

    def as_seller(self, act: Callable[..., Any], order: Order, **given: Any) -> Any:
        return self.try_(act, order_id=order.pk, by=self.world.seller, **given)

    def confirm(self, order: Order) -> None:
        terms = last_terms(order)
        assert terms is not None
        self.as_buyer(confirm_order, order, terms_sha256=terms.sha256)

    def ready_or_ship(self, order: Order) -> None:
        if Instalment.objects.filter(escrow_id=order.escrow_id, secured_at__isnull=True).exists():
            refs = self.world.papers[order.pk]
            self.as_seller(declare_ready, order, packed_refs=refs, packing_list_refs=refs)
        else:
            self.ship(order)

    def pay_book_and_ship(self, order: Order) -> None:
        self.pay_whole(order)
        self.as_buyer(book_carriage, order, note="Maersk 4711")
        self.ship(order)

    def ship(self, order: Order) -> None:
        refs = self.world.papers[order.pk]
        papers = dict.fromkeys(documents_needed(order), refs)
        self.as_seller(ship_order, order, dispatch=dispatch(self.now), documents=papers)

    def accept(self, order: Order) -> None:
        assert order.escrow_id is not None
        self.as_buyer(accept_order, order, seen_minor=held_minor_of(order.escrow_id))

    @precondition(lambda self: self.some(S.OFFERED) or self.some(S.DRAFT))
    @rule(answer=st.sampled_from(BACK), again=st.booleans())
    def offer_goes_back(self, answer: str, again: bool) -> None:
        """Taken back, or sent back by the buyer, and perhaps offered again; or declined."""
        for order in self.some(S.OFFERED)[:1]:
            if answer == "withdraw":
                self.as_seller(withdraw_offer, order)
            elif answer == "changes":
                self.as_buyer(request_changes, order, comments={"delivery": "Sooner"})
            else:
                self.as_buyer(decline_offer, order, reason="Too dear")
        for order in self.some(S.DRAFT)[: int(again)]:
            self.as_seller(send_order, order, seen_version=order.version)

    @rule(which=WHICH, stage=st.sampled_from(Stage.values))
    def report(self, which: int, stage: str) -> None:
        order = self.order(which)
        self.as_seller(report_progress, order, stage=stage, document_refs=self.world.papers[order.pk], note="")

    @precondition(lambda self: StageReport.objects.filter(counted_at=None, challenged_at=None).exists())
    @rule(which=WHICH, agrees=st.booleans())
    def judge(self, which: int, agrees: bool) -> None:
        order = self.order(which)
        report = StageReport.objects.filter(order=order, counted_at=None, challenged_at=None).first()
        if report is None:
            return
        if agrees:
            self.as_buyer(approve_stage, order, report_id=report.pk)
        else:
            self.as_buyer(challenge_stage, order, report_id=report.pk, reason="Not so")

    @precondition(lambda self: self.some(S.DELIVERED))
    @rule(which=WHICH)
    def extend(self, which: int) -> None:
        self.as_buyer(extend_inspection, self.order(which))

    @precondition(lambda self: self.some(S.SHIPPED))
    @rule(which=WHICH, days=st.integers(0, 90))
    def say_not_arrived(self, which: int, days: int) -> None:
        self.as_buyer(tell_not_arrived, self.order(which), new_eta=(self.now + days * DAY).date())

    @rule(which=WHICH)
    def buyer_cancels(self, which: int) -> None:
        self.as_buyer(cancel_order, self.order(which), reason="")

    @rule(which=WHICH)
    def seller_cancels(self, which: int) -> None:
        self.as_seller(cancel_order, self.order(which), reason="")

    # --- time and news ------------------------------------------------------------------------------------------------
    @rule(most=st.integers(1, 3))
    def some_news(self, most: int) -> None:
        for _number in range(most):
            deliver_one()

    @rule()
    def all_news(self) -> None:
        run_courier()

    @rule(hours=st.sampled_from([1, 20, 24, 72, 120, 240, 300]))
    def time_passes(self, hours: int) -> None:
        """Each clock at its own time; the news waits."""
        self.carry_out(self.now + timedelta(hours=hours), late=False)

    @rule(days=st.integers(1, 20))
    def platform_was_down(self, days: int) -> None:
        """Everything that fell due meanwhile is carried out at once, at the end."""
        self.carry_out(self.now + days * DAY, late=True)

    def carry_out(self, until: Any, *, late: bool) -> None:
        while (due := deadlines.lease_next(until=until)) is not None:
            self.world.reached[due.kind] += deadlines.carry_out_deadline(due, at=until if late else due.due_at)
        self.now = until

    # --- what is always true ------------------------------------------------------------------------------------------
    @invariant()
    def books_balance(self) -> None:
        assert check_books() == []

    @invariant()
    def nothing_failed(self) -> None:
        kinds = ("deadline_fails", "delivery_fails")
        assert list(Alarm.objects.filter(kind__in=kinds).values_list("message", flat=True)) == []

    @invariant()
    def nobody_is_stuck(self) -> None:
        for order in Order.objects.all():
            assert order.state in FINAL_STATES or self.has_a_way_on(order), f"{order} is stuck in {order.state}"
            if order.state in FINAL_STATES and order.escrow_id is not None:
                waits = Cancellation.objects.filter(order=order, settled_at=None).exists()
                assert not waits or self.has_a_way_on(order), f"the money of {order} is never divided"
                assert waits or held_minor_of(order.escrow_id) == 0, f"{order} ended and holds money"
                assert waits or escrow_of(order).state == EscrowState.CLOSED, f"{order} ended and still takes money"

    def has_a_way_on(self, order: Order) -> bool:
        """A clock that runs, or news about its money in the outbox."""
        running = any(clock.state == DeadlineState.WAITING for clock in deadlines.live_of(order))
        news = Delivery.objects.filter(state=DeliveryState.WAITING, event__payload__escrow_id=order.escrow_id)
        return running or (order.escrow_id is not None and news.exists())

    def is_over(self) -> bool:
        """Every order has ended, its money is divided, and what was owed is paid."""
        divided = not Cancellation.objects.filter(settled_at=None).exists()
        return divided and not Order.objects.exclude(state__in=FINAL_STATES).exists() and self.money_is_home()

    def teardown(self) -> None:
        """From wherever the story stopped: money comes back, all is told, and silence ends everything."""
        if not hasattr(self, "point"):
            return
        try:
            self.bank_returns_some()
            for _round in range(16):
                self.settle_all_money()
                run_courier()
                if self.is_over():
                    break
                Deadline.objects.update(leased_until=None)
                self.carry_out(self.now + 30 * DAY, late=False)
            self.books_balance()
            self.nobody_is_stuck()
            self.nothing_failed()
            for order in Order.objects.all():
                assert order.state in FINAL_STATES, f"{order} is left in {order.state}"
                assert order.escrow_id is None or held_minor_of(order.escrow_id) == 0
                self.world.reached[order.state] += 1
        finally:
            transaction.savepoint_rollback(self.point)


@pytest.fixture
def world(seller_owner: User, buyer_owner: User, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    Stories.world = World(seller_owner, buyer_owner)
    run_courier()
    monkeypatch.setitem(BUILDERS, "sandbox", BUILDERS["sandbox"])
    yield Stories.world
    del Stories.world


@pytest.mark.slow
@pytest.mark.timeout(900 + LONG_RUN_MINUTES * 90)
def test_no_story_breaks_the_books_or_strands_an_order(world):
    until = time.monotonic() + LONG_RUN_MINUTES * 60
    run_state_machine_as_test(Stories, settings=FEW)
    while time.monotonic() < until:
        run_state_machine_as_test(Stories, settings=FEW)
    ends = {state: world.reached[state] for state in (S.COMPLETED, S.CANCELLED, S.EXPIRED)}
    assert all(ends.values()), f"stories that reach too little prove nothing: {world.reached}"


# --- stories that are told on purpose: what chance may pass over ------------------------------------------------------
Scene = Callable[[Stories], Any]


def then(name: str, **given: Any) -> Scene:
    return lambda story: getattr(story, name)(**given)


PAID_SHIPPED, PAID_ACCEPTED = (3, 3, 0), (3, 4, 0)
TOLD: dict[str, tuple[dict[str, Any], list[Scene], set[str]]] = {
    "an offer sent back and sent again, silence accepts, the payout comes back": (
        {"steps": (1, 3, 0), "answer": "yes", "ends": "not yet", "offer_is": "changes", "again": True},
        [
            then("time_passes", hours=240),
            then("time_passes", hours=240),
            then("all_news"),
            then("money_goes_out", answer="yes", which=0, ends="returned", again=True),
        ],
        {
            "request_changes",
            "send_order",
            "ship_order",
            "inspection",
            "payout SENT",
            "payout RETURNED",
            "request_payout",
        },
    ),
    "a payout without an answer, refused by the bank, and an offer taken back": (
        {"steps": (0, 4, 0), "answer": "silent after", "ends": "failed", "offer_is": "withdraw", "again": False},
        [then("money_goes_out", answer="yes", which=0, ends="failed", again=True)],
        {"withdraw_offer", "accept_order", "payout UNKNOWN", "payout FAILED", "request_payout"},
    ),
    "a refund of what was paid too much comes back and is sent again": (
        {"steps": (1, 1, 0), "answer": "silent before", "ends": "not yet", "offer_is": "decline", "again": False},
        [
            then("money_goes_out", answer="yes", which=0, ends="not yet", again=False),
            then("absence_is_proved"),
            then("money_goes_out", answer="yes", which=0, ends="returned", again=True),
        ],
        {"decline_offer", "refund UNKNOWN", "refund RETURNED", "retry_refund"},
    ),
    "cancelled by the buyer: news twice, late and out of order; the refund is refused, then paid": (
        {"steps": (1, 3, 0), "answer": "yes", "ends": "failed", "offer_is": "left", "again": False},
        [
            then("gateway_tells", back=1),
            then("money_arrives", number=0, share=30),
            then("money_arrives", number=0, share=1),
            then("gateway_tells_all"),
            then("gateway_tells", back=0),
            then("buyer_cancels", which=0),
            then("time_passes", hours=120),
            then("all_news"),
            then("money_goes_out", answer="yes", which=0, ends="failed", again=True),
            then("money_goes_out", answer="yes", which=0, ends="well", again=False),
        ],
        {"cancel_order", "cancellation_settles", "event twice", "event late", "event out of order"}
        | {"refund SENT", "refund FAILED", "refund PAID", "retry_refund"},
    ),
    "ready, paid in full, shipped, arrived, accepted, paid out": (
        {"steps": (5, 0, 0), "answer": "yes", "ends": "well", "offer_is": "left", "again": False},
        [
            then("go_on", which=0),
            then("all_news"),
            then("money_goes_out", answer="yes", which=0, ends="well", again=False),
        ],
        {"declare_ready", "ship_order", "confirm_arrival", "accept_order", "payout PAID"},
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_a_story_told_on_purpose_reaches_what_it_is_told_for(world, name):
    beginning, scenes, reaches = TOLD[name]
    story = Stories()
    try:
        for scene in (then("begin", **beginning), *scenes):
            scene(story)
            story.books_balance()
            story.nothing_failed()
            story.nobody_is_stuck()
        reached = {name for name, count in world.reached.items() if count}
        assert reaches <= reached, f"not reached: {reaches - reached}; reached: {world.reached}"
    finally:
        story.teardown()
