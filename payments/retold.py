"""A booking that comes a second time, in another file: does it say the same? Pure rules, no queries here.

Formats spell, cut, break and leave out what they carry, so two honest files of one day seldom agree to the letter. They
do agree in what the rules of matching go by: the orders and transfers that are named, who paid, and from where.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Protocol

from payments.bank_references import squeezed, transfers_in
from payments.matching import is_same_name, names_in

UMLAUT = re.compile("([AOU])E")
"""Formats write Mueller, Müller or Muller."""


class Told(Protocol):
    """A line of a statement, as far as it is compared."""

    remittance: str
    end_to_end: str
    counterparty_name: str
    counterparty_account: str


Names = frozenset[int | str]
"""Escrow ids, readable numbers of orders, names of our transfers."""


def names_apart(first: Told, second: Told, account_ranges: Mapping[str, str]) -> Names:
    """What looks like the name of an order or of a transfer of ours in one of the two only."""
    return _names(first, account_ranges) ^ _names(second, account_ranges)


def told_otherwise(first: Told, second: Told, apart: Names) -> list[str]:
    """What two files say differently of one booking, in words for staff; empty when they can be honest twins.

    Empty text says nothing, and cut text says less: neither differs. But the orders and transfers that are named must
    be the same ones, on both sides. `apart`: those of `names_apart` that there are; much else looks like one.
    """
    if _all(first) == _all(second):
        return []
    found = []
    if apart:
        found.append("other references")
    if not _same_account(first.counterparty_account, second.counterparty_account):
        found.append("another account")
    if not _same_party(first.counterparty_name, second.counterparty_name):
        found.append("another name")
    if not (
        _alike(first.end_to_end, second.end_to_end)
        or _holds(second.remittance, first.end_to_end)
        or _holds(first.remittance, second.end_to_end)
    ):
        found.append("another end-to-end reference")
    if not (_alike(first.remittance, second.remittance) or _alike(_whole(first), _whole(second))):
        found.append("another text")
    return found


def _all(line: Told) -> tuple[str, ...]:
    return line.remittance, line.end_to_end, line.counterparty_name, line.counterparty_account


def _whole(line: Told) -> str:
    return f"{line.remittance} {line.end_to_end}"


def _names(line: Told, account_ranges: Mapping[str, str]) -> Names:
    text = squeezed(_whole(line))
    return frozenset(transfers_in(text)).union(*names_in(text, account_ranges).values())


def _same_account(first: str, second: str) -> bool:
    """The same number, or one is the tail of the other: national numbers stand at the end of IBANs."""
    one, other = squeezed(first), squeezed(second)
    return one.endswith(other) or other.endswith(one)


def _same_party(first: str, second: str) -> bool:
    one, other = set(_folded(first).split()), set(_folded(second).split())
    return (
        _alike(first, second)
        or one <= other
        or other <= one
        or is_same_name(first, second)
        or is_same_name(second, first)
    )


def _alike(first: str, second: str) -> bool:
    return _holds(first, second) or _holds(second, first)


def _holds(text: str, part: str) -> bool:
    """Whether a text has all of the other one, however letters with accents are written, or lost.

    One script says nothing of another: banks spell Chinese names out, each in its way.
    """
    if not squeezed(part):
        return bool(squeezed(text)) or "".join(part.split()) in "".join(text.split())
    return squeezed(part) in squeezed(text) or squeezed(_folded(part)) in squeezed(_folded(text))


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.upper().replace("Đ", "D"))
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return UMLAUT.sub(r"\1", letters)
