"""Booking what a statement's lines mean, batch by batch: a kill loses at most the batch in hand, and repeats none."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import transaction

from core import clock, deadlines
from core.actions import action
from core.actors import Actor
from core.alarms import raise_alarm
from core.events import publish
from core.money import format_money
from core.references import new_reference
from payments.actions.bank_orders import settle_orders
from payments.actions.statements import finish_file
from payments.bank_references import name_at_bank
from payments.candidates import known_for, seen_of
from payments.events import ThirdPartyPaid, WireAwaitsPayer
from payments.ledger import Leg, NewAccount, open_accounts, post
from payments.limits import judged_on_desk
from payments.locks import lock_gateway_record, lock_statement_file
from payments.matching import Part, Verdict, judge
from payments.models import (
    AccountKind,
    Allocation,
    BankLine,
    BankOrder,
    Direction,
    Escrow,
    GatewayEvent,
    LineOutcome,
    Outcome,
    Payment,
    StatementFile,
    StatementState,
    SuspenseItem,
    TransferKind,
)
from payments.models.account_codes import clearing, costs, settling, suspense
from payments.nudges import nudge
from payments.policies import check_platform
from payments.retold import Names, names_apart, told_otherwise
from payments.routing import BANK
from payments.timing import SUSPENSE_OPEN, next_business_close

BATCH = 500
UNORDERED_ALARM = "money_left_unordered"
DIFFERS_ALARM = "statement_line_differs"
MOST_TOLD = 10
"""So many lines of a file stand in one alarm; its page has all."""


@dataclass
class _Batch:
    """What some lines come to, before it is written."""

    by: Actor
    at: datetime
    outcomes: list[LineOutcome] = field(default_factory=list)
    allocations: list[Allocation] = field(default_factory=list)
    items: list[SuspenseItem] = field(default_factory=list)
    accounts: dict[str, NewAccount] = field(default_factory=dict)
    legs: list[Leg] = field(default_factory=list)
    transfers: list[tuple[BankLine, int]] = field(default_factory=list)
    awaiting: list[tuple[SuspenseItem, int]] = field(default_factory=list)
    """Cases that wait for the payer of an escrow."""


@action
def book_lines(*, file_id: int, by: Actor, at: datetime, most: int = BATCH) -> StatementFile:
    """Give the next lines of a file their outcome, and book those that are not for a payment; at its end: BOOKED.

    Money for a payment is only allocated here: its exchange reads it and books it, as for every gateway.
    Locks: the file, what is on its way from gateways, the orders that it names, accounts.
    Idempotent: a line has one outcome, and the file says how far it got. Raises NotAllowed, NotFound.
    """
    check_platform(by)
    file = lock_statement_file(file_id)
    if file.state != StatementState.READ:
        return file
    lines = list(BankLine.objects.filter(file=file, place__gt=file.lines_booked).order_by("place")[:most])
    for currency in sorted({line.currency for line in lines}):
        lock_gateway_record(settling(currency))  # The desk takes settlements off as well.
    batch = _Batch(by, at)
    _judge_all(lines, batch)
    _write(batch)
    if any(outcome.outcome == Outcome.DIFFERS for outcome in batch.outcomes):
        _alarm_of_differences(file)
    file.lines_booked += len(lines)
    if file.lines_booked == file.lines:
        finish_file(file, by=by, at=at)
    else:
        file.save(update_fields=["lines_booked"])
    return file


def _judge_all(lines: Sequence[BankLine], batch: _Batch) -> None:
    seen = {line.pk: seen_of(line) for line in lines if line.repeats_id is None}
    known = known_for(list(seen.values()))
    repeats = _repeats(lines)
    for line in lines:
        if line.repeats_id is not None:
            verdict = repeats[line.pk]
        else:
            verdict = judge(seen[line.pk], known)
            known.note(verdict)
        batch.outcomes.append(LineOutcome(line=line, outcome=verdict.outcome, why=verdict.why[:300], at=batch.at))
        _take(line, verdict, batch)


def _repeats(lines: Sequence[BankLine]) -> dict[int, Verdict]:
    """Known lines move nothing. Where one doesn't say what the earlier file said, one of the two may be forged."""
    ids = {line.repeats_id for line in lines if line.repeats_id is not None}
    earlier = {row.pk: row for row in BankLine.objects.filter(pk__in=ids).select_related("file")}
    pairs = [(line, earlier[line.repeats_id]) for line in lines if line.repeats_id is not None]
    apart = {line.pk: names_apart(row, line, settings.BANK_ORDER_ACCOUNTS) for line, row in pairs}
    known = _existing(frozenset().union(*apart.values()))
    return {line.pk: _repeat(row, told_otherwise(row, line, apart[line.pk] & known)) for line, row in pairs}


