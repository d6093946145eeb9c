"""Above which amount money goes out only when two treasurers approved it (rules, section 2).

A payout or refund keeps the version it was judged by, so that a later version changes no earlier one.
"""

from dataclasses import dataclass
from typing import Any

TREASURERS = 2


@dataclass(frozen=True)
class ApprovalLimits:
    """`over_minor`: amounts above it are large, per currency, about USD 50,000.

    `own_needs_two`: what came in is called the platform's own by two treasurers, whatever the amount.
    """

    version: int
    over_minor: dict[str, int]
    own_needs_two: bool = True


ABOUT_50_000_USD = {
    "USD": 5_000_000,
    "EUR": 4_600_000,
    "GBP": 4_000_000,
    "CNY": 36_000_000,
    "HKD": 39_000_000,
    "SGD": 6_800_000,
    "AUD": 7_600_000,
    "CAD": 6_800_000,
    "CHF": 4_500_000,
    "SEK": 52_000_000,
    "JPY": 7_500_000,
    "KRW": 69_000_000,
    "VND": 1_250_000_000,
    "KWD": 15_400_000,
    "BHD": 18_850_000,
    "TND": 156_000_000,
}

VERSIONS: dict[int, ApprovalLimits] = {
    1: ApprovalLimits(version=1, over_minor=ABOUT_50_000_USD, own_needs_two=False),
    2: ApprovalLimits(version=2, over_minor=ABOUT_50_000_USD),
}
CURRENT = VERSIONS[2]


def approvals_for(amount_minor: int, currency: str) -> int:
    """How many treasurers must approve money that goes out now: 0 or 2. Minor units of `currency`."""
    return TREASURERS if amount_minor > CURRENT.over_minor[currency] else 0


def judged_on_desk(direction: str, amount_minor: int, currency: str) -> dict[str, Any]:
    """The fields of a new case on the desk: large ones, and money that left unordered, two treasurers decide."""
    needed = TREASURERS if direction == "out" else approvals_for(amount_minor, currency)
    return {"limits_version": CURRENT.version, "approvals_needed": needed}


def judged_now(amount_minor: int, currency: str, *, at_least: int = 0) -> dict[str, Any]:
    """The fields of a new payout or refund that its amount decides; a large one is asked about by no worker yet.

    `at_least` so many treasurers must approve it, however small it is.
    """
    needed = max(approvals_for(amount_minor, currency), at_least)
    judged: dict[str, Any] = {"limits_version": CURRENT.version, "approvals_needed": needed}
    return judged | {"ask_at": None} if needed else judged
