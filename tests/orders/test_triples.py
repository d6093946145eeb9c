"""Every (state, actor, verb) of the order process: what the rules allow works; all else is refused and changes nothing.

What is expected stands in `rules_of_orders`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.actions import create_product
from catalog.entries import ProductEntry
from companies.models import Role, User
from core.actors import Actor, platform
from core.errors import Refused
from orders.actions.cancellation import (
    cancel_for_lateness,
    cancel_for_refusal,
    cancel_order,
    settle_cancellation,
)
from orders.actions.draft import (
    add_products,
    expire_draft,
    save_delivery,
    save_lines,
    save_parties,
    save_payment,
    save_trade_term,
)
from orders.actions.funding import declare_wire, expire_unpaid, start_production
from orders.actions.offer import (
    confirm_order,
    decline_offer,
    expire_offer,
    request_changes,
    send_order,
    withdraw_offer,
)
from orders.actions.production import (
    approve_stage,
    book_carriage,
    challenge_stage,
    declare_ready,
    report_progress,
)
from orders.actions.receipt import (
    accept_by_silence,
    accept_order,
    assume_arrival,
    confirm_arrival,
    extend_inspection,
    tell_not_arrived,
)
from orders.actions.shipment import documents_needed, ship_order
from orders.duties import owes_payment
from orders.models import OfferLink, Order, StageReport
from orders.paying import check_may_pay as check_may_pay_order
from orders.policies import check_may
from orders.process import ORDER_VERBS, OrderState
from orders.queries import last_terms
from payments.actions.payment import claim_payment
from payments.models import Instalment
from payments.queries import held_minor_of
from tests.cast import NOW, actor, company_of, join, person
from tests.concurrency.racing import locked_before_writing
from tests.orders.rules_of_orders import ACTORS, DRAFTING, ROLES, STATES, VERBS, WHO_CLICKS, expected
from tests.orders.stages import ARRIVED_AT, SHIPPED_AT
from tests.orders.steps import (
    ALL_AT_ONCE,
    CIF,
    DAY,
    dispatch,
    draft,
    escrow_of,
    fresh,
    offer,
    paper,
    produce,
    prove,
    report,
    sign,
    undone,
)
from tests.orders.typed import CHAIR, DELIVERY, PARTIES, PAYMENT, TERM
from tests.payments.steps import start


# --- the scene --------------------------------------------------------------------------------------------------------
@dataclass
class Scene:
    """An order in a state, the people, a moment, and a sealed paper."""

    order: Order
    at: datetime
    actors: dict[tuple[str, str], Actor]
    buyer: User
    refs: list[str]
    proof: list[str]
    """Of delivery: a paper of its own."""
    products: list[str]
    """Of the seller's catalogue."""

    @property
    def now(self) -> Order:
        return fresh(self.order)

    @property
    def report_id(self) -> int:
        return StageReport.objects.filter(order=self.order).order_by("-pk").values_list("pk", flat=True).first() or 0

    @property
    def seen_minor(self) -> int:
        return held_minor_of(self.order.escrow_id) if self.order.escrow_id else 0


@pytest.fixture
def people(seller_owner, seller_sales, buyer_owner, buyer_purchasing, buyer_finance, buyer_viewer, stranger, arbiter):
    found = {
        ("seller", "owner"): actor(seller_owner),
        ("seller", "sales"): actor(seller_sales),
        ("buyer", "owner"): actor(buyer_owner),
        ("buyer", "purchasing"): actor(buyer_purchasing),
        ("buyer", "finance"): actor(buyer_finance),
        ("buyer", "viewer"): actor(buyer_viewer),
        ("stranger", "owner"): actor(stranger),
        ("staff", "arbiter"): actor(arbiter),
        ("clock", ""): platform("clock"),
    }
    for side, owner in (("seller", seller_owner), ("buyer", buyer_owner)):
        company_id = company_of(owner).pk
        found[side, "program"] = Actor(kind="client", door="api", company_id=company_id, role="owner")
    for side, owner in (("seller", seller_owner), ("buyer", buyer_owner)):
        for role in (role for role in ROLES if (side, role) not in found):
            colleague = person(f"{role}@{side}.example", f"{role} of the {side}")
            join(owner, colleague, Role(role))
            found[side, role] = actor(colleague)
    return found


