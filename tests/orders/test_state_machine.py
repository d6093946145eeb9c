"""Several orders, payments, a gateway that speaks twice, late and out of order, and the clock, all at random.

After each step the books balance and no order is stuck; at the end silence ends every order and divides its money.
A bounded run in the suite, always the same; `HYPOTHESIS_MINUTES=30` looks for new stories for as long.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from companies.models import User
from core import deadlines
from core.actors import platform
from core.errors import Refused
from core.events import deliver_one, run_courier
from core.models import Alarm, Deadline, DeadlineState, Delivery, DeliveryState
from orders.actions.cancellation import cancel_order
from orders.actions.funding import declare_wire
from orders.actions.offer import confirm_order, withdraw_offer
from orders.actions.production import approve_stage, book_carriage, challenge_stage, declare_ready, report_progress
from orders.actions.receipt import accept_order, confirm_arrival, extend_inspection, tell_not_arrived
from orders.actions.shipment import documents_needed, ship_order
from orders.models import Cancellation, Order, OrderState, Stage, StageReport
from orders.process import FINAL_STATES
from orders.queries import last_terms
from payments.actions.payment import ask_to_cancel_payment, claim_payment, record_payment_started
from payments.actions.receipts import GatewayReceipt, record_gateway_payment
from payments.actions.refunds import retry_refund
from payments.actions.sending import (
    claim_payout,
    claim_refund,
    record_payout_paid,
    record_refund_failed,
    record_refund_paid,
)
from payments.books import check_books
from payments.models import EscrowState, Instalment, Payment, Payout, Refund, SendState
from payments.queries import held_minor_of
from tests.cast import NOW, actor
from tests.orders.steps import ALL_AT_ONCE, CIF, DAY, dispatch, escrow_of, fresh, offer, paper, sign

S = OrderState
LONG_RUN_MINUTES = float(os.environ.get("HYPOTHESIS_MINUTES", "0"))
FEW = settings(
    max_examples=12,
    stateful_step_count=25,
    deadline=None,
    derandomize=not LONG_RUN_MINUTES,
    database=None,
    # A bounded run tells the story as it was found; a long one also shortens it.
    phases=list(Phase) if LONG_RUN_MINUTES else [Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
WHICH, MANY = st.integers(0, 2), st.integers(0, 9)


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


class Stories(RuleBasedStateMachine):
    world: World

    @initialize(steps=st.tuples(*[st.integers(0, 5)] * 3))
    def begin(self, steps: tuple[int, ...]) -> None:
        """Each order has come so many steps before the story begins."""
        self.point = transaction.savepoint()
        self.now = NOW
        self.bank: dict[int, list[GatewayReceipt]] = {}
        self.numbers = 0
        for which, count in enumerate(steps):
            for _step in range(count):
                self.go_on(which)
                run_courier()

    # --- people -------------------------------------------------------------------------------------------------------
    def order(self, which: int) -> Order:
        return fresh(Order(pk=self.world.order_ids[which]))

    def try_(self, act: Callable[..., Any], **given: Any) -> Any:
        """A refusal is an answer too."""
        try:
            done = act(at=self.now, **given)
        except Refused:
            return None
        self.world.reached[act.__name__] += 1
        return done

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

    def pay_whole(self, order: Order) -> None:
        payment = self.start(order, "card")
        if payment is not None:
            self.comes_in(payment, payment.amount_minor)
            self.tell(payment, "succeeded", len(self.bank[payment.pk]))

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

    @rule(which=WHICH)
    def withdraw(self, which: int) -> None:
        self.as_seller(withdraw_offer, self.order(which))

    @rule(which=WHICH, stage=st.sampled_from(Stage.values))
    def report(self, which: int, stage: str) -> None:
        order = self.order(which)
        self.as_seller(report_progress, order, stage=stage, document_refs=self.world.papers[order.pk], note="")

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

    @rule(which=WHICH)
    def extend(self, which: int) -> None:
        self.as_buyer(extend_inspection, self.order(which))

    @rule(which=WHICH, days=st.integers(0, 90))
    def say_not_arrived(self, which: int, days: int) -> None:
        self.as_buyer(tell_not_arrived, self.order(which), new_eta=(self.now + days * DAY).date())

    @rule(which=WHICH)
    def buyer_cancels(self, which: int) -> None:
        self.as_buyer(cancel_order, self.order(which), reason="")

    @rule(which=WHICH)
    def seller_cancels(self, which: int) -> None:
        self.as_seller(cancel_order, self.order(which), reason="")

    # --- money --------------------------------------------------------------------------------------------------------
    @rule(which=WHICH, method=st.sampled_from(["card", "wire"]))
    def start_paying(self, which: int, method: str) -> None:
        self.start(self.order(which), method)

    def start(self, order: Order, method: str) -> Payment | None:
        due = Instalment.objects.filter(escrow_id=order.escrow_id, due_at__isnull=False, secured_at__isnull=True)
        instalment = due.order_by("sequence").first() if order.escrow_id else None
        if instalment is None:
            return None
        payment = self.try_(
            claim_payment,
            instalment_id=instalment.pk,
            method=method,
            return_url="http://127.0.0.1/",
            by=self.world.buyer,
        )
        if payment is None:
            return None
        self.bank.setdefault(payment.pk, [])
        started: Payment = record_payment_started(
            payment_id=payment.pk, gateway_id=f"sp_{payment.pk}", by=platform("gateway"), at=self.now
        )
        return started

    @rule(which=WHICH)
    def declare(self, which: int) -> None:
        day: date = self.now.date()
        self.as_buyer(
            declare_wire, self.order(which), sent_on=day, amount_minor=1_000, bank_reference="M", document_ref=""
        )

    def comes_in(self, payment: Payment, amount_minor: int) -> None:
        """The bank has it; nobody has told us yet."""
        self.numbers += 1
        self.bank[payment.pk].append(
            GatewayReceipt(f"sx_{payment.pk}_{self.numbers}", amount_minor, "USD", received_at=self.now)
        )

    def some_payment(self, number: int) -> Payment | None:
        known = sorted(self.bank)
        return Payment.objects.get(pk=known[number % len(known)]) if known else None

    @rule(number=MANY, share=st.sampled_from([1, 30, 50, 99, 100, 130]))
    def money_arrives(self, number: int, share: int) -> None:
        payment = self.some_payment(number)
        if payment is not None:
            self.comes_in(payment, max(payment.amount_minor * share // 100, 1))

    @rule(number=MANY, seen=st.integers(0, 4), status=st.sampled_from(["open", "succeeded", "failed", "canceled"]))
    def gateway_tells(self, number: int, seen: int, status: str) -> None:
        """What it knew at some moment, perhaps long ago, perhaps told before."""
        payment = self.some_payment(number)
        if payment is not None:
            self.tell(payment, status, seen)

    def tell(self, payment: Payment, status: Any, seen: int | None) -> None:
        self.try_(
            record_gateway_payment,
            payment_id=payment.pk,
            status=status,
            receipts=self.bank[payment.pk][:seen],
            by=platform("gateway"),
        )

    @rule(number=MANY)
    def buyer_gives_up_paying(self, number: int) -> None:
        payment = self.some_payment(number)
        if payment is not None:
            self.try_(ask_to_cancel_payment, payment_id=payment.pk, by=self.world.buyer)

    @rule(lost=st.booleans())
    def the_bank_sends(self, lost: bool) -> None:
        """Refunds and payouts that were asked for leave; refunds may fail, and are replaced the next time."""
        by = platform("gateway")
        for failed in Refund.objects.filter(state=SendState.FAILED):
            retry_refund(refund_id=failed.pk, by=by, at=self.now)
        for refund in Refund.objects.filter(state=SendState.REQUESTED):
            claim_refund(refund_id=refund.pk, by=by, at=self.now)
            act = partial(record_refund_failed, failure_code="closed") if lost else record_refund_paid
            act(refund_id=refund.pk, gateway_id=f"sr_{refund.pk}", by=by, at=self.now)
        for payout in Payout.objects.filter(state=SendState.REQUESTED):
            claim_payout(payout_id=payout.pk, by=by, at=self.now)
            record_payout_paid(payout_id=payout.pk, gateway_id=f"so_{payout.pk}", by=by, at=self.now)

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

    def teardown(self) -> None:
        """From wherever the story stopped: the gateway tells all it knows, and silence ends everything."""
        if not hasattr(self, "point"):
            return
        try:
            for number in range(len(self.bank)):
                payment = self.some_payment(number)
                assert payment is not None
                self.tell(payment, "canceled", None)
            for _round in range(16):
                run_courier()
                self.the_bank_sends(lost=False)
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
def world(seller_owner: User, buyer_owner: User) -> Iterator[World]:
    Stories.world = World(seller_owner, buyer_owner)
    run_courier()
    yield Stories.world
    del Stories.world


@pytest.mark.timeout(300 + LONG_RUN_MINUTES * 90)
def test_no_story_breaks_the_books_or_strands_an_order(world):
    until = time.monotonic() + LONG_RUN_MINUTES * 60
    run_state_machine_as_test(Stories, settings=FEW)
    while time.monotonic() < until:
        run_state_machine_as_test(Stories, settings=FEW)
    ends = {state: world.reached[state] for state in (S.COMPLETED, S.CANCELLED, S.EXPIRED)}
    assert all(ends.values()), f"stories that reach too little prove nothing: {world.reached}"
    acted = {"ship_order", "accept_order", "cancel_order", "declare_ready", "inspection", "cancellation_settles"}
    assert acted <= {name for name, count in world.reached.items() if count}, world.reached
