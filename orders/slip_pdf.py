"""The remittance slip: what the buyer's bank must be told, on one page, in the reader's language and in English."""

from datetime import datetime
from typing import Any

from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from core.money import format_money
from core.typesetting import FONTS, LANGUAGES
from orders.clocks import calendar_of, payment_clock
from orders.contract_pdf import in_both, typeset
from orders.models import Order
from orders.process import WIRE_TAKES_DAYS
from payments.models import Payment

CHARGES: dict[str, Any] = {
    "payer": _("OUR: the sender pays all banks' charges, so that the full amount arrives"),
    "payee": _("BEN: the charges are taken from the amount, as agreed in the contract"),
    "shared": _("SHA: each side pays its own bank, as agreed in the contract"),
}
NOTES = (
    _("Write the reference into the payment details, without any change. It brings the money to this order."),
    _("Only money paid to this account, in this currency, is covered. What is too much or too late is sent back."),
    _("Send it from an account in the buyer's own name. A payment by somebody else is shown to both sides."),
)


def slip_pdf(order: Order, payment: Payment, *, at: datetime) -> bytes:
    """The slip of an open payment by wire that has bank details. Who may read it is the caller's to know."""
    return typeset(slip_data(order, payment), at=at, template="slip.typ")


def slip_data(order: Order, payment: Payment) -> dict[str, Any]:
    """Everything on the page as words, in the language that is active now."""
    language = get_language() or "en"
    language = language if language in LANGUAGES else "en"
    bank = payment.bank_details
    assert order.buyer is not None
    rows = [
        (_("Amount"), _amount(order, payment), True),
        (_("Account holder"), bank["account_holder"], False),
        (_("Account number"), bank["account_number"], True),
        (_("BIC (SWIFT)"), bank["bic"], True),
        (_("Bank"), ", ".join(filter(None, (bank["bank_name"], bank["bank_address"]))), False),
        (_("Reference, for the payment details"), bank["reference"], True),
        (_("Banks' charges"), str(CHARGES[order.bank_charges]), False),
        *_send_by_row(order),
    ]
    return {
        "title": f"{order.number} {bank['reference']}",
        "heading": in_both(_("Remittance slip"), language),
        "order": f"{order.number} · {order.buyer.name}",
        "fonts": FONTS,
        "lang": LANGUAGES[language][0],
        "region": LANGUAGES[language][1],
        "rows": [
            {"label": in_both(label, language), "value": value, "strong": strong} for label, value, strong in rows
        ],
        "notes": [in_both(words, language) for words in NOTES],
    }


def _amount(order: Order, payment: Payment) -> str:
    """As banks abroad read it, in every language."""
    with override("en"):
        return format_money(payment.amount_minor - payment.left_minor, order.currency)


def send_by(order: Order) -> datetime | None:
    """When a wire must leave the buyer's bank to arrive in time. None without a clock."""
    clock = payment_clock(order)
    if clock is None:
        return None
    return calendar_of(order, "buyer").before_business_days(clock.due_at, WIRE_TAKES_DAYS)


def _send_by_row(order: Order) -> list[tuple[Any, str, bool]]:
    moment = send_by(order)
    day = calendar_of(order, "buyer").day_of(moment) if moment else None
    return [(_("Send it by"), day.isoformat(), True)] if day else []