def _existing(names: Names) -> Names:
    """Those that an order or a transfer of ours has."""
    if not names:
        return names
    ids = Escrow.objects.filter(pk__in=[name for name in names if isinstance(name, int)])
    words = [name for name in names if isinstance(name, str)]
    titles = Escrow.objects.filter(title__in=words).values_list("title", flat=True)
    transfers = BankOrder.objects.filter(end_to_end__in=words).values_list("end_to_end", flat=True)
    return frozenset([*ids.values_list("pk", flat=True), *titles, *transfers])


def _repeat(earlier: BankLine, differs: Sequence[str]) -> Verdict:
    if not differs:
        return Verdict(Outcome.DUPLICATE, "an earlier file brought this line")
    words = f"line {earlier.at_line} of {earlier.file.reference}, which came before, says {', '.join(differs)}"
    return Verdict(Outcome.DIFFERS, words)


def _alarm_of_differences(file: StatementFile) -> None:
    rows = LineOutcome.objects.filter(line__file=file, outcome=Outcome.DIFFERS).select_related("line")
    told = [f"line {row.line.at_line} ({row.line}): {row.why}" for row in rows.order_by("line__place")[:MOST_TOLD]]
    words = f"{file} ({file.reference}): {rows.count()} known lines are told otherwise: {'; '.join(told)}"
    raise_alarm(DIFFERS_ALARM, "payments.statementfile", file.pk, words)


def _take(line: BankLine, verdict: Verdict, batch: _Batch) -> None:
    if verdict.order_id is not None:
        batch.transfers.append((line, verdict.order_id))
    if verdict.outcome == Outcome.ALLOCATED:
        batch.allocations += [_allocation(line, part, verdict, batch.at) for part in verdict.parts]
    elif verdict.outcome in (Outcome.SUSPENSE, Outcome.UNORDERED):
        batch.items.append(_item(line, verdict, batch.at))
    if verdict.awaits_payer is not None:
        batch.awaiting.append((batch.items[-1], verdict.awaits_payer))
    if verdict.outcome == Outcome.SUSPENSE:
        code = suspense(batch.items[-1].reference)
        batch.accounts[code] = NewAccount(code, AccountKind.SUSPENSE, line.currency)
        _leg(batch, line, _clearing(batch, line), code, TransferKind.SUSPENSE_IN)
    elif verdict.outcome == Outcome.COST:
        _leg(batch, line, _costs(batch, line), _clearing(batch, line), TransferKind.GATEWAY_COST)
    elif verdict.outcome == Outcome.INTEREST:
        _leg(batch, line, _clearing(batch, line), _costs(batch, line), TransferKind.GATEWAY_COST)
    elif verdict.outcome == Outcome.SETTLEMENT:
        on_its_way = settling(line.currency)
        batch.accounts[on_its_way] = NewAccount(on_its_way, AccountKind.CLEARING, line.currency)
        _leg(batch, line, _clearing(batch, line), on_its_way, TransferKind.SETTLEMENT)


