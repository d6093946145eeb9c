"""Whatever is written is read back equal; with one digit changed it is refused; nothing else is ever raised."""

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.statement_files import FORMATS as LONG_FORMATS
from benchmarks.statement_files import write_statement
from payments.statements.lines import StatementLine
from payments.statements.reading import read_statements
from tests.payments.statements.reading import check_order, parts_of, read_until_refused, refusal_of
from tests.payments.statements.writers import FORMATS, Statement, as_mt940, placeless

some = settings(max_examples=40, deadline=None)
formats = pytest.mark.parametrize("write", FORMATS.values(), ids=FORMATS)

plain_text = st.text("abcXYZ 0189.,()ÄßéĐư中文", max_size=120).map(lambda text: " ".join(text.split()))
any_text = st.text(st.characters(exclude_categories=["C"], exclude_characters="\x85"), max_size=60).map(
    lambda text: " ".join(text.split())
)
references = st.text("ABCDEF0123456789", max_size=16).map(lambda text: text and f"R{text}"[:16])
dates = st.dates(date(2019, 12, 1), date(2028, 3, 1))
CODES = {as_mt940: "NTRF/166"}


@st.composite
def statements(draw: st.DrawFn, write: Callable[[Statement], str]) -> Statement:
    """One that adds up, in a currency of 0, 2 or 3 digits, with texts that its format can hold."""
    currency = draw(st.sampled_from(["VND", "USD", "KWD"]))
    texts = plain_text if write is as_mt940 else any_text
    lines = draw(st.lists(_lines(currency, texts, CODES.get(write, "NTRF+1")), max_size=6))
    opening = draw(st.integers(-(10**13), 10**13))
    moved = sum(line.amount_minor if line.direction == "in" else -line.amount_minor for line in lines)
    return Statement(
        account=draw(st.text("0123456789", min_size=4, max_size=20)),
        currency=currency,
        number=draw(st.sampled_from(["1/1", "00012/001", "7"])),
        opening=opening,
        closing=opening + moved,
        opened_on=draw(dates),
        closed_on=draw(dates),
        lines=tuple(lines),
    )


@st.composite
def _lines(draw: st.DrawFn, currency: str, texts: st.SearchStrategy[str], code: str) -> StatementLine:
    value_on = draw(dates)
    return StatementLine(
        at_line=0,
        direction=draw(st.sampled_from(["in", "out"])),
        amount_minor=draw(st.integers(1, 10**12)),
        currency=currency,
        booked_on=value_on + timedelta(days=draw(st.integers(-180, 180))),
        value_on=value_on,
        bank_reference=draw(references),
        end_to_end=draw(references),
        remittance=draw(texts),
        counterparty_name=draw(texts)[:50].strip(),
        counterparty_account=draw(st.text("ABC0123456789", max_size=20).map("X".__add__) | st.just("")),
        code=code,
        is_return=draw(st.booleans()),
    )


@formats
@some
@given(data=st.data())
def test_what_is_written_is_read_back(write: Callable[[Statement], str], data: st.DataObject) -> None:
    statement = data.draw(statements(write))
    parts = parts_of(write(statement))
    check_order(parts)
    assert placeless(parts) == statement.parts()


@formats
@some
@given(data=st.data())
def test_one_digit_changed_is_refused(write: Callable[[Statement], str], data: st.DataObject) -> None:
    statement = data.draw(statements(write))
    amounts = [statement.opening, statement.closing, *(line.amount_minor for line in statement.lines)]
    place = data.draw(st.integers(0, len(amounts) - 1))
    digits = str(abs(amounts[place]))
    at = data.draw(st.integers(0, len(digits) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != digits[at]]))
    changed = int(digits[:at] + other + digits[at + 1 :]) * (-1 if amounts[place] < 0 else 1)
    assert refusal_of(write(_with_amount(statement, place, changed)))[0] in {"does_not_add_up", "wrong_amount"}


def _with_amount(statement: Statement, place: int, amount: int) -> Statement:
    if place == 0:
        return replace(statement, opening=amount)
    if place == 1:
        return replace(statement, closing=amount)
    lines = list(statement.lines)
    lines[place - 2] = replace(lines[place - 2], amount_minor=amount)
    return replace(statement, lines=tuple(lines))


@formats
@some
@given(data=st.data())
def test_bytes_put_anywhere_raise_nothing_else(write: Callable[[Statement], str], data: st.DataObject) -> None:
    content = write(data.draw(statements(write))).encode()
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 40)))
    junk = data.draw(st.binary(max_size=30) | st.sampled_from([b":62F:C", b"<", b"\n-\n", b'"', b",", b"]]>", b"&#0;"]))
    parts, refused = read_until_refused(content[:start] + junk + content[end:])
    if refused is None:
        check_order(parts)


@some
@given(st.sampled_from([b"", b":20:\n:25:1\n", b"<Document", b"row,", b"\xef\xbb\xbf"]), st.binary(max_size=400))
def test_any_bytes_at_all_are_refused(start: bytes, junk: bytes) -> None:
    assert read_until_refused(start + junk)[1] is not None


@pytest.mark.parametrize("form", LONG_FORMATS)
def test_memory_does_not_grow_with_the_file(tmp_path: Path, form: str) -> None:
    _warm, few, many = (_peak_bytes(write_statement(tmp_path / f"{lines}", form, lines)) for lines in (50, 200, 600))
    assert many <= 1.2 * few


def _peak_bytes(path: Path) -> int:
    tracemalloc.start()
    try:
        with path.open("rb") as stream:
            assert sum(isinstance(part, StatementLine) for part in read_statements(stream, file_name="x")) == int(
                path.name
            )
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
