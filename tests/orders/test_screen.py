"""What the order page shows at a glance: whose turn it is, and money that went each way."""

from datetime import timedelta

from django.test import Client

from companies.actions import remove_payout_account
from companies.models import PayoutAccount, User
from core.actors import platform
from core.events import run_courier
from messaging.models import Mail
from orders.api.shown import order_view
from orders.models import Order
from orders.queries import prices_of
from orders.screen import OrderScreen, order_screen
from payments.actions.refunds import retry_refund
from payments.actions.sending import claim_refund, record_refund_failed, record_refund_paid
from payments.models import Refund
from tests.cast import NOW, actor
from tests.orders import steps
from tests.orders.steps import BALANCE, DAY, DEPOSIT, TOTAL
from tests.payments.steps import sent_refund


def screen(order: Order, user: User) -> OrderScreen:
    fresh = Order.objects.select_related("seller", "buyer", "escrow", "folder").get(pk=order.pk)
    return order_screen(fresh, actor(user), NOW)


def rows(order: Order, user: User) -> list[tuple[int, int | None, int | None, int | None, str]]:
    return [
        (row.due_minor, row.held_minor, row.released_minor, row.refunded_minor, str(row.state_label))
        for row in screen(order, user).money_rows
    ]


def test_money_that_was_divided_is_shown_where_it_went(seller_owner: User, buyer_owner: User) -> None:
    order = steps.produce(seller_owner, buyer_owner)
    assert rows(order, buyer_owner)[0] == (DEPOSIT, DEPOSIT, 0, 0, "Received and held")
    steps.prove(order, seller_owner, buyer_owner, "MATERIALS")
    steps.cancel(steps.fresh(order), buyer_owner)
    assert str(screen(order, seller_owner).next_step.title).startswith("Prove a later stage")
    steps.pass_time(NOW + 10 * DAY)
    earned = TOTAL * 20 // 100
    assert rows(order, buyer_owner) == [
        (DEPOSIT, 0, earned, 0, "Divided"),
        (BALANCE, 0, 0, 0, "No longer due"),
    ]


def test_money_that_went_back_whole_is_refunded(seller_owner: User, buyer_owner: User) -> None:
    order = steps.produce(seller_owner, buyer_owner)
    steps.cancel(order, seller_owner)
    assert rows(order, buyer_owner)[0] == (DEPOSIT, 0, 0, 0, "Still to go back")
    refund = sent_refund(Refund.objects.get())
    record_refund_paid(refund_id=refund.pk, by=platform("gateway"), at=NOW)
    assert rows(order, buyer_owner)[0] == (DEPOSIT, 0, 0, DEPOSIT, "Refunded")


def test_released_money_waits_for_an_account_of_the_seller(seller_owner: User, buyer_owner: User) -> None:
    order = steps.produce(seller_owner, buyer_owner, payment=steps.ALL_AT_ONCE, term=steps.CIF)
    order = steps.ship(steps.ready(order, seller_owner), seller_owner)
    steps.accept(steps.arrive(order, buyer_owner), buyer_owner)
    turn = screen(order, buyer_owner).next_step
    assert (turn.who, str(turn.title)) == ("the platform", "Pay out to the seller within one business day")
    account = PayoutAccount.objects.get()
    remove_payout_account(reference=account.reference, company_id=account.company_id, by=actor(seller_owner), at=NOW)
    turn = screen(order, seller_owner).next_step
    assert turn.mine and "payout account" in str(turn.title)


def test_a_stage_says_when_it_counts_and_who_may_judge(seller_owner: User, buyer_owner: User) -> None:
    order = steps.produce(seller_owner, buyer_owner)
    report = steps.report(order, seller_owner, "STARTED")
    [mine], [theirs] = screen(order, seller_owner).reports, screen(order, buyer_owner).reports
    assert mine.counts_at == theirs.counts_at and mine.counts_at > NOW + timedelta(days=5)
    assert (mine.may_judge, theirs.may_judge) == (False, True)
    assert [each.file_name for each in theirs.proofs] == ["a.pdf"]
    assert theirs.report == report


