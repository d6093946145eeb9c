"""Who is told what at each step of an order: data. The subject carries the reader's own reference, amount and date."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from orders.process import CLOCKS


@dataclass(frozen=True)
class NoticeRow:
    """One letter: to which side, for people who may do `verb` ("read": everybody), what it says.

    Placeholders: {number} {ref} {amount} {due} {other} (the other company's name). `clock` names the deadline that
    {due} shows. All words are translated when the letter is written, in the reader's language.
    """

    side: str
    verb: str
    headline: Any
    body: Any
    clock: str = ""


BOTH = ("seller", "buyer")
NOTICES: dict[str, tuple[NoticeRow, ...]] = {
    "OfferWithdrawn": (
        NoticeRow("buyer", "confirm", _("Offer withdrawn"), _("{other} took the offer back to change it. Do not pay.")),
    ),
    "ChangesRequested": (
        NoticeRow(
            "seller", "send", _("Changes asked for"), _("{other} asks for changes. Open the draft to read them.")
        ),
    ),
    "OrderDeclined": (
        NoticeRow("seller", "send", _("Offer declined"), _("{other} declined the offer. The order page shows why.")),
    ),
    "OrderConfirmed": (
        NoticeRow(
            "seller",
            "read",
            _("Order confirmed, waiting for money"),
            _("{other} signed. Do not start production: wait until the page says that the money is held."),
            "first_payment",
        ),
        NoticeRow(
            "buyer",
            "pay",
            _("First payment due"),
            _("You signed. Pay the first instalment through the platform by {due}. Paid elsewhere, it is not covered."),
            "first_payment",
        ),
    ),
    "WireDeclared": (
        NoticeRow(
            "seller",
            "read",
            _("Wire declared, money not yet here"),
            _("{other} says that a wire is on its way. Do not start production: a slip is no money."),
            "first_payment",
        ),
    ),
    "OrderExpired": (
        NoticeRow("seller", "read", _("Expired"), _("The time ran out. The order can be copied to try again.")),
        NoticeRow("buyer", "read", _("Expired"), _("The time ran out. Money that still arrives is refunded in full.")),
    ),
    "ProductionStarted": (
        NoticeRow(
            "seller",
            "read",
            _("Money held: start production"),
            _("The first instalment is held for you. The funding certificate is on the order page. Ship by {due}."),
            "ship_date",
        ),
        NoticeRow(
            "buyer",
            "read",
            _("Received and held"),
            _("Your payment arrived and is held by the platform. {other} starts production and must ship by {due}."),
            "ship_date",
        ),
    ),
    "ProgressReported": (
        NoticeRow(
            "buyer",
            "read",
            _("Progress reported"),
            _("{other} reports a stage with proof. Approve or challenge it; after 5 business days it counts."),
        ),
    ),
    "StageApproved": (
        NoticeRow(
            "seller",
            "read",
            _("Stage approved"),
            _("{other} approved the stage; it counts."),
        ),
    ),
    "StageChallenged": (
        NoticeRow(
            "seller", "progress", _("Stage challenged"), _("{other} challenged the proof; the stage doesn't count.")
        ),
    ),
    "OrderReady": (
        NoticeRow(
            "buyer",
            "pay",
            _("Goods ready"),
            _("{other} declared the goods ready. The order page shows what is due from you now."),
            "ready_payment",
        ),
    ),
    "CarriageBooked": (
        NoticeRow("seller", "ship", _("Carriage booked"), _("{other} booked the carriage. The order page shows it.")),
    ),
    "BuyerOverdue": (
        NoticeRow(
            "buyer",
            "pay",
            _("Overdue: goods wait for you"),
            _("Your payment or booking is overdue. {other} may cancel and keep the share that was earned."),
            "buyer_refused",
        ),
        NoticeRow(
            "seller",
            "cancel",
            _("The buyer is overdue"),
            _("Your ship clock stands still. You may wait, or cancel because the buyer refused."),
            "buyer_refused",
        ),
    ),
    "OrderLate": (
        NoticeRow(
            "seller", "ship", _("Late: ship now"), _("The ship date has passed. After 14 days the buyer may cancel.")
        ),
        NoticeRow(
            "buyer", "read", _("The seller is late"), _("The ship date has passed. After 14 days you may cancel.")
        ),
    ),
    "OrderShipped": (
        NoticeRow(
            "buyer",
            "arrival",
            _("On the way"),
            _("{other} shipped. Confirm the arrival when you can open the goods; on {due} it is assumed."),
            "arrival",
        ),
    ),
    "NotArrivedTold": (
        NoticeRow("seller", "read", _("Goods not yet arrived"), _("{other} reports a later arrival."), "arrival"),
    ),
    "OrderArrived": (
        NoticeRow(
            "buyer",
            "accept",
            _("Arrived: inspect now"),
            _("Inspect by {due}. If you do nothing, the goods count as accepted and the money goes to {other}."),
            "inspection",
        ),
        NoticeRow("seller", "read", _("Goods arrived"), _("{other} has until {due} to inspect."), "inspection"),
    ),
    "InspectionExtended": (
        NoticeRow(
            "seller", "read", _("Inspection extended"), _("{other} extended the inspection, once."), "inspection"
        ),
    ),
    "OrderAccepted": (
        NoticeRow(
            "seller", "read", _("Accepted: payout pending"), _("The goods are accepted; your money is released.")
        ),
        NoticeRow("buyer", "read", _("Accepted"), _("The goods are accepted and the money is released to {other}.")),
    ),
    "OrderCancelled": (
        NoticeRow("seller", "read", _("Cancelled"), _("The order is cancelled. The order page shows what follows.")),
        NoticeRow("buyer", "read", _("Cancelled"), _("The order is cancelled. The order page shows what follows.")),
    ),
    "CancellationSettled": (
        NoticeRow(
            "seller", "read", _("Money divided"), _("The money of the cancelled order is divided by proven stages.")
        ),
        NoticeRow(
            "buyer", "read", _("Money divided"), _("The money of the cancelled order is divided by proven stages.")
        ),
    ),
}
"""Event -> letters. The offer itself goes by e-mail link (`mailing.send_offer`); reminders by `reminder_rows`."""

_REMINDER_HEADLINES: dict[str, Any] = {
    "draft_untouched": _("Draft waits for you"),
    "offer_open": _("Offer waits for your answer"),
    "first_payment": _("First payment due"),
    "ship_date": _("Ship date is near"),
    "ready_payment": _("Balance due"),
    "carriage_booking": _("Carriage to book"),
    "arrival": _("Have the goods arrived?"),
    "inspection": _("Inspect the goods"),
}
_REMINDED_VERB = {"draft_untouched": "send", "ship_date": "ship", "first_payment": "pay", "ready_payment": "pay"}


def reminder_row(kind: str) -> NoticeRow:
    """The letter that reminds of a clock: who must act, by when, and what silence means."""
    clock = CLOCKS[kind]
    return NoticeRow(
        clock.who,
        _REMINDED_VERB.get(kind, "read"),
        _REMINDER_HEADLINES[kind],
        _("You have until {due}. If you do nothing: {silence}"),
        kind,
    )


def instant_words(moment: datetime, zone: str) -> str:
    """'2026-12-01 18:00 (Asia/Ho_Chi_Minh)': plain and the same in each language, for mail."""
    return f"{moment:%Y-%m-%d %H:%M} ({zone})"
