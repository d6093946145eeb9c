"""Stages: reported with proof, judged by the buyer or by silence."""

import pytest

from core.errors import IllegalMove, Invalid, NotAllowed, NotFound
from orders.actions.production import (
    NotToBeJudged,
    StageNotLater,
    approve_stage,
    challenge_stage,
    count_unchallenged_stage,
    report_progress,
)
from orders.cancellation_terms import earned_now, earned_share
from orders.models import StageProof, StageReport
from tests.cast import NOW, actor
from tests.orders.steps import DAY, DEPOSIT, fresh, offer, paper, pass_time, prove, report, told, utc


def test_a_report_keeps_its_proof_and_counts_for_nothing_yet(paid_order, seller_sales):
    made = report(paid_order, seller_sales, "MATERIALS")

    assert StageProof.objects.filter(report=made).count() == 1
    assert (made.counted_at, made.reported_by_id) == (None, seller_sales.pk)
    assert earned_share(paid_order) == ("", 0)
    assert fresh(paid_order).version == paid_order.version + 1
    assert told(paid_order)[-1] == "ProgressReported"


def test_an_approved_stage_counts_at_once(paid_order, seller_owner, buyer_purchasing):
    prove(paid_order, seller_owner, buyer_purchasing, "STARTED")
    assert earned_share(paid_order) == ("STARTED", 4000)
    assert earned_now(fresh(paid_order)) == DEPOSIT, "40 % of the price, and no more than is held"


@pytest.mark.parametrize(
    ("stage", "minor"),
    [("MATERIALS", 203_086), ("STARTED", 304_629), ("FINISHED", 304_629), ("PACKED", 304_629), ("INSPECTED", 304_629)],
)
def test_what_each_stage_earns_while_the_deposit_is_held(paid_order, seller_owner, buyer_owner, stage, minor):
    prove(paid_order, seller_owner, buyer_owner, stage)
    assert earned_now(fresh(paid_order)) == minor


def test_silence_counts_after_five_business_days_of_the_buyer(paid_order, seller_owner):
    # Reported on Monday evening in Chicago: five business days later is Monday the 9th, 18:00 (23:00 UTC).
    made = report(paid_order, seller_owner, "MATERIALS")
    due_at = utc("2026-03-09T23:00")
    assert pass_time(due_at - DAY / 86_400) == []
    assert earned_share(paid_order) == ("", 0)
    assert pass_time(due_at) == ["stage_unchallenged"]
    made.refresh_from_db()
    assert (made.counted_at, made.counted_why) == (due_at, "unchallenged")
    assert earned_share(paid_order) == ("MATERIALS", 2000)


def test_a_challenged_stage_counts_for_nothing_and_can_be_reported_again(paid_order, seller_owner, buyer_owner):
    made = report(paid_order, seller_owner, "STARTED")
    challenge_stage(order_id=paid_order.pk, report_id=made.pk, reason="Old photo", by=actor(buyer_owner), at=NOW)

    assert pass_time(NOW + 20 * DAY) == []
    assert earned_share(paid_order) == ("", 0)
    report(paid_order, seller_owner, "STARTED", at=NOW + DAY)
    assert StageReport.objects.filter(order=paid_order).count() == 2


def test_a_challenge_needs_a_reason(paid_order, seller_owner, buyer_owner):
    made = report(paid_order, seller_owner, "STARTED")
    with pytest.raises(Invalid):
        challenge_stage(order_id=paid_order.pk, report_id=made.pk, reason=" ", by=actor(buyer_owner), at=NOW)


def test_a_stage_is_judged_once(paid_order, seller_owner, buyer_owner):
    made = prove(paid_order, seller_owner, buyer_owner, "STARTED")
    for judge in (approve_stage, lambda **given: challenge_stage(reason="No", **given)):
        with pytest.raises(NotToBeJudged):
            judge(order_id=paid_order.pk, report_id=made.pk, by=actor(buyer_owner), at=NOW)
    count_unchallenged_stage(subject_id=made.pk, at=NOW + DAY)
    made.refresh_from_db()
    assert (made.counted_at, made.counted_why) == (NOW, "approved")


@pytest.mark.parametrize("stage", ["MATERIALS", "STARTED"])
def test_stages_go_forward_only(paid_order, seller_owner, stage):
    report(paid_order, seller_owner, "STARTED")
    with pytest.raises(StageNotLater):
        report(paid_order, seller_owner, stage)
    report(paid_order, seller_owner, "FINISHED")


def test_a_report_of_another_order_is_unknown(paid_order, seller_owner, buyer_owner):
    made = report(paid_order, seller_owner, "STARTED")
    other = offer(seller_owner)
    with pytest.raises((NotFound, IllegalMove)):
        approve_stage(order_id=other.pk, report_id=made.pk, by=actor(buyer_owner), at=NOW)
    made.refresh_from_db()
    assert made.counted_at is None


def test_proof_must_be_the_orders_own(paid_order, seller_owner):
    other = paper(offer(seller_owner), seller_owner)
    for refs, stage in (([], "STARTED"), ([other], "STARTED"), (["doc_nothing"], "STARTED"), ([other], "SINGING")):
        with pytest.raises(Invalid):
            report_progress(
                order_id=paid_order.pk, stage=stage, document_refs=refs, note="", by=actor(seller_owner), at=NOW
            )
    assert not StageReport.objects.exists()


@pytest.mark.parametrize(("who", "refusal"), [("buyer_owner", NotAllowed), ("stranger", NotFound)])
def test_only_the_seller_reports(request, paid_order, seller_owner, who, refusal):
    refs = [paper(paid_order, seller_owner)]
    with pytest.raises(refusal):
        report_progress(
            order_id=paid_order.pk,
            stage="STARTED",
            document_refs=refs,
            note="",
            by=actor(request.getfixturevalue(who)),
            at=NOW,
        )


def test_only_the_buyer_judges(paid_order, seller_owner, buyer_viewer, buyer_finance, stranger):
    made = report(paid_order, seller_owner, "STARTED")
    for user, refusal in (
        (seller_owner, NotAllowed),
        (buyer_viewer, NotAllowed),
        (buyer_finance, NotAllowed),
        (stranger, NotFound),
    ):
        with pytest.raises(refusal):
            approve_stage(order_id=paid_order.pk, report_id=made.pk, by=actor(user), at=NOW)
    assert earned_share(paid_order) == ("", 0)
