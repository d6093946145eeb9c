"""Letters about money: failed and short payments, refunds, payouts. To those whose role it concerns, once per event."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from companies.queries import staff_to_tell
from core.events import name_of, subscribe
from core.money import format_money
from messaging.actions import tell
from messaging.words import date_words
from payments import events
from payments.models import Escrow, Payment, Payout, Refund, Release
from payments.models.account_codes import payable
from payments.sending_words import payout_next_words, refund_next_words

NAMED = 3
"""A subject names so many deals of a payout, and the number of the others."""


@dataclass(frozen=True)
class Letter:
    """`side`: payer or payee of the escrow, or company (of a payout).

    Placeholders: {title} {amount} {account} {reason} {reference}.
    """

    side: str
    verb: str
    headline: Any
    body: Any


_PAYOUT, _REFUND = gettext_lazy("a payout"), gettext_lazy("a refund")

LETTERS: dict[type, Letter] = {
    events.PaymentFailed: Letter(
        "payer",
        "pay",
        gettext_lazy("Payment failed"),
        gettext_lazy("Your payment for {title} did not go through. Nothing was taken. Open the order and try again."),
    ),
    events.WireShort: Letter(
        "payer",
        "pay",
        gettext_lazy("Wire arrived short"),
        gettext_lazy("Part of your wire for {title} arrived. {amount} is still to come, under the same reference."),
    ),
    events.MoneyAfterStop: Letter(
        "payer",
        "pay",
        gettext_lazy("Late money goes back"),
        gettext_lazy("{amount} for {title} arrived after the order had ended. It is refunded in full."),
    ),
    events.MoneyOnEndedAttempt: Letter(
        "payer",
        "pay",
        gettext_lazy("Payment goes back"),
        gettext_lazy(
            "{amount} for {title} arrived by a way of paying that was closed or replaced. It is refunded in full. "
            "The order shows whether something is still to pay."
        ),
    ),
    events.OverpaymentReceived: Letter(
        "payer",
        "pay",
        gettext_lazy("Too much was paid"),
        gettext_lazy("{amount} more than was due arrived for {title}. It is refunded."),
    ),
    events.RefundPaid: Letter(
        "payer",
        "read",
        gettext_lazy("Refund paid"),
        gettext_lazy("{amount} for {title} was sent back to you. Reference: {reference}."),
    ),
    events.RefundFailed: Letter(
        "payer",
        "read",
        gettext_lazy("Refund could not be paid"),
        gettext_lazy("{amount} for {title} did not arrive. {next}"),
    ),
    events.PayoutSent: Letter(
        "company",
        "payout",
        gettext_lazy("Payout sent"),
        gettext_lazy("{amount} is on its way to your account {account}. {title}"),
    ),
    events.PayoutPaid: Letter(
        "company",
        "payout",
        gettext_lazy("Payout paid"),
        gettext_lazy("{amount} was paid to your account {account}. {title}"),
    ),
    events.PayoutFailed: Letter(
        "company",
        "payout",
        gettext_lazy("Payout did not arrive"),
        gettext_lazy("{amount} did not arrive at your account {account}. {next}"),
    ),
    events.RefundDeclined: Letter(
        "payer",
        "read",
        gettext_lazy("Refund held for a second look"),
        gettext_lazy(
            "{amount} for {title} was not sent yet: the platform's second check stopped it. "
            "It is still yours; staff look into it."
        ),
    ),
    events.PayoutDeclined: Letter(
        "company",
        "payout",
        gettext_lazy("Payout stopped by the platform's second check"),
        gettext_lazy("{amount} was not sent. The money is yours and payable again. The reason: {reason}"),
    ),
    events.PayoutWaits: Letter(
        "company",
        "payout",
        gettext_lazy("Payout waits for an account"),
        gettext_lazy("{amount} is yours, and you have no usable account in that currency. Add one, or wait 72 hours."),
    ),
}


def connect() -> None:
    """Subscribe the letters; called by the wiring."""
    for event_type in LETTERS:
        subscribe(event_type, tell_of_money)
    for asked in (events.PayoutRequested, events.RefundRequested):
        subscribe(asked, ask_treasurers)


def ask_treasurers(happened: Any) -> None:
    """A large payout or refund was asked for: every treasurer is told that it waits for two of them."""
    is_payout = isinstance(happened, events.PayoutRequested)
    model, row_id = (Payout, happened.payout_id) if is_payout else (Refund, happened.refund_id)
    row: Any = model._default_manager.get(pk=row_id)
    if not row.waits_for_approval:
        return
    noun = _PAYOUT if is_payout else _REFUND
    tell(
        key=f"large-{row._meta.model_name}-to-approve:{row.pk}",
        users=staff_to_tell("treasurer"),
        kind="large_money_to_approve",
        subject=lambda: _("To approve: %(what)s of %(amount)s") % {"what": noun, "amount": _amount_of(row)},
        lines=[gettext_lazy("It is large, so it is sent only after two treasurers approved it.")],
        at=happened.at,
        url=reverse(f"admin:payments_{row._meta.model_name}_change", args=[row.pk]),
        why=gettext_lazy("You get this because you are staff."),
    )


def _amount_of(row: Any) -> str:
    return format_money(row.amount_minor, row.currency)


def tell_of_money(happened: Any) -> None:
    letter = LETTERS[type(happened)]
    facts = _facts(happened, letter)
    if letter is LETTERS[events.OverpaymentReceived] and facts["currency"] != facts["own_currency"]:
        return  # Not too much, but in another currency: `payments.wire_mailing` tells both sides.
    tell(
        key=_key_of(happened, facts),
        kind=type(happened).__name__,
        subject=lambda: (
            f"{facts['own']}: {letter.headline} · {_amount(facts)} · {date_words(happened.at)}".removeprefix(": ")
        ),
        lines=[lambda: _filled(letter.body, facts)],
        at=happened.at,
        url=f"{settings.SITE_URL.rstrip('/')}{reverse('payout-list' if letter.side == 'company' else 'order-list')}",
        company_id=facts["company_id"],
        verb=letter.verb,
        action_label=lambda: _("Look at it"),
    )


def _key_of(happened: Any, facts: dict[str, Any]) -> str:
    """Once per piece of news: one answer of a gateway may bring money in two currencies."""
    money = f"{facts['currency']}{facts['amount_minor']}"
    return f"{name_of(type(happened))}:{facts['subject_id']}:{money}:{happened.at.isoformat()}"


def _facts(happened: Any, letter: Letter) -> dict[str, Any]:
    if letter.side == "company":
        return _payout_facts(happened)
    escrow = Escrow.objects.get(pk=happened.escrow_id)
    amount = getattr(happened, "missing_minor", None) or getattr(happened, "amount_minor", None)
    if amount is None:
        amount = Payment.objects.values_list("amount_minor", flat=True).get(pk=happened.payment_id)
    currency = getattr(happened, "currency", escrow.currency)
    refund_id = getattr(happened, "refund_id", None)
    reference = ""
    if refund_id is not None:
        currency, reference = Refund.objects.values_list("currency", "reference").get(pk=refund_id)
    return {
        "own": escrow.payer_ref or escrow.title,
        "title": escrow.title,
        "amount_minor": amount,
        "currency": currency,
        "own_currency": escrow.currency,
        "account": "",
        "reason": "",
        "reference": reference,
        "next": refund_next_words(happened.code) if isinstance(happened, events.RefundFailed) else "",
        "company_id": escrow.payer_id,
        "subject_id": refund_id or happened.payment_id,
    }


def _payout_facts(happened: Any) -> dict[str, Any]:
    payout_id = getattr(happened, "payout_id", None)
    facts = {
        "own": "",
        "amount_minor": happened.amount_minor,
        "company_id": happened.company_id,
        "title": "",
        "reason": "",
    }
    if payout_id is None:
        own = _owed_for(happened.company_id, happened.currency)
        waiting = {"own": own, "currency": happened.currency, "account": ""}
        return {**facts, **waiting, "subject_id": happened.company_id}
    payout = Payout.objects.select_related("account").get(pk=payout_id)
    ending = f"…{payout.account.number[-4:]}"
    own = _references(Release.objects.filter(payout=payout)) or _owed_for(payout.company_id, payout.currency)
    advice = {"own": own, "title": payout.advice, "currency": payout.currency, "account": ending}
    after = payout_next_words(happened.code) if isinstance(happened, events.PayoutFailed) else ""
    return {**facts, **advice, "reason": payout.declined_why, "next": after, "subject_id": payout_id}


def _owed_for(company_id: int, currency: str) -> str:
    """The payee's references of the deals whose money no payout has taken, or has brought back."""
    owed = Release.objects.filter(payable__code=payable(company_id, currency), payout__isnull=True)
    return _references(owed)


def _references(releases: QuerySet[Release]) -> str:
    """The payee's own reference of each deal, else its title, oldest first: so many, and the number of the others."""
    escrows = Escrow.objects.filter(pk__in=releases.values("escrow_id")).order_by("pk")
    names = [escrow.payee_ref or escrow.title for escrow in escrows[:NAMED]]
    more = escrows.count() - len(names)
    return ", ".join([*names, f"+ {more}"] if more else names)


def _amount(facts: dict[str, Any]) -> str:
    return format_money(facts["amount_minor"], facts["currency"])


def _filled(pattern: Any, facts: dict[str, Any]) -> str:
    words = {name: facts.get(name, "") for name in ("title", "account", "reason", "reference", "next")}
    return str(pattern).format(amount=_amount(facts), **words)
