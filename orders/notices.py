"""Who is told what at each step of an order: data. The subject carries the reader's own reference, amount and date."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from orders.process import CLOCKS, FUNDING_LOST, OrderState


@dataclass(frozen=True)
class NoticeRow:
    """One letter: to which side, for people who may do `verb` ("read": everybody), what it says.

    Placeholders: {number} {ref} {amount} {due} {other} (the other company's name) {late} (what lateness leads to).
    `clock` names the deadline that {due} and the subject show; without one the subject shows the day of the news.
    `amount` names the money of this step (`letter_amounts.AMOUNTS`). All words are translated when the letter is
    written, in the reader's language. `states`: sent only while the order is in one of them; empty: in any.
    """

    side: str
    verb: str
    headline: Any
    body: Any
    clock: str = ""
    amount: str = "price"
    states: tuple[str, ...] = ()


GOODS_AT_SELLER = (OrderState.IN_PRODUCTION, OrderState.READY)
GOODS_ON_THE_WAY = (OrderState.SHIPPED, OrderState.DELIVERED)

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
            amount="asked",
        ),
        NoticeRow(
            "buyer",
            "pay",
            _("First payment due"),
            _("You signed. Pay the first instalment through the platform by {due}. Paid elsewhere, it is not covered."),
            "first_payment",
            amount="asked",
        ),
    ),
    "WireDeclared": (
        NoticeRow(
            "seller",
            "read",
            _("Wire declared, money not yet here"),
            _("{other} says that a wire is on its way. Do not start production: a slip is no money."),
            "first_payment",
            amount="told",
            states=(OrderState.AWAITING_PAYMENT,),
        ),
        NoticeRow(
            "seller",
            "read",
            _("Wire declared, money not yet here"),
            _("{other} says that a wire is on its way. Do not ship: a slip is no money."),
            "ready_payment",
            amount="told",
            states=(OrderState.READY,),
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
            amount="held",
        ),
        NoticeRow(
            "buyer",
            "read",
            _("Received and held"),
            _("Your payment arrived and is held by the platform. {other} starts production and must ship by {due}."),
            "ship_date",
            amount="held",
        ),
    ),
    "ProgressReported": (
        NoticeRow(
            "buyer",
            "read",
            _("Progress reported"),
            _("{other} reports a stage with proof. Approve or challenge it; after 5 business days it counts."),
            amount="held",
        ),
    ),
    "StageApproved": (
        NoticeRow("seller", "read", _("Stage approved"), _("{other} approved the stage; it counts."), amount="held"),
    ),
    "StageCounted": (
        NoticeRow(
            "seller",
            "read",
            _("Stage counts"),
            _("Nobody challenged the stage that you reported in 5 business days, so it counts."),
            amount="held",
        ),
    ),
    "StageChallenged": (
        NoticeRow(
            "seller",
            "progress",
            _("Stage challenged"),
            _("{other} challenged the proof; the stage doesn't count."),
            amount="held",
        ),
    ),
    "OrderReady": (
        NoticeRow(
            "buyer",
            "pay",
            _("Goods ready"),
            _("{other} declared the goods ready. The order page shows what is due from you now."),
            "ready_payment",
            amount="asked",
        ),
    ),
    "BalanceHeld": (
        NoticeRow(
            "seller",
            "read",
            _("Balance held for you"),
            _("{other} paid {amount}; it is held for you. When nothing else is due from the buyer, ship by {due}."),
            "ship_date",
            amount="told",
        ),
        NoticeRow(
            "buyer",
            "read",
            _("Balance received and held"),
            _("Your payment of {amount} arrived and is held by the platform. {other} must ship by {due}."),
            "ship_date",
            amount="told",
        ),
    ),
    "CarriageBooked": (
        NoticeRow(
            "seller",
            "ship",
            _("Carriage booked"),
            _("{other} booked the carriage. The order page shows it."),
            amount="held",
        ),
    ),
    "BuyerOverdue": (
        NoticeRow(
            "buyer",
            "pay",
            _("Overdue: goods wait for you"),
            _("Your payment or booking is overdue. {other} may cancel and keep the share that was earned."),
            "buyer_refused",
            amount="asked",
        ),
        NoticeRow(
            "seller",
            "cancel",
            _("The buyer is overdue"),
            _("Your ship clock stands still. You may wait, or cancel because the buyer refused."),
            "buyer_refused",
            amount="asked",
        ),
    ),
    "FundingLost": (
        NoticeRow(
            "buyer",
            "pay",
            _("Funding lost: pay again"),
            _("Your bank took a payment for this order back. Pay it anew by {due}. If you do nothing: {silence}"),
            FUNDING_LOST,
            amount="told",
            states=GOODS_AT_SELLER,
        ),
        NoticeRow(
            "buyer",
            "pay",
            _("Funding lost: pay again"),
            _("Your bank took a payment for this order back, after the goods left. Pay it again on the order page."),
            amount="told",
            states=GOODS_ON_THE_WAY,
        ),
        NoticeRow(
            "seller",
            "read",
            _("Funding lost: keep the goods"),
            _("The buyer's bank took a payment back. Ship nothing until it is held again; your clock stands still."),
            FUNDING_LOST,
            amount="told",
            states=GOODS_AT_SELLER,
        ),
        NoticeRow(
            "seller",
            "read",
            _("Funding lost after shipment"),
            _("The goods have left. Once accepted they bring you what is held, and the rest if it is paid again."),
            amount="told",
            states=GOODS_ON_THE_WAY,
        ),
    ),
    "FundingRestored": (
        NoticeRow(
            "seller",
            "read",
            _("Money held again: go on"),
            _("What the buyer's bank had taken back is held again. Your ship clock goes on, with 5 days more."),
            "ship_date",
            amount="held",
        ),
        NoticeRow(
            "buyer", "read", _("Received and held"), _("The money is held again, and {other} goes on."), amount="held"
        ),
    ),
    "OrderLate": (
        NoticeRow(
            "seller",
            "ship",
            _("Late: ship as soon as you can"),
            _("The ship date has passed. If the goods are not declared ready yet, that comes first. {late}"),
            amount="held",
        ),
        NoticeRow("buyer", "read", _("The seller is late"), _("The ship date has passed. {late}"), amount="held"),
    ),
    "OrderShipped": (
        NoticeRow(
            "buyer",
            "arrival",
            _("On the way"),
            _("{other} shipped. Confirm the arrival when you can open the goods; on {due} it is assumed."),
            "arrival",
            amount="held",
        ),
    ),
    "NotArrivedTold": (
        NoticeRow(
            "seller",
            "read",
            _("Goods not yet arrived"),
            _("{other} reports a later arrival."),
            "arrival",
            amount="held",
        ),
    ),
    "ArrivalContested": (
        NoticeRow(
            "seller",
            "read",
            _("Arrival contested"),
            _("{other} says that the goods did not arrive. Ask the carrier; the inspection ends on {due}."),
            "inspection",
            amount="held",
        ),
    ),
    "OrderArrived": (
        NoticeRow(
            "buyer",
            "accept",
            _("Arrived: inspect now"),
            _("Inspect by {due}. If you do nothing, the goods count as accepted and the money goes to {other}."),
            "inspection",
            amount="held",
        ),
        NoticeRow(
            "seller", "read", _("Goods arrived"), _("{other} has until {due} to inspect."), "inspection", amount="held"
        ),
    ),
    "InspectionExtended": (
        NoticeRow(
            "seller",
            "read",
            _("Inspection extended"),
            _("{other} extended the inspection, once."),
            "inspection",
            amount="held",
        ),
    ),
    "OrderAccepted": (
        NoticeRow(
            "seller",
            "read",
            _("Accepted: payout pending"),
            _("The goods are accepted; your money is released."),
            amount="net",
        ),
        NoticeRow(
            "buyer",
            "read",
            _("Accepted"),
            _("The goods are accepted and the money is released to {other}."),
            amount="released",
        ),
    ),
    "OrderCancelled": (
        NoticeRow(
            "seller",
            "read",
            _("Cancelled"),
            _("The order is cancelled. The order page shows what follows."),
            amount="divided",
        ),
        NoticeRow(
            "buyer",
            "read",
            _("Cancelled"),
            _("The order is cancelled. The order page shows what follows."),
            amount="divided",
        ),
    ),
    "CancellationSettled": (
        NoticeRow(
            "seller",
            "read",
            _("Money divided"),
            _("The money of the cancelled order is divided by proven stages."),
            amount="net",
        ),
        NoticeRow(
            "buyer",
            "read",
            _("Money divided"),
            _("The money of the cancelled order is divided by proven stages."),
            amount="returned",
        ),
    ),
}
"""Event -> letters. The offer itself goes by e-mail link (`mailing.send_offer`); reminders by `reminder_row`."""

OFFER = NoticeRow(
    "buyer",
    "confirm",
    _("Offer from {other}"),
    _(
        "{other} sends you an offer through the platform. Read it and answer by {due}. "
        "You pay nothing before both sides have signed."
    ),
    "offer_open",
)
REMINDER_HEADLINES: dict[str, Any] = {
    "draft_untouched": _("Draft waits for you"),
    "offer_open": _("Offer waits for your answer"),
    "first_payment": _("First payment due"),
    "ship_date": _("Ship date is near"),
    "ready_payment": _("Balance due"),
    "carriage_booking": _("Carriage to book"),
    FUNDING_LOST: _("Funding lost: pay again"),
    "arrival": _("Have the goods arrived?"),
    "inspection": _("Inspect the goods"),
}
_REMINDED_AMOUNT = {
    "draft_untouched": "price",
    "offer_open": "price",
    "first_payment": "asked",
    "ready_payment": "asked",
    FUNDING_LOST: "asked",
}
_REMINDED_VERB = {
    "draft_untouched": "send",
    "ship_date": "ship",
    "first_payment": "pay",
    "ready_payment": "pay",
    FUNDING_LOST: "pay",
}


def reminder_row(kind: str) -> NoticeRow:
    """The letter that reminds of a clock: who must act, by when, and what silence means."""
    clock = CLOCKS[kind]
    return NoticeRow(
        clock.who,
        _REMINDED_VERB.get(kind, "read"),
        REMINDER_HEADLINES[kind],
        _("You have until {due}. If you do nothing: {silence}"),
        kind,
        _REMINDED_AMOUNT.get(kind, "held"),
    )
