"""Statements on their way into the books, step by step, and how the tests look at what became of their lines."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from companies.models import User
from core import deadlines
from core.actors import Actor, platform
from payments.actions.statements import receive_statement_file
from payments.exchanges.events import process_event
from payments.exchanges.pay import start_payment
from payments.exchanges.statements import import_file
from payments.models import (
    Allocation,
    BankLine,
    BankStatement,
    Escrow,
    GatewayEvent,
    LineOutcome,
    Payment,
    StatementFile,
    SuspenseItem,
)
from payments.models.account_codes import clearing, costs
from payments.queries import balance_minor
from tests.cast import NOW, actor
from tests.payments.bank.files import Row, as_file, mt940
from tests.payments.steps import balances, instalment_of

LATER = float("inf")


def staff(user: User) -> Actor:
    return Actor(kind="staff", door="admin", user_id=user.pk, role="treasurer")


def wire(escrow: Escrow, payer: User, *, sequence: int = 1) -> Payment:
    """A payment by T/T that waits for its money, as the pay page begins it."""
    return start_payment(
        instalment_id=instalment_of(escrow, sequence).pk,
        method="wire",
        return_url="http://127.0.0.1/back",
        by=actor(payer),
        at=NOW,
    )


def receive(content: bytes, *, name: str = "statement.sta", by: Actor | None = None) -> StatementFile:
    received = receive_statement_file(source=as_file(content), file_name=name, by=by or platform(), at=NOW)
    return received.file


def bring(rows: Sequence[Row], **options: Any) -> StatementFile:
    """A statement with these rows, read, booked, and followed to its end. It begins where the last one ended."""
    options.setdefault("opening_minor", last_balance(options.get("currency", "USD")))
    file = import_file(file_id=receive(mt940(rows, **options)).pk, until=LATER)
    follow_hints()
    return file


def last_balance(currency: str) -> int:
    last = BankStatement.objects.filter(currency=currency).order_by("closed_on", "pk").last()
    return last.closing_minor if last else 0


def follow_hints() -> int:
    """What the bank gateway's hints lead to. Returns how many were worked on."""
    waiting = list(GatewayEvent.objects.filter(processed_at__isnull=True).order_by("pk").values_list("pk", flat=True))
    for pk in waiting:
        assert process_event(gateway_event_id=pk, at=NOW)
    return len(waiting)


def fall_due(row: Any) -> bool:
    """The only live deadline of a row, as the sweep carries it out when it is due."""
    (due,) = deadlines.live_of(row)
    return deadlines.carry_out_deadline(due, at=due.due_at)


def outcomes(file: StatementFile) -> dict[str, int]:
    rows = LineOutcome.objects.filter(line__file=file).values_list("outcome", flat=True)
    return dict(Counter(map(str, rows)))


def why(file: StatementFile, place: int = 1) -> str:
    return LineOutcome.objects.get(line__file=file, line__place=place).why


def line(file: StatementFile, place: int = 1) -> BankLine:
    return BankLine.objects.get(file=file, place=place)


def allocated(payment: Payment) -> list[int]:
    return list(Allocation.objects.filter(payment=payment).order_by("pk").values_list("amount_minor", flat=True))


def item() -> SuspenseItem:
    """The only one."""
    return SuspenseItem.objects.get()


def money(escrow: Escrow) -> dict[str, int]:
    """As `balances`, with what the bank has instead of the sandbox gateway."""
    found = balances(escrow)
    found.pop("clearing")
    return found | {"bank": balance_minor(clearing("bank", "USD"))}


def bank_minor(currency: str = "USD") -> int:
    return balance_minor(clearing("bank", currency))


def costs_minor(currency: str = "USD") -> int:
    return balance_minor(costs(currency))
