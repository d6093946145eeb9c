"""What stands against sending a draft, and what to think about first. The lint explains itself (rules, section 1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from django.utils.translation import gettext_lazy as _

from companies.queries import payout_accounts_of
from core.money import MAX_MINOR
from orders.draft_parts import DraftParts, parts_of
from orders.lint_words import ambiguous_date, days_without_calendar, sample_words, untestable_words
from orders.methods import why_not_offered
from orders.models import Order, OrderLine, PlannedInstalment, Requirement
from orders.process import CLOCKS
from orders.totals import WHOLE_BASIS_POINTS, amount_of, instalment_amounts
from orders.trade_terms import TRADE_TERMS, mode_allowed
from payments.models import DueOn

Severity = Literal["stop", "warn"]
HOLIDAYS_BEFORE = timedelta(days=10)
HOLIDAYS_AFTER = timedelta(days=3)


@dataclass(frozen=True)
class Finding:
    """`step` 1 to 6 and `field` say where; `message` what; `explanation` why, and what to write instead."""

    step: int
    field: str
    severity: Severity
    message: Any
    explanation: Any


def lint_order(order: Order, *, at: datetime) -> list[Finding]:
    """All findings on a draft, stops first, then by step. Writes nothing."""
    return lint_draft(parts_of(order), at=at)


def lint_draft(draft: DraftParts, *, at: datetime) -> list[Finding]:
    """The same for a draft that was read already. One query."""
    order, lines, planned = draft.order, draft.lines, draft.planned
    found = [
        *_parties(order),
        *_products(lines),
        *_delivery(order, at),
        *_trade_term(order),
        *_texts(order, lines),
        *_payment(planned, lines, order, at),
        *_amounts(planned, lines),
        *_seller(order, at),
    ]
    return sorted(found, key=lambda finding: (finding.severity != "stop", finding.step))


def stops(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity == "stop"]


def _stop(step: int, field: str, message: Any, explanation: Any) -> Finding:
    return Finding(step, field, "stop", message, explanation)


def _warn(step: int, field: str, message: Any, explanation: Any) -> Finding:
    return Finding(step, field, "warn", message, explanation)


def _parties(order: Order) -> Iterator[Finding]:
    if not order.buyer_email:
        yield _stop(1, "buyer_email", _("The buyer's e-mail is missing."), _("The offer is sent to this address."))
    if not order.buyer_company_name:
        yield _warn(
            1,
            "buyer_company_name",
            _("The buyer's company isn't named."),
            _("Name it, so that a wrong company can't sign by mistake."),
        )
    if not order.governing_law:
        yield _warn(
            1,
            "governing_law",
            _("No governing law is chosen."),
            _("Without a choice, the law of a court decides which law applies. Agree on one while all is well."),
        )


def _products(lines: Sequence[OrderLine]) -> Iterator[Finding]:
    if not lines:
        yield _stop(2, "lines", _("The order has no product."), _("Add at least one, with quantity and price."))
    if sum(amount_of(line) for line in lines) > MAX_MINOR:
        yield _stop(
            2,
            "lines",
            _("The total is over the limit of one order."),
            _("Split the goods into several orders, each with its own terms."),
        )
    for place, line in enumerate(lines):
        requirements = list(line.requirements.all())
        if not requirements:
            yield _warn(
                2,
                f"lines.{place}.requirements",
                _("%(product)s has no quality requirement.") % {"product": line.name},
                _("A claim must cite a requirement. Without one nobody can say whether the goods are right."),
            )
        for number, requirement in enumerate(requirements):
            yield from _requirement(line, requirement, f"lines.{place}.requirements.{number}.")


def _requirement(line: OrderLine, requirement: Requirement, where: str) -> Iterator[Finding]:
    if not requirement.target:
        yield _stop(
            2,
            f"{where}target",
            _("The requirement '%(attribute)s' has no target.") % {"attribute": requirement.attribute},
            _("Write what is measured or counted, for example '18 mm' or '0 sharp edges'."),
        )
    if not requirement.test_method:
        yield _stop(
            2,
            f"{where}test_method",
            _("The requirement '%(attribute)s' has no way to test it.") % {"attribute": requirement.attribute},
            _("Write how somebody checks it, for example 'calliper, 3 places' or a standard's number."),
        )
    for name in ("attribute", "target", "tolerance", "unit", "test_method", "sample_plan", "remedy"):
        text = getattr(requirement, name)
        yield from _words(2, f"{where}{name}", text, sealed=bool(line.sample_number), severity="stop")
        yield from _time_words(2, f"{where}{name}", text, severity="stop")


def _delivery(order: Order, at: datetime) -> Iterator[Finding]:
    calendar = order.seller.calendar
    today = calendar.day_of(at)
    if order.delivery_basis == "date" and order.ship_date is None:
        yield _stop(3, "ship_date", _("The ship date is missing."), _("The day by which the goods leave."))
    if order.delivery_basis == "date" and order.ship_date is not None and order.ship_date < today:
        yield _stop(3, "ship_date", _("The ship date has passed."), _("Give a date that can be kept."))
    if order.delivery_basis == "days" and not order.ship_days:
        yield _stop(
            3,
            "ship_days",
            _("The number of days to ship is missing."),
            _("They count from the moment the first payment is held, 24 hours each."),
        )
    if order.price_valid_until is not None and calendar.close_of(order.price_valid_until) <= at:
        yield _stop(
            3,
            "price_valid_until",
            _("The price is no longer valid."),
            _("A buyer could not confirm in time. Give a later date, or leave it empty for 7 days."),
        )
    may_pass = today + timedelta(days=CLOCKS["offer_open"].days + CLOCKS["first_payment"].days)
    if order.delivery_basis == "date" and order.ship_date is not None and today <= order.ship_date <= may_pass:
        yield _warn(
            3,
            "ship_date",
            _("The ship date may come before the money."),
            _("The buyer has 7 days to sign and 10 to pay. Once the date has passed, the offer can't be signed."),
        )
    ship_on = order.ship_date if order.delivery_basis == "date" else _after_days(today, order.ship_days)
    if ship_on is not None and ship_on >= today:
        yield from _closed_days(order, ship_on)


def _after_days(today: date, days: int | None) -> date | None:
    return today + timedelta(days=days) if days else None


def _closed_days(order: Order, ship_on: date) -> Iterator[Finding]:
    calendar = order.seller.calendar
    field = "ship_date" if order.delivery_basis == "date" else "ship_days"
    holidays = calendar.closed_days(ship_on - HOLIDAYS_BEFORE, ship_on + HOLIDAYS_AFTER)
    if holidays:
        names = list(dict.fromkeys(name for _day, name in holidays))
        facts = {"names": ", ".join(names[:3]), "first": holidays[0][0], "last": holidays[-1][0]}
        yield _warn(
            3,
            field,
            _("Holidays near the ship date: %(names)s, %(first)s to %(last)s.") % facts,
            _("Factories, carriers and customs close, and the days before are crowded. Leave room."),
        )
    elif not calendar.is_open(ship_on):
        yield _warn(
            3,
            field,
            _("The ship date falls on a closed day, %(day)s.") % {"day": ship_on},
            _("It then ends at the close of the next business day of the seller."),
        )


def _trade_term(order: Order) -> Iterator[Finding]:
    if not order.named_place:
        yield _stop(
            4,
            "named_place",
            _("The trade term has no named place."),
            _("A term without its place says neither who pays the freight nor where risk passes: 'FOB Hai Phong'."),
        )
    if not order.transport_mode:
        why = _("It sets the time that arrival may take.")
        yield _stop(4, "transport_mode", _("The mode of transport is missing."), why)
    if not order.incoterm:
        why = _("It says who carries, who insures and who bears risk.")
        yield _stop(4, "incoterm", _("The trade term is missing."), why)
        return
    term = TRADE_TERMS[order.incoterm]
    if order.transport_mode and not mode_allowed(order.incoterm, order.transport_mode):
        yield _stop(
            4,
            "incoterm",
            _("%(term)s is for sea only.") % {"term": order.incoterm},
            _("For air, road, rail and courier use FCA, CPT or CIP."),
        )
    elif term.sea_only:
        yield _warn(
            4,
            "incoterm",
            _("If the goods travel in a container, prefer FCA, CPT or CIP to %(term)s.") % {"term": order.incoterm},
            _("A container is handed over at a terminal, before it is on board; until then the risk would be yours."),
        )
    if order.incoterm == "EXW":
        yield _warn(
            4,
            "incoterm",
            _("EXW across a border makes the buyer clear the export."),
            _("A foreign buyer often can't. FCA leaves the export formalities with the seller."),
        )
    if not order.consignee:
        yield _warn(4, "consignee", _("No consignee is named."), _("The transport document needs one. Ask the buyer."))


def _texts(order: Order, lines: Sequence[OrderLine]) -> Iterator[Finding]:
    for name in ("freight_note", "inspection_passes"):
        text = getattr(order, name)
        yield from _words(4, name, text, sealed=False, severity="warn")
        yield from _time_words(4, name, text, severity="stop")
    for place, line in enumerate(lines):
        for name in ("name", "specification", "size", "tolerance", "packing"):
            where = f"lines.{place}.{name}"
            yield from _words(2, where, getattr(line, name), sealed=bool(line.sample_number), severity="warn")
            yield from _time_words(2, where, getattr(line, name), severity="warn")


def _words(step: int, field: str, text: str, *, sealed: bool, severity: Severity) -> Iterator[Finding]:
    for phrase in untestable_words(text):
        yield Finding(
            step,
            field,
            severity,
            _("Nobody can test '%(phrase)s'.") % {"phrase": phrase},
            _("Write what is measured: attribute, target, tolerance and how it is tested. A claim cites a row."),
        )
    for phrase in [] if sealed else sample_words(text):
        yield Finding(
            step,
            field,
            severity,
            _("'%(phrase)s' needs the number of a sealed sample.") % {"phrase": phrase},
            _("Seal a sample with a number that both sides keep, and give the number with the product."),
        )


def _time_words(step: int, field: str, text: str, *, severity: Severity) -> Iterator[Finding]:
    days = days_without_calendar(text)
    if days:
        yield Finding(
            step,
            field,
            severity,
            _("'%(phrase)s' doesn't say by which calendar.") % {"phrase": days},
            _("Write 'calendar days' or 'business days', and of which country."),
        )
    day = ambiguous_date(text)
    if day:
        yield Finding(
            step,
            field,
            severity,
            _("The date %(phrase)s can be read in two ways.") % {"phrase": day},
            _("Write year, month and day, for example 2026-06-05."),
        )


def _payment(
    planned: Sequence[PlannedInstalment], lines: Sequence[OrderLine], order: Order, at: datetime
) -> Iterator[Finding]:
    parts = instalment_amounts(sum(amount_of(line) for line in lines), planned)
    if not order.methods:
        yield _stop(5, "methods", _("No method of payment is chosen."), _("Choose at least one."))
    for method in order.methods:
        refused = why_not_offered(method, order, planned, parts, at=at)
        if refused is not None:
            yield _stop(5, "methods", refused.message, refused.explanation)
    if sum(part.basis_points for part in planned) != WHOLE_BASIS_POINTS:
        yield _stop(
            5,
            "instalments",
            _("The instalments don't add up to 100 %."),
            _("Together they are the whole price. What is paid outside the platform is not covered."),
        )
    if not planned or planned[0].due_on != DueOn.CONFIRMATION:
        yield _stop(
            5,
            "instalments",
            _("The first instalment must be above zero and due on confirmation."),
            _("Production starts when it is held."),
        )


def _amounts(planned: Sequence[PlannedInstalment], lines: Sequence[OrderLine]) -> Iterator[Finding]:
    parts = instalment_amounts(sum(amount_of(line) for line in lines), planned)
    if lines and any(part.amount_minor == 0 for part in parts):
        yield _stop(
            5,
            "instalments",
            _("An instalment comes to nothing."),
            _("Its share of so small a price rounds to zero. Take one instalment, or other shares."),
        )


def _seller(order: Order, at: datetime) -> Iterator[Finding]:
    if not order.seller.may_sell:
        yield _stop(
            6,
            "seller",
            _("Your company isn't enrolled in trade assurance."),
            _("Staff verify a company first; then an owner enrols it in the seller centre."),
        )
    accounts = [account for account in payout_accounts_of(order.seller_id) if account.currency == order.currency]
    if not accounts:
        yield _stop(
            6,
            "payout_account",
            _("You have no payout account in %(currency)s.") % {"currency": order.currency},
            _("Money is paid only to your verified account in the order's currency. Add one in the settings."),
        )
    elif not any(account.is_usable(at) for account in accounts):
        yield _warn(
            6,
            "payout_account",
            _("Your payout account in %(currency)s can't be used yet.") % {"currency": order.currency},
            _("A new account waits 72 hours and is verified by staff. You can send the offer meanwhile."),
        )
