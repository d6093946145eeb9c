"""Orders' money by Stripe: paid on its page, refunded, paid out, with its fees, to the cent of its own record."""

from collections.abc import Callable

import pytest

from companies.actions import add_payout_account, remove_payout_account, verify_payout_account
from companies.models import PayoutAccount, User
from core.actors import platform
from payments.actions.funding import stop_funding
from payments.actions.release import refund_rest
from payments.exchanges.pay import start_payment
from payments.exchanges.payouts import ask_about_payout, send_payout
from payments.exchanges.refunds import ask_about_refund, send_refund
from payments.gateways.base import Rejected
from payments.gateways.registry import gateway
from payments.models import Payment, PaymentState, Payout, Refund, SendState, Transfer, TransferKind
from payments.queries import balance_minor, money_of
from payments.tasks import process_gateway_events
from tests.cast import LONG_AGO, NOW, actor, company_of
from tests.payments.exchanges.scene import Deal, ask, catch_up, owe_payout, start
from tests.payments.exchanges.stripe_scene import OnPage, deal_by_stripe, hear_all, stripe_runs
from tests.sandbox.stripe_running import (
    ACCOUNT,
    DECLINED_CARD,
    GOOD_CARD,
    REFUND_FAILS_CARD,
    SECOND_STEP_CARD,
    RunningStripe,
)

__all__ = ["deal_by_stripe", "stripe_runs"]
pytestmark = pytest.mark.django_db(transaction=True)

PRICE_MINOR, CARD_FEE_MINOR, PAYOUT_MINOR = 125_000, 3_655, 122_500
NewDeal = Callable[[str], Deal]


def begin(deal: Deal, running: RunningStripe, method: str = "card") -> tuple[Payment, OnPage]:
    payment = start(deal, method)
    assert payment.state == PaymentState.PENDING
    assert payment.checkout_url == f"{running.url}/c/pay/{payment.gateway_id}"
    return payment, OnPage(running, payment)


def pay(deal: Deal, running: RunningStripe, card: str = GOOD_CARD) -> Payment:
    payment, page = begin(deal, running)
    page.press(test_card=card)
    return ask(payment)


def connect(seller: User, number: str) -> None:
    """From now on the seller's USD go to this account at Stripe."""
    company_id, by = company_of(seller).pk, actor(seller)
    for old in PayoutAccount.objects.filter(company_id=company_id, removed_at__isnull=True):
        remove_payout_account(reference=old.reference, company_id=company_id, by=by, at=LONG_AGO)
    new = add_payout_account(
        company_id=company_id,
        currency="USD",
        holder="Binh Minh",
        number=number,
        bic="BFTVVNVX",
        bank_name="Vietcombank",
        country="VN",
        by=by,
        at=LONG_AGO,
    )
    verify_payout_account(reference=new.reference, by=platform("admin"), at=LONG_AGO)


# --- in ---------------------------------------------------------------------------------------------------------------
def test_a_card_with_a_second_step_secures_and_stripes_fee_is_a_cost(
    stripe_runs: RunningStripe, deal_by_stripe: NewDeal
) -> None:
    deal = deal_by_stripe("USD")
    payment, page = begin(deal, stripe_runs)
    page.press(test_card=SECOND_STEP_CARD)
    assert ask(payment).state == PaymentState.PENDING
    page.press("/confirm", answer="is_me")
    assert ask(payment).state == PaymentState.SECURED
    for _ in range(2):
        catch_up(gateway_name="stripe", since=0, at=NOW)
    assert money_of(deal.escrow_id).held_minor == PRICE_MINOR
    assert balance_minor("clearing:stripe:USD") == PRICE_MINOR - CARD_FEE_MINOR
    assert balance_minor("costs:USD") == CARD_FEE_MINOR


def test_a_declined_card_leaves_the_attempt_open_for_another_card(
    stripe_runs: RunningStripe, deal_by_stripe: NewDeal
) -> None:
    payment, page = begin(deal_by_stripe("USD"), stripe_runs)
    page.press(test_card=DECLINED_CARD)
    assert ask(payment).state == PaymentState.PENDING
    page.press(test_card=GOOD_CARD)
    assert ask(payment).state == PaymentState.SECURED


def test_a_bank_that_answers_late_keeps_the_payment_open_until_then(
    stripe_runs: RunningStripe, deal_by_stripe: NewDeal
) -> None:
    states = {}
    for answer in ("authorise", "authorise_late", "fail_late"):
        payment, page = begin(deal_by_stripe("EUR"), stripe_runs, "transfer")
        page.press(method="ideal")
        page.press("/bank", answer=answer)
        states[answer] = ask(payment).state
        stripe_runs.control("settle")
        seen = ask(payment)
        states[f"{answer}, then"] = (seen.state, seen.failure_code)
    assert states == {
        "authorise": "SECURED",
        "authorise, then": ("SECURED", ""),
        "authorise_late": "PENDING",
        "authorise_late, then": ("SECURED", ""),
        "fail_late": "PENDING",
        "fail_late, then": ("FAILED", "payment_intent_payment_attempt_failed"),
    }


def test_another_method_closes_the_page_of_the_first(stripe_runs: RunningStripe, deal_by_stripe: NewDeal) -> None:
    deal = deal_by_stripe("EUR")
    first, page = begin(deal, stripe_runs)
    second, _page = begin(deal, stripe_runs, "transfer")
    page.press(test_card=GOOD_CARD)
    assert (ask(first).state, second.method) == (PaymentState.ABANDONED, "transfer")
    assert stripe_runs.lines() == []


