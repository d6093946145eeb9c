"""Declared wires against cancelling, EXW, and what the seller's word for an arrival needs."""

from datetime import timedelta

import pytest

from companies.models import User
from core import deadlines
from core.errors import Invalid
from orders.actions.cancellation import WireOnItsWay
from orders.actions.funding import declare_wire
from orders.actions.production import declare_ready
from orders.actions.receipt import TooEarlyForSeller, confirm_arrival
from orders.cancellation_terms import what_cancelling_means
from orders.drafting import TradeTermInput
from orders.models import Order, OrderState
from orders.paying import WireCounts, check_may_pay
from payments.models import Instalment
from tests.cast import NOW, actor
from tests.orders.steps import cancel, escrow_of, fresh, paper, produce, prove, ready, ship
from tests.payments.steps import money, receive, start

DAY = timedelta(days=1)


def declare(order: Order, buyer: User, *, at=NOW) -> None:
    declare_wire(
        order_id=order.pk,
        sent_on=at.date(),
        amount_minor=1000,
        bank_reference="W 1",
        document_ref="",
        by=actor(buyer),
        at=at,
    )


def test_the_seller_waits_for_a_declared_wire_as_long_as_its_clock_runs(confirmed_order, seller_owner, buyer_owner):
    start(escrow_of(confirmed_order), buyer_owner, method="wire")
    declare(confirmed_order, buyer_owner)
    assert deadlines.get(confirmed_order, "first_payment").due_at > NOW + 14 * DAY
    with pytest.raises(WireOnItsWay):
        cancel(fresh(confirmed_order), seller_owner, at=NOW + 6 * DAY)
    assert fresh(confirmed_order).state == OrderState.AWAITING_PAYMENT


def test_a_declared_wire_is_not_dropped_for_a_card(confirmed_order, buyer_owner):
    start(escrow_of(confirmed_order), buyer_owner, method="wire")
    declare(confirmed_order, buyer_owner)
    with pytest.raises(WireCounts):
        check_may_pay(order_id=confirmed_order.pk, method="card", by=actor(buyer_owner))


def test_a_wire_declared_after_the_ten_days_of_readiness_has_five_more(ready_order, buyer_owner, seller_owner):
    late = NOW + 12 * DAY
    deadlines.cancel(ready_order, "ready_payment")
    start(escrow_of(ready_order), buyer_owner, sequence=2, method="wire", at=late)
    declare(ready_order, buyer_owner, at=late)
    assert deadlines.get(ready_order, "ready_payment").due_at >= late + 5 * DAY
    assert deadlines.get(ready_order, "buyer_refused").due_at >= deadlines.get(ready_order, "ready_payment").due_at


def test_the_cancel_page_divides_only_what_the_action_divides(ready_order, buyer_owner, seller_owner):
    balance = Instalment.objects.get(escrow_id=ready_order.escrow_id, sequence=2)
    payment = start(escrow_of(ready_order), buyer_owner, sequence=2, method="wire")
    receive(payment, money(balance.amount_minor // 2))
    meaning = what_cancelling_means(fresh(ready_order), "buyer", NOW)
    deposit = Instalment.objects.get(escrow_id=ready_order.escrow_id, sequence=1).amount_minor
    assert meaning.seller_keeps_minor <= deposit
    assert meaning.seller_keeps_minor + meaning.buyer_gets_minor == meaning.held_minor


def test_under_exw_the_inspection_starts_at_collection(seller_owner, buyer_owner):
    term = TradeTermInput(incoterm="EXW", named_place="Thủ Đức, 12 Đường số 5", transport_mode="sea")
    order = produce(seller_owner, buyer_owner, term=term)
    order = fresh(ready(order, seller_owner))
    from_buyer = Instalment.objects.filter(escrow_id=order.escrow_id, secured_at__isnull=True)
    for part in from_buyer:
        receive(
            start(escrow_of(order), buyer_owner, sequence=part.sequence), money(part.amount_minor), status="succeeded"
        )
    ship(fresh(order), seller_owner)
    order = fresh(order)
    assert order.state == OrderState.DELIVERED
    assert deadlines.get(order, "inspection") is not None and deadlines.get(order, "arrival") is None


def test_the_sellers_word_counts_from_the_eta_on_and_with_a_paper_of_its_own(shipped_order, seller_owner, buyer_owner):
    proof = paper(shipped_order, seller_owner, words="delivered")
    arrival = {"order_id": shipped_order.pk, "by": actor(seller_owner)}
    with pytest.raises(TooEarlyForSeller):
        confirm_arrival(proof_refs=[proof], at=shipped_order.shipped_at + DAY, **arrival)
    later = shipped_order.shipped_at + 40 * DAY
    with pytest.raises(Invalid) as refusal:
        confirm_arrival(proof_refs=[paper(shipped_order, buyer_owner, words="mine")], at=later, **arrival)
    assert "proof" in refusal.value.fields
    confirm_arrival(proof_refs=[proof], at=later, **arrival)
    assert fresh(shipped_order).state == OrderState.DELIVERED


def test_what_the_buyer_uploaded_proves_no_stage(paid_order, seller_owner, buyer_owner):
    prove(paid_order, seller_owner, buyer_owner, "MATERIALS")
    from_buyer = paper(paid_order, buyer_owner, words="mine")
    with pytest.raises(Invalid):
        ready_with(paid_order, seller_owner, from_buyer)


def ready_with(order: Order, seller: User, reference: str) -> None:
    from_seller = paper(order, seller)
    declare_ready(order_id=order.pk, packed_refs=[reference], packing_list_refs=[from_seller], by=actor(seller), at=NOW)
