"""The orders of tests/orders, committed, so that threads with connections of their own see them."""

from tests.orders.conftest import books_balance, complete, confirmed_order, draft_order, empty_draft, offered_order
from tests.orders.stages import (
    cancelled_order,
    completed_order,
    delivered_order,
    paid_order,
    paid_ready_order,
    ready_order,
    shipped_order,
)

__all__ = [
    "books_balance",
    "cancelled_order",
    "complete",
    "completed_order",
    "confirmed_order",
    "delivered_order",
    "draft_order",
    "empty_draft",
    "offered_order",
    "paid_order",
    "paid_ready_order",
    "ready_order",
    "shipped_order",
]