def test_a_reported_stage_is_the_buyers_turn_also_after_a_cancellation(seller_owner: User, buyer_owner: User) -> None:
    order = steps.produce(seller_owner, buyer_owner)
    steps.report(order, seller_owner, "MATERIALS")
    for _state in ("in production", "cancelled"):
        turn, [row] = screen(order, buyer_owner).next_step, screen(order, buyer_owner).reports
        assert turn.mine and "approve or challenge: Materials bought" in str(turn.title)
        assert turn.due == row.counts_at
        assert "judge_stage" in [button.verb for button in screen(order, buyer_owner).buttons]
        assert screen(order, seller_owner).next_step.mine
        assert "judge_stage" not in [button.verb for button in screen(order, seller_owner).buttons]
        if order.state != "CANCELLED":
            order = steps.cancel(order, buyer_owner).order
    shown = order_view(steps.fresh(order), actor(buyer_owner), NOW)
    assert set(shown["may"]) == {"approve_stage", "challenge_stage"}
    late = order_screen(steps.fresh(order), actor(seller_owner), NOW + 4 * DAY)
    assert (late.next_step.mine, late.prove_until, [each.verb for each in late.buttons]) == (False, None, [])
    assert order_view(steps.fresh(order), actor(seller_owner), NOW + 4 * DAY)["may"] == []
    steps.pass_time(NOW + 20 * DAY)
    over = screen(order, buyer_owner)
    assert (over.next_step, over.buttons, over.reports[0].counts_at) == (None, [], None)
    assert order_view(steps.fresh(order), actor(buyer_owner), NOW)["may"] == []


def test_prices_are_those_of_the_offers_made_last(seller_owner: User) -> None:
    draft, offer = steps.draft(seller_owner), steps.offer(seller_owner)
    prices = prices_of([draft, offer])
    assert {pk: (price.minor, price.currency) for pk, price in prices.items()} == {offer.pk: (TOTAL, "USD")}


def test_a_late_order_says_so_in_its_turn(seller_owner: User, buyer_owner: User) -> None:
    order = steps.produce(seller_owner, buyer_owner)
    due_at = steps.clocks_of(order)["ship_date"]
    fresh = Order.objects.select_related("seller", "buyer", "escrow", "folder").get(pk=order.pk)
    in_time = order_screen(fresh, actor(seller_owner), due_at)
    late = order_screen(fresh, actor(seller_owner), due_at + DAY)
    assert [str(each.next_step.title) for each in (in_time, late)] == [
        "Make the goods and ship in time",
        "Ship the goods: they are late",
    ]
    assert (in_time.days_late, late.days_late) == (0, 1)


def test_each_refund_is_shown_with_its_reference(seller_owner: User, buyer_owner: User) -> None:
    order = steps.produce(seller_owner, buyer_owner)
    steps.cancel(order, seller_owner)
    refund = Refund.objects.get()
    assert [(row.reference, str(words)) for row, words, _colour in screen(order, buyer_owner).refund_rows] == [
        (refund.reference, "Requested")
    ]
    claim_refund(refund_id=refund.pk, by=platform(), at=NOW)
    record_refund_failed(refund_id=refund.pk, failure_code="AC04", by=platform(), at=NOW)
    assert str(screen(order, buyer_owner).refund_rows[0][1]) == "Did not arrive: our staff look into it"
    client = Client()
    for user, told in ((buyer_owner, True), (seller_owner, False)):
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert ("You need to do nothing unless they write" in client.get(f"/orders/{order.reference}/").text) == told
    new = retry_refund(refund_id=refund.pk, by=platform(), at=NOW)
    assert [row.reference for row, *_words in screen(order, buyer_owner).refund_rows] == [new.reference]
    claim_refund(refund_id=new.pk, by=platform(), at=NOW)
    record_refund_paid(refund_id=new.pk, gateway_id="sr_1", by=platform(), at=NOW)
    run_courier()
    mail = Mail.objects.get(kind="RefundPaid", to=buyer_owner.email)
    assert new.reference in mail.body_text
    failed = Mail.objects.get(kind="RefundFailed", to=buyer_owner.email)
    assert "did not arrive. It is still yours." in failed.body_text and "send it again" in failed.body_text
    client.force_login(buyer_owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    shown = client.get(f"/orders/{order.reference}/").text
    assert new.reference in shown and refund.reference not in shown
    told = client.get(f"/api/v1/orders/{order.reference}/").json()["money"]["refunds"]
    assert [(row["reference"], row["state"], row["amount"]["amount_minor"]) for row in told] == [
        (new.reference, "PAID", DEPOSIT)
    ]
