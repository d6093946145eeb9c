"""One line of an order's story."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Happening:
    """`side`: seller, buyer or platform; `verb` names what was done. `amount_minor`: where it is money."""

    at: datetime
    verb: str
    side: str
    state: str
    note: str = ""
    amount_minor: int | None = None
    currency: str = ""
