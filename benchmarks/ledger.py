"""The ledger by itself: one hot account against many, plain postings, and a full check of a million transfers."""

import os
import statistics
import time

import psycopg2

from benchmarks.deals import People, funded_escrow
from benchmarks.releases import Worker
from payments.books import check_books
from payments.models import Account

PROCESSES = 4
PAIRS = 7
BATCH = 150
"""Postings per process in one half of a pair."""
ACCOUNTS = 400
MILLION = 1_000_000

# Accounts as gateways and the platform have them: no stored balance, like the one account of fees.
ACCOUNTS_SQL = """
INSERT INTO payments_account (code, kind, currency, version)
SELECT 'bench:' || kind || ':' || n, kind, 'USD', 0
FROM generate_series(1, %(count)s) n, unnest(ARRAY['FEES', 'COSTS']) kind
"""
# Back and forth within one escrow: consistent however long it goes on.
TRANSFERS_SQL = """
WITH two AS (
    SELECT held.id AS held_id, other.id AS other_id, held.escrow_id, held.balance_minor, held.version AS held_version,
           other.version AS other_version
    FROM payments_account held JOIN payments_account other USING (escrow_id)
    WHERE held.escrow_id = %(escrow)s AND held.kind = 'HELD' AND other.kind = 'FROZEN'
), moved AS (
    INSERT INTO payments_transfer
        (key, debit_id, credit_id, amount_minor, currency, kind, escrow_id, event_at, booked_at)
    SELECT 'bench:check:' || n, CASE WHEN n %% 2 = 1 THEN held_id ELSE other_id END,
           CASE WHEN n %% 2 = 1 THEN other_id ELSE held_id END, 1, 'USD',
           CASE WHEN n %% 2 = 1 THEN 'FREEZE' ELSE 'UNFREEZE' END, escrow_id, now(), now()
    FROM two, generate_series(1, %(count)s) n
    RETURNING id, key, debit_id, credit_id
), numbered AS (
    SELECT moved.id, split_part(key, ':', 3)::int AS n FROM moved
), noted AS (
    INSERT INTO payments_entry (transfer_id, account_id, change_minor, balance_minor, version)
    SELECT numbered.id, held_id, CASE WHEN n %% 2 = 1 THEN -1 ELSE 1 END, balance_minor - n %% 2, held_version + n
    FROM numbered, two
    UNION ALL
    SELECT numbered.id, other_id, CASE WHEN n %% 2 = 1 THEN 1 ELSE -1 END, n %% 2, other_version + n
    FROM numbered, two
)
UPDATE payments_account SET version = version + %(count)s
WHERE id IN (SELECT held_id FROM two UNION ALL SELECT other_id FROM two)
"""


def ledger_figures(people: People) -> dict[str, float]:
    """All figures of this page, the check first, while the books are clean. Transfers or seconds."""
    checked = {"check_books_s_per_million": _check_a_million(people)}
    _as_superuser(ACCOUNTS_SQL, count=ACCOUNTS)
    return checked | _hot_and_spread() | {"postings_per_s": _plain_postings(people)}


def _check_a_million(people: People) -> float:
    """Seconds for a full self-check of books with a million transfers, which must find nothing."""
    escrow = funded_escrow(people, people.sellers[0])
    Account.objects.create(
        code=f"escrow:{escrow.pk}:frozen", kind="FROZEN", currency="USD", balance_minor=0, escrow_id=escrow.pk
    )
    _as_superuser(TRANSFERS_SQL, escrow=escrow.pk, count=MILLION)
    _as_superuser("ANALYZE")
    began = time.perf_counter()
    problems = check_books()
    spent = time.perf_counter() - began
    assert problems == [], problems[:3]
    return spent


def _hot_and_spread() -> dict[str, float]:
    """Alternating: four processes post into one account of fees, or each into its own; the same shape and rows."""
    workers = [Worker("tests.posting") for _number in range(PROCESSES)]
    ratios, hots = [], []
    try:
        for pair in range(PAIRS + 1):
            first = pair % 2 == 0
            hot = _speed(workers, hot=True) if first else 0.0
            spread = _speed(workers, hot=False)
            hot = hot or _speed(workers, hot=True)
            if pair:  # The first pair warms both up.
                ratios.append(hot / spread)
                hots.append(hot)
    finally:
        for worker in workers:
            worker.end()
    return {"transfers_hot_vs_spread": statistics.median(ratios), "transfers_hot_per_s": statistics.median(hots)}


def _speed(workers: list[Worker], *, hot: bool) -> float:
    """Transfers per second of all processes together."""
    began = time.perf_counter()
    for number, worker in enumerate(workers):
        words: list[object] = []
        for place in range(number, BATCH * PROCESSES, PROCESSES):
            own = place % ACCOUNTS + 1
            words += [f"bench:COSTS:{own}", "fees:USD" if hot else f"bench:FEES:{own}", 1]
        worker.tell(words)
    for worker in workers:
        worker.wait()
    return BATCH * PROCESSES / (time.perf_counter() - began)


def _plain_postings(people: People) -> float:
    """Postings per second of one process, from one stored account to another, nothing around them."""
    escrow = funded_escrow(people, people.sellers[1])
    worker = Worker("tests.posting")
    try:
        words = (f"escrow:{escrow.pk}:held", f"refund_due:{escrow.pk}")
        worker.tell([*words, 200])
        worker.wait()
        began = time.perf_counter()
        worker.tell([*words, 2_000])
        worker.wait()
        return 2_000 / (time.perf_counter() - began)
    finally:
        worker.end()


def _as_superuser(statement: str, **values: object) -> None:
    """As the superuser, past the guards."""
    with psycopg2.connect(os.environ["BENCH_SUPERUSER_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, values or None)
