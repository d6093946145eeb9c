"""Reads of statements and of the suspense desk, for the doors of staff. Amounts in minor units."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from companies.models import Company
from core.errors import NotFound
from core.money import WIRE_ALLOWANCE_MINOR, format_money
from payments.bank_references import squeezed, transfers_in
from payments.candidates import deals_of, settlements_on_their_way
from payments.matching import AWAITS_PAYER, Deal
from payments.models import (
    LIVE_PAYMENT_STATES,
    Account,
    AccountKind,
    Allocation,
    BankLine,
    BankOrder,
    BankOrderState,
    BankStatement,
    DeskProposal,
    Direction,
    LineOutcome,
    Outcome,
    Payment,
    Refund,
    SendState,
    StatementFile,
    StatementState,
    SuspenseItem,
    SuspenseState,
)
from payments.models.account_codes import settling
from payments.recall_queries import about_recall, facts_of_recall
from payments.routing import BANK

MOST = 200
MOST_CANDIDATES = 20
FINAL = (StatementState.BOOKED, StatementState.QUARANTINED, StatementState.UNCONFIRMED)
"""States in which nothing goes on by itself."""


@dataclass(frozen=True)
class Tally:
    """How many lines of one outcome, and what they bring together, per currency."""

    outcome: str
    currency: str
    lines: int
    amount_minor: int

    @property
    def label(self) -> Any:
        return Outcome(self.outcome).label


@dataclass(frozen=True)
class Candidate:
    """A payment that an item may be the money of. `missing_minor`: what it still waits for."""

    payment: Payment
    deal: Deal


@dataclass(frozen=True)
class OddWire:
    """A wire that came otherwise than agreed. `held_minor`: what of it counted; all else goes back."""

    amount_minor: int
    currency: str
    held_minor: int
    payer_name: str
    is_third_party: bool


def odd_wires(escrow_id: int) -> list[OddWire]:
    """The wires of an escrow that somebody else sent, that came in another currency, or for nothing. Oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(ODD_WIRES_SQL, [escrow_id, MOST])
        return [OddWire(*row) for row in cursor.fetchall()]


def wires_that_await_payer(escrow_id: int) -> list[SuspenseItem]:
    """Money on the desk for an escrow whose payer has to begin to pay again, after a bank took money back."""
    rows = SuspenseItem.objects.filter(state=SuspenseState.OPEN, direction=Direction.IN, suggested=[escrow_id])
    return list(rows.filter(line__outcome__why__endswith=AWAITS_PAYER).order_by("pk")[:MOST])


ODD_WIRES_SQL = """
SELECT receipt.amount_minor, receipt.currency, receipt.held_minor, receipt.remitter_name, allocation.is_third_party
FROM payments_payment payment
JOIN payments_escrow escrow ON escrow.id = payment.escrow_id
JOIN payments_allocation allocation ON allocation.payment_id = payment.id
JOIN payments_receipt receipt ON receipt.gateway = 'bank' AND receipt.gateway_receipt_id = allocation.reference
WHERE payment.escrow_id = %s
  AND (allocation.is_third_party OR receipt.currency <> escrow.currency OR receipt.held_minor = 0)
ORDER BY allocation.id LIMIT %s
"""


def get_statement_file(reference: str) -> StatementFile:
    """Raises NotFound."""
    file = StatementFile.objects.filter(reference=reference).first()
    if file is None:
        raise NotFound
    return file


def list_statement_files(*, before_id: int | None = None, most: int = 50) -> list[StatementFile]:
    """Newest first, older than `before_id`; at most 200."""
    rows = StatementFile.objects.order_by("-pk")
    return list((rows.filter(pk__lt=before_id) if before_id else rows)[: min(most, MOST)])


def statements_of(file: StatementFile) -> list[BankStatement]:
    """In their order in the file; at most 200."""
    return list(BankStatement.objects.filter(file=file).order_by("pk")[:MOST])


