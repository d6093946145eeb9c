"""The books check themselves: after tests over what they touched, nightly over all (design, section 6)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, cast

from django.db import connection, transaction
from django.db.models import Q

from core.money import CURRENCIES, format_money
from payments.bank_books_sql import BANK_CHECKS
from payments.books_out_sql import CHECKS_OUT
from payments.books_sql import CHECKS
from payments.chargebacks_sql import CHARGEBACK_CHECKS
from payments.fees import Rate
from payments.models import Account, Chargeback, ChargebackState, Receipt, Refund, SendState, Transfer, TransferKind
from payments.models.account_codes import clearing
from payments.models.gateway_line import EXPLAINED, LINE_KINDS, line_key, object_of_key
from payments.models.payout import Payout
from payments.movements import MONEY_IN, MovementKind
from payments.owners_sql import OWNER_CHECKS
from payments.queries import balance_minor

MOST_TOLD = 100
ALL_CHECKS = {**CHECKS, **OWNER_CHECKS, **CHECKS_OUT, **BANK_CHECKS, **CHARGEBACK_CHECKS}


@dataclass(frozen=True)
class RecordLine:
    """One line of a gateway's own record. Minor units of `currency`."""

    direction: Literal["in", "out"]
    kind: MovementKind
    object_id: str
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class Problem:
    """`check` is stable; `words` are for staff and name the row.

    `about` names it while its figures change; empty where the words do. `missing`: a gateway and the line of its record
    that our books have nothing for, where that is all that is wrong.
    """

    check: str
    words: str
    about: str = ""
    missing: tuple[str, RecordLine] | None = None

    def __str__(self) -> str:
        return f"{self.check}: {self.words}"


Lines = Counter[RecordLine]
BY_LINES: dict[str, MovementKind] = {
    TransferKind.SUSPENSE_IN: "unmatched",
    TransferKind.SUSPENSE_RETURNED: "desk_return",
    TransferKind.SETTLEMENT: "settled",
}
"""What a line of a statement is in the bank's record, by the transfer that booked it; else a cost or interest."""

BACK: dict[str, MovementKind] = {"refund": "refund_return", "payout": "payout_return"}


def check_books(escrow_ids: Sequence[int] | None = None) -> list[Problem]:
    """Everything that must be true of the books, of all or of these escrows and the accounts they touch. Empty is good.

    Reads one snapshot, locks nothing. At most 100 problems are told per check.
    """
    with _snapshot(), connection.cursor() as cursor:
        return [
            *(problem for check, text in ALL_CHECKS.items() for problem in _run(cursor, check, text, escrow_ids)),
            *_check_fees(cursor, escrow_ids),
        ]


@contextmanager
def _snapshot() -> Iterator[None]:
    """All reads inside see one moment, unless the caller is inside a transaction of its own."""
    with transaction.atomic():
        if len(connection.atomic_blocks) == 1:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def _run(cursor: Any, check: str, text: str, escrow_ids: Sequence[int] | None) -> list[Problem]:
    scope = None if escrow_ids is None else list(escrow_ids)
    cursor.execute(f"{text}\nLIMIT {MOST_TOLD}", {"all": scope is None, "escrows": scope or []})
    return [Problem(check, " ".join(str(value) for value in row)) for row in cursor.fetchall()]


RELEASES_SQL = """
SELECT escrow.reference, escrow.fee_basis_points, escrow.fee_fixed_minor, escrow.fee_cap_minor,
       sum(release.amount_minor), sum(release.fee_minor)
FROM payments_release release JOIN payments_escrow escrow ON escrow.id = release.escrow_id
WHERE %(all)s OR escrow.id = ANY(%(escrows)s::bigint[])
GROUP BY escrow.id
"""