def _allocation(line: BankLine, part: Part, verdict: Verdict, at: datetime) -> Allocation:
    return Allocation(
        reference=new_reference("alc"),
        line=line,
        payment_id=part.payment_id,
        amount_minor=part.amount_minor,
        rule=verdict.rule,
        why=verdict.why[:300],
        is_third_party=part.is_third_party,
        at=at,
    )


def _item(line: BankLine, verdict: Verdict, at: datetime) -> SuspenseItem:
    return SuspenseItem(
        reference=new_reference("sus"),
        line=line,
        direction=line.direction,
        amount_minor=line.amount_minor,
        currency=line.currency,
        suggestion=verdict.suggestion[:500],
        suggested=list(verdict.suggested),
        created_at=at,
        **judged_on_desk(line.direction, line.amount_minor, line.currency),
    )


def _clearing(batch: _Batch, line: BankLine) -> str:
    code = clearing(BANK, line.currency)
    batch.accounts[code] = NewAccount(code, AccountKind.CLEARING, line.currency)
    return code


def _costs(batch: _Batch, line: BankLine) -> str:
    code = costs(line.currency)
    batch.accounts[code] = NewAccount(code, AccountKind.COSTS, line.currency)
    return code


def _leg(batch: _Batch, line: BankLine, debit: str, credit: str, kind: TransferKind) -> None:
    batch.legs.append(Leg(debit, credit, line.amount_minor, kind, f"{line.reference}:{kind.lower()}"))


def _write(batch: _Batch) -> None:
    if batch.accounts:
        open_accounts(batch.accounts.values())
    SuspenseItem.objects.bulk_create(batch.items)
    LineOutcome.objects.bulk_create(batch.outcomes)
    Allocation.objects.bulk_create(batch.allocations)
    if batch.items:
        deadlines.schedule_many(batch.items, SUSPENSE_OPEN, next_business_close(batch.at))
    settle_orders(batch.transfers, by=batch.by, at=batch.at)
    if batch.legs:
        post(batch.legs, at=batch.at)
    tell_of_allocations(batch.allocations, at=batch.at)
    for item, escrow_id in batch.awaiting:
        publish(
            WireAwaitsPayer(
                escrow_id=escrow_id,
                item_id=item.pk,
                amount_minor=item.amount_minor,
                currency=item.currency,
                at=batch.at,
            )
        )
    for item in batch.items:
        if item.direction == Direction.OUT:
            words = (
                f"{item}: {format_money(item.amount_minor, item.currency, 'en')} left the bank: nobody here ordered it"
            )
            raise_alarm(UNORDERED_ALARM, "payments.suspenseitem", item.pk, words)


def tell_of_allocations(allocations: Sequence[Allocation], *, at: datetime) -> None:
    """Leave a hint per payment that money came in, for its exchange; and tell of payers that are not the buyer."""
    ids = {allocation.payment_id for allocation in allocations}
    payments = Payment.objects.filter(pk__in=ids).values_list("pk", "reference", "escrow_id")
    names = {pk: (reference, escrow_id) for pk, reference, escrow_id in payments}
    wall = clock.wall()
    GatewayEvent.objects.bulk_create(
        GatewayEvent(
            gateway=BANK,
            event_id=f"allocation:{allocation.reference}",
            payload={"type": "payment.received", "object_id": name_at_bank(names[allocation.payment_id][0])},
            received_at=wall,
            due_at=wall,
        )
        for allocation in allocations
    )
    for allocation in allocations:
        if allocation.is_third_party:
            publish(
                ThirdPartyPaid(
                    escrow_id=names[allocation.payment_id][1],
                    payment_id=allocation.payment_id,
                    allocation_id=allocation.pk,
                    amount_minor=allocation.amount_minor,
                    currency=allocation.line.currency,
                    at=at,
                )
            )
    if allocations:
        transaction.on_commit(partial(nudge, "process_gateway_events"))
