"""The contract as a PDF: set by typst from the signed terms, in English and in the order's language."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from core.errors import NotFound
from core.money import format_money, percent
from core.typesetting import FONTS, LANGUAGES
from core.typesetting import typeset as typeset_template
from orders.contract_words import (
    cancellation_words,
    cover_words,
    earned_shares,
    fee_words,
    insurance_words,
    papers_words,
    time_limits,
)
from orders.models import Order, Signature, Terms
from orders.queries import last_terms
from orders.terms_words import (
    DUE_ON,
    EMPTY,
    FIELDS,
    LINE_FIELDS,
    line_value_words,
    price_words,
    quantity_words,
    requirement_value_words,
    value_words,
)

FOLDER = Path(__file__).resolve().parent / "contract"
"""All that the typesetter may read: the templates. Text of people reaches it as data only."""

WORDS: dict[str, Any] = {
    "contract": _("Sales contract"),
    "parties": _("Parties"),
    "seller": _("Seller"),
    "buyer": _("Buyer"),
    "goods": _("Goods"),
    "product": _("Product"),
    "quantity": _("Quantity"),
    "price": _("Unit price"),
    "amount": _("Amount"),
    "total": _("Total price"),
    "requirement": _("Requirement"),
    "target": _("Target and tolerance"),
    "test": _("How it is tested"),
    "plan": _("Sample plan, severity"),
    "remedy": _("Remedy"),
    "terms": _("Delivery and inspection"),
    "payment": _("Payment through trade assurance"),
    "due": _("Due"),
    "share": _("Share"),
    "clocks": _("Time limits, and what silence means"),
    "what": _("What"),
    "days": _("Days"),
    "silence": _("If nobody acts"),
    "cancellation": _("Cancellation by the buyer"),
    "stage": _("Last proven stage"),
    "signatures": _("Signatures"),
    "party": _("Party"),
    "name": _("Name"),
    "signed_at": _("Signed at (UTC)"),
    "from_address": _("From address"),
}
TERM_FIELDS = (
    "delivery", "delivery.price_valid_until", "trade_term.incoterm", "trade_term.named_place",
    "trade_term.transport_mode", "trade_term.freight_note", "trade_term.consignee",
    "trade_term.documents_promised", "inspection.booked_by", "inspection.paid_by", "inspection.passes",
    "inspection.days",
)  # fmt: skip
PAYMENT_FIELDS = ("payment.methods", "payment.bank_charges")
FACT_FIELDS = ("parties.seller.ref", "parties.buyer.ref", "language", "governing_law")


def contract_pdf(order: Order, terms: Terms | None = None) -> bytes:
    """One offer's terms, the last if none is named, with their signatures. The same bytes for the same signatures.

    Raises NotFound for an order that was never offered. Who may read it is the caller's to know.
    """
    terms = terms or last_terms(order)
    if terms is None:
        raise NotFound
    signatures = list(Signature.objects.filter(terms=terms).select_related("identity").order_by("at", "pk"))
    last_at = max([terms.made_at, *(signature.at for signature in signatures)])
    return typeset(contract_data(terms, signatures), at=last_at)


def typeset(data: dict[str, Any], *, at: datetime, template: str = "contract.typ") -> bytes:
    """Set a document. `at` is the moment it claims to be made. Reads the template and the fonts, nothing else."""
    return typeset_template(FOLDER / template, data, at=at)


def contract_data(terms: Terms, signatures: Sequence[Signature]) -> dict[str, Any]:
    """Everything on the page, as words in the order's language; labels in English too."""
    body = terms.body
    language = body["language"]
    with override(language):
        return {
            "title": f"{body['order']['number']} · {terms.number}",
            "number": body["order"]["number"],
            "sha256": terms.sha256,
            "fonts": FONTS,
            "lang": LANGUAGES[language][0],
            "region": LANGUAGES[language][1],
            "words": {name: in_both(words, language) for name, words in WORDS.items()},
            "facts": _rows(body, FACT_FIELDS),
            "seller": _present(body["parties"]["seller"]["name"], body["parties"]["seller"]["address"]),
            "buyer": _buyer(body, signatures),
            "lines": [_line(line, body) for line in body["lines"]],
            "total": format_money(body["total_minor"], body["currency"]),
            "terms": [
                *_rows(body, TERM_FIELDS),
                _told(body, _("Insurance"), insurance_words(body)),
                _told(body, _("Papers of the shipment"), papers_words(body)),
            ],
            "instalments": _instalments(body),
            "payment": [*_rows(body, PAYMENT_FIELDS), _told(body, _("Fees"), " ".join(fee_words(body)))],
            "cover": cover_words(body),
            "clocks": [[limit.what, limit.days, limit.silence or EMPTY] for limit in time_limits(body)],
            "cancellation_words": cancellation_words(body),
            "earned": [list(pair) for pair in earned_shares(body)],
            "signatures": [_signature(signature) for signature in signatures],
            "hash_words": gettext("Both parties sign the SHA-256 of the terms in canonical JSON:"),
        }