def _check_fees(cursor: Any, escrow_ids: Sequence[int] | None) -> list[Problem]:
    """The fees of the parts add up to the fee of the whole."""
    cursor.execute(RELEASES_SQL, {"all": escrow_ids is None, "escrows": list(escrow_ids or [])})
    wrong = []
    for reference, basis_points, fixed_minor, cap_minor, released_minor, fee_minor in cursor.fetchall():
        rate = Rate(basis_points=basis_points, fixed_minor=fixed_minor, cap_minor=cap_minor)
        owed_minor = rate.up_to(int(released_minor))
        if owed_minor != fee_minor:
            wrong.append(Problem("fees_add_up", f"{reference}: charged {fee_minor}, the schedule says {owed_minor}"))
    return wrong


# --- beside the gateway's own record ----------------------------------------------------------------------------------
def compare_with_gateway(*, gateway: str, movements: Iterable[RecordLine]) -> list[Problem]:
    """Our books beside everything that a gateway says moved, line by line; and our lines beside our clearing accounts.

    Each line counts as often as it is there. Reads our side in one snapshot, locks nothing. What moved between their
    record and our snapshot shows as a problem: look again, and believe what is there each time (`lasting`).
    """
    theirs = Counter(movements)
    with _snapshot():
        ours = Counter(_our_movements(gateway))
        never_left = set(_never_left(gateway))
        codes = Account.objects.filter(code__startswith=clearing(gateway, "")).values_list("currency", flat=True)
        booked_minor = {currency: balance_minor(clearing(gateway, currency)) for currency in codes}
    differing = _compare_lines(gateway, ours, theirs - _out_and_back(theirs, never_left))
    return [*differing, *_add_up(gateway, ours, booked_minor)]


def lasting(before: Sequence[Problem], again: Sequence[Problem]) -> list[Problem]:
    """The problems of a look that an earlier one found, too."""
    known = set(before)
    return [problem for problem in again if problem in known]


def _compare_lines(gateway: str, ours: Lines, theirs: Lines) -> Iterator[Problem]:
    differing = {(line.kind, line.object_id) for line in ((ours - theirs) + (theirs - ours))}
    told: dict[tuple[str, str], tuple[list[RecordLine], list[RecordLine]]] = {key: ([], []) for key in differing}
    for side, lines in enumerate((ours, theirs)):
        for line, times in lines.items():
            if (line.kind, line.object_id) in differing:
                told[line.kind, line.object_id][side].extend([line] * times)
    for (kind, object_id), (our_lines, their_lines) in sorted(told.items()):
        about = f"{gateway} {kind} {object_id}"
        words = f"{about}: ours {_told(our_lines)}, theirs {_told(their_lines)}"
        missing = (gateway, their_lines[0]) if not our_lines and len(their_lines) == 1 else None
        yield Problem("gateway_line", words, about, missing)


def _told(lines: list[RecordLine]) -> str:
    return " and ".join(sorted(_money(line.amount_minor, line.currency) for line in lines)) or "nothing"


def _money(amount_minor: int, currency: str) -> str:
    """As staff read it. A record may name a currency that the platform has none of: then in its minor units."""
    return format_money(amount_minor, currency, "en") if currency in CURRENCIES else f"{currency} {amount_minor}"


def _never_left(gateway: str) -> Iterator[str]:
    """Gateway ids of refunds and payouts of which we were told only that they failed."""
    for model in (Refund, Payout):
        failed = model.objects.filter(gateway=gateway, state=SendState.FAILED).exclude(gateway_id="")
        yield from failed.values_list("gateway_id", flat=True).iterator()


def _out_and_back(theirs: Lines, never_left: set[str]) -> Lines:
    """What went out and came back before we heard of either: for us it failed, and to the cent that is the same."""
    pairs: Lines = Counter()
    for line in theirs:
        if line.object_id in never_left and line.kind in BACK:
            returned = RecordLine("in", BACK[line.kind], line.object_id, line.amount_minor, line.currency)
            times = min(theirs[line], theirs[returned])
            pairs.update({line: times, returned: times})
    return pairs


