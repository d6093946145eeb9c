"""Leases: due rows are put ahead in the statement that takes them, so that no two workers have one at a time."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

# The rows are chosen once, whatever the plan: inside `IN (...)` a nested loop would choose anew for every row that it
# looks at, and lease more of them than anybody works on.
SQL = """
WITH due AS MATERIALIZED (
    SELECT id FROM {table} WHERE {due} ORDER BY {clock}, id LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
UPDATE {table} SET {count} = {count} + 1, {clock} = {put_ahead} FROM due WHERE {table}.id = due.id
RETURNING {table}.id
"""


@dataclass(frozen=True)
class Lease:
    """How rows of one table are leased, in SQL that is ours.

    `due`: the condition of those to work on; `clock`: the column that says when next; `count`: how often it was;
    `put_ahead`: the next time, from the row as it was. The parameter `wall` is the wall time.
    """

    table: str
    due: str
    clock: str
    count: str
    put_ahead: str

    def take(self, *, wall: datetime, most: int) -> list[int]:
        """Lease at most so many rows, those that are due for longest; returns their ids in order. One statement."""
        parts = {name: getattr(self, name) for name in ("table", "due", "clock", "count", "put_ahead")}
        with connection.cursor() as cursor:
            cursor.execute(SQL.format(**parts), {"wall": wall, "most": most})
            return sorted(row[0] for row in cursor.fetchall())


def doubled(count: str, *, first: str, most: str) -> str:
    """SQL of the next time by a back-off that begins with `first` and doubles up to `most` (SQL intervals)."""
    return f"%(wall)s + least(interval '{first}' * 2 ^ least({count}, 10), interval '{most}')"
