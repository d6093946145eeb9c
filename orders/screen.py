"""What the order page shows at a glance: the state, who must do what by when, what silence does, and the money."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from companies.queries import usable_payout_account
from core import deadlines
from core.actors import Actor
from core.models import Deadline
from core.money import format_money
from core.templatetags.money import money_text
from orders.cancellation_terms import days_late, stages_open_to
from orders.duties import owes_booking
from orders.models import Cancellation, Order, OrderState, Shipment
from orders.policies import may, side_of
from orders.process import CLOCKS, FUNDING_LOST
from orders.stages_shown import ReportRow, next_to_judge, report_rows, time_to_prove
from payments.models import Refund, SendState
from payments.queries import EscrowMoney, InstalmentMoney, money_of_escrow
from payments.sending_words import refund_words

S = OrderState
RUNNING = frozenset({S.IN_PRODUCTION, S.READY, S.SHIPPED, S.DELIVERED})
COLOURS: dict[str, str] = {
    S.DRAFT: "grey",
    S.OFFERED: "amber",
    S.DECLINED: "red",
    S.EXPIRED: "grey",
    S.AWAITING_PAYMENT: "amber",
    S.IN_PRODUCTION: "blue",
    S.READY: "amber",
    S.SHIPPED: "blue",
    S.DELIVERED: "amber",
    S.COMPLETED: "green",
    S.CANCELLED: "red",
}


@dataclass(frozen=True)
class Button:
    """One thing that the reader may do now."""

    verb: str
    label: Any
    url: str
    primary: bool = False
    danger: bool = False


@dataclass(frozen=True)
class NextStep:
    """Whose turn it is. `mine`: the reader's. `clock`: the deadline whose silence is told, if one runs."""

    title: Any
    who: str
    mine: bool
    due: datetime | None
    silence: Any
    paused: bool = False


@dataclass(frozen=True)
class MoneyRow:
    label: str
    due_minor: int
    held_minor: int | None
    released_minor: int | None
    refunded_minor: int | None
    state_label: Any
    state_colour: str
    note: str = ""


@dataclass
class OrderScreen:
    order: Order
    side: str
    state_label: Any
    state_colour: str
    next_step: NextStep | None
    buttons: list[Button]
    money: EscrowMoney | None
    money_rows: list[MoneyRow]
    refund_rows: list[tuple[Refund, Any, str]]
    clocks: list[Deadline]
    shipment: Shipment | None
    reports: list[ReportRow]
    cancellation: Cancellation | None
    prove_until: datetime | None
    """Until when the seller of a cancelled order may prove a later stage; None once that is over."""
    days_late: int
    lost_minor: int
    """Of what was held: taken back by the buyer's bank and not replaced, in minor units."""


VERB_BUTTONS: tuple[tuple[str, str, Any, str], ...] = (
    ("confirm", "order-review", gettext_lazy("Review and sign"), "primary"),
    ("send", "order-draft-review", gettext_lazy("Review and send"), "primary"),
    ("pay", "order-pay", gettext_lazy("Pay"), "primary"),
    ("accept", "order-accept", gettext_lazy("Accept and release"), "primary"),
    ("ship", "order-ship", gettext_lazy("Report the shipment"), "primary"),
    ("declare_ready", "order-ready", gettext_lazy("Declare the goods ready"), "primary"),
    ("book_carriage", "order-carriage", gettext_lazy("Tell the carriage booked"), "primary"),
    ("confirm_arrival", "order-arrival", gettext_lazy("Confirm the arrival"), "primary"),
    ("report_progress", "order-progress", gettext_lazy("Report progress"), ""),
    ("declare_wire", "order-declare-wire", gettext_lazy("Declare a wire"), ""),
    ("not_arrived", "order-not-arrived", gettext_lazy("Not arrived yet"), ""),
    ("extend_inspection", "order-extend", gettext_lazy("Extend the inspection"), ""),
    ("withdraw", "order-withdraw", gettext_lazy("Take the offer back"), ""),
    ("cancel", "order-cancel", gettext_lazy("Cancel the order"), "danger"),
)

TURNS: dict[str, tuple[str, Any]] = {
    S.DRAFT: ("seller", gettext_lazy("Complete the draft and send it")),
    S.OFFERED: ("buyer", gettext_lazy("Read the offer and sign, ask for changes, or decline")),
    S.AWAITING_PAYMENT: ("buyer", gettext_lazy("Pay the first instalment")),
    S.IN_PRODUCTION: ("seller", gettext_lazy("Make the goods and ship in time")),
    S.READY: ("buyer", gettext_lazy("Pay what is due on readiness")),
    S.SHIPPED: ("buyer", gettext_lazy("Confirm the arrival when you can open the goods")),
    S.DELIVERED: ("buyer", gettext_lazy("Inspect the goods, then accept")),
}


