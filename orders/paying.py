"""Paying an order: which instalment, by which methods, and the exchange with the gateway.

Never inside a transaction.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from core.actions import action, carry_out
from core.actors import Actor
from core.errors import Invalid, Refused
from orders.locks import lock_order
from orders.methods import MethodOffer, carries_amount, offers_here
from orders.models import Order
from orders.policies import check_may
from orders.process import FINAL_STATES
from payments.errors import WireCounts
from payments.exchanges.pay import look_after_return, start_payment
from payments.models import Escrow, Method, Payment, PaymentState
from payments.queries import InstalmentMoney, list_payments, money_of
from payments.routing import methods_routed
from payments.schedules import payer_fee_of


class NothingDue(Refused):
    code = "nothing_due"
    message = _("Nothing is due from you now.")


class WireOpen(Refused):
    """`details['payment']` is the reference of the wire's attempt: going on names it in `instead_of`."""

    code = "wire_open"
    message = _(
        "A bank wire is open for this payment. If you have sent it, declare it and wait. If you pay another way "
        "instead, a wire that is on its way goes back when it arrives."
    )


def payable_instalment(order: Order) -> InstalmentMoney | None:
    """The first instalment that is due and not yet held."""
    if order.escrow_id is None:
        return None
    return money_of(order.escrow_id).next_to_pay


def payment_held(order: Order) -> Payment | None:
    """The newest payment that the platform holds for this order. None once the order has ended."""
    if order.escrow_id is None or order.state in FINAL_STATES:
        return None
    return next((each for each in list_payments(order.escrow_id) if each.state == PaymentState.SECURED), None)


@dataclass(frozen=True)
class QuotedOffer:
    """A method with what the buyer pays by it now: the fee on top of the price, and all of it. Minor units."""

    offer: MethodOffer
    fee_minor: int
    total_minor: int


def method_offers(order: Order, instalment: InstalmentMoney | None) -> list[QuotedOffer]:
    """The methods that the order accepts, in the order of the table, at the fees that were quoted with the terms.

    Without those whose gateway can't carry what is to be paid now.
    """
    if instalment is None or order.escrow is None:
        return []
    quoted = [_quoted(order.escrow, instalment, offer) for offer in offers_here() if offer.method in order.methods]
    return [each for each in quoted if carries_amount(each.offer.method, order.currency, each.total_minor)]


def _quoted(escrow: Escrow, instalment: InstalmentMoney, offer: MethodOffer) -> QuotedOffer:
    amounts = {"sequence": instalment.sequence, "amount_minor": instalment.price_to_pay_minor}
    fee_minor = payer_fee_of(escrow, **amounts, method=offer.method)
    return QuotedOffer(offer, fee_minor, instalment.to_pay_minor + fee_minor)


def wire_given_up(instalment: InstalmentMoney | None, method: str) -> Payment | None:
    """The open wire that paying by `method` ends, though the buyer may have sent it: they know its account."""
    live = instalment.live_payment if instalment else None
    if live is None or live.method != Method.WIRE or method == Method.WIRE or live.cancel_asked_at is not None:
        return None
    return live if live.bank_details else None


@action
def check_may_pay(*, order_id: int, method: str, instead_of: str = "", by: Actor) -> InstalmentMoney:
    """Lock the order and return the instalment to pay.

    `instead_of`: reference of the open wire that the buyer gives up for another method; one that may be on its way is
    given up by its name only. Raises NotAllowed, IllegalMove, NothingDue, Invalid, WireCounts, WireOpen.
    """
    order = lock_order(order_id)
    check_may(by, "pay", order)
    if method not in order.methods or method not in methods_routed():
        raise Invalid(fields={"method": _("Choose one of the methods of this order.")})
    instalment = payable_instalment(order)
    if instalment is None:
        raise NothingDue
    live = instalment.live_payment
    if live is not None and live.method != method and live.counts_as_wire:
        raise WireCounts
    wire = wire_given_up(instalment, method)
    if wire is not None and wire.reference != instead_of:
        raise WireOpen(payment=wire.reference)
    return instalment


def pay_instalment(
    *, order: Order, method: str, instead_of: str = "", return_url: str, by: Actor, at: datetime
) -> Payment:
    """Begin or go on with the payment of what is due now; see `payments.exchanges.pay.start_payment`.

    `instead_of`: see `check_may_pay`.
    """
    instalment = carry_out(check_may_pay, order_id=order.pk, method=method, instead_of=instead_of, by=by)
    return start_payment(instalment_id=instalment.id, method=method, return_url=return_url, by=by, at=at)


def ask_about_open_payment(*, order: Order, by: Actor, at: datetime) -> Payment | None:
    """Once the gateway's page has sent the payer back: what became of the open attempt, if one is open.

    Never inside a transaction. Raises NotAllowed, IllegalMove, NotFound for whoever may not pay.
    """
    check_may(by, "pay", order)
    instalment = payable_instalment(order)
    if instalment is None or instalment.live_payment is None:
        return None
    return look_after_return(payment_id=instalment.live_payment.pk, at=at)
