"""One statement while it is read: nothing ends that does not add up."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext_lazy as _

from payments.statements.limits import MOST_BOOKINGS, MOST_STATEMENTS
from payments.statements.lines import Part, Parts, StatementBegin, StatementEnd, StatementLine
from payments.statements.refusals import unreadable
from payments.statements.values import shown


@dataclass(slots=True)
class Running:
    """The sum so far. `balance_minor` is signed."""

    currency: str
    account: str
    balance_minor: int
    lines: int = 0

    @classmethod
    def of(cls, begin: StatementBegin) -> "Running":
        return cls(currency=begin.currency, account=begin.account, balance_minor=begin.opening_minor)

    def add(self, line: StatementLine) -> StatementLine:
        self.balance_minor += line.amount_minor if line.direction == "in" else -line.amount_minor
        self.lines += 1
        return line

    def check_balance(self, stated_minor: int, at_line: int) -> None:
        """Raises Unreadable unless opening and lines make what the file states."""
        if self.balance_minor != stated_minor:
            raise unreadable(
                "does_not_add_up",
                at_line,
                computed=shown(self.balance_minor, self.currency),
                stated=shown(stated_minor, self.currency),
            )

    def end(self, stated_minor: int, closed_on: date, at_line: int) -> StatementEnd:
        self.check_balance(stated_minor, at_line)
        return StatementEnd(closing_minor=stated_minor, closed_on=closed_on, lines=self.lines)


def limited(parts: Iterator[Part]) -> Parts:
    """The same parts, refused beyond what one file may hold, and where there are none."""
    bookings = statements = 0
    for part in parts:
        if isinstance(part, StatementLine):
            bookings += 1
            if bookings > MOST_BOOKINGS:
                raise unreadable("too_many", part.at_line, most=MOST_BOOKINGS, found=_("bookings"))
        elif isinstance(part, StatementBegin):
            statements += 1
            if statements > MOST_STATEMENTS:
                raise unreadable("too_many", most=MOST_STATEMENTS, found=_("statements"))
        yield part
    if not statements:
        raise unreadable("no_statement")