@pytest.fixture
def build(request: pytest.FixtureRequest, people, seller_owner: User, buyer_owner: User) -> Callable[[str], Scene]:
    """By name of the state as built."""

    def ready_made(name: str) -> Callable[[], Order]:
        return partial(request.getfixturevalue, name)

    def with_report(order: Order) -> Order:
        report(order, seller_owner, "MATERIALS")
        return order

    def expired() -> Order:
        order = sign(offer(seller_owner), buyer_owner)
        expire_unpaid(subject_id=order.pk, at=NOW + 10 * DAY)
        return order

    def cancelled() -> Order:
        order = request.getfixturevalue("paid_order")
        prove(order, seller_owner, buyer_owner, "MATERIALS")
        report(order, seller_owner, "STARTED")
        cancel_order(order_id=order.pk, reason="", by=actor(buyer_owner), at=NOW)
        return order

    def divided() -> Order:
        order = cancelled()
        approve_stage(order_id=order.pk, report_id=latest_report(order), by=actor(buyer_owner), at=NOW)
        settle_cancellation(subject_id=order.pk, at=NOW + 5 * DAY)
        return order

    def declined() -> Order:
        order = offer(seller_owner)
        return decline_offer(order_id=order.pk, reason="No", by=actor(buyer_owner), at=NOW)

    all_at_once = partial(produce, seller_owner, buyer_owner, term=CIF, payment=ALL_AT_ONCE)
    makers: dict[str, tuple[Callable[[], Order], datetime]] = {
        "draft": (partial(draft, seller_owner), NOW),
        "offered": (partial(offer, seller_owner), NOW),
        "declined": (declined, NOW),
        "expired": (expired, NOW + 10 * DAY),
        "awaiting_payment": (ready_made("confirmed_order"), NOW),
        "in_production": (lambda: with_report(request.getfixturevalue("paid_order")), NOW),
        "in_production_all_paid": (lambda: with_report(all_at_once()), NOW),
        "in_production_funding_lost": (lambda: with_report(request.getfixturevalue("lost_order")), NOW),
        "ready": (ready_made("ready_order"), NOW),
        "ready_all_paid": (ready_made("paid_ready_order"), NOW),
        "shipped": (ready_made("shipped_order"), SHIPPED_AT),
        "delivered": (ready_made("delivered_order"), ARRIVED_AT),
        "delivered_by_the_sellers_word": (ready_made("reported_arrival"), NOW + 40 * DAY),
        "completed": (ready_made("completed_order"), ARRIVED_AT + DAY),
        "cancelled": (cancelled, NOW),
        "cancelled_and_divided": (divided, NOW + 5 * DAY),
    }
    assert set(makers) == set(STATES)

    entry = ProductEntry(name="Bench", unit="piece", price_minor=100, currency="USD")
    product = create_product(company_id=company_of(seller_owner).pk, entry=entry, by=actor(seller_owner), at=NOW)

    def make(name: str) -> Scene:
        maker, at = makers[name]
        order = fresh(maker())
        proof = paper(order, seller_owner, words="delivered")
        return Scene(order, at, people, buyer_owner, [paper(order, seller_owner)], [proof], [product.reference])

    return make


def latest_report(order: Order) -> int:
    return StageReport.objects.filter(order=order).latest("pk").pk


# --- trying -----------------------------------------------------------------------------------------------------------
def expire_as(scene: Scene, by: Actor) -> Any:
    """No person has a button for a clock; the policy is asked in their stead."""
    check_may(by, "expire", scene.now)
    acts = {"DRAFT": expire_draft, "OFFERED": expire_offer}
    return acts.get(scene.now.state, expire_unpaid)(subject_id=scene.order.pk, at=scene.at)


