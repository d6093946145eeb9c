"""Releases through the action against the same rows written by pgbench: alternating pairs, median of their ratios."""

import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg2

from benchmarks.deals import People, funded_escrow

PAIRS = 7
OURS = {1: 150, 4: 120}
FLOOR = {1: 500, 4: 400}
"""Releases per process or client in one half of a pair."""
FLOOR_SCRIPT = Path(__file__).with_name("floor.sql")

COPY_SQL = """
WITH pattern AS (SELECT * FROM payments_escrow WHERE id = %(escrow)s),
made AS (
    INSERT INTO payments_escrow
        (reference, currency, total_minor, state, title, payer_ref, payee_ref, methods, bank_charges, schedule_version,
         fee_basis_points, fee_cap_minor, created_at, stop_reason, payee_id, payer_id)
    SELECT 'esc_bench' || %(escrow)s || '_' || n, currency, total_minor, state, title, payer_ref, payee_ref, methods,
           bank_charges, schedule_version, fee_basis_points, fee_cap_minor, created_at, stop_reason, payee_id, payer_id
    FROM pattern, generate_series(1, %(count)s) AS n RETURNING id
), instalments AS (
    INSERT INTO payments_instalment
        (sequence, amount_minor, carried_minor, due_on, due_at, secured_at, shortfall_minor, escrow_id)
    SELECT sequence, amount_minor, carried_minor, due_on, due_at, secured_at, shortfall_minor, made.id
    FROM payments_instalment, made WHERE escrow_id = %(escrow)s
)
INSERT INTO payments_account (code, kind, currency, balance_minor, version, escrow_id)
SELECT replace(code, %(escrow)s::text, made.id::text), kind, currency, balance_minor, version, made.id
FROM payments_account, made WHERE escrow_id = %(escrow)s AND kind IN ('HELD', 'REFUND_DUE')
"""
POOL_SQL = """
DROP TABLE IF EXISTS bench_pool; DROP SEQUENCE IF EXISTS bench_pool_next;
CREATE TABLE bench_pool AS
SELECT row_number() OVER (ORDER BY md5(escrow.id::text)) AS n, escrow.id AS escrow_id, held.id AS held_id,
       payable.id AS payable_id, fees.id AS fees_id,
       held.balance_minor - held.balance_minor / 50 AS net, held.balance_minor / 50 AS fee
FROM payments_escrow escrow
JOIN payments_account held ON held.escrow_id = escrow.id AND held.kind = 'HELD'
JOIN payments_account payable ON payable.code = 'payable:' || escrow.payee_id || ':' || escrow.currency
JOIN payments_account fees ON fees.code = 'fees:' || escrow.currency
WHERE escrow.reference LIKE '{references}' AND escrow.state = 'FUNDED' AND escrow.id % 2 = 0;
ALTER TABLE bench_pool ADD PRIMARY KEY (n);
CREATE SEQUENCE bench_pool_next;
GRANT SELECT ON bench_pool TO {role}; GRANT USAGE ON bench_pool_next TO {role};
ANALYZE
"""


def make_pool(cursor: Any, role: str, references: str = "esc_bench%") -> None:
    """The table that the floor's script reads: funded escrows with even ids whose reference is like `references`."""
    cursor.execute(POOL_SQL.replace("{role}", role).replace("{references}", references))


def release_ratios(people: People) -> dict[str, float]:
    """Figures per number of processes. The floor takes escrows with even ids, the action those with odd ones.

    Both in the order of no payee, so that several processes work on different ones, as they would.
    """
    needed = (PAIRS + 1) * sum(max(OURS[count], FLOOR[count]) * count for count in OURS)
    _copy_escrows(people, 2 * needed)
    figures: dict[str, float] = {}
    with psycopg2.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM payments_escrow WHERE reference LIKE 'esc_bench%' AND state = 'FUNDED' AND id % 2 = 1"
            " ORDER BY md5(id::text)"
        )
        ours = [row[0] for row in cursor.fetchall()]
    for processes in OURS:
        ratios, speeds, floors = [], [], []
        workers = [Worker() for _number in range(processes)]
        try:
            for pair in range(PAIRS + 1):
                batch = [ours.pop() for _number in range(OURS[processes] * processes)]
                first = pair % 2 == 0
                speed = _ours(workers, batch) if first else 0.0
                floor = _floor(processes)
                speed = speed or _ours(workers, batch)
                if pair:  # The first pair warms both up.
                    ratios.append(speed / floor)
                    speeds.append(speed)
                    floors.append(floor)
        finally:
            for worker in workers:
                worker.end()
        figures[f"release_vs_floor_{processes}"] = statistics.median(ratios)
        figures[f"releases_per_s_{processes}"] = statistics.median(speeds)
        figures[f"floor_per_s_{processes}"] = statistics.median(floors)
    return figures


def _copy_escrows(people: People, count: int) -> None:
    """One funded escrow per payee through the actions; the others are copies, as the superuser, past the guards."""
    each = count // len(people.sellers) + 1
    with psycopg2.connect(os.environ["BENCH_SUPERUSER_URL"]) as connection, connection.cursor() as cursor:
        for payee in people.sellers:
            escrow = funded_escrow(people, payee)
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(COPY_SQL, {"escrow": escrow.pk, "count": each})
        cursor.execute("SET session_replication_role = origin")
        role = re.search(r"//([^:@/]+)", os.environ["DATABASE_URL"])
        assert role is not None
        make_pool(cursor, role[1])


class Worker:
    """A process that waits for words on a line, works them off, and says that it is done."""

    def __init__(self, module: str = "benchmarks.release_worker") -> None:
        self.process = subprocess.Popen(  # noqa: S603  (our own programs)
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == "ready"

    def tell(self, words: Sequence[object]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()

    def wait(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == "done"

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=10)


def _ours(workers: list[Worker], ids: list[int]) -> float:
    """Releases per second."""
    began = time.perf_counter()
    for number, worker in enumerate(workers):
        worker.tell(ids[number :: len(workers)])
    for worker in workers:
        worker.wait()
    return len(ids) / (time.perf_counter() - began)


def _floor(clients: int) -> float:
    """Transactions per second of the script, without the time to connect."""
    pgbench = Path(os.environ["BENCH_PROGRAMS"]) / "pgbench"
    command = [str(pgbench), "-n", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, 2))]
    command += ["-t", str(FLOOR[clients]), "-f", str(FLOOR_SCRIPT), os.environ["DATABASE_URL"]]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603  (our own programs)
    found = re.search(r"tps = ([0-9.]+) \(without initial connection time\)", done.stdout)
    assert found is not None, done.stdout
    assert " 0 (" in done.stdout or "failed transactions: 0" in done.stdout, done.stdout
    return float(found[1])
