"""What a drafter may write, step by step: the shape of each piece, strict.

What is missing yet is the lint's business.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from catalog.models import MAX_THOUSANDTHS, PRICE_BASES, Severity
from companies.actions.people import check_email, check_language
from core.errors import Invalid
from core.money import check_amount, digits_of, line_amount
from core.sheets import Sheet
from core.text_rules import check_name, check_text
from orders.methods import offers_here
from orders.process import INSPECTION_DAYS_MOST
from orders.trade_terms import DOCUMENT_WORDS, Incoterm, TransportMode
from payments.models import DueOn

MOST_LINES = 200
MOST_REQUIREMENTS = 40
MOST_INSTALMENTS = 2
MOST_SHIP_DAYS = 730
BANK_CHARGES = ("payer", "payee", "shared")
INSPECTORS = ("buyer", "seller", "shared", "none")


@dataclass(frozen=True, kw_only=True)
class Parties:
    """Step 1. All may be empty while drafting."""

    buyer_email: str = ""
    buyer_company_name: str = ""
    seller_ref: str = ""
    buyer_ref: str = ""
    language: str = "en"
    governing_law: str = ""


@dataclass(frozen=True, kw_only=True)
class RequirementInput:
    attribute: str
    target: str = ""
    tolerance: str = ""
    unit: str = ""
    test_method: str = ""
    sample_plan: str = "ISO 2859-1, level II"
    severity: str = Severity.MAJOR
    remedy: str = ""


@dataclass(frozen=True, kw_only=True)
class LineInput:
    """Step 2, one product. `quantity_thousandths` of `unit`; `unit_price_minor` per `price_basis` units."""

    name: str
    quantity_thousandths: int
    unit: str
    unit_price_minor: int
    price_basis: int = 1
    product_ref: str = ""
    specification: str = ""
    size: str = ""
    tolerance: str = ""
    packing: str = ""
    sample_number: str = ""
    requirements: Sequence[RequirementInput] = field(default_factory=tuple)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """Step 3. `basis` 'date': the goods leave by `ship_date`; 'days': within `ship_days` after the first payment."""

    basis: str = "date"
    ship_date: date | None = None
    ship_days: int | None = None
    price_valid_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class TradeTermInput:
    """Step 4."""

    incoterm: str = ""
    named_place: str = ""
    transport_mode: str = ""
    freight_note: str = ""
    consignee: str = ""
    documents_promised: Sequence[str] = ()
    inspection_booked_by: str = "buyer"
    inspection_paid_by: str = "buyer"
    inspection_passes: str = ""
    inspection_days: int = 15


@dataclass(frozen=True, kw_only=True)
class InstalmentInput:
    """`basis_points` of the price, due on 'confirmation' or 'readiness'."""

    basis_points: int
    due_on: str


@dataclass(frozen=True, kw_only=True)
class PaymentTerms:
    """Step 5."""

    currency: str = "USD"
    methods: Sequence[str] = ()
    bank_charges: str = "payer"
    instalments: Sequence[InstalmentInput] = ()


def one_line(text: str, name: str, limit: int) -> str:
    """A name, or empty."""
    return check_name(text, name, limit) if text.strip() else ""


def one_of(value: str, name: str, choices: Sequence[str], *, empty: bool = False) -> str:
    if value in choices or (empty and value == ""):
        return str(value)
    raise Invalid(fields={name: _("Choose one from the list.")})


def some_of(values: Sequence[str], name: str, choices: Sequence[str]) -> list[str]:
    """Each once, in the order of the list."""
    if isinstance(values, str) or not set(values) <= set(choices):
        raise Invalid(fields={name: _("Choose from the list.")})
    return [str(value) for value in choices if value in values]


def whole(value: Any, name: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        words = _("Give a whole number from %(least)d to %(most)d.")
        raise Invalid(fields={name: words % {"least": least, "most": most}})
    return value


def not_past(value: date | None, name: str, today: date) -> date | None:
    """`today`: the seller's day. A date of the past can't be promised."""
    if value is not None and value < today:
        raise Invalid(fields={name: _("This date has passed. Give today's or a later one.")})
    if value is not None and value.year > today.year + 5:
        raise Invalid(fields={name: _("This date is more than five years away. Look at the year again.")})
    return value


def check_parties(parties: Parties) -> dict[str, Any]:
    """The fields of step 1, checked. Raises Invalid."""
    sheet = Sheet()
    email = parties.buyer_email.strip()
    found = {
        "buyer_email": sheet.take(check_email, email, "buyer_email") if email else "",
        "buyer_company_name": sheet.take(one_line, parties.buyer_company_name, "buyer_company_name", 200),
        "seller_ref": sheet.take(one_line, parties.seller_ref, "seller_ref", 60),
        "buyer_ref": sheet.take(one_line, parties.buyer_ref, "buyer_ref", 60),
        "language": sheet.take(check_language, parties.language),
        "governing_law": sheet.take(one_line, parties.governing_law, "governing_law", 200),
    }
    sheet.close()
    return found


def check_delivery(delivery: Delivery, today: date) -> dict[str, Any]:
    """The fields of step 3, checked; only those of the chosen basis are kept. Raises Invalid."""
    sheet = Sheet()
    basis = sheet.take(one_of, delivery.basis, "delivery_basis", ("date", "days"))
    ship_date = sheet.take(not_past, delivery.ship_date, "ship_date", today) if basis == "date" else None
    days = delivery.ship_days
    if basis == "days" and days is not None:
        days = sheet.take(whole, days, "ship_days", 1, MOST_SHIP_DAYS)
    until = sheet.take(not_past, delivery.price_valid_until, "price_valid_until", today)
    sheet.close()
    return {
        "delivery_basis": basis,
        "ship_date": ship_date,
        "ship_days": days if basis == "days" else None,
        "price_valid_until": until,
    }


def check_trade_term(term: TradeTermInput) -> dict[str, Any]:
    """The fields of step 4, checked. Whether term, place and mode fit together is the lint's business.

    Raises Invalid.
    """
    sheet = Sheet()
    found = {
        "incoterm": sheet.take(one_of, term.incoterm, "incoterm", Incoterm.values, empty=True),
        "named_place": sheet.take(one_line, term.named_place, "named_place", 200),
        "transport_mode": sheet.take(one_of, term.transport_mode, "transport_mode", TransportMode.values, empty=True),
        "freight_note": sheet.take(check_text, term.freight_note, "freight_note", 500),
        "consignee": sheet.take(check_text, term.consignee, "consignee", 500),
        "documents_promised": sheet.take(some_of, term.documents_promised, "documents_promised", tuple(DOCUMENT_WORDS)),
        "inspection_booked_by": sheet.take(one_of, term.inspection_booked_by, "inspection_booked_by", INSPECTORS),
        "inspection_paid_by": sheet.take(one_of, term.inspection_paid_by, "inspection_paid_by", INSPECTORS),
        "inspection_passes": sheet.take(check_text, term.inspection_passes, "inspection_passes", 2000),
        "inspection_days": sheet.take(whole, term.inspection_days, "inspection_days", 1, INSPECTION_DAYS_MOST),
    }
    sheet.close()
    return found


def check_payment(terms: PaymentTerms) -> dict[str, Any]:
    """The fields of step 5 and the plan under 'instalments', checked. Raises Invalid."""
    sheet = Sheet()
    sheet.take(digits_of, terms.currency)
    found = {
        "currency": terms.currency,
        "methods": sheet.take(some_of, terms.methods, "methods", tuple(each.method for each in offers_here())),
        "bank_charges": sheet.take(one_of, terms.bank_charges, "bank_charges", BANK_CHARGES),
    }
    if len(terms.instalments) > MOST_INSTALMENTS:
        sheet.refuse("instalments", _("At most two instalments: one on confirmation, one on readiness."))
    for place, part in enumerate(terms.instalments[:MOST_INSTALMENTS]):
        sheet.take(whole, part.basis_points, f"instalments.{place}.basis_points", 1, 10_000)
        sheet.take(one_of, part.due_on, f"instalments.{place}.due_on", DueOn.values)
    dues = [part.due_on for part in terms.instalments]
    if len(set(dues)) != len(dues):
        sheet.refuse("instalments", _("One instalment on confirmation and one on readiness, not two on the same."))
    sheet.close()
    order = list(DueOn.values)
    return found | {"instalments": sorted(terms.instalments, key=lambda part: order.index(part.due_on))}


def check_lines(lines: Sequence[LineInput], currency: str) -> list[LineInput]:
    """Lines with checked, composed texts; amounts and their sum within the limit. Fields are named 'lines.0.name'."""
    sheet = Sheet()
    if len(lines) > MOST_LINES:
        sheet.refuse("lines", _("At most 200 products in one order. Make a second order of the rest."))
        sheet.close()
    checked = [_check_line(line, f"lines.{place}.", currency, sheet) for place, line in enumerate(lines)]
    sheet.close()
    amounts = [line_amount(line.quantity_thousandths, line.unit_price_minor, line.price_basis) for line in checked]
    for place, amount in enumerate(amounts):
        sheet.take(check_amount, amount, currency, field=f"lines.{place}.quantity_thousandths")
    sheet.close()
    if amounts:
        sheet.take(check_amount, sum(amounts), currency, field="lines")
    sheet.close()
    return checked


def _check_line(line: LineInput, at: str, currency: str, sheet: Sheet) -> LineInput:
    if line.price_basis not in PRICE_BASES:
        sheet.refuse(f"{at}price_basis", _("A price is for 1, 100 or 1,000 units."))
    if len(line.requirements) > MOST_REQUIREMENTS:
        sheet.refuse(f"{at}requirements", _("At most 40 requirements for one product."))
    values: dict[str, Any] = {
        "name": sheet.take(check_name, line.name, f"{at}name", 200),
        "quantity_thousandths": sheet.take(
            whole, line.quantity_thousandths, f"{at}quantity_thousandths", 1, MAX_THOUSANDTHS
        ),
        "unit": sheet.take(check_name, line.unit, f"{at}unit", 20),
        "unit_price_minor": sheet.take(check_amount, line.unit_price_minor, currency, field=f"{at}unit_price_minor"),
        "price_basis": line.price_basis,
        "product_ref": line.product_ref,
        "specification": sheet.take(check_text, line.specification, f"{at}specification", 5000),
        "size": sheet.take(one_line, line.size, f"{at}size", 200),
        "tolerance": sheet.take(one_line, line.tolerance, f"{at}tolerance", 100),
        "packing": sheet.take(check_text, line.packing, f"{at}packing", 500),
        "sample_number": sheet.take(one_line, line.sample_number, f"{at}sample_number", 60),
        "requirements": [
            _check_requirement(requirement, f"{at}requirements.{place}.", sheet)
            for place, requirement in enumerate(line.requirements[:MOST_REQUIREMENTS])
        ],
    }
    return LineInput(**values)


_REQUIREMENT_LIMITS = {
    "target": 200, "tolerance": 100, "unit": 40, "test_method": 300, "sample_plan": 200, "remedy": 300,
}  # fmt: skip


def _check_requirement(requirement: RequirementInput, at: str, sheet: Sheet) -> RequirementInput:
    values: dict[str, Any] = {
        name: sheet.take(_line_of_signs, getattr(requirement, name), f"{at}{name}", limit)
        for name, limit in _REQUIREMENT_LIMITS.items()
    }
    values["attribute"] = sheet.take(check_name, requirement.attribute, f"{at}attribute", 200)
    values["severity"] = sheet.take(one_of, requirement.severity, f"{at}severity", Severity.values)
    return RequirementInput(**values)


def _line_of_signs(text: str, name: str, limit: int) -> str:
    """One line that may hold signs only, such as '±' or '%'."""
    return " ".join(check_text(text, name, limit).split())
