"""The buyer signs while the seller takes the offer back: one of them wins, whole."""

from functools import partial

import pytest

from core.errors import IllegalMove, Stale
from orders.actions.draft import create_draft, save_parties
from orders.actions.offer import confirm_order, send_order, withdraw_offer
from orders.drafting import Parties
from orders.models import Order, OrderState, Shipment, Signature, Terms
from orders.queries import last_terms
from payments.models import Escrow
from tests.cast import NOW, actor
from tests.concurrency.racing import locks_before_writing, locks_off, meeting_before, run_at_once
from tests.orders.conftest import complete, confirmed_order, draft_order, empty_draft, offered_order

__all__ = ["complete", "confirmed_order", "draft_order", "empty_draft", "offered_order"]

pytestmark = pytest.mark.django_db(transaction=True)


def signing(order: Order, user):
    terms = last_terms(order)
    assert terms is not None
    return partial(confirm_order, order_id=order.pk, terms_sha256=terms.sha256, by=actor(user), at=NOW)


def test_signing_and_withdrawing_at_once(offered_order, seller_owner, buyer_owner):
    withdraw = partial(withdraw_offer, order_id=offered_order.pk, by=actor(seller_owner), at=NOW)
    results = run_at_once(signing(offered_order, buyer_owner), withdraw)

    refused = [result for result in results if isinstance(result, Exception)]
    assert len(refused) == 1 and isinstance(refused[0], IllegalMove)
    offered_order.refresh_from_db()
    signed = offered_order.state == OrderState.AWAITING_PAYMENT
    assert offered_order.state in (OrderState.AWAITING_PAYMENT, OrderState.DRAFT)
    assert Escrow.objects.count() == Shipment.objects.count() == int(signed)
    assert Signature.objects.filter(side="buyer").count() == int(signed)


def test_signing_in_two_windows_signs_once(offered_order, buyer_owner):
    results = run_at_once(signing(offered_order, buyer_owner), signing(offered_order, buyer_owner))
    assert [type(result) for result in results if isinstance(result, Exception)] == [IllegalMove]
    assert Escrow.objects.count() == 1
    assert Signature.objects.filter(side="buyer").count() == 1


def test_without_the_lock_the_database_still_refuses(offered_order, buyer_owner):
    """The race is real: both read OFFERED; a constraint stops the second."""
    first, second = signing(offered_order, buyer_owner), signing(offered_order, buyer_owner)
    with locks_off(), meeting_before("orders.actions.offer.hash_of"):
        results = run_at_once(first, second)
    errors = [type(result).__name__ for result in results if isinstance(result, Exception)]
    assert errors == ["IntegrityError"]
    assert Escrow.objects.count() == 1


def test_the_lock_comes_before_the_first_write(offered_order, buyer_owner):
    sign = signing(offered_order, buyer_owner)
    with locks_before_writing():
        sign()


def test_two_save_the_same_version_once(empty_draft, seller_owner, seller_sales):
    results = run_at_once(
        *(
            partial(
                save_parties,
                order_id=empty_draft.pk,
                seen_version=1,
                parties=Parties(seller_ref=f"ref {user.pk}"),
                by=actor(user),
                at=NOW,
            )
            for user in (seller_owner, seller_sales)
        )
    )
    assert [type(result) for result in results if isinstance(result, Exception)] == [Stale]
    empty_draft.refresh_from_db()
    assert empty_draft.version == 2


def test_sending_twice_at_once_makes_one_offer(draft_order, seller_owner, seller_sales):
    results = run_at_once(
        *(
            partial(send_order, order_id=draft_order.pk, seen_version=draft_order.version, by=actor(user), at=NOW)
            for user in (seller_owner, seller_sales)
        )
    )
    assert len([result for result in results if isinstance(result, IllegalMove)]) == 1
    assert Terms.objects.count() == Signature.objects.count() == 1


def test_numbers_are_given_once(seller_owner):
    drafts = run_at_once(partial(create_draft, by=actor(seller_owner), at=NOW), count=4)
    assert sorted(draft.number for draft in drafts) == [f"TA-2026-{number:06d}" for number in (1, 2, 3, 4)]
