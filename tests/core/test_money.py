from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iso4217 import Currency

from core.errors import Invalid
from core.money import (
    CURRENCIES,
    MAX_MINOR,
    check_amount,
    format_money,
    half_up,
    line_amount,
    read_decimal,
    split,
    to_minor,
)


def test_digits_are_those_of_the_standard() -> None:
    assert {code: Currency(code).exponent for code in CURRENCIES} == CURRENCIES


@given(st.integers(0, MAX_MINOR), st.lists(st.integers(0, 10_000), min_size=1, max_size=20).filter(any))
def test_parts_always_add_up(amount: int, weights: list[int]) -> None:
    parts = split(amount, weights)
    assert sum(parts) == amount and len(parts) == len(weights) and min(parts) >= 0


def test_the_largest_remainder_gets_the_odd_unit() -> None:
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(10_001, [3, 7]) == [3000, 7001]


def test_a_line_rounds_once_half_up() -> None:
    assert line_amount(1_000_000, 125, 100) == 1250
    assert line_amount(1_500, 1, 1) == 2
    assert half_up(5, 10) == 1
    assert half_up(4, 10) == 0


@pytest.mark.parametrize(
    ("typed", "currency", "minor"), [("12500.00", "USD", 1_250_000), ("7", "JPY", 7), ("1.234", "KWD", 1234)]
)
def test_typed_amounts(typed: str, currency: str, minor: int) -> None:
    assert to_minor(typed, currency) == minor


@pytest.mark.parametrize(
    "typed",
    ["", "abc", "-1", "0", "1.001", "1.500", "NaN", "Infinity", "1e30", "1e999999", "1e-999999", "1." + "0" * 30 + "1"],
)
def test_amounts_that_cannot_be(typed: str) -> None:
    with pytest.raises(Invalid):
        to_minor(typed, "USD")


@pytest.mark.parametrize("amount", [0, -1, MAX_MINOR + 1, True, 1.0])
def test_amounts_out_of_bounds(amount: object) -> None:
    with pytest.raises(Invalid):
        check_amount(amount, "USD")  # type: ignore[arg-type]


def test_unknown_currency() -> None:
    with pytest.raises(Invalid) as refusal:
        check_amount(1, "XXX")
    assert "currency" in refusal.value.fields


def test_formats() -> None:
    assert format_money(1_250_000, "USD", "en") == "USD 12,500.00"
    assert format_money(1_250_000, "VND", "vi") == "VND 1.250.000"
    assert format_money(5, "KWD", "en") == "KWD 0.005"


@pytest.mark.parametrize(
    "typed", ["1e5", "1E-2", "１２．５", "١٢", "12,5", "0x10", "1_000", "", ".", "Infinity", "9" * 30]
)
def test_only_plain_digits_are_numbers(typed: str) -> None:
    assert read_decimal(typed) is None
    with pytest.raises(Invalid):
        to_minor(typed, "USD")


@pytest.mark.parametrize(("typed", "value"), [("12 500.00", "12500.00"), (".5", "0.5"), ("7.", "7"), ("-3", "-3")])
def test_plain_digits_are_read_exactly(typed: str, value: str) -> None:
    assert read_decimal(typed) == Decimal(value)
