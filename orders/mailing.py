"""Reactions that write letters: notices and mail of every step, to those whose role it concerns, in their language."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from core import deadlines
from core.events import name_of
from core.money import format_money
from messaging.actions import tell, tell_address
from messaging.words import Words, moment_words
from orders.events import OrderSent, ReminderDue
from orders.models import OfferLink, Order
from orders.notices import NOTICES, NoticeRow, reminder_row
from orders.offer_links import token_of
from orders.process import CLOCKS
from orders.queries import order_lines
from orders.totals import amount_of


def tell_both_sides(happened: Any) -> None:
    """The letters of one event, by `notices.NOTICES`. Told once, however often the event is delivered."""
    name = type(happened).__name__
    order = _order(happened.order_id)
    for place, row in enumerate(NOTICES[name]):
        key = f"{name_of(type(happened))}:{order.pk}:{happened.at.isoformat()}:{place}"
        _tell(order, row, key=key, kind=name, at=happened.at)


def remind(happened: ReminderDue) -> None:
    """The letter that a clock will end soon."""
    order = _order(happened.order_id)
    row = reminder_row(happened.kind)
    if happened.kind == "offer_open" and order.buyer_id is None:
        link = OfferLink.objects.filter(order=order, withdrawn_at__isnull=True).order_by("-pk").first()
        if link is not None:
            _mail_offer(order, link, key=f"reminder:{order.pk}:{happened.at.isoformat()}", row=row, at=happened.at)
        return
    key = f"reminder:{order.pk}:{happened.kind}:{happened.at.isoformat()}"
    _tell(order, row, key=key, kind="ReminderDue", at=happened.at)


def send_offer(happened: OrderSent) -> None:
    """The offer: a link to read it, to the address that the seller named.

    And a notice if that address has a company.
    """
    order = _order(happened.order_id)
    row = NoticeRow(
        "buyer",
        "confirm",
        _("Offer from {other}"),
        _("{other} sends you an offer through the platform. Read it and answer by {due}; your money is held safely."),
        "offer_open",
    )
    if order.buyer_id is not None:
        _tell(order, row, key=f"offer:{happened.link_id}", kind="OrderSent", at=happened.at)
        return
    link = OfferLink.objects.get(pk=happened.link_id)
    _mail_offer(order, link, key=f"offer:{link.pk}", row=row, at=happened.at)


def _order(order_id: int) -> Order:
    return Order.objects.select_related("seller", "buyer", "escrow").get(pk=order_id)


def _tell(order: Order, row: NoticeRow, *, key: str, kind: str, at: datetime) -> None:
    company_id = order.seller_id if row.side == "seller" else order.buyer_id
    if company_id is None:
        return
    due = _due(order, row)
    tell(
        key=key,
        kind=kind,
        subject=_subject(order, row, due),
        lines=[_filled(order, row.side, row.body, due, row.clock)],
        at=at,
        url=_site(reverse("order", kwargs={"ref": order.reference})),
        company_id=company_id,
        verb=row.verb,
        action_label=lambda: _("Open the order"),
    )


def _mail_offer(order: Order, link: OfferLink, *, key: str, row: NoticeRow, at: datetime) -> None:
    due = _due(order, row)
    tell_address(
        key=key,
        email=link.email,
        kind="OrderSent",
        subject=_subject(order, row, due),
        lines=[_filled(order, "buyer", row.body, due, row.clock)],
        at=at,
        url=_site(reverse("order-offer", kwargs={"token": token_of(link)})),
        language=order.language,
        time_zone=order.seller.time_zone,
        action_label=lambda: _("Read the offer"),
    )


def _subject(order: Order, row: NoticeRow, due: datetime | None) -> Words:
    """The reader's own reference first, then what happened, the amount and the date."""

    def words() -> str:
        own = order.seller_ref if row.side == "seller" else order.buyer_ref
        headline = _fill(order, row.side, str(row.headline), due, row.clock)
        parts = [f"{own or order.number}: {headline}", format_money(_total(order), order.currency)]
        if due is not None:
            parts.append(f"{due:%Y-%m-%d}")
        return " · ".join(parts)

    return words


def _filled(order: Order, side: str, pattern: Any, due: datetime | None, clock_kind: str) -> Words:
    return lambda: _fill(order, side, str(pattern), due, clock_kind)


def _fill(order: Order, side: str, pattern: str, due: datetime | None, clock_kind: str) -> str:
    buyer = order.buyer.name if order.buyer else order.buyer_company_name or order.buyer_email
    return pattern.format(
        number=order.number,
        ref=(order.seller_ref if side == "seller" else order.buyer_ref) or order.number,
        amount=format_money(_total(order), order.currency),
        due=moment_words(due) if due else _("the date on the order page"),
        other=buyer if side == "seller" else order.seller.name,
        silence=CLOCKS[clock_kind].silence if clock_kind else "",
    )


def _total(order: Order) -> int:
    return order.escrow.total_minor if order.escrow else sum(amount_of(line) for line in order_lines(order))


def _due(order: Order, row: NoticeRow) -> datetime | None:
    running = deadlines.get(order, row.clock) if row.clock else None
    return running.due_at if running else None


def _site(path: str) -> str:
    return f"{settings.SITE_URL.rstrip('/')}{path}"
