"""What the cancel page promises: how much may still go to the seller, and the day on which the money is divided."""

from core.actors import platform
from orders.actions.production import challenge_stage
from orders.cancellation_terms import what_cancelling_means
from orders.models import Cancellation
from orders.queries import timeline
from payments.actions.sending import record_refund_paid
from payments.models import Refund
from tests.cast import NOW, actor
from tests.orders.steps import DAY, DEPOSIT, SECOND, TOTAL, cancel, divided, escrow_of, fresh, pass_time, report, utc
from tests.payments.steps import money as receipt
from tests.payments.steps import receive, sent_refund, start

SETTLES = utc("2026-03-06T11:00")
"""Three business days of the seller after Tuesday 3 March: Friday, at the close."""


def test_the_page_says_what_reported_stages_will_take_if_nobody_challenges_them(paid_order, seller_owner, buyer_owner):
    report(paid_order, seller_owner, "MATERIALS")
    started = report(paid_order, seller_owner, "STARTED")
    said = what_cancelling_means(fresh(paid_order), "buyer", NOW)
    assert (said.seller_keeps_minor, said.buyer_gets_minor) == (0, DEPOSIT)
    assert said.seller_may_keep_minor == min(40 * TOTAL // 100, DEPOSIT)
    no = "Nothing has started."
    challenge_stage(order_id=paid_order.pk, report_id=started.pk, reason=no, by=actor(buyer_owner), at=NOW)
    assert what_cancelling_means(fresh(paid_order), "buyer", NOW).seller_may_keep_minor == 203_086


def test_the_day_that_is_promised_is_the_day_the_money_moves(paid_order, seller_owner, buyer_owner):
    """Reported on Monday evening in Chicago, a stage counts on Monday the 9th: after the seller's three days."""
    counts_at = utc("2026-03-09T23:00")
    report(paid_order, seller_owner, "MATERIALS")
    said = what_cancelling_means(fresh(paid_order), "buyer", NOW)
    assert (said.prove_until, said.settle_at) == (SETTLES, counts_at + 60 * SECOND)
    assert cancel(paid_order, buyer_owner).settle_at == said.settle_at
    later = report(paid_order, seller_owner, "STARTED", at=SETTLES - 3600 * SECOND)
    assert Cancellation.objects.get().settle_at == utc("2026-03-13T23:01")
    challenge_stage(order_id=paid_order.pk, report_id=later.pk, reason="No", by=actor(buyer_owner), at=SETTLES)
    assert Cancellation.objects.get().settle_at == said.settle_at
    pass_time(said.settle_at - SECOND)
    assert divided(paid_order)[0] == DEPOSIT
    pass_time(said.settle_at)
    assert divided(paid_order) == (0, 203_086, DEPOSIT - 203_086)
    assert [(line.verb, line.amount_minor) for line in timeline(fresh(paid_order))[-2:]] == [
        ("refund_owed", DEPOSIT - 203_086),
        ("money_divided", 203_086),
    ]


def test_what_came_over_and_went_back_stands_in_the_story(confirmed_order, buyer_owner, client):
    payment = start(escrow_of(confirmed_order), buyer_owner, method="wire")
    receive(payment, receipt(DEPOSIT + 5_000), status="succeeded")
    refund = sent_refund(Refund.objects.get())
    record_refund_paid(refund_id=refund.pk, by=platform("gateway"), at=NOW + DAY)
    client.force_login(buyer_owner)
    told = client.get(f"/api/v1/orders/{confirmed_order.reference}/timeline/").json()["results"]
    over = {"amount_minor": 5_000, "currency": "USD"}
    money = {row["verb"]: row["amount"] for row in told if row["amount"]}
    assert money == {"over_payment": over, "refund_paid": over}
    shown = client.get(f"/orders/{confirmed_order.reference}/").text
    assert "More than was due arrived; it goes back" in shown and "Refund paid" in shown
