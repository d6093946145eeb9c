"""References and account numbers that survive banks: unique, checked, tolerant where the check digits agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_97_10

from payments.bank_references import (
    ALPHABET,
    MOST,
    account_escrows_in,
    account_number,
    escrows_in,
    readable_numbers_in,
    reference_of,
    squeezed,
)

RANGES = {"USD": "SG:TADBUSD", "EUR": "DE:37040044"}
ids = st.integers(min_value=1, max_value=MOST - 1)


@given(ids)
def test_a_reference_names_its_escrow(escrow_id: int) -> None:
    reference = reference_of(escrow_id)
    assert len(reference) == 10 and reference.isalnum() and reference.isupper()
    assert escrows_in(reference) == {escrow_id}


def test_no_two_share_one() -> None:
    assert len({reference_of(escrow_id) for escrow_id in range(1, 20_001)}) == 20_000


@pytest.mark.parametrize(
    "carried",
    [
        "pay {0} thanks",
        "inv 77/{1}/deposit",
        "{2}",
        "REF:{0}.",
    ],
)
def test_it_is_found_in_what_banks_make_of_it(carried: str) -> None:
    reference = reference_of(4711)
    dotted = ".".join((reference[:4], reference[4:8], reference[8:]))
    spaced = " ".join((reference[:4], reference[4:8], reference[8:]))
    text = carried.format(reference.lower(), dotted, spaced)
    assert escrows_in(squeezed(text)) == {4711}


def test_letters_that_look_like_digits_count_where_the_check_digits_agree() -> None:
    escrow_id = next(each for each in range(1, 5000) if "0" in reference_of(each)[2:] and "1" in reference_of(each)[2:])
    reference = reference_of(escrow_id)
    assert escrows_in("TT" + reference[2:].replace("0", "O").replace("1", "I")) == {escrow_id}


def test_one_wrong_sign_is_seen() -> None:
    """All 310 ways to get one sign wrong: none is taken for the reference, or for another's."""
    reference = reference_of(4711)
    wrong = {reference[:at] + sign + reference[at + 1 :] for at in range(2, 10) for sign in ALPHABET} - {reference}
    assert len(wrong) == 8 * 31
    assert {text for text in wrong if escrows_in(text)} == set()


@given(ids.filter(lambda value: value < 10**10), st.sampled_from(sorted(RANGES)))
def test_an_account_number_is_an_iban_in_form_and_names_its_escrow(escrow_id: int, currency: str) -> None:
    number = account_number(escrow_id, RANGES[currency])
    assert len(number) <= 34
    assert mod_97_10.is_valid(number[4:] + number[:4])
    assert account_escrows_in(squeezed(f"to {number[:4]} {number[4:]}, thanks"), RANGES) == {escrow_id}


def test_an_account_number_with_a_wrong_digit_names_nobody() -> None:
    number = account_number(4711, RANGES["USD"])
    wrong = {number[:-1] + digit for digit in "0123456789"} - {number}
    assert all(account_escrows_in(text, RANGES) == set() for text in wrong)


def test_readable_numbers_are_found_without_their_dashes() -> None:
    assert readable_numbers_in(squeezed("Deposit ta 2026.000123 / TA-2026-000124")) == {
        "TA-2026-000123",
        "TA-2026-000124",
    }