def _our_movements(gateway: str) -> Iterable[RecordLine]:
    yield from _statement_movements(gateway)
    yield from _lines_for_themselves(gateway)
    yield from _explained_lines(gateway)
    for receipt in Receipt.objects.filter(gateway=gateway, item__isnull=True).iterator():
        yield RecordLine("in", "receipt", receipt.gateway_receipt_id, receipt.amount_minor, receipt.currency)
    yield from _our_chargebacks(gateway)
    paid = (SendState.PAID, SendState.RETURNED)
    for model, kind in ((Refund, "refund"), (Payout, "payout")):
        for row in model.objects.filter(gateway=gateway, state__in=paid).iterator():
            yield RecordLine("out", kind, row.gateway_id, row.amount_minor, row.currency)  # type: ignore[arg-type]
            if row.state == SendState.RETURNED:
                yield RecordLine("in", BACK[kind], row.gateway_id, row.amount_minor, row.currency)


def _our_chargebacks(gateway: str) -> Iterable[RecordLine]:
    for row in Chargeback.objects.filter(gateway=gateway).iterator():
        yield RecordLine("out", "chargeback", row.gateway_dispute_id, row.amount_minor, row.currency)
        if row.fee_minor:
            yield RecordLine("out", "cost", row.gateway_dispute_id, row.fee_minor, row.currency)
        if row.state == ChargebackState.WON:
            yield RecordLine("in", "chargeback_won", row.gateway_dispute_id, row.amount_minor, row.currency)


def _statement_movements(gateway: str) -> Iterator[RecordLine]:
    """What was booked by the lines of statements themselves: no receipt, refund or payout tells of it."""
    account = clearing(gateway, "")
    booked = Transfer.objects.filter(key__startswith="line_").select_related("debit", "credit")
    for transfer in booked.filter(Q(debit__code__startswith=account) | Q(credit__code__startswith=account)).iterator():
        came_in = transfer.debit.code.startswith(account)
        kind: MovementKind = "cost" if not came_in else "interest"
        kind = BY_LINES.get(transfer.kind, kind)
        name = transfer.key.partition(":")[0]
        yield RecordLine("in" if came_in else "out", kind, name, transfer.amount_minor, transfer.currency)


def _lines_for_themselves(gateway: str) -> Iterator[RecordLine]:
    """What the gateway kept, and what it paid to our bank."""
    for kind in LINE_KINDS:
        direction: Literal["in", "out"] = "in" if kind.endswith("_return") else "out"
        for transfer in Transfer.objects.filter(key__startswith=line_key(gateway, kind, "")).iterator():
            name = object_of_key(transfer.key)
            yield RecordLine(direction, kind, name, transfer.amount_minor, transfer.currency)


def _explained_lines(gateway: str) -> Iterator[RecordLine]:
    for transfer in Transfer.objects.filter(key__startswith=f"{EXPLAINED}:{gateway}:").iterator():
        _word, _gateway, kind, name = transfer.key.split(":", 3)
        direction: Literal["in", "out"] = "in" if kind in MONEY_IN else "out"
        yield RecordLine(direction, cast(MovementKind, kind), name, transfer.amount_minor, transfer.currency)


def _add_up(gateway: str, ours: Lines, booked_minor: dict[str, int]) -> Iterator[Problem]:
    """Our clearing accounts hold what our lines say, so that lines that agree mean totals that agree."""
    totals: Counter[str] = Counter()
    for line, times in ours.items():
        totals[line.currency] += times * line.amount_minor * (1 if line.direction == "in" else -1)
    for currency in sorted({*totals, *booked_minor}):
        if booked_minor.get(currency, 0) != totals[currency]:
            booked = _money(booked_minor.get(currency, 0), currency)
            about = f"{gateway} {currency}"
            words = f"{about}: booked {booked}, our lines {_money(totals[currency], currency)}"
            yield Problem("gateway_total", words, about)
