"""The books check themselves: after tests over what they touched, nightly over all (design, section 6)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db import connection, transaction

from payments.books_sql import CHECKS
from payments.fees import fee_up_to
from payments.models import Account, Receipt, Refund, SendState
from payments.models.account_codes import clearing
from payments.models.payout import Payout
from payments.movements import MovementKind
from payments.queries import balance_minor

MOST_TOLD = 100


@dataclass(frozen=True)
class Problem:
    """`check` is stable; `words` are for staff and name the row."""

    check: str
    words: str

    def __str__(self) -> str:
        return f"{self.check}: {self.words}"


@dataclass(frozen=True)
class Movement:
    """One line of a gateway's own record. Minor units of `currency`."""

    direction: Literal["in", "out"]
    kind: MovementKind
    object_id: str
    amount_minor: int
    currency: str


Lines = dict[tuple[str, str], Movement]


def check_books(escrow_ids: Sequence[int] | None = None) -> list[Problem]:
    """Everything that must be true of the books, of all or of these escrows and the accounts they touch. Empty is good.

    Reads one snapshot, locks nothing. At most 100 problems are told per check.
    """
    # One snapshot for all checks, unless the caller is inside a transaction of its own.
    with transaction.atomic():
        with connection.cursor() as cursor:
            if len(connection.atomic_blocks) == 1:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            return [
                *(problem for check, text in CHECKS.items() for problem in _run(cursor, check, text, escrow_ids)),
                *_check_fees(cursor, escrow_ids),
            ]


def _run(cursor: Any, check: str, text: str, escrow_ids: Sequence[int] | None) -> list[Problem]:
    scope = None if escrow_ids is None else list(escrow_ids)
    cursor.execute(f"{text}\nLIMIT {MOST_TOLD}", {"all": scope is None, "escrows": scope or []})
    return [Problem(check, " ".join(str(value) for value in row)) for row in cursor.fetchall()]


RELEASES_SQL = """
SELECT escrow.reference, escrow.fee_basis_points, escrow.fee_cap_minor,
       sum(release.amount_minor), sum(release.fee_minor)
FROM payments_release release JOIN payments_escrow escrow ON escrow.id = release.escrow_id
WHERE %(all)s OR escrow.id = ANY(%(escrows)s::bigint[])
GROUP BY escrow.id
"""


def _check_fees(cursor: Any, escrow_ids: Sequence[int] | None) -> list[Problem]:
    """The fees of the parts add up to the fee of the whole."""
    cursor.execute(RELEASES_SQL, {"all": escrow_ids is None, "escrows": list(escrow_ids or [])})
    wrong = []
    for reference, basis_points, cap_minor, released_minor, fee_minor in cursor.fetchall():
        owed_minor = fee_up_to(int(released_minor), basis_points=basis_points, cap_minor=cap_minor)
        if owed_minor != fee_minor:
            wrong.append(Problem("fees_add_up", f"{reference}: charged {fee_minor}, the schedule says {owed_minor}"))
    return wrong


# --- beside the gateway's own record ----------------------------------------------------------------------------------
def compare_with_gateway(*, gateway: str, movements: Iterable[Movement]) -> list[Problem]:
    """Our books beside everything that a gateway says moved: line by line, and its totals beside our clearing accounts.

    Money on its way at this moment shows as a problem; compare again before believing it.
    """
    theirs: Lines = {(move.kind, move.object_id): move for move in movements}
    ours: Lines = {(move.kind, move.object_id): move for move in _our_movements(gateway)}
    problems = [
        Problem("gateway_line", f"{gateway} {kind} {object_id}: ours {_told(ours, key)}, theirs {_told(theirs, key)}")
        for key in sorted(ours.keys() | theirs.keys())
        for kind, object_id in (key,)
        if ours.get(key) != theirs.get(key)
    ]
    return problems[:MOST_TOLD] + _compare_totals(gateway, theirs.values())


def _told(lines: Lines, key: tuple[str, str]) -> str:
    line = lines.get(key)
    return f"{line.currency} {line.amount_minor}" if line else "nothing"


def _our_movements(gateway: str) -> Iterable[Movement]:
    for receipt in Receipt.objects.filter(gateway=gateway).iterator():
        yield Movement("in", "receipt", receipt.gateway_receipt_id, receipt.amount_minor, receipt.currency)
    paid = (SendState.PAID, SendState.RETURNED)
    for model, kind, back in ((Refund, "refund", "refund_return"), (Payout, "payout", "payout_return")):
        for row in model.objects.filter(gateway=gateway, state__in=paid).iterator():
            yield Movement("out", kind, row.gateway_id, row.amount_minor, row.currency)  # type: ignore[arg-type]
            if row.state == SendState.RETURNED:
                yield Movement("in", back, row.gateway_id, row.amount_minor, row.currency)  # type: ignore[arg-type]


def _compare_totals(gateway: str, movements: Iterable[Movement]) -> list[Problem]:
    totals: dict[str, int] = {}
    for move in movements:
        sign = 1 if move.direction == "in" else -1
        totals[move.currency] = totals.get(move.currency, 0) + sign * move.amount_minor
    codes = Account.objects.filter(code__startswith=clearing(gateway, "")).values_list("currency", flat=True)
    problems = []
    for currency in sorted({*totals, *codes}):
        booked_minor = balance_minor(clearing(gateway, currency))
        if booked_minor != totals.get(currency, 0):
            words = f"{gateway} {currency}: our books {booked_minor}, the gateway {totals.get(currency, 0)}"
            problems.append(Problem("gateway_total", words))
    return problems
