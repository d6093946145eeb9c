"""The money side of the stories: a gateway whose news comes twice, late and out of order, and money that goes astray.

Everything goes the way of production: the pay page's exchange, stored events that are processed, leases that send.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.db.models import F
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from core import clock
from core.actors import Actor, platform
from core.errors import Refused
from orders.actions.funding import declare_wire
from orders.models import Order
from payments.actions.absence import PROOF_OF_ABSENCE
from payments.actions.gateway_event import store_gateway_event
from payments.actions.payment import ask_to_cancel_payment
from payments.actions.payout import request_payout
from payments.actions.receipts import SeenReceipt, record_gateway_payment
from payments.actions.refunds import retry_refund
from payments.exchanges.events import process_event
from payments.exchanges.pay import start_payment
from payments.exchanges.payouts import send_payout
from payments.exchanges.refunds import send_refund
from payments.models import OPEN_STATES, GatewayEvent, Instalment, Payment, Payout, Refund, SendState
from tests.orders.scripted_gateway import ANSWERS, ScriptedGateway

WHICH, MANY = st.integers(0, 2), st.integers(0, 9)
ENDS = ("not yet", "well", "failed", "returned")
ASTRAY = (SendState.FAILED, SendState.RETURNED)


def any_of(**condition: Any) -> bool:
    """Is there such a payout or refund?"""
    return any(model.objects.filter(**condition).exists() for model in (Payout, Refund))


class MoneyStories(RuleBasedStateMachine):
    """Needs `world` (buyer, seller, reached), `now`, `bank` (the gateway) and `order(which)`."""

    world: Any
    now: datetime
    bank: ScriptedGateway
    order: Callable[[int], Order]

    def try_(self, act: Callable[..., Any], **given: Any) -> Any:
        """A refusal is an answer too."""
        try:
            done = act(at=self.now, **given)
        except Refused:
            return None
        self.world.reached[act.__name__] += 1
        return done

    # --- in -----------------------------------------------------------------------------------------------------------
    @rule(which=WHICH, method=st.sampled_from(["card", "wire"]))
    def start_paying(self, which: int, method: str) -> None:
        self.start(self.order(which), method)

    def start(self, order: Order, method: str) -> Payment | None:
        due = Instalment.objects.filter(escrow_id=order.escrow_id, due_at__isnull=False, secured_at__isnull=True)
        instalment = due.order_by("sequence").first() if order.escrow_id else None
        if instalment is None:
            return None
        started: Payment | None = self.try_(
            start_payment,
            instalment_id=instalment.pk,
            method=method,
            return_url="http://127.0.0.1/",
            by=self.world.buyer,
        )
        return started

    def pay_whole(self, order: Order) -> None:
        payment = self.start(order, "card")
        if payment is not None and payment.is_live:
            self.bank.money_comes(payment.gateway_id, payment.amount_minor, self.now)
            self.hear(len(self.bank.news) - 1)

    @rule(which=WHICH)
    def declare(self, which: int) -> None:
        day: date = self.now.date()
        self.try_(
            declare_wire,
            order_id=self.order(which).pk,
            sent_on=day,
            amount_minor=1_000,
            bank_reference="M",
            document_ref="",
            by=self.world.buyer,
        )

    def some_payment(self, number: int) -> str:
        known = list(self.bank.payments)
        return known[number % len(known)] if known else ""

    @precondition(lambda self: self.bank.payments)
    @rule(number=MANY, share=st.sampled_from([1, 30, 50, 99, 100, 130]))
    def money_arrives(self, number: int, share: int) -> None:
        """The bank has it; nobody has told us yet."""
        if payment_id := self.some_payment(number):
            amount_minor = max(self.bank.payments[payment_id].amount_minor * share // 100, 1)
            self.bank.money_comes(payment_id, amount_minor, self.now)

    @precondition(lambda self: self.bank.payments)
    @rule(number=MANY, status=st.sampled_from(["failed", "expired", "canceled"]))
    def payment_ends(self, number: int, status: str) -> None:
        payment_id = self.some_payment(number)
        if payment_id and self.bank.payments[payment_id].status == "requires_action":
            self.bank.payment_becomes(payment_id, status)

    @precondition(lambda self: self.bank.payments)
    @rule(number=MANY, seen=st.integers(0, 4), status=st.sampled_from(["open", "succeeded", "failed", "canceled"]))
    def slow_answer(self, number: int, seen: int, status: str) -> None:
        """What the gateway knew at some moment, read long ago by somebody who records it only now."""
        payment_id = self.some_payment(number)
        payment = Payment.objects.filter(gateway_id=payment_id).first() if payment_id else None
        if payment is None:
            return
        receipts = [
            SeenReceipt(each.id, each.amount_minor, each.currency, received_at=each.received_at)
            for each in self.bank.payments[payment_id].receipts[:seen]
        ]
        by = platform("gateway")
        self.try_(record_gateway_payment, payment_id=payment.pk, status=status, receipts=receipts, by=by)

    @precondition(lambda self: self.bank.payments)
    @rule(number=MANY)
    def buyer_gives_up_paying(self, number: int) -> None:
        payment = Payment.objects.filter(gateway_id=self.some_payment(number) or "none").first()
        if payment is not None:
            self.try_(ask_to_cancel_payment, payment_id=payment.pk, by=self.world.buyer)

    # --- the gateway's news -------------------------------------------------------------------------------------------
    def hear(self, place: int) -> None:
        """The event at this place of the gateway's record is delivered: stored, and worked on at once."""
        event_id, payload = self.bank.news[place]
        known = GatewayEvent.objects.filter(event_id=event_id).first()
        event = store_gateway_event(gateway="sandbox", event_id=event_id, payload=payload, wall=clock.wall())
        later = [name for name, _payload in self.bank.news[place + 1 :]]
        self.world.reached["event twice"] += known is not None
        self.world.reached["event out of order"] += GatewayEvent.objects.filter(event_id__in=later).exists()
        self.world.reached["event"] += 1
        assert process_event(gateway_event_id=event.pk, at=self.now)

    @precondition(lambda self: self.bank.news)
    @rule(back=st.integers(0, 5))
    def gateway_tells(self, back: int) -> None:
        """Its last news, or older news, perhaps told before."""
        self.hear(max(len(self.bank.news) - 1 - back, 0))

    @precondition(lambda self: self.bank.news)
    @rule()
    def gateway_tells_all(self) -> None:
        """What was never told, the newest first."""
        told = set(GatewayEvent.objects.values_list("event_id", flat=True))
        for place in reversed(range(len(self.bank.news))):
            self.world.reached["event late"] += self.bank.news[place][0] not in told and place < len(self.bank.news) - 1
            if self.bank.news[place][0] not in told:
                self.hear(place)

    # --- out ----------------------------------------------------------------------------------------------------------
    @precondition(lambda self: any_of(state__in=OPEN_STATES) or self.bank.unended())
    @rule(
        answer=st.sampled_from(ANSWERS),
        which=MANY,
        ends=st.sampled_from(ENDS),
        again=st.booleans(),
    )
    def money_goes_out(self, answer: str, which: int, ends: str, again: bool) -> None:
        """Sent, with this answer; all or one of it then ends so; what went astray may be sent again at once."""
        self.money_is_sent(answer)
        self.count_states()
        under_way = self.bank.unended()
        for transfer_id in under_way if which == 0 else under_way[which % max(len(under_way), 1) :][:1]:
            if ends != "not yet":
                self.transfer_ends(transfer_id, ends)
        if again:
            self.sent_again()
            self.money_is_sent("yes")
            self.count_states()

    def money_is_sent(self, answer: str) -> None:
        """What waits to leave is sent, or asked about, and meets this answer."""
        self.bank.answer = answer
        for refund in Refund.objects.filter(state__in=OPEN_STATES).order_by("pk"):
            send_refund(refund_id=refund.pk, at=self.now)
        for payout in Payout.objects.filter(state__in=OPEN_STATES).order_by("pk"):
            send_payout(payout_id=payout.pk, at=self.now)
        self.bank.answer = "yes"

    def transfer_ends(self, transfer_id: str, ends: str) -> None:
        """Paid, refused, or paid and back; its news is heard each time."""
        for wanted in (
            ("failed",) if ends == "failed" else ("paid", "succeeded", *(["returned"] * (ends == "returned")))
        ):
            if wanted in self.bank.ways_of(transfer_id):
                self.bank.transfer_becomes(transfer_id, wanted)
                self.hear(len(self.bank.news) - 1)
                self.count_states()

    @precondition(lambda self: any_of(absent_at__isnull=False))
    @rule()
    def absence_is_proved(self) -> None:
        """A minute of wall time passes for what the gateway has nothing of."""
        for model in (Payout, Refund):
            model.objects.filter(absent_at__isnull=False).update(absent_at=F("absent_at") - PROOF_OF_ABSENCE)

    def sent_again(self) -> None:
        """Staff replace what went astray; the seller asks for the payout that came back."""
        for refund in Refund.objects.filter(state__in=ASTRAY):
            self.try_(retry_refund, refund_id=refund.pk, by=platform("gateway"))
        seller: Actor = self.world.seller
        self.try_(request_payout, company_id=seller.company_id, currency="USD", by=seller)

    def count_states(self) -> None:
        reached: Counter[str] = self.world.reached
        for model in (Payout, Refund):
            for state in set(model.objects.values_list("state", flat=True)):
                reached[f"{model._meta.model_name} {state}"] += 1

    def bank_returns_some(self) -> None:
        """One payout and one refund that left come back, long after they counted as paid; or the bank refuses them.

        By turns: no story's chance decides whether both are ever seen.
        """
        self.world.reached["bank's last word"] += 1
        ends = ("returned", "failed")[self.world.reached["bank's last word"] % 2]
        for noun in ("payout", "refund"):
            for transfer_id in [each for each in self.bank.unended() if each.startswith(noun)][:1]:
                self.transfer_ends(transfer_id, ends)

    def money_is_home(self) -> bool:
        on_its_way = [each for each in self.bank.unended() if len(self.bank.ways_of(each)) == 2]
        return not on_its_way and not any_of(state__in=OPEN_STATES)

    def settle_all_money(self) -> None:
        """The end of a story: all is told, sent, proved and paid."""
        self.gateway_tells_all()
        self.sent_again()
        for _look in range(3):
            self.money_is_sent("yes")
            self.absence_is_proved()
        for transfer_id in list(self.bank.transfers):
            if len(self.bank.ways_of(transfer_id)) == 2:
                self.bank.transfer_becomes(transfer_id, self.bank.ways_of(transfer_id)[0])
        self.gateway_tells_all()
