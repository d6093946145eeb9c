"""What a seller may write about a product: checked, every wrong field named at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from catalog.models import MAX_THOUSANDTHS, PRICE_BASES, Severity
from core.errors import Invalid
from core.money import check_amount
from core.sheets import Sheet
from core.text_rules import check_name, check_text

MOST_REQUIREMENTS = 40
LIMITS = {"target": 200, "tolerance": 100, "unit": 40, "method": 300, "sample_plan": 200, "remedy": 300}


@dataclass(frozen=True, kw_only=True)
class RequirementEntry:
    """Something that can be tested."""

    attribute: str
    target: str
    method: str
    tolerance: str = ""
    unit: str = ""
    sample_plan: str = "ISO 2859-1, level II"
    severity: str = Severity.MAJOR
    remedy: str = ""


@dataclass(frozen=True, kw_only=True)
class ProductEntry:
    """`price_minor` of `currency` per `price_basis` units; `min_quantity` in thousandths of the unit."""

    name: str
    unit: str
    price_minor: int
    currency: str
    price_basis: int = 1
    min_quantity: int = 1000
    category: str = ""
    specification: str = ""
    hs_code: str = ""
    packing: str = ""
    requirements: Sequence[RequirementEntry] = field(default_factory=tuple)


def check_entry(entry: ProductEntry) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Values of the product's row and of its requirements' rows. Raises Invalid; fields as 'requirements.0.target'."""
    sheet = Sheet()
    values = {
        "name": sheet.take(check_name, entry.name, "name", 200),
        "unit": sheet.take(check_name, entry.unit, "unit", 20),
        "category": sheet.take(one_line, entry.category, "category", 100),
        "specification": sheet.take(check_text, entry.specification, "specification", 5000),
        "packing": sheet.take(one_line, entry.packing, "packing", 500),
        "hs_code": sheet.take(check_hs_code, entry.hs_code),
        "price_minor": sheet.take(check_amount, entry.price_minor, entry.currency, field="price"),
        "currency": entry.currency,
        "price_basis": sheet.take(check_basis, entry.price_basis),
        "min_quantity": sheet.take(check_quantity, entry.min_quantity),
    }
    if len(entry.requirements) > MOST_REQUIREMENTS:
        sheet.refuse("requirements", _("At most 40 requirements for one product."))
    rows = [
        check_requirement(row, f"requirements.{place}.", sheet)
        for place, row in enumerate(entry.requirements[:MOST_REQUIREMENTS])
    ]
    sheet.close()
    return values, rows


def check_requirement(row: RequirementEntry, at: str, sheet: Sheet) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: sheet.take(one_line, getattr(row, name), f"{at}{name}", limit) for name, limit in LIMITS.items()
    }
    values["attribute"] = sheet.take(check_name, row.attribute, f"{at}attribute", 200)
    for name in ("target", "method"):
        if values[name] == "":
            sheet.refuse(f"{at}{name}", _("Say it, so that it can be tested."))
    if row.severity not in Severity.values:
        sheet.refuse(f"{at}severity", _("Choose one from the list."))
    values["severity"] = row.severity
    return values


def one_line(text: str, name: str, limit: int) -> str:
    """One line that may be empty or hold signs only, such as '±' or '%'."""
    return " ".join(check_text(text, name, limit).split())


def check_basis(basis: int) -> int:
    if basis not in PRICE_BASES:
        raise Invalid(fields={"price_basis": _("A price is for 1, 100 or 1,000 units.")})
    return basis


def check_quantity(thousandths: int) -> int:
    if isinstance(thousandths, bool) or not isinstance(thousandths, int) or not 1 <= thousandths <= MAX_THOUSANDTHS:
        raise Invalid(fields={"min_quantity": _("The quantity must be above zero and within the limit of one order.")})
    return thousandths


def check_hs_code(code: str) -> str:
    """Digits of a Harmonized System heading or tariff line (4 to 12), with or without points. May be empty."""
    digits = code.replace(".", "").replace(" ", "")
    if digits and not (digits.isascii() and digits.isdigit() and 4 <= len(digits) <= 12):
        raise Invalid(fields={"hs_code": _("Write 4 to 12 digits, for example 9401.61.")})
    return digits