def lines_of(file: StatementFile, *, after: int = 0, most: int = 50, outcome: str = "") -> list[BankLine]:
    """The lines behind a place, in their order, with `outcome` where they have one; at most 200."""
    rows = BankLine.objects.filter(file=file, place__gt=after).select_related("outcome").order_by("place")
    return list((rows.filter(outcome__outcome=outcome) if outcome else rows)[: min(most, MOST)])


def tally_of(file: StatementFile) -> list[Tally]:
    """What became of the lines so far."""
    rows = LineOutcome.objects.filter(line__file=file).order_by("outcome", "line__currency")
    grouped = rows.values_list("outcome", "line__currency").annotate(Count("pk"), Sum("line__amount_minor"))
    return [Tally(*row) for row in grouped]


def payments_of_lines(lines: Iterable[BankLine]) -> dict[int, list[Allocation]]:
    """The allocations of some lines, by the line's id."""
    found: dict[int, list[Allocation]] = {}
    rows = Allocation.objects.filter(line__in=[line.pk for line in lines]).select_related("payment__escrow")
    for row in rows.order_by("pk"):
        found.setdefault(row.line_id, []).append(row)
    return found


def candidates_for(item: SuspenseItem, *, find: str = "") -> list[Candidate]:
    """The payments by wire that an item may be for: suggested, waiting for this amount, or found by number or name."""
    if item.direction != Direction.IN:
        return []
    rows = Payment.objects.filter(gateway=BANK)
    waiting = Q(state__in=LIVE_PAYMENT_STATES, amount_minor=item.amount_minor, escrow__currency=item.currency)
    wanted = Q(escrow__in=item.suggested) | waiting
    words = find.strip()
    if words:
        wanted = Q(escrow__title__iexact=words) | Q(reference=words) | Q(escrow__payer__name__icontains=words)
    newest = rows.filter(wanted).select_related("escrow__payer").order_by("-pk")[:MOST_CANDIDATES]
    deals = deals_of(payment.escrow_id for payment in newest)
    return [Candidate(payment, deals[payment.escrow_id]) for payment in newest]


@dataclass(frozen=True)
class Proposed:
    """A proposal as staff read it: what is decided, and for which payments, transfer or company."""

    proposal: DeskProposal
    about: tuple[str, ...]


def proposals_of(item: SuspenseItem) -> list[Proposed]:
    """What was proposed for a case, the newest first: the open one, the confirmed one, and those withdrawn."""
    rows = DeskProposal.objects.filter(item=item).select_related("proposed_by", "confirmed_by", "withdrawn_by")
    return [Proposed(row, about_proposal(row, item.currency)) for row in rows.order_by("-pk")[:MOST_CANDIDATES]]


def about_proposal(proposal: DeskProposal, currency: str) -> tuple[str, ...]:
    """For which payments, whose transfer, debt, wire or account it is; empty where the decision says all."""
    terms = proposal.terms
    if proposal.decision == SuspenseState.TRANSFER:
        order = BankOrder.objects.get(pk=terms["order_id"])
        return (f"{order.end_to_end}, {format_money(order.amount_minor, currency)}, {order.creditor_name}",)
    if proposal.decision == SuspenseState.REPAYMENT:
        return (Company.objects.get(pk=terms["company_id"]).name,)
    if proposal.decision == SuspenseState.TAKEN_BACK:
        return about_recall(terms)
    if "charge_minor" in terms:
        return (_("the bank kept %(amount)s of it") % {"amount": format_money(terms["charge_minor"], currency)},)
    if proposal.decision == SuspenseState.SENT_BACK:
        return (f"{terms['name']}, {terms['account']} {terms['bic']}".strip(),)
    shares = dict(terms.get("shares", []))
    payments = Payment.objects.filter(pk__in=shares).select_related("escrow__payer").order_by("pk")
    return tuple(
        f"{format_money(shares[row.pk], currency)} → {row.escrow.title}, {row.escrow.payer.name}" for row in payments
    )


Facts = Sequence[tuple[str, str]]


