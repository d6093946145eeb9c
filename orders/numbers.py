"""The number that people read and say: TA-2026-000123."""

from datetime import UTC, datetime

from django.db import connection

from orders.models import OrderCounter


def next_number(at: datetime) -> str:
    """The next number of the year of `at` (UTC). One statement, which locks the year's counter until commit."""
    year = at.astimezone(UTC).year
    table = OrderCounter._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} AS counter (year, last) VALUES (%s, 1)"  # noqa: S608  (a table's name)
            " ON CONFLICT (year) DO UPDATE SET last = counter.last + 1 RETURNING last",
            [year],
        )
        return f"TA-{year}-{cursor.fetchone()[0]:06d}"