def order_screen(order: Order, by: Actor, at: datetime) -> OrderScreen:
    """Everything the page needs, in a number of statements that does not grow with the order. Unlocked reads."""
    side = side_of(by, order)
    money = money_of_escrow(order.escrow) if order.escrow else None
    clocks = deadlines.live_of(order)
    label, colour = state_words(order, money)
    cancellation = Cancellation.objects.filter(order=order).first() if order.state == S.CANCELLED else None
    reports = report_rows(order, by, cancellation) if order.production_at else []
    may_prove_until = time_to_prove(order, cancellation, at)
    step = _next_step(order, side, money, clocks, at)
    return OrderScreen(
        order=order,
        side=side,
        state_label=label,
        state_colour=colour,
        next_step=_judging_step(order, side, reports, step, may_prove_until) or step,
        buttons=[*_buttons(order, by, money, at), *_judging_buttons(order, reports)],
        money=money,
        money_rows=_money_rows(money) if money else [],
        refund_rows=[(refund, *refund_words(refund)) for refund in money.refunds] if money else [],
        clocks=clocks,
        shipment=Shipment.objects.filter(order=order).first() if order.shipped_at else None,
        reports=reports,
        cancellation=cancellation,
        prove_until=may_prove_until,
        days_late=days_late(order, at) if order.production_at and order.state in RUNNING else 0,
        lost_minor=sum(each.missing_minor for each in _lost(money)) if order.state in RUNNING else 0,
    )


def _lost(money: EscrowMoney | None) -> list[InstalmentMoney]:
    """Instalments whose money the buyer's bank took back, also while they are being paid anew."""
    return [each for each in money.instalments if each.was_lost and not each.secured_at] if money else []


def state_words(order: Order, money: EscrowMoney | None) -> tuple[Any, str]:
    """The label of the rules and its colour; the money decides where the state alone would mislead."""
    if order.state == S.AWAITING_PAYMENT and money and money.is_secured:
        return _("Received and held"), "green"
    if order.state in RUNNING and _lost(money):
        return _("Funding lost"), "red"
    if order.state == S.IN_PRODUCTION:
        return _("In production, money held"), "blue"
    if order.state == S.READY and (money is None or money.next_to_pay is None):
        return _("Goods ready to ship"), "blue"
    if order.state == S.COMPLETED and money:
        paid = bool(money.payouts) and all(payout.state == SendState.PAID for payout in money.payouts)
        return (_("Accepted: paid"), "green") if paid else (_("Accepted: payout pending"), "green")
    return order.get_state_display(), COLOURS[order.state]


def _turn(order: Order, side: str, money: EscrowMoney | None, at: datetime) -> tuple[str, Any] | None:
    """Who must act, and what; None once nobody must. A buyer who has paid waits; paid goods wait for the seller."""
    if order.state == S.CANCELLED and deadlines.get(order, "cancellation_settles") is not None:
        return "seller", _("Prove a later stage, if one was reached")
    if order.state == S.COMPLETED and money:
        return _payout_turn(order, money, at)
    if order.state in (S.IN_PRODUCTION, S.READY) and _lost(money):
        return "buyer", _("Pay again what the bank took back")
    if order.state == S.IN_PRODUCTION and days_late(order, at):
        return "seller", _("Ship the goods: they are late")
    if order.state == S.DRAFT and side == "buyer":
        return "seller", _("Changes the draft and sends a new offer")
    if order.state == S.AWAITING_PAYMENT and money and money.is_secured:
        return "platform", _("Production starts in a moment")
    if order.state == S.READY and (money is None or money.next_to_pay is None):
        if owes_booking(order):
            return "buyer", _("Book the carriage and tell the seller")
        return "seller", _("Ship the goods")
    return TURNS.get(order.state)


def _payout_turn(order: Order, money: EscrowMoney, at: datetime) -> tuple[str, Any] | None:
    """What is released and not yet paid out: the platform sends it, once the seller has an account for it."""
    if money.released_minor == 0 or money.paid_out_minor == money.net_minor:
        return None
    if money.payable_minor and usable_payout_account(order.seller_id, money.currency, at) is None:
        return "seller", _("Add a payout account: the money waits for one that can be used")
    return "platform", _("Pay out to the seller within one business day")


def _next_step(
    order: Order, side: str, money: EscrowMoney | None, clocks: Iterable[Deadline], at: datetime
) -> NextStep | None:
    turn = _turn(order, side, money, at)
    if turn is None:
        return None
    who, title = turn
    own = [clock for clock in clocks if clock.kind in CLOCKS and CLOCKS[clock.kind].who == who]
    running = next((clock for clock in own if clock.kind == FUNDING_LOST), own[0] if own else None)
    return NextStep(
        title=title,
        who=_name_of(order, who),
        mine=who == side,
        due=running.due_at if running else None,
        silence=CLOCKS[running.kind].silence if running else "",
        paused=bool(running and running.paused_at),
    )


def _judging_step(
    order: Order, side: str, reports: list[ReportRow], step: NextStep | None, may_prove_until: datetime | None
) -> NextStep | None:
    """Approve or challenge a reported stage: the buyer's turn unless something else is, and then what a seller of a
    cancelled order waits for who can prove nothing more."""
    row = next_to_judge(reports)
    busy = step is not None and step.mine if side == "buyer" else may_prove_until is not None or order.ended_at is None
    if row is None or busy:
        return None
    return NextStep(
        title=_("Look at the proof, then approve or challenge: %(stage)s") % {"stage": row.report.get_stage_display()},
        who=_name_of(order, "buyer"),
        mine=side == "buyer",
        due=row.counts_at,
        silence=CLOCKS["stage_unchallenged"].silence,
    )


