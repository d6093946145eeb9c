"""What an order costs, when it falls due, what it covers, and what is left after fees. Minor units throughout."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.money import format_money, line_amount, percent, split
from orders.models import Order, OrderLine, PlannedInstalment
from payments.fees import Rate, Schedule
from payments.schedules import current_schedule

WHOLE_BASIS_POINTS = 10_000


@dataclass(frozen=True)
class InstalmentAmount:
    sequence: int
    due_on: str
    basis_points: int
    amount_minor: int


@dataclass(frozen=True)
class Cover:
    """From `moment` on, `basis_points` of the price are held. `words` say what that protects and what it doesn't."""

    moment: str
    basis_points: int
    amount_minor: int
    words: Any


@dataclass(frozen=True)
class BuyerFee:
    """What the buyer pays on top of the price when all of it is paid by this method."""

    method: str
    rate: Rate
    fee_minor: int


@dataclass(frozen=True)
class Totals:
    """`buyer_pays_minor` is gross to the buyer before the fee of a method, `seller_gets_minor` net to the seller."""

    currency: str
    lines_minor: tuple[int, ...]
    total_minor: int
    instalments: tuple[InstalmentAmount, ...]
    fee_schedule_version: int
    buyer_fees: tuple[BuyerFee, ...]
    buyer_pays_minor: int
    seller_fee_minor: int
    seller_rate: Rate | None
    seller_gets_minor: int
    cover: tuple[Cover, ...]


def amount_of(line: OrderLine) -> int:
    """Minor units of the order's currency; rounds once, half up."""
    return line_amount(line.quantity_thousandths, line.unit_price_minor, line.price_basis)


def totals_of(order: Order, lines: Sequence[OrderLine], planned: Sequence[PlannedInstalment]) -> Totals:
    """Everything of step 5, from the order's lines and plan. Instalments are empty while they don't add up to 100 %."""
    amounts = tuple(amount_of(line) for line in lines)
    total = sum(amounts)
    instalments = instalment_amounts(total, planned)
    schedule = current_schedule()
    rate = schedule.payee.get(order.currency)
    fee = rate.up_to(total) if rate else 0
    return Totals(
        currency=order.currency,
        lines_minor=amounts,
        total_minor=total,
        instalments=instalments,
        fee_schedule_version=schedule.version,
        buyer_fees=buyer_fees(schedule, order, instalments),
        buyer_pays_minor=total,
        seller_fee_minor=fee,
        seller_rate=rate,
        seller_gets_minor=total - fee,
        cover=cover_of(instalments, order.currency),
    )


def instalment_amounts(total_minor: int, planned: Sequence[PlannedInstalment]) -> tuple[InstalmentAmount, ...]:
    """The plan in money: the parts add up to the total. Empty unless the shares add up to 100 %."""
    shares = [part.basis_points for part in planned]
    if sum(shares) != WHOLE_BASIS_POINTS:
        return ()
    return tuple(
        InstalmentAmount(part.sequence, part.due_on, part.basis_points, amount)
        for part, amount in zip(planned, split(total_minor, shares), strict=True)
    )


def buyer_fees(schedule: Schedule, order: Order, instalments: Sequence[InstalmentAmount]) -> tuple[BuyerFee, ...]:
    """Per accepted method that costs the buyer something: as if all instalments were paid by it."""
    found = []
    for method in order.methods:
        rate = schedule.payer_rate(method, order.currency)
        fee_minor = sum(_fees_of(rate, instalments))
        if fee_minor:
            found.append(BuyerFee(method, rate, fee_minor))
    return tuple(found)


def _fees_of(rate: Rate, instalments: Sequence[InstalmentAmount]) -> list[int]:
    fees, before_minor = [], 0
    for part in instalments:
        fees.append(rate.of_payment(before_minor, part.amount_minor))
        before_minor += part.amount_minor
    return fees


def paid_by(method: str, currency: str, instalments: Sequence[InstalmentAmount]) -> list[int]:
    """What the buyer would pay now for each instalment by this method, its fee included. Minor units."""
    fees = _fees_of(current_schedule().payer_rate(method, currency), instalments)
    return [part.amount_minor + fee_minor for part, fee_minor in zip(instalments, fees, strict=True)]


def cover_of(instalments: Sequence[InstalmentAmount], currency: str) -> tuple[Cover, ...]:
    """What share of the price is held from each moment on."""
    if not instalments:
        return ()
    on_confirmation = [part for part in instalments if part.due_on == "confirmation"]
    first_points = sum(part.basis_points for part in on_confirmation)
    first = sum(part.amount_minor for part in on_confirmation)
    total = sum(part.amount_minor for part in instalments)
    story = [Cover("confirmation", 0, 0, _("Nothing is held until the first payment. Production starts after it."))]
    story.append(Cover("first_payment", first_points, first, _first_words(first_points, first, currency)))
    if first_points < WHOLE_BASIS_POINTS:
        words = _("From the payment on readiness until acceptance the whole price, %(amount)s, is held.")
        money = format_money(total, currency)
        story.append(Cover("readiness", WHOLE_BASIS_POINTS, total, words % {"amount": money}))
    return tuple(story)


def _first_words(basis_points: int, amount_minor: int, currency: str) -> Any:
    facts = {"share": percent(basis_points), "amount": format_money(amount_minor, currency)}
    if basis_points == WHOLE_BASIS_POINTS:
        return _("From the first payment until acceptance the whole price, %(amount)s, is held.") % facts
    return (
        _(
            "From the first payment until readiness %(share)s of the price, %(amount)s, is held. If the buyer cancels, "
            "this covers the seller's work up to %(share)s and no more."
        )
        % facts
    )