def facts_of_proposal(proposal: DeskProposal) -> Facts:
    """What the second treasurer must look at: the account that money on the desk is proposed to go to, beside the one
    that it came from; or the payment whose wire was taken back. Else empty.
    """
    terms = proposal.terms
    if "payment_id" in terms:
        return facts_of_recall(Payment.objects.select_related("escrow__payer").get(pk=terms["payment_id"]))
    if proposal.decision != SuspenseState.SENT_BACK or not terms:
        return ()
    line = proposal.item.line
    came_from = f"{line.counterparty_name} {line.counterparty_account}".strip()
    return (
        (_("The money goes to"), terms["name"]),
        (_("Account number or IBAN"), terms["account"]),
        (_("BIC (SWIFT code)"), terms["bic"] or _("none: an IBAN needs none")),
        (_("It came from"), came_from or _("The statement names nobody")),
    )


def failed_refund_of(item: SuspenseItem) -> Refund | None:
    """The refund of money that was sent back, where it failed or came back and nothing replaced it."""
    last = Refund.objects.filter(item=item).order_by("pk").last()
    return last if last and last.state in (SendState.FAILED, SendState.RETURNED) else None


def ended_transfers_for(item: SuspenseItem) -> list[tuple[BankOrder, Refund | None]]:
    """Our transfers that money which left names and that had ended without leaving, with what was sent in their place.

    If they did leave, the same money leaves twice unless that is stopped.
    """
    if item.direction != Direction.OUT:
        return []
    ended = [BankOrderState.REJECTED, BankOrderState.CANCELLED]
    rows = BankOrder.objects.filter(end_to_end__in=_named_by(item), state__in=ended).order_by("-pk")[:MOST_CANDIDATES]
    newer = {row.replaces_id: row for row in Refund.objects.filter(replaces__in=[row.refund_id for row in rows])}
    return [(row, newer.get(row.refund_id)) for row in rows]


def _named_by(item: SuspenseItem) -> Iterable[str]:
    return transfers_in(squeezed(f"{item.line.remittance} {item.line.end_to_end}"))


def transfers_for(item: SuspenseItem, *, find: str = "") -> list[BankOrder]:
    """Our transfers that a case may be: those it names, or found by their name or the creditor's; the newest first."""
    came_in = item.direction == Direction.IN
    rows = BankOrder.objects.filter(currency=item.currency, **{"credit_line" if came_in else "debit_line": None})
    states = [BankOrderState.BATCHED, BankOrderState.CONFIRMED if came_in else BankOrderState.RETURNED]
    wanted = Q(end_to_end__in=_named_by(item))
    words = find.strip()
    if words:
        wanted |= Q(end_to_end=words.upper()) | Q(creditor_name__icontains=words)
    return list(rows.filter(wanted, state__in=states).order_by("-pk")[:MOST_CANDIDATES])


def settlements_for(item: SuspenseItem) -> list[tuple[int, int]]:
    """Settlements of gateways that money which came in may be, less what a bank kept: their amount, and that charge."""
    if item.direction != Direction.IN:
        return []
    most = item.amount_minor + WIRE_ALLOWANCE_MINOR[item.currency]
    amounts = [
        minor for (_ccy, minor), times in settlements_on_their_way([settling(item.currency)]).items() if times > 0
    ]
    return [(minor, minor - item.amount_minor) for minor in sorted(amounts) if item.amount_minor < minor <= most]


def debts_for(item: SuspenseItem) -> list[Account]:
    """What companies owe in the currency of money that came in, and that it may repay; the largest first."""
    if item.direction != Direction.IN:
        return []
    owed = Account.objects.filter(kind=AccountKind.RECEIVABLE, currency=item.currency)
    rows = owed.filter(balance_minor__gte=item.amount_minor).select_related("company")
    return list(rows.order_by("-balance_minor", "pk")[:MOST_CANDIDATES])


def waiting_transfers() -> list[tuple[str, int, int]]:
    """Currency, number and sum in minor units of the orders that wait for a file."""
    rows = BankOrder.objects.filter(state=BankOrderState.WAITING).values("currency").order_by("currency")
    found = rows.annotate(count=Count("pk"), total=Sum("amount_minor"))
    return [(row["currency"], row["count"], row["total"]) for row in found]
