"""What money that left may have been before it came in, for the desk: wires that a bank may have taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Length, StrIndex, Upper
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from companies.models import Company
from core.money import format_money
from payments.bank_references import squeezed
from payments.charged_back import not_taken_back_minor
from payments.matching import names_in
from payments.models import BankLine, DeskProposal, Direction, Payment, Receipt, SuspenseItem, SuspenseState
from payments.routing import BANK

MOST = 20
SHORTEST_NAME = 5
"""A company's name that is shorter stands in many a text by chance."""

ACCOUNT_LENGTHS = range(6, 35)


@dataclass(frozen=True)
class Recallable:
    """A payment by wire of which the bank may have taken this back. `left_minor` is not taken back yet, wherever it is
    now; `is_named`: the line says something of it, and is not only as much.
    """

    payment: Payment
    left_minor: int
    is_named: bool


def recalls_for(item: SuspenseItem, *, find: str = "") -> list[Recallable]:
    """The payments that money which left was taken back from: those it names by reference, order number, payer or the
    payer's account; where it names none, those that brought as much; or those found by number or name. Newest first.
    """
    if item.direction != Direction.OUT:
        return []
    words = find.strip()
    if words:
        found = Q(escrow__title__iexact=words) | Q(reference=words) | Q(escrow__payer__name__icontains=words)
        return _recallable(_payments(item).filter(found), is_named=True)
    is_named, in_currency = _named_in(item.line), Payment.objects.filter(gateway=BANK, escrow__currency=item.currency)
    large_enough = _payments(item).filter(recallable_minor__gte=item.amount_minor)
    named = _recallable(large_enough.filter(is_named), is_named=True)
    if named or in_currency.filter(is_named).exists():  # An equal amount of somebody else's only invites a mistake.
        return named
    as_much = _receipts().filter(amount_minor=item.amount_minor, currency=item.currency)
    equal = large_enough.filter(pk__in=as_much.values("payment_id"))
    return _recallable(equal, is_named=False)


def _payments(item: SuspenseItem) -> QuerySet[Any]:
    """With `recallable_minor`, as `not_taken_back_minor` says it, above zero: cut to the newest only after that."""
    recalls = SuspenseItem.objects.filter(payment=OuterRef("pk")).order_by().values("payment")
    taken_minor = Subquery(recalls.annotate(total=Sum("amount_minor")).values("total"))
    rows = Payment.objects.filter(gateway=BANK, escrow__currency=item.currency)
    rows = rows.alias(taken_back=taken_minor).annotate(recallable_minor=F("received_minor") - Coalesce("taken_back", 0))
    return rows.filter(recallable_minor__gt=0).select_related("escrow__payer")


def _receipts() -> QuerySet[Receipt]:
    return Receipt.objects.filter(gateway=BANK)


def _recallable(rows: QuerySet[Any], *, is_named: bool) -> list[Recallable]:
    return [Recallable(row, row.recallable_minor, is_named) for row in rows.order_by("-pk")[:MOST]]


def _named_in(line: BankLine) -> Q:
    said = " ".join((line.counterparty_name, line.counterparty_account, line.remittance, line.end_to_end)).upper()
    names = names_in(squeezed(said), settings.BANK_ORDER_ACCOUNTS).values()
    ids = {name for found in names for name in found if isinstance(name, int)}
    titles = {name for found in names for name in found if isinstance(name, str)}
    accounts = [word for word in said.split() if len(word) in ACCOUNT_LENGTHS and any(sign.isdigit() for sign in word)]
    paid_from = _receipts().filter(remitter_account__in=accounts).values("payment_id")
    named = Company.objects.alias(signs=Length("name"), at=StrIndex(Value(said), Upper("name")))
    payers = named.filter(signs__gte=SHORTEST_NAME, at__gt=0).values_list("pk", flat=True)
    return (
        Q(escrow__in=ids) | Q(escrow__title__in=titles) | Q(pk__in=paid_from) | Q(escrow__payer__in=list(payers[:MOST]))
    )


def credits_for(item: SuspenseItem) -> list[SuspenseItem]:
    """Money of the same amount that came in and lies on the desk undecided: the bank may have taken that back."""
    if item.direction != Direction.OUT:
        return []
    rows = SuspenseItem.objects.filter(
        state=SuspenseState.OPEN, direction=Direction.IN, amount_minor=item.amount_minor, currency=item.currency
    )
    proposed = DeskProposal.objects.filter(ended_at__isnull=True).values("item_id")
    return list(rows.exclude(pk__in=proposed).select_related("line").order_by("-pk")[:MOST])


def about_recall(terms: dict[str, Any]) -> tuple[str, ...]:
    """Which payment, or which case on the desk, two treasurers were asked about."""
    if "payment_id" in terms:
        payment = Payment.objects.select_related("escrow__payer").get(pk=terms["payment_id"])
        return (f"{payment.escrow.title}, {payment.escrow.payer.name}, {payment.reference}",)
    other = SuspenseItem.objects.select_related("line").get(pk=terms.get("credit_id") or terms["item_id"])
    return (about_credit(other),)


def about_credit(item: SuspenseItem) -> str:
    """A case of the desk in a line of words."""
    amount, line = format_money(item.amount_minor, item.currency), item.line
    return f"{item.reference}, {line.booked_on:%Y-%m-%d}, {amount}, {line.counterparty_name}".rstrip(", ")


def facts_of_recall(payment: Payment) -> Sequence[tuple[str, str]]:
    """What a treasurer must see before a wire counts as taken back: what it brought, and where that went."""
    currency = payment.escrow.currency
    return (
        (pgettext("a purchase", "Order"), f"{payment.escrow.title}, {payment.escrow.payer.name}"),
        (_("This payment brought"), format_money(payment.received_minor, currency)),
        (_("Of it went back, or is to go back, to the buyer"), format_money(payment.refunded_minor, currency)),
        (_("Taken back before"), format_money(payment.received_minor - not_taken_back_minor(payment), currency)),
        (
            _("Then"),
            _(
                "Refunds that were not sent are stopped. What is held of it pays for this; what had left is a loss."
                " What it had paid is due again, and both sides are told."
            ),
        ),
    )