def _judging_buttons(order: Order, reports: list[ReportRow]) -> list[Button]:
    """To the proof: the answer stands beside it."""
    if not any(row.may_judge and row.counts_at for row in reports):
        return []
    url = reverse("order", kwargs={"ref": order.reference})
    return [Button("judge_stage", _("Look at the reported stages"), f"{url}#production")]


def _name_of(order: Order, who: str) -> str:
    if who == "seller":
        return order.seller.name
    if who == "platform":
        return _("the platform")
    return order.buyer.name if order.buyer else (order.buyer_company_name or order.buyer_email)


def _buttons(order: Order, by: Actor, money: EscrowMoney | None, at: datetime) -> list[Button]:
    """Only what can be pressed now; one primary button."""
    found: list[Button] = []
    for verb, url_name, label, look in VERB_BUTTONS:
        if not may(by, verb, order) or not _makes_sense(verb, order, money, at):
            continue
        if verb == "accept" and money:
            label = _("Accept and release %(amount)s") % {"amount": money_text(money.held_minor, money.currency)}
        if verb == "pay" and money:
            label = _("Pay %(amount)s") % {"amount": money_text(_missing_minor(money), money.currency)}
        primary = look == "primary" and not any(button.primary for button in found)
        url = reverse(url_name, kwargs={"ref": order.reference})
        found.append(Button(verb, label, url, primary=primary, danger=look == "danger"))
    return found


def _missing_minor(money: EscrowMoney) -> int:
    return money.next_to_pay.missing_minor if money.next_to_pay else 0


def _makes_sense(verb: str, order: Order, money: EscrowMoney | None, at: datetime) -> bool:
    """Conditions that the page can see beforehand; the action checks them again."""
    waits_for_money = money is not None and money.next_to_pay is not None
    later_instalment = money is not None and any(not each.secured_at for each in money.instalments)
    seen = {
        "pay": waits_for_money,
        "declare_wire": order.wire_declared_at is None and waits_for_money and _has_wire(money),
        "ship": not later_instalment,
        "declare_ready": not _lost(money),
        "book_carriage": order.carriage_booked_at is None,
        "extend_inspection": order.inspection_extended_at is None,
    }
    return seen[verb] if verb in seen else stages_open_to(verb, order, at)


def _has_wire(money: EscrowMoney | None) -> bool:
    live = money.next_to_pay.live_payment if money and money.next_to_pay else None
    return live is not None and live.method == "wire"


INSTALMENT_STATES: dict[str, tuple[Any, str]] = {
    "NOT_DUE": (gettext_lazy("Not yet due"), "grey"),
    "DUE": (gettext_lazy("Due"), "amber"),
    "PENDING": (gettext_lazy("Not yet received"), "amber"),
    "SHORT": (gettext_lazy("Part received"), "amber"),
    "SECURED": (gettext_lazy("Received and held"), "green"),
    "LOST": (gettext_lazy("Taken back by the buyer's bank"), "red"),
}
DUE_WORDS: dict[str, Any] = {
    "confirmation": gettext_lazy("on confirmation"),
    "readiness": gettext_lazy("on readiness"),
}


def _money_rows(money: EscrowMoney) -> list[MoneyRow]:
    """One row per instalment. What came in and did not go back is 'held' until it is released, oldest first."""
    released = money.released_minor
    rows = []
    for each in money.instalments:
        out = min(released, each.received_minor)
        released -= out
        label, colour = _instalment_words(each, out, stopped=money.escrow.stopped_at is not None)
        rows.append(
            MoneyRow(
                label=f"{each.sequence}. {DUE_WORDS.get(each.due_on, each.due_on)}",
                due_minor=each.asked_minor,
                held_minor=each.received_minor - out,
                released_minor=out,
                refunded_minor=each.gone_back_minor,
                state_label=label,
                state_colour=colour,
                note=_missing_words(each.missing_minor, money.currency) if each.state == "SHORT" else "",
            )
        )
    return rows


def _instalment_words(each: InstalmentMoney, released_minor: int, *, stopped: bool) -> tuple[Any, str]:
    if released_minor and released_minor == each.received_minor:
        return (_("Divided"), "blue") if each.refunded_minor and stopped else (_("Released"), "blue")
    if stopped and each.received_minor == 0:
        return _refund_words(each)
    return INSTALMENT_STATES[each.state]


def _refund_words(each: InstalmentMoney) -> tuple[Any, str]:
    """Of an instalment that nothing more is paid for, and of which nothing is held."""
    if not each.refunded_minor:
        return _("No longer due"), "grey"
    has_gone = each.gone_back_minor >= each.refunded_minor
    return (_("Refunded"), "grey") if has_gone else (_("Still to go back"), "amber")


def _missing_words(missing_minor: int, currency: str) -> str:
    return _("%(amount)s still to come") % {"amount": format_money(missing_minor, currency)}