def test_money_of_a_bank_that_comes_after_the_stop_goes_back(
    stripe_runs: RunningStripe, deal_by_stripe: NewDeal
) -> None:
    deal = deal_by_stripe("EUR")
    payment, page = begin(deal, stripe_runs, "transfer")
    page.press(method="bancontact")
    page.press("/bank", answer="authorise_late")
    stop_funding(escrow_id=deal.escrow_id, reason="expired", by=platform(), at=NOW)
    assert ask(payment).state == PaymentState.PENDING, "the bank can't be stopped any more"
    stripe_runs.control("settle")
    assert ask(payment).state == PaymentState.ABANDONED
    refund = Refund.objects.get(payment=payment)
    send_refund(refund_id=refund.pk, at=NOW)
    refund.refresh_from_db()
    assert (refund.amount_minor, refund.state) == (PRICE_MINOR, SendState.PAID)


def test_what_stripe_cannot_carry_is_refused_before_any_call(
    stripe_runs: RunningStripe, deal_by_stripe: NewDeal
) -> None:
    client = gateway("stripe")
    order = {"key": "k", "reference": "pay_1", "return_url": "http://127.0.0.1/", "description": ""}
    refusals = []
    for amount_minor, currency, method in (
        (100_000_000, "USD", "card"),
        (12_345, "KWD", "card"),
        (12_345, "USD", "transfer"),
        (12_345, "EUR", "wire"),
    ):
        with pytest.raises(Rejected) as refusal:
            client.create_payment(amount_minor=amount_minor, currency=currency, method=method, **order)
        refusals.append(refusal.value.code)
    assert refusals == ["amount_too_large", "amount_not_carried", "method_not_carried", "method_not_carried"]
    assert stripe_runs.api.checkout.sessions.list().data == []
    payment = start_payment(
        instalment_id=deal_by_stripe("USD").instalment_ids[0], method="transfer", return_url="http://127.0.0.1/b",
        by=deal_by_stripe("USD").payer, at=NOW,
    )  # fmt: skip
    assert (payment.state, payment.failure_code) == (PaymentState.FAILED, "method_not_carried")


# --- out --------------------------------------------------------------------------------------------------------------
def test_a_refund_leaves_at_once_and_one_that_fails_is_owed_again(
    stripe_runs: RunningStripe, deal_by_stripe: NewDeal
) -> None:
    deal = deal_by_stripe("USD")
    pay(deal, stripe_runs, REFUND_FAILS_CARD)
    [refund] = refund_rest(escrow_id=deal.escrow_id, reason="cancelled", by=platform(), at=NOW)
    send_refund(refund_id=refund.pk, at=NOW)
    refund.refresh_from_db()
    assert refund.state == SendState.PAID
    stripe_runs.control("settle")
    ask_about_refund(refund_id=refund.pk, at=NOW)
    refund.refresh_from_db()
    assert (refund.state, refund.failure_code) == (SendState.RETURNED, "lost_or_stolen_card")


@pytest.mark.parametrize(
    ("number", "state", "code"),
    [
        (ACCOUNT, SendState.PAID, ""),
        ("acct_9f8e7d6c0002", SendState.FAILED, "account_invalid"),
        ("acct_9f8e7d6c0003", SendState.RETURNED, "reversed"),
        ("0071000123456", SendState.FAILED, "account_not_connected"),
    ],
)
def test_a_payout_is_a_transfer_to_the_sellers_account_at_stripe(
    stripe_runs: RunningStripe, deal_by_stripe: NewDeal, seller_owner: User, number: str, state: str, code: str
) -> None:
    connect(seller_owner, number)
    pay(deal_by_stripe("USD"), stripe_runs)
    deal = deal_by_stripe("USD")
    pay(deal, stripe_runs)
    payout = owe_payout(deal)
    send_payout(payout_id=payout.pk, at=NOW)
    stripe_runs.control("settle")
    if state == SendState.RETURNED:
        ask_about_payout(payout_id=payout.pk, at=NOW)
    payout = Payout.objects.get(pk=payout.pk)
    assert (payout.state, payout.failure_code, payout.amount_minor) == (state, code, PAYOUT_MINOR)


def test_what_stripe_pays_to_our_bank_is_on_its_way_there_once(
    stripe_runs: RunningStripe, deal_by_stripe: NewDeal
) -> None:
    pay(deal_by_stripe("USD"), stripe_runs)
    stripe_runs.api.payouts.create({"amount": 20_000, "currency": "usd"})
    for _ in range(2):
        catch_up(gateway_name="stripe", since=0, at=NOW)
    assert balance_minor("clearing:settling:USD") == 20_000
    assert balance_minor("clearing:stripe:USD") == PRICE_MINOR - CARD_FEE_MINOR - 20_000
    assert Transfer.objects.filter(kind=TransferKind.SETTLEMENT).count() == 1


# --- news, charge-backs -----------------------------------------------------------------------------------------------
def test_events_backwards_and_twice_change_nothing_twice(stripe_runs: RunningStripe, deal_by_stripe: NewDeal) -> None:
    deal = deal_by_stripe("USD")
    payment, page = begin(deal, stripe_runs)
    page.press(test_card=DECLINED_CARD)
    page.press(test_card=GOOD_CARD)
    assert hear_all(stripe_runs) == hear_all(stripe_runs) >= 5
    process_gateway_events()
    payment.refresh_from_db()
    assert (payment.state, payment.received_minor) == (PaymentState.SECURED, PRICE_MINOR)
    assert money_of(deal.escrow_id).held_minor == PRICE_MINOR
