"""Letters about money: each subject has the reader's own reference, the amount and the day, in the reader's zone."""

import dataclasses

import pytest

from messaging.models import Mail, Notice
from payments import events
from payments.actions.payout import request_payout
from payments.actions.sending import record_payout_failed
from payments.mailing import LETTERS, tell_of_money
from payments.models import Payment, Refund
from tests.cast import NOW, company_of
from tests.payments.steps import money, new_escrow, pay, receive, release_all, sent_payout

SELLERS_DAY, BUYERS_DAY = "2026-03-03", "2026-03-02"
"""Of the same moment: 09:00 in Vietnam, 20:00 of the day before in Chicago."""
AMOUNT = 123_456


@pytest.fixture
def given(buyer_owner, seller_owner, platform):
    """What the events of every letter name: a payment that was too much, its refund, and a payout."""
    escrow = deal(buyer_owner, seller_owner)
    payment = Payment.objects.get(escrow=escrow)
    receive(payment, money(50_000))
    payout = request_payout(company_id=escrow.payee_id, currency="USD", by=platform, at=NOW)
    Mail.objects.all().delete()
    return {
        "escrow_id": escrow.pk,
        "payment_id": payment.pk,
        "refund_id": Refund.objects.get(escrow=escrow).pk,
        "payout_id": payout.pk,
        "company_id": escrow.payee_id,
        "currency": "USD",
        "amount_minor": AMOUNT,
        "missing_minor": AMOUNT,
        "escrow_ids": [escrow.pk],
        "code": "declined",
        "at": NOW,
    }


def told(event_type, given):
    tell_of_money(event_type(**{field.name: given[field.name] for field in dataclasses.fields(event_type)}))
    return list(Mail.objects.order_by("pk").values_list("to", "subject"))


def deal(buyer_owner, seller_owner, currency="USD"):
    """Paid and released; EUR has no account to go to."""
    escrow = new_escrow(buyer_owner, seller_owner, amounts=[250_000], currency=currency)
    pay(escrow, buyer_owner)
    release_all(escrow)
    return escrow


@pytest.mark.parametrize("event_type", list(LETTERS), ids=lambda event_type: event_type.__name__)
def test_subject_of(event_type, given, buyer_owner, seller_owner):
    letter = LETTERS[event_type]
    reader, own, day = (
        (buyer_owner, "PO-77", BUYERS_DAY) if letter.side == "payer" else (seller_owner, "INV-9", SELLERS_DAY)
    )
    amount = "USD 2,500.00" if event_type is events.PaymentFailed else "USD 1,234.56"
    if event_type is events.PayoutWaits:
        deal(buyer_owner, seller_owner, "EUR")
        given["currency"], amount = "EUR", "EUR 1,234.56"
    subject = f"{own}: {letter.headline} · {amount} · {day}"
    assert told(event_type, given) == [(reader.email, subject)]
    assert told(event_type, given) == [(reader.email, subject)], "once"
    assert Notice.objects.filter(title=subject).count() == 1


def test_money_in_two_currencies_at_one_moment_is_told_of_twice(given, buyer_owner):
    told(events.MoneyAfterStop, given)
    letters = told(events.MoneyAfterStop, given | {"currency": "EUR"})
    assert [subject.split(" · ")[1] for _to, subject in letters] == ["USD 1,234.56", "EUR 1,234.56"]


def test_a_payout_of_many_deals_names_three_and_one_that_came_back_still_names_its_own(
    buyer_owner, seller_owner, platform
):
    for _number in range(5):
        deal(buyer_owner, seller_owner)
    payout = request_payout(company_id=company_of(seller_owner).pk, currency="USD", by=platform, at=NOW)
    given = {"payout_id": payout.pk, "company_id": payout.company_id, "amount_minor": AMOUNT, "code": "closed"}
    names = "INV-9, INV-9, INV-9, + 2: Payout"
    assert told(events.PayoutSent, given | {"at": NOW})[0][1].startswith(f"{names} sent")
    record_payout_failed(payout_id=sent_payout(payout).pk, failure_code="closed", by=platform, at=NOW)
    assert told(events.PayoutFailed, given | {"at": NOW})[-1][1].startswith(f"{names} did not arrive")