def settle_as(scene: Scene, by: Actor) -> Any:
    check_may(by, "settle_cancellation", scene.now)
    return settle_cancellation(subject_id=scene.order.pk, at=scene.at)


def cancel_as(scene: Scene, by: Actor) -> Any:
    if not by.is_platform:
        return cancel_order(order_id=scene.order.pk, reason="Why not", by=by, at=scene.at)
    act = cancel_for_refusal if owes_payment(scene.now) else cancel_for_lateness
    return act(subject_id=scene.order.pk, at=scene.at)


def arrive_as(scene: Scene, by: Actor) -> Any:
    if by.is_platform:
        return assume_arrival(subject_id=scene.order.pk, at=scene.at)
    # The seller's word counts from the ETA on.
    return confirm_arrival(order_id=scene.order.pk, proof_refs=scene.proof, by=by, at=scene.at + 40 * DAY)


def accept_as(scene: Scene, by: Actor) -> Any:
    if by.is_platform:
        return accept_by_silence(subject_id=scene.order.pk, at=scene.at)
    return accept_order(order_id=scene.order.pk, seen_minor=scene.seen_minor, by=by, at=scene.at)


def pay_as(scene: Scene, by: Actor) -> Any:
    found = check_may_pay_order(order_id=scene.order.pk, method="card", by=by)
    return claim_payment(instalment_id=found.id, method="card", return_url="http://127.0.0.1/", by=by, at=scene.at)


def confirm_as(scene: Scene, by: Actor) -> Any:
    terms = last_terms(scene.order)
    seen = terms.sha256 if terms else "0" * 64
    return confirm_order(order_id=scene.order.pk, terms_sha256=seen, by=by, at=scene.at)


def ship_as(scene: Scene, by: Actor) -> Any:
    papers = dict.fromkeys(documents_needed(scene.now), scene.refs)
    return ship_order(order_id=scene.order.pk, dispatch=dispatch(scene.at), documents=papers, by=by, at=scene.at)


def declare_as(scene: Scene, by: Actor) -> Any:
    return declare_wire(
        order_id=scene.order.pk,
        sent_on=scene.at.date(),
        amount_minor=1_000,
        bank_reference="MT103",
        document_ref="",
        by=by,
        at=scene.at,
    )


def plain(act: Callable[..., Any], **given: Any) -> Callable[[Scene, Actor], Any]:
    """Arguments that are callable are asked of the scene."""

    def try_(scene: Scene, by: Actor) -> Any:
        said = {name: value(scene) if callable(value) else value for name, value in given.items()}
        return act(order_id=scene.order.pk, by=by, at=scene.at, **said)

    return try_


def version(scene: Scene) -> int:
    return scene.now.version


TRY: dict[str, Callable[[Scene, Actor], Any]] = {
    "draft": plain(save_parties, seen_version=version, parties=PARTIES),
    "draft_lines": plain(save_lines, seen_version=version, currency="USD", lines=[CHAIR]),
    "draft_products": plain(add_products, seen_version=version, product_refs=lambda scene: scene.products),
    "draft_delivery": plain(save_delivery, seen_version=version, delivery=DELIVERY),
    "draft_term": plain(save_trade_term, seen_version=version, term=TERM),
    "draft_payment": plain(save_payment, seen_version=version, terms=PAYMENT),
    "send": plain(send_order, seen_version=version),
    "withdraw": plain(withdraw_offer),
    "request_changes": plain(request_changes, comments={"delivery": "Sooner"}),
    "decline": plain(decline_offer, reason="Too dear"),
    "confirm": confirm_as,
    "expire": expire_as,
    "pay": pay_as,
    "declare_wire": declare_as,
    "start_production": plain(start_production),
    "cancel": cancel_as,
    "report_progress": plain(
        report_progress, stage="FINISHED", document_refs=lambda scene: scene.refs, note="As agreed"
    ),
    "approve_stage": plain(approve_stage, report_id=lambda scene: scene.report_id),
    "challenge_stage": plain(challenge_stage, report_id=lambda scene: scene.report_id, reason="No"),
    "declare_ready": plain(
        declare_ready, packed_refs=lambda scene: scene.refs, packing_list_refs=lambda scene: scene.refs
    ),
    "ship": ship_as,
    "book_carriage": plain(book_carriage, note="Maersk 4711"),
    "not_arrived": plain(tell_not_arrived, new_eta=lambda scene: (scene.at + 40 * DAY).date()),
    "confirm_arrival": arrive_as,
    "extend_inspection": plain(extend_inspection),
    "accept": accept_as,
    "settle_cancellation": settle_as,
}


