"""Fees by a published schedule with a cap (rules, section 2). An escrow keeps the version it was opened under."""

from dataclasses import dataclass

from core.money import basis_points_of


@dataclass(frozen=True)
class FeeSchedule:
    """`cap_minor`: the most that one escrow is charged, per currency, about USD 5,000."""

    version: int
    payee_basis_points: int
    payer_basis_points: int
    cap_minor: dict[str, int]


SCHEDULES: dict[int, FeeSchedule] = {
    1: FeeSchedule(
        version=1,
        payee_basis_points=200,
        payer_basis_points=0,
        cap_minor={
            "USD": 500_000,
            "EUR": 460_000,
            "GBP": 400_000,
            "CNY": 3_600_000,
            "HKD": 3_900_000,
            "SGD": 680_000,
            "AUD": 760_000,
            "CAD": 680_000,
            "CHF": 450_000,
            "SEK": 5_200_000,
            "JPY": 750_000,
            "KRW": 6_900_000,
            "VND": 125_000_000,
            "KWD": 1_540_000,
            "BHD": 1_885_000,
            "TND": 15_600_000,
        },
    ),
}
CURRENT = SCHEDULES[1]


def fee_up_to(released_minor: int, *, basis_points: int, cap_minor: int) -> int:
    """The fee on all that was released so far, in minor units: `basis_points` of it, half up, at most `cap_minor`."""
    return min(basis_points_of(released_minor, basis_points), cap_minor)


def fee_of_part(released_before_minor: int, amount_minor: int, *, basis_points: int, cap_minor: int) -> int:
    """The fee on one more release, rounded cumulatively: the fees of all parts add up to the fee of the whole."""
    after = fee_up_to(released_before_minor + amount_minor, basis_points=basis_points, cap_minor=cap_minor)
    return after - fee_up_to(released_before_minor, basis_points=basis_points, cap_minor=cap_minor)
