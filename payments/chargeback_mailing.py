"""Letters about charge-backs: to both sides of the deal, and to the treasurers, once per event."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from companies.queries import staff_to_tell
from core.events import name_of, subscribe
from core.money import format_money
from messaging.actions import tell
from messaging.words import date_words
from payments import events
from payments.charged_back import is_recall
from payments.models import Chargeback, Escrow


@dataclass(frozen=True)
class Letter:
    """To the payer or the payee, for those who may do `verb`. Placeholders: {title} {amount}."""

    side: str
    verb: str
    headline: Any
    body: Any


LETTERS: dict[type, tuple[Letter, ...]] = {
    events.ChargebackOpened: (
        Letter(
            "payer",
            "pay",
            gettext_lazy("Your bank took a payment back"),
            gettext_lazy(
                "Your bank took back {amount} that you had paid for {title}. If you did not ask for it, tell your bank "
                "that the payment was yours. What is due again is on the order page."
            ),
        ),
        Letter(
            "payee",
            "read",
            gettext_lazy("The buyer's bank took a payment back"),
            gettext_lazy(
                "{amount} that was paid for {title} was taken back. What is still held of it is on hold until the bank "
                "has decided. We send the bank your signed terms and papers; upload what is missing to the order."
            ),
        ),
    ),
    events.ChargebackWon: (
        Letter(
            "payee",
            "read",
            gettext_lazy("The bank gave the payment back"),
            gettext_lazy("{amount} for {title} came back: the bank has decided for you."),
        ),
        Letter(
            "payer",
            "pay",
            gettext_lazy("Your bank gave the payment back"),
            gettext_lazy("{amount} for {title} came back from your bank. If you had paid it anew, it is refunded."),
        ),
    ),
    events.ChargebackLost: (
        Letter(
            "payee",
            "read",
            gettext_lazy("The payment stays with the buyer"),
            gettext_lazy("The bank has decided: {amount} for {title} stays with the buyer."),
        ),
        Letter(
            "payer",
            "pay",
            gettext_lazy("The payment stays with you"),
            gettext_lazy("Your bank has decided: {amount} for {title} stays with you."),
        ),
    ),
    events.LossCharged: (
        Letter(
            "payee",
            "payout",
            gettext_lazy("A lost payment is charged to you"),
            gettext_lazy(
                "{amount} for {title} was released to you and taken back by the buyer's bank, and the papers of the "
                "order were not complete. It is taken from your next payable money."
            ),
        ),
    ),
}


RECALL_LETTERS: dict[type, tuple[Letter, ...]] = {
    events.ChargebackOpened: (
        Letter(
            "payer",
            "pay",
            gettext_lazy("Your bank took a wire back"),
            gettext_lazy(
                "The bank took back {amount} that you had wired for {title}. If you did not ask for it, ask your bank "
                "why. What is due again is on the order page."
            ),
        ),
        Letter(
            "payee",
            "read",
            gettext_lazy("The buyer's bank took a wire back"),
            gettext_lazy(
                "{amount} that was wired for {title} was taken back by the bank, which asks nobody before. The order "
                "page says what is still held, and what the buyer has to pay again."
            ),
        ),
    ),
    events.ChargebackLost: (),
    events.LossCharged: LETTERS[events.LossCharged],
}
"""Of a wire that the bank took back. That the money is gone is told once: the bank decides nothing later."""


def connect() -> None:
    """Subscribe the letters; called by the wiring."""
    for event_type in LETTERS:
        subscribe(event_type, tell_of_chargeback)
    subscribe(events.ChargebackOpened, tell_treasurers)


def tell_of_chargeback(happened: Any) -> None:
    """The letters of one event, each told once, however often it is delivered."""
    escrow = Escrow.objects.get(pk=happened.escrow_id)
    letters = RECALL_LETTERS if is_recall(Chargeback.objects.get(pk=happened.chargeback_id)) else LETTERS
    for place, letter in enumerate(letters[type(happened)]):
        _tell(happened, escrow, letter, place)


def _tell(happened: Any, escrow: Escrow, letter: Letter, place: int) -> None:
    is_payer = letter.side == "payer"
    own = (escrow.payer_ref if is_payer else escrow.payee_ref) or escrow.title
    path = reverse("payout-list" if letter.verb == "payout" else "order-list")

    def amount() -> str:
        return format_money(happened.amount_minor, escrow.currency)

    tell(
        key=f"{name_of(type(happened))}:{happened.chargeback_id}:{place}",
        kind=type(happened).__name__,
        subject=lambda: f"{own}: {letter.headline} · {amount()} · {date_words(happened.at)}",
        lines=[lambda: str(letter.body).format(title=escrow.title, amount=amount())],
        at=happened.at,
        url=f"{settings.SITE_URL.rstrip('/')}{path}",
        company_id=escrow.payer_id if is_payer else escrow.payee_id,
        verb=letter.verb,
        action_label=lambda: _("Look at it"),
    )


def tell_treasurers(happened: events.ChargebackOpened) -> None:
    """They may add words to the packet of evidence before it goes out. Of a wire they have decided themselves."""
    row = Chargeback.objects.get(pk=happened.chargeback_id)
    if is_recall(row):
        return
    tell(
        key=f"chargeback-opened:{row.pk}",
        users=staff_to_tell("treasurer"),
        kind="chargeback_opened",
        subject=lambda: _("Charged back: %(amount)s") % {"amount": format_money(row.amount_minor, row.currency)},
        lines=[gettext_lazy("The evidence goes to the bank by itself. You may add words and send it earlier.")],
        at=happened.at,
        url=reverse("admin:payments_chargeback_change", args=[row.pk]),
        why=gettext_lazy("You get this because you are staff."),
    )
