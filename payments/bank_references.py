"""How a payer names a deal to their bank: a short reference and an account number of its own, both with check digits.

Both are worked out from the escrow's id, so that no list of them can be lost. Squeezed text is upper case without
anything but letters and digits: banks fold, break and punctuate what they carry.
"""

import re
from collections.abc import Mapping

from stdnum.iso7064 import mod_97_10

MARK = "TT"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: without I, L, O and U."""

MISREAD = str.maketrans("OIL", "011")
PAYLOAD, CHECK = 6, 2
MOST = len(ALPHABET) ** PAYLOAD
STEP = 653_276_419
"""Odd, so that each id below MOST has a reference of its own, and neighbours don't look alike."""

PRIME = 1021
REFERENCE = re.compile(rf"(?={MARK}([0-9A-Z]{{{PAYLOAD + CHECK}}}))")
READABLE = re.compile(r"(?=([A-Z]{2})(20\d\d)(\d{6}))")
ACCOUNT_DIGITS = 10


def squeezed(text: str) -> str:
    """Upper case, letters and digits only."""
    return "".join(sign for sign in text.upper() if sign.isascii() and sign.isalnum())


def name_at_bank(payment_reference: str) -> str:
    """The bank gateway's id of a payment."""
    return f"tt_{payment_reference}"


def reference_of(escrow_id: int) -> str:
    """Ten capitals and digits: TT, six that name the escrow, two that check them."""
    assert 0 < escrow_id < MOST
    payload = escrow_id * STEP % MOST
    return MARK + _digits(payload, PAYLOAD) + _digits(_check(payload), CHECK)


def escrows_in(text: str) -> set[int]:
    """Ids of the escrows whose references stand in a squeezed text. Letters that look like digits count as such where
    the check digits agree.
    """
    found = (_read(match.group(1).translate(MISREAD)) for match in REFERENCE.finditer(text))
    return {escrow_id for escrow_id in found if escrow_id}


def readable_numbers_in(text: str) -> set[str]:
    """What looks like a deal's readable number (TA-2026-000123) in a squeezed text."""
    return {"-".join(match.groups()) for match in READABLE.finditer(text)}


TRANSFER = re.compile(r"(?=((?:PYO|REF|BAT)[A-KMNP-Z2-9]{20}))")


def transfer_name(reference: str) -> str:
    """The reference of a payout, refund or batch as every bank carries it: 'pyo_k3m...' -> 'PYOK3M...', 23 signs."""
    name = squeezed(reference)
    assert TRANSFER.match(name), reference
    return name


def transfers_in(text: str) -> set[str]:
    """What looks like the name of one of our transfers in a squeezed text."""
    return {match.group(1) for match in TRANSFER.finditer(text)}


def account_number(escrow_id: int, account_range: str) -> str:
    """The account of an escrow in a range that the bank gave: 'SG:TADBUSD' -> SG, check digits, TADBUSD, ten digits."""
    country, _colon, bank = account_range.partition(":")
    number = f"{bank}{escrow_id:0{ACCOUNT_DIGITS}d}"
    return f"{country}{mod_97_10.calc_check_digits(number + country)}{number}"


def account_escrows_in(text: str, ranges: Mapping[str, str]) -> set[int]:
    """Ids of the escrows whose account numbers stand in a squeezed text, check digits included."""
    found = set()
    for account_range in ranges.values():
        country, _colon, bank = account_range.partition(":")
        for match in re.finditer(rf"{country}\d\d{bank}(\d{{{ACCOUNT_DIGITS}}})", text):
            number = match.group()
            if mod_97_10.is_valid(number[4:] + number[:4]) and int(match.group(1)):
                found.add(int(match.group(1)))
    return found


def _digits(value: int, width: int) -> str:
    digits = ""
    for _place in range(width):
        value, digit = divmod(value, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def _value(digits: str) -> int:
    value = 0
    for digit in digits:
        value = value * len(ALPHABET) + ALPHABET.index(digit)
    return value


def _check(payload: int) -> int:
    return payload * 32 % PRIME


def _read(digits: str) -> int:
    """The escrow's id, or 0."""
    if not set(digits) <= set(ALPHABET):
        return 0
    payload = _value(digits[:PAYLOAD])
    return payload * pow(STEP, -1, MOST) % MOST if _value(digits[PAYLOAD:]) == _check(payload) else 0
