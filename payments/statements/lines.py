"""What every format of statement becomes: a header, its lines, its end. Amounts are minor units of the currency."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class StatementBegin:
    """`opening_minor` is signed. `number` is the bank's own, empty where it gives none."""

    account: str
    currency: str
    number: str
    opening_minor: int
    opened_on: date


@dataclass(frozen=True, kw_only=True)
class StatementLine:
    """One booking. `at_line` is where it stands in the file, from 1, for messages to people.

    `amount_minor` is above zero; `direction` says which way it went, a reversal's own way included.
    `bank_reference` is the bank's own for this booking; `end_to_end` what the sender gave it; both may be empty.
    `is_return`: money of ours that came back, or of others that we sent back.
    """

    at_line: int
    direction: Literal["in", "out"]
    amount_minor: int
    currency: str
    booked_on: date
    value_on: date | None
    bank_reference: str
    end_to_end: str
    remittance: str
    counterparty_name: str
    counterparty_account: str
    code: str
    is_return: bool


@dataclass(frozen=True, kw_only=True)
class StatementEnd:
    """Comes only after the reader saw that opening + lines = closing."""

    closing_minor: int
    closed_on: date
    lines: int


Part = StatementBegin | StatementLine | StatementEnd
Parts = Iterator[Part]


class Unreadable(Exception):
    """The file is no statement that can be trusted. `code` is stable; `words` are for staff; `at_line` from 1, 0 for
    the whole file.
    """

    def __init__(self, code: str, words: str, *, at_line: int = 0) -> None:
        self.code, self.words, self.at_line = code, words, at_line
        super().__init__(f"line {at_line}: {code}: {words}")