def prepare(scene: Scene, verb: str) -> None:
    """What the condition of a verb asks for, beyond state and role."""
    order = scene.now
    if verb == "declare_wire" and order.escrow_id:
        due = Instalment.objects.filter(escrow_id=order.escrow_id, due_at__isnull=False, secured_at__isnull=True)
        if order.state in ("AWAITING_PAYMENT", "IN_PRODUCTION", "READY") and due.exists():
            start(escrow_of(order), scene.buyer, sequence=due.get().sequence, method="wire", at=scene.at)
    if verb == "settle_cancellation" and order.state == OrderState.CANCELLED:
        StageReport.objects.filter(order=order, counted_at__isnull=True).update(counted_at=scene.at)


def send_to(scene: Scene, by: Actor) -> None:
    """Before the signature an offer is of the one person it was sent to: each of the buyer's people in turn."""
    if by.user_id is None or scene.now.buyer_id is not None or by.company_id != company_of(scene.buyer).pk:
        return
    email = User.objects.get(pk=by.user_id).email
    Order.objects.filter(pk=scene.order.pk).update(buyer_email=email)
    OfferLink.objects.filter(order=scene.order).update(email=email)


@pytest.mark.parametrize("state", STATES)
def test_every_triple_of(state, build):
    scene = build(state)
    tried, allowed, wrong = 0, 0, {}
    for verb in VERBS:
        for (side, role), by in scene.actors.items():
            tried += 1
            after = expected(state, verb, side, role)
            allowed += after is not None
            wrong[f"{state} {side} {role} {verb}"] = fault_of(scene, verb, by, after)
    assert {triple: fault for triple, fault in wrong.items() if fault} == {}
    assert tried == len(VERBS) * len(ACTORS) == 405
    assert allowed == sum(
        1 if side == "clock" else len(WHO_CLICKS[side, verb]) for verb, sides in STATES[state].items() for side in sides
    )


def fault_of(scene: Scene, verb: str, by: Actor, after: str | None) -> str:
    """Empty when the triple does what the rules say. What is refused writes nothing, or takes back all it wrote."""
    with undone():
        prepare(scene, verb)
        send_to(scene, by)
        refused = ""
        with CaptureQueriesContext(connection) as captured:
            try:
                TRY[verb](scene, by)
            except Refused as refusal:
                refused = refusal.code
        written, locked_first = locked_before_writing(captured)
        if refused:
            taken_back = any(query["sql"].startswith("ROLLBACK TO") for query in captured.captured_queries[-2:])
            return f"refused: {refused}" if after else "refused, and wrote" if written and not taken_back else ""
        if after is None:
            # A clock may find nothing to do; a person is always told.
            return "" if by.is_platform and not written else "was not refused"
        if not written:
            return "changed nothing"
        if not locked_first:
            return "written before locked"
        return "" if scene.now.state == after else f"led to {scene.now.state}"


def test_all_triples_are_tried():
    assert set(VERBS) == set(TRY)
    assert set(VERBS) - set(DRAFTING) == set(ORDER_VERBS)
    assert len(STATES) * len(VERBS) * len(ACTORS) == 6_480
    assert {state.upper() for state in STATES if state.upper() in OrderState.values} == set(OrderState.values)
