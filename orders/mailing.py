"""Reactions that write letters: notices and mail of every step, to those whose role it concerns, in their language."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import deadlines
from core.events import name_of
from core.money import format_money
from messaging.actions import tell, tell_address
from messaging.words import date_words, moment_words
from orders.events import OrderSent, ReminderDue
from orders.letter_amounts import AMOUNTS
from orders.models import OfferLink, Order
from orders.notices import NOTICES, OFFER, NoticeRow, reminder_row
from orders.offer_links import token_of
from orders.process import CLOCKS, LATE_BUYER_MAY_CANCEL_DAYS

WHY_ADDRESS = gettext_lazy(
    "You get this because the seller named this address as the buyer's. If you don't know them, do nothing."
)


@dataclass(frozen=True)
class Letter:
    """A row of the table, filled: what the step's money is, which clock it names, when the news happened."""

    order: Order
    row: NoticeRow
    amount_minor: int
    due: datetime | None
    at: datetime

    @property
    def own_reference(self) -> str:
        """The reader's own, or the order's number."""
        own = self.order.seller_ref if self.row.side == "seller" else self.order.buyer_ref
        return own or self.order.number

    @property
    def amount(self) -> str:
        return format_money(self.amount_minor, self.order.currency)

    def subject(self) -> str:
        """The reader's own reference first, then what happened, the amount and the date, in their zone."""
        return (
            f"{self.own_reference}: {self.fill(self.row.headline)} · {self.amount} · {date_words(self.due or self.at)}"
        )

    def body(self) -> str:
        return self.fill(self.row.body)

    def fill(self, pattern: Any) -> str:
        order, clock_kind = self.order, self.row.clock
        buyer = order.buyer.name if order.buyer else order.buyer_company_name or order.buyer_email
        return str(pattern).format(
            number=order.number,
            ref=self.own_reference,
            amount=self.amount,
            due=moment_words(self.due) if self.due else _("the date on the order page"),
            other=buyer if self.row.side == "seller" else order.seller.name,
            silence=CLOCKS[clock_kind].silence if clock_kind else "",
            late=_("After %(days)s days the buyer may cancel for a full refund.")
            % {"days": LATE_BUYER_MAY_CANCEL_DAYS},
        )


def tell_both_sides(happened: Any) -> None:
    """The letters of one event, by `notices.NOTICES`. Told once, however often the event is delivered."""
    name = type(happened).__name__
    order = _order(happened.order_id)
    part = getattr(happened, "report_id", None) or getattr(happened, "sequence", None) or ""
    for place, row in enumerate(NOTICES[name]):
        if row.states and order.state not in row.states:
            continue
        key = f"{name_of(type(happened))}:{order.pk}:{part}:{happened.at.isoformat()}:{place}"
        letter = _letter(order, row, happened)
        if row.side == "buyer" and order.buyer_id is None:
            _tell_by_link(letter, key=key, kind=name)
        else:
            _tell(letter, key=key, kind=name)


def remind(happened: ReminderDue) -> None:
    """The letter that a clock will end soon."""
    order = _order(happened.order_id)
    letter = _letter(order, reminder_row(happened.kind), happened)
    key = f"reminder:{order.pk}:{happened.kind}:{happened.at.isoformat()}"
    if letter.row.side == "buyer" and order.buyer_id is None:
        _tell_by_link(letter, key=key, kind="ReminderDue")
    else:
        _tell(letter, key=key, kind="ReminderDue")


def send_offer(happened: OrderSent) -> None:
    """The offer: a link to read it, to the address that the seller named.

    And a notice if that address has a company.
    """
    letter = _letter(_order(happened.order_id), OFFER, happened)
    if letter.order.buyer_id is not None:
        _tell(letter, key=f"offer:{happened.link_id}", kind="OrderSent")
        return
    link = OfferLink.objects.get(pk=happened.link_id)
    if link.withdrawn_at is not None:
        return  # Answered or taken back before this letter was written.
    _mail_offer(letter, link, key=f"offer:{link.pk}", kind="OrderSent")


def _order(order_id: int) -> Order:
    return Order.objects.select_related("seller", "buyer", "escrow").get(pk=order_id)


def _letter(order: Order, row: NoticeRow, happened: Any) -> Letter:
    running = deadlines.get(order, row.clock) if row.clock else None
    return Letter(
        order=order,
        row=row,
        amount_minor=AMOUNTS[row.amount](order, happened),
        due=running.due_at if running else None,
        at=happened.at,
    )


def _tell(letter: Letter, *, key: str, kind: str) -> None:
    order = letter.order
    company_id = order.seller_id if letter.row.side == "seller" else order.buyer_id
    assert company_id is not None
    tell(
        key=key,
        kind=kind,
        subject=letter.subject,
        lines=[letter.body],
        at=letter.at,
        url=reverse("order", kwargs={"ref": order.reference}),
        company_id=company_id,
        verb=letter.row.verb,
        action_label=lambda: _("Open the order"),
    )


def _tell_by_link(letter: Letter, *, key: str, kind: str) -> None:
    """To whom the offer went, while nobody has signed it: as long as the link works, and that it stopped."""
    last = OfferLink.objects.filter(order=letter.order).order_by("-pk").first()
    if last is not None and last.withdrawn_at in (None, letter.at):
        _mail_offer(letter, last, key=key, kind=kind)


def _mail_offer(letter: Letter, link: OfferLink, *, key: str, kind: str) -> None:
    order = letter.order
    tell_address(
        key=key,
        email=link.email,
        kind=kind,
        subject=letter.subject,
        lines=[letter.body],
        at=letter.at,
        url=reverse("order-offer", kwargs={"token": token_of(link)}),
        language=order.language,
        time_zone=order.seller.time_zone,
        action_label=lambda: _("Read the offer"),
        why=WHY_ADDRESS,
    )
