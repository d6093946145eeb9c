import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import CURRENCIES, MAX_MINOR, split
from payments.fees import CURRENT, fee_of_part, fee_up_to

amounts = st.integers(min_value=1, max_value=MAX_MINOR)
currencies = st.sampled_from(["JPY", "VND", "USD", "EUR", "KWD", "TND"])


def test_every_currency_has_its_cap():
    assert set(CURRENT.cap_minor) == set(CURRENCIES)
    assert {CURRENCIES[code] for code in CURRENT.cap_minor} == {0, 2, 3}


@pytest.mark.parametrize(
    ("amount_minor", "fee_minor"),
    [(1, 0), (24, 0), (25, 1), (75, 2), (250_000, 5_000), (24_999_974, 499_999), (25_000_000, 500_000)],
)
def test_two_per_cent_half_up_at_most_the_cap(amount_minor, fee_minor):
    assert fee_up_to(amount_minor, basis_points=200, cap_minor=500_000) == fee_minor


@given(parts=st.lists(amounts, min_size=1, max_size=12), currency=currencies)
def test_the_fees_of_the_parts_add_up_to_the_fee_of_the_whole(parts, currency):
    schedule = {"basis_points": CURRENT.payee_basis_points, "cap_minor": CURRENT.cap_minor[currency]}
    fees, before = [], 0
    for part in parts:
        fees.append(fee_of_part(before, part, **schedule))
        before += part
    assert sum(fees) == fee_up_to(sum(parts), **schedule)
    assert all(0 <= fee <= part for fee, part in zip(fees, parts, strict=True))


@given(amount=amounts, weights=st.lists(st.integers(min_value=0, max_value=1000), min_size=1, max_size=10))
def test_splits_add_up(amount, weights):
    if sum(weights) == 0:
        weights = [*weights, 1]
    parts = split(amount, weights)
    assert sum(parts) == amount
    total = sum(weights)
    assert all(abs(part * total - amount * weight) < total for part, weight in zip(parts, weights, strict=True))
