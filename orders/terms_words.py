"""Terms in words: the label of each field and its value as people read it. For differences and for the contract."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from catalog.quantities import format_quantity
from core.money import format_money, percent
from orders.trade_terms import DOCUMENT_WORDS, Incoterm, TransportMode
from payments.models import Method

SIDES: dict[str, Any] = {
    "buyer": _("the buyer"),
    "seller": _("the seller"),
    "shared": _("both, half each"),
    "none": _("nobody"),
}
BANK_CHARGES: dict[str, Any] = {
    "payer": _("the buyer bears them"),
    "payee": _("the seller bears them"),
    "shared": _("each bears those of their own bank"),
}
DUE_ON: dict[str, Any] = {
    "confirmation": _("on confirmation"),
    "readiness": _("when the goods are ready"),
}
SEVERITIES: dict[str, Any] = {"critical": _("critical"), "major": _("major"), "minor": _("minor")}
LANGUAGES: dict[str, Any] = {"en": "English", "zh-hans": "简体中文", "vi": "Tiếng Việt"}
EMPTY = "–"

FIELDS: tuple[tuple[str, Any], ...] = (
    ("parties.seller.name", _("Seller")),
    ("parties.seller.address", _("Seller's address")),
    ("parties.buyer.name", _("Buyer")),
    ("parties.seller.ref", _("Seller's reference")),
    ("parties.buyer.ref", _("Buyer's reference")),
    ("language", _("Language of the contract")),
    ("governing_law", _("Governing law")),
    ("total_minor", _("Total price")),
    ("currency", _("Currency")),
    ("delivery", _("Goods leave")),
    ("delivery.price_valid_until", _("Price valid until")),
    ("trade_term.incoterm", _("Trade term")),
    ("trade_term.named_place", _("Named place")),
    ("trade_term.transport_mode", _("Mode of transport")),
    ("trade_term.freight_note", _("Freight")),
    ("trade_term.consignee", _("Consignee")),
    ("trade_term.documents_promised", _("Documents promised")),
    ("inspection.booked_by", _("Inspection before shipment booked by")),
    ("inspection.paid_by", _("Inspection before shipment paid by")),
    ("inspection.passes", _("Inspection passes when")),
    ("inspection.days", _("Days to inspect after arrival")),
    ("payment.methods", _("Methods of payment")),
    ("payment.bank_charges", _("Bank charges")),
    ("payment.instalments", _("Instalments")),
)
LINE_FIELDS: tuple[tuple[str, Any], ...] = (
    ("name", _("Product")),
    ("specification", _("Specification")),
    ("size", _("Size")),
    ("quantity", _("Quantity")),
    ("price", _("Unit price")),
    ("tolerance", _("Tolerance of the quantity")),
    ("packing", _("Packing")),
    ("sample_number", _("Sealed sample")),
)
REQUIREMENT_FIELDS: tuple[tuple[str, Any], ...] = (
    ("attribute", _("Requirement")),
    ("target", _("Target")),
    ("tolerance", _("Tolerance")),
    ("unit", _("Unit")),
    ("test_method", _("How it is tested")),
    ("sample_plan", _("Sample plan")),
    ("severity", _("Severity")),
    ("remedy", _("Remedy")),
)


@dataclass(frozen=True)
class Worded:
    """One field of the terms: its path, its label, and its value in words."""

    field: str
    label: Any
    value: str


def quantity_words(thousandths: int, unit: str) -> str:
    """'12,345.5 piece', in the reader's digits."""
    return f"{format_quantity(thousandths)} {unit}"


def price_words(line: dict[str, Any], currency: str) -> str:
    """'USD 1.25 / 100 piece'."""
    basis = "" if line["price_basis"] == 1 else f"{format_quantity(line['price_basis'] * 1000)} "
    return f"{format_money(line['unit_price_minor'], currency)} / {basis}{line['unit']}"


def instalment_words(part: dict[str, Any], currency: str) -> str:
    """'30 %, USD 3,000.00, on confirmation'."""
    money = format_money(part["amount_minor"], currency)
    return f"{percent(part['basis_points'])}, {money}, {DUE_ON[part['due_on']]}"


def delivery_words(delivery: dict[str, Any]) -> str:
    if delivery["basis"] == "days":
        words = _("within %(days)s calendar days after the first payment is held")
        return words % {"days": delivery["ship_days"]}
    facts = {"day": delivery["ship_date"], **delivery["calendar"]}
    return _("by %(day)s, 18:00 (%(zone)s)") % facts


def value_words(body: dict[str, Any], path: str) -> str:
    """The value at a path of FIELDS, in the reader's language; a dash when it is empty."""
    value: Any = body
    for key in path.split("."):
        value = value[key]
    tables = {
        "language": LANGUAGES,
        "trade_term.incoterm": dict(Incoterm.choices),
        "trade_term.transport_mode": dict(TransportMode.choices),
        "inspection.booked_by": SIDES,
        "inspection.paid_by": SIDES,
        "payment.bank_charges": BANK_CHARGES,
    }
    if path in tables:
        return str(tables[path].get(value, value))
    if path == "total_minor":
        return format_money(value, body["currency"])
    if path == "delivery":
        return delivery_words(value)
    if path == "payment.instalments":
        return "; ".join(instalment_words(part, body["currency"]) for part in value)
    if path == "payment.methods":
        return ", ".join(str(dict(Method.choices)[name]) for name in value)
    if path == "trade_term.documents_promised":
        return ", ".join(str(DOCUMENT_WORDS[name]) for name in value) or EMPTY
    return str(value) if value not in ("", None) else EMPTY


def line_value_words(line: dict[str, Any], name: str, currency: str) -> str:
    if name == "quantity":
        return quantity_words(line["quantity_thousandths"], line["unit"])
    if name == "price":
        return price_words(line, currency)
    return str(line[name]) or EMPTY


def requirement_value_words(requirement: dict[str, Any], name: str) -> str:
    if name == "severity":
        return str(SEVERITIES[requirement[name]])
    return str(requirement[name]) or EMPTY


def words_of_terms(body: dict[str, Any]) -> Iterator[Worded]:
    """Every field of the terms that stands outside the lines."""
    for path, label in FIELDS:
        yield Worded(path, label, value_words(body, path))


def words_of_line(line: dict[str, Any], currency: str) -> Iterator[Worded]:
    for name, label in LINE_FIELDS:
        yield Worded(name, label, line_value_words(line, name, currency))


def words_of_requirement(requirement: dict[str, Any]) -> Iterator[Worded]:
    for name, label in REQUIREMENT_FIELDS:
        yield Worded(name, label, requirement_value_words(requirement, name))
