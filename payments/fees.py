"""Fees by published schedules (rules, section 2): a percentage, a fixed part and a cap, per currency. Pure arithmetic.

The payee pays on what is released, the payer on top of what they pay, by method. Parts are rounded cumulatively, so
that the fees of all parts add up to the fee of the whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.money import basis_points_of, half_up


@dataclass(frozen=True, kw_only=True)
class Rate:
    """What is charged in one currency, in minor units: `fixed_minor` once, and `basis_points` of the amount.

    Together at most `cap_minor`, and never more than the amount itself.
    """

    basis_points: int
    fixed_minor: int = 0
    cap_minor: int

    def up_to(self, amount_minor: int) -> int:
        """The fee on all of it so far, half up. 0 of nothing."""
        return min(self.fixed_minor + basis_points_of(amount_minor, self.basis_points), self.cap_minor, amount_minor)

    def of_part(self, before_minor: int, amount_minor: int) -> int:
        """The fee on one more part, when `before_minor` was charged before."""
        return self.up_to(before_minor + amount_minor) - self.up_to(before_minor)

    def of_payment(self, before_minor: int, amount_minor: int) -> int:
        """The payer's fee on one of several payments: the fixed part on each, the percentage and its cap over all."""
        percentage = replace(self, fixed_minor=0)
        return min(self.fixed_minor, amount_minor) + percentage.of_part(before_minor, amount_minor)


NOTHING = Rate(basis_points=0, cap_minor=0)


@dataclass(frozen=True)
class Schedule:
    """One published version. `payee` and `payer` (by method) map a currency to its rate."""

    version: int
    payee: Mapping[str, Rate]
    payer: Mapping[str, Mapping[str, Rate]]

    def payer_rate(self, method: str, currency: str) -> Rate:
        """What the payer bears for paying by this method; nothing where the schedule is silent."""
        return self.payer.get(method, {}).get(currency, NOTHING)


def share_of_fee(fee_minor: int, part_minor: int, whole_minor: int) -> int:
    """The part of a fee that belongs to `part_minor` of what is held, half up; all of it with the last part."""
    return fee_minor if part_minor == whole_minor else half_up(fee_minor * part_minor, whole_minor)


def rates_as_rules(rates: Mapping[str, Rate]) -> dict[str, dict[str, int]]:
    return {
        currency: {"basis_points": rate.basis_points, "fixed_minor": rate.fixed_minor, "cap_minor": rate.cap_minor}
        for currency, rate in sorted(rates.items())
    }


def rates_of_rules(rules: Mapping[str, Mapping[str, int]]) -> dict[str, Rate]:
    return {currency: Rate(**values) for currency, values in rules.items()}


def schedule_of_rules(version: int, rules: Mapping[str, Any]) -> Schedule:
    """A schedule from the JSON that a published row keeps."""
    payer = {method: rates_of_rules(rates) for method, rates in rules["payer"].items()}
    return Schedule(version, rates_of_rules(rules["payee"]), payer)
