"""Who hears which event, and what silence does: the one page that shows both. News runs up, as rows."""

from core import deadlines
from core.events import subscribe
from evidence import deadlines as evidence_deadlines
from orders import events as order_events
from orders import mailing
from orders import reactions as order_reactions
from orders.actions import cancellation, draft, funding, offer, production, receipt, reminders
from orders.locks import lock_order
from orders.process import CLOCKS
from payments import deadlines as payment_deadlines
from payments import events as payment_events
from payments import mailing as payment_mailing
from payments import reactions as payment_reactions

TOLD_OF_ORDERS = (
    order_events.OfferWithdrawn,
    order_events.ChangesRequested,
    order_events.OrderDeclined,
    order_events.OrderConfirmed,
    order_events.WireDeclared,
    order_events.OrderExpired,
    order_events.ProductionStarted,
    order_events.ProgressReported,
    order_events.StageApproved,
    order_events.StageChallenged,
    order_events.OrderReady,
    order_events.CarriageBooked,
    order_events.BuyerOverdue,
    order_events.OrderLate,
    order_events.OrderShipped,
    order_events.NotArrivedTold,
    order_events.OrderArrived,
    order_events.InspectionExtended,
    order_events.OrderAccepted,
    order_events.OrderCancelled,
    order_events.CancellationSettled,
)


def connect_everything() -> None:
    connect_events()
    connect_deadlines()


def connect_events() -> None:
    subscribe(payment_events.InstalmentSecured, order_reactions.go_on_with_money)
    subscribe(payment_events.EscrowReleased, payment_reactions.pay_out_after_release)
    subscribe(order_events.OrderSent, mailing.send_offer)
    subscribe(order_events.ReminderDue, mailing.remind)
    for event_type in TOLD_OF_ORDERS:
        subscribe(event_type, mailing.tell_both_sides)
    payment_mailing.connect()


def connect_deadlines() -> None:
    silence = {
        "draft_untouched": draft.expire_draft,
        "offer_open": offer.expire_offer,
        "first_payment": funding.expire_unpaid,
        "ship_date": cancellation.mark_late,
        "late_cancel": cancellation.cancel_for_lateness,
        "ready_payment": cancellation.mark_buyer_overdue,
        "carriage_booking": cancellation.mark_buyer_overdue,
        "buyer_refused": cancellation.cancel_for_refusal,
        "arrival": receipt.assume_arrival,
        "inspection": receipt.accept_by_silence,
        "cancellation_settles": cancellation.settle_cancellation,
    }
    for kind, act in silence.items():
        deadlines.register(kind, lock=lock_order, act=act, silence=CLOCKS[kind].silence)
        deadlines.register(deadlines.reminder_kind(kind), lock=lock_order, act=reminders.REMIND[kind])
    deadlines.register(
        "stage_unchallenged",
        lock=production.lock_report,
        act=production.count_unchallenged_stage,
        silence=CLOCKS["stage_unchallenged"].silence,
    )
    evidence_deadlines.connect()
    payment_deadlines.connect()
