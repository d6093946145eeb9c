import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import CURRENCIES, MAX_MINOR, split
from payments.fees import NOTHING, Rate, share_of_fee
from payments.schedules import current_schedule

amounts = st.integers(min_value=1, max_value=MAX_MINOR)
rates = st.builds(
    Rate,
    basis_points=st.integers(min_value=0, max_value=2_000),
    fixed_minor=st.integers(min_value=0, max_value=10_000),
    cap_minor=st.integers(min_value=10_000, max_value=MAX_MINOR),
)


@pytest.mark.parametrize(
    ("amount_minor", "fee_minor"),
    [(1, 0), (24, 0), (25, 1), (75, 2), (250_000, 5_000), (24_999_974, 499_999), (25_000_000, 500_000)],
)
def test_two_per_cent_half_up_at_most_the_cap(amount_minor, fee_minor):
    assert Rate(basis_points=200, cap_minor=500_000).up_to(amount_minor) == fee_minor


@pytest.mark.parametrize(
    ("amount_minor", "fee_minor"), [(0, 0), (20, 20), (30, 30), (100, 32), (100_000, 1_530), (10**9, 50_000)]
)
def test_a_fixed_part_is_charged_once_within_the_cap_and_never_more_than_the_amount(amount_minor, fee_minor):
    assert Rate(basis_points=150, fixed_minor=30, cap_minor=50_000).up_to(amount_minor) == fee_minor


@given(parts=st.lists(amounts, min_size=1, max_size=12), rate=rates)
def test_the_fees_of_the_parts_add_up_to_the_fee_of_the_whole(parts, rate):
    fees, before = [], 0
    for part in parts:
        fees.append(rate.of_part(before, part))
        before += part
    assert sum(fees) == rate.up_to(sum(parts))
    assert all(0 <= fee <= part for fee, part in zip(fees, parts, strict=True))


@given(parts=st.lists(amounts, min_size=1, max_size=12), rate=rates)
def test_the_percentages_of_payments_add_up_and_each_bears_its_fixed_part(parts, rate):
    fees, before = [], 0
    for part in parts:
        fees.append(rate.of_payment(before, part))
        before += part
    percentage = Rate(basis_points=rate.basis_points, cap_minor=rate.cap_minor)
    assert sum(fees) == percentage.up_to(sum(parts)) + sum(min(rate.fixed_minor, part) for part in parts)


@given(fee=st.integers(min_value=0, max_value=10**9), parts=st.lists(amounts, min_size=1, max_size=10))
def test_a_fee_is_earned_in_parts_that_add_up(fee, parts):
    left, whole, earned = fee, sum(parts), []
    for part in parts:
        earned.append(share_of_fee(left, part, whole))
        left, whole = left - earned[-1], whole - part
    assert sum(earned) == fee and left == 0
    assert all(each >= 0 for each in earned)


def test_no_rate_charges_nothing():
    assert NOTHING.up_to(MAX_MINOR) == NOTHING.of_payment(0, MAX_MINOR) == 0


@given(amount=amounts, weights=st.lists(st.integers(min_value=0, max_value=1000), min_size=1, max_size=10))
def test_splits_add_up(amount, weights):
    if sum(weights) == 0:
        weights = [*weights, 1]
    parts = split(amount, weights)
    assert sum(parts) == amount
    total = sum(weights)
    assert all(abs(part * total - amount * weight) < total for part, weight in zip(parts, weights, strict=True))


@pytest.mark.django_db
def test_the_first_schedule_has_every_currency():
    assert set(current_schedule().payee) == set(CURRENCIES)
    assert {CURRENCIES[code] for code in current_schedule().payee} == {0, 2, 3}
