"""Statement files of real banks: each is read to the cent, or refused for a reason that is true."""

import hashlib
import random
import re
from pathlib import Path

import pytest

from core.money import CURRENCIES
from payments.statements.lines import StatementBegin, StatementEnd
from tests.payments.statements.bank_files import OTHER_CURRENCIES, READABLE, REFUSED
from tests.payments.statements.reading import check_order, ends_of, parts_of, read_until_refused, refusal_of

BANKS = Path(__file__).parent / "banks"
CUTS = 25
CLOSING = re.compile(rb"^:62F:[DC][0-9]{6}[A-Z]{3}[0-9,]+", re.MULTILINE)


@pytest.fixture
def more_currencies(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the platform held the currencies of all the files."""
    for currency in ("PLN", "HUF", "DEM"):
        monkeypatch.setitem(CURRENCIES, currency, 2)


def test_every_file_is_in_a_table_and_unchanged() -> None:
    found = {str(path.relative_to(BANKS)) for path in BANKS.rglob("*.sta")}
    assert found == READABLE.keys() | REFUSED.keys() and len(found) == 49
    sums = dict(re.findall(r"^\| (\S+\.sta) \| ([0-9a-f]{64}) \|$", (BANKS / "README.md").read_text(), re.MULTILINE))
    assert sums == {name: hashlib.sha256((BANKS / name).read_bytes()).hexdigest() for name in found}


@pytest.mark.parametrize("name", READABLE)
def test_is_read_with_its_balances_and_bookings(more_currencies: None, name: str) -> None:
    parts = parts_of((BANKS / name).read_bytes())
    begins = [part for part in parts if isinstance(part, StatementBegin)]
    ends = [part for part in parts if isinstance(part, StatementEnd)]
    assert [
        (begin.account, begin.currency, begin.opening_minor, end.closing_minor, end.lines)
        for begin, end in zip(begins, ends, strict=True)
    ] == READABLE[name]
    check_order(parts)


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_for_its_true_reason(more_currencies: None, name: str) -> None:
    assert refusal_of((BANKS / name).read_bytes()) == REFUSED[name]


@pytest.mark.parametrize("name", OTHER_CURRENCIES)
def test_a_currency_that_is_not_held_is_refused_first(name: str) -> None:
    assert refusal_of((BANKS / name).read_bytes()) == OTHER_CURRENCIES[name]


@pytest.mark.parametrize("name", sorted(READABLE.keys() | REFUSED.keys()))
def test_cut_anywhere_ends_no_statement_whose_closing_balance_is_gone(more_currencies: None, name: str) -> None:
    content = (BANKS / name).read_bytes()
    chosen = random.Random(name)
    places = {chosen.randrange(len(content)) for _ in range(CUTS)}
    closings = [found.end() for found in CLOSING.finditer(content)]
    inside = {place for end in closings for place in (end - 1, end - 2, end - 3)}
    for place in places | set(sorted(inside)[:CUTS]):
        parts, refused = read_until_refused(content[:place])
        assert ends_of(parts) <= sum(end <= place for end in closings)
        assert refused or ends_of(parts) == sum(isinstance(part, StatementBegin) for part in parts)
