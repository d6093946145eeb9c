"""A draft with its lines and its plan, read once for everything that a page says about it."""

from dataclasses import dataclass

from orders.models import Order, OrderLine, PlannedInstalment
from orders.queries import order_lines
from orders.totals import Totals, totals_of


@dataclass(frozen=True)
class DraftParts:
    """`lines` with their requirements, in their order; `planned` as step 5 has it."""

    order: Order
    lines: list[OrderLine]
    planned: list[PlannedInstalment]

    def totals(self) -> Totals:
        return totals_of(self.order, self.lines, self.planned)


def parts_of(order: Order) -> DraftParts:
    """Three queries."""
    return DraftParts(order, order_lines(order), list(PlannedInstalment.objects.filter(order=order)))