def in_both(words: Any, language: str) -> list[str]:
    """This language first, then English where it reads otherwise."""
    here = str(words)
    with override("en"):
        english = str(words)
    return [here] if language == "en" or english == here else [here, english]


def _present(*values: str) -> list[str]:
    return [value for value in values if value] or [EMPTY]


def _buyer(body: dict[str, Any], signatures: Sequence[Signature]) -> list[str]:
    """The company that signed, once one has; before that, as the seller named it."""
    for signature in signatures:
        if signature.side == "buyer" and signature.identity.erased_at is None:
            return _present(signature.identity.company_name, signature.identity.address)
    return _present(body["parties"]["buyer"]["name"] or gettext("The company that signs below"))


def _rows(body: dict[str, Any], fields: tuple[str, ...]) -> list[dict[str, Any]]:
    labels = dict(FIELDS)
    return [{"label": in_both(labels[path], body["language"]), "value": value_words(body, path)} for path in fields]


def _line(line: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    currency = body["currency"]
    shown = ("specification", "size", "tolerance", "packing", "sample_number")
    more = [
        {"label": in_both(label, body["language"]), "value": line_value_words(line, name, currency)}
        for name, label in LINE_FIELDS
        if name in shown and line[name]
    ]
    return {
        "position": line["position"],
        "name": line["name"],
        "quantity": quantity_words(line["quantity_thousandths"], line["unit"]),
        "price": price_words(line, currency),
        "amount": format_money(line["amount_minor"], currency),
        "more": more,
        "requirements": [_requirement(row) for row in line["requirements"]],
    }


def _requirement(row: dict[str, Any]) -> list[str]:
    say: Callable[[str], str] = lambda name: requirement_value_words(row, name)  # noqa: E731
    target = " ".join(row[name] for name in ("target", "tolerance", "unit") if row[name])
    return [say("attribute"), target, say("test_method"), f"{say('sample_plan')}, {say('severity')}", say("remedy")]


def _instalments(body: dict[str, Any]) -> list[list[str]]:
    return [
        [
            f"{part['sequence']}. {DUE_ON[part['due_on']]}",
            percent(part["basis_points"]),
            format_money(part["amount_minor"], body["currency"]),
        ]
        for part in body["payment"]["instalments"]
    ]


def _told(body: dict[str, Any], label: Any, words: str) -> dict[str, Any]:
    return {"label": in_both(label, body["language"]), "value": words}


def _signature(signature: Signature) -> list[str]:
    identity = signature.identity
    side = gettext("Seller") if signature.side == "seller" else gettext("Buyer")
    name = gettext("erased") if identity.erased_at else f"{identity.full_name}, {identity.company_name}"
    return [side, name, f"{signature.at:%Y-%m-%d %H:%M:%S}", identity.signed_from or EMPTY]
