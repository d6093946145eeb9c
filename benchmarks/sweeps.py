"""What a due deadline costs while many undue ones wait: the sweep must read an index range, not the table."""

import statistics
import time
from datetime import timedelta

from django.db import connection

from core import clock, deadlines
from core.models import Deadline

DUE = 200
ROUNDS = 5
KIND = "bench_deadline"


def sweep_growth() -> dict[str, float]:
    """Seconds per due deadline with 1,000,000 undue ones over the same with 10,000: medians of interleavable rounds."""
    deadlines.register(KIND, lock=lambda subject_id: None, act=lambda subject_id, at: None)
    _cost_with(10_000)  # Warms up.
    few = _cost_with(10_000)
    many = _cost_with(1_000_000)
    return {"sweep_growth": many / few, "sweep_ms_per_deadline": many * 1000}


def _cost_with(undue: int) -> float:
    have = Deadline.objects.filter(subject_type="bench.undue").count()
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO core_deadline (subject_type, subject_id, kind, is_reminder, due_at, state, attempts,
                                          last_error, created_at)
               SELECT 'bench.undue', n, 'bench_undue', false, now() + interval '1 year' + n * interval '1 second',
                      'WAITING', 0, '', now()
               FROM generate_series(%s, %s) AS n""",
            [have + 1, undue],
        )
        cursor.execute("ANALYZE core_deadline")
    return statistics.median(_one_round() for _round in range(ROUNDS))


def _one_round() -> float:
    at = clock.now() - timedelta(minutes=1)
    Deadline.objects.bulk_create(
        Deadline(subject_type="bench.due", subject_id=n, kind=KIND, due_at=at) for n in range(DUE)
    )
    deadlines.sweep(most=0)
    began = time.perf_counter()
    done = deadlines.sweep(most=DUE + 10)
    spent = time.perf_counter() - began
    assert done >= DUE, done
    return spent / done
