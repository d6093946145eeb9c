"""Who hears which event, and what silence does: the one page that shows both. News runs up, as rows."""

from companies import events as company_events
from core import deadlines
from core.events import subscribe
from evidence import access
from evidence import deadlines as evidence_deadlines
from messaging import reactions as letters
from orders import events as order_events
from orders import evidence_packet, mailing
from orders import reactions as order_reactions
from orders.actions import cancellation, draft, funding, offer, production, receipt, reminders
from orders.locks import lock_order
from orders.notices import NOTICES
from orders.process import CLOCKS, FUNDING_LOST
from orders.queries import side_of_folder
from payments import chargeback_mailing, nudges, packets, wire_mailing
from payments import deadlines as payment_deadlines
from payments import events as payment_events
from payments import mailing as payment_mailing
from payments import reactions as payment_reactions


def connect_everything() -> None:
    connect_events()
    connect_deadlines()
    access.register(side_of_folder)
    packets.register(evidence_packet.collect)


def connect_events() -> None:
    subscribe(payment_events.InstalmentSecured, order_reactions.go_on_with_money)
    subscribe(payment_events.InstalmentLost, order_reactions.stop_without_money)
    subscribe(payment_events.ChargebackWon, order_reactions.divide_after_dispute)
    subscribe(payment_events.ChargebackLost, order_reactions.say_who_bears_the_loss)
    subscribe(payment_events.EscrowReleased, payment_reactions.pay_out_after_release)
    subscribe(payment_events.RefundFailed, payment_reactions.cover_what_was_taken_back)
    subscribe(company_events.PayoutAccountAdded, payment_reactions.pay_out_when_account_is_ready)
    subscribe(company_events.PayoutAccountVerified, payment_reactions.pay_out_when_account_is_ready)
    subscribe(payment_events.PayoutRequested, nudges.send_money_soon)
    subscribe(payment_events.RefundRequested, nudges.send_money_soon)
    subscribe(payment_events.LargeMoneyApproved, nudges.send_money_soon)
    subscribe(payment_events.FundingStopped, nudges.ask_soon)
    connect_letters()


def connect_letters() -> None:
    subscribe(company_events.ColleagueInvited, letters.mail_invitation)
    subscribe(company_events.ColleagueJoined, letters.tell_owners_of_colleague)
    subscribe(company_events.PayoutAccountAdded, letters.tell_owners_of_new_account)
    subscribe(company_events.PayoutAccountVerified, letters.tell_owners_of_verified_account)
    subscribe(company_events.PayoutAccountRemoved, letters.tell_owners_of_removed_account)
    subscribe(company_events.CompanyVerified, letters.tell_of_verification)
    subscribe(company_events.CompanyEnrolled, letters.tell_of_enrolment)
    subscribe(company_events.CompanySuspended, letters.tell_of_suspension)
    subscribe(company_events.CompanyReinstated, letters.tell_of_reinstatement)
    subscribe(order_events.OrderSent, mailing.send_offer)
    subscribe(order_events.ReminderDue, mailing.remind)
    for name in NOTICES:
        subscribe(getattr(order_events, name), mailing.tell_both_sides)
    payment_mailing.connect()
    wire_mailing.connect()
    chargeback_mailing.connect()


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
        FUNDING_LOST: cancellation.cancel_for_lost_funding,
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
