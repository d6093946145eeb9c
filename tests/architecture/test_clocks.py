"""No clock without a test of its last second."""

from core import deadlines
from tests.assurance.test_every_clock import ROWS
from tests.orders.test_clocks import ROWS as ROWS_OF_ORDERS


def test_every_kind_of_clock_stands_in_a_table_of_tests():
    kinds = {kind for kind in deadlines.registered_kinds() if not kind.endswith(deadlines.reminder_kind(""))}
    tested = set(ROWS_OF_ORDERS) | {row.kind for row in ROWS.values()}
    assert kinds == tested, "add a row to tests/assurance/test_every_clock.py (or take the old one out)"
