"""Our CSV: what a bank's export can be mapped to."""

from datetime import date

import pytest

from payments.statements.lines import StatementBegin, StatementEnd, StatementLine
from tests.payments.statements.reading import lines_of, parts_of, refusal_of

HEAD = "row,account,currency,booked_on,amount,number,value_on,bank_reference,end_to_end"
HEAD += ",counterparty_name,remittance,is_return"
FILE = (
    f"{HEAD}\n"
    "opening,0011004123456,USD,2026-11-03,-100.5,2026-214,,,,,,\n"
    'booking,0011004123456,USD,2026-11-04,12500.00,,2026-11-05,FT1,INV-118,"Müller, Söhne","say ""hi""",\n'
    "booking,0011004123456,USD,2026-11-04,-99.5,,,FT2,,=HYPERLINK(1),@SUM(A1),yes\n"
    "closing,0011004123456,USD,2026-11-04,12300.00,,,,,,,\n"
)


def test_a_statement_has_header_lines_and_end() -> None:
    begin, wire, returned, end = parts_of(FILE)
    assert begin == StatementBegin(
        account="0011004123456",
        currency="USD",
        number="2026-214",
        opening_minor=-10_050,
        opened_on=date(2026, 11, 3),
    )
    assert wire == StatementLine(
        at_line=3,
        direction="in",
        amount_minor=1_250_000,
        currency="USD",
        booked_on=date(2026, 11, 4),
        value_on=date(2026, 11, 5),
        bank_reference="FT1",
        end_to_end="INV-118",
        remittance='say "hi"',
        counterparty_name="Müller, Söhne",
        counterparty_account="",
        code="",
        is_return=False,
    )
    assert (returned.direction, returned.amount_minor, returned.is_return) == ("out", 9_950, True)
    assert end == StatementEnd(closing_minor=1_230_000, closed_on=date(2026, 11, 4), lines=2)


def test_formulas_stay_text() -> None:
    assert (lines_of(FILE)[1].counterparty_name, lines_of(FILE)[1].remittance) == ("=HYPERLINK(1)", "@SUM(A1)")


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + FILE,
        FILE.replace("\n", "\r\n"),
        FILE.replace("\n", "\n\n"),
        FILE.replace(",is_return", ',"is_return"'),
        FILE.encode("cp1252"),
        FILE.rstrip(),
    ],
    ids=["bom", "crlf", "empty_rows", "quoted_header", "windows_1252", "bare_end"],
)
def test_small_differences_do_not_matter(content: str | bytes) -> None:
    assert [line.amount_minor for line in lines_of(content)] == [1_250_000, 9_950]


def test_the_name_of_the_column_says_the_decimal_mark() -> None:
    rows = "row;account;currency;booked_on;amount_comma\n"
    rows += "opening;1;KWD;2026-11-03;1,5\nbooking;1;KWD;2026-11-03;+0,001\nclosing;1;KWD;2026-11-03;1,501\n"
    assert [line.amount_minor for line in lines_of(rows)] == [1]
    assert refusal_of(rows.replace("amount_comma", "amount")) == ("wrong_amount", 2)


def test_a_file_holds_several_statements() -> None:
    second = FILE.partition("\n")[2].replace("0011004123456", "0011009").replace("USD", "EUR")
    begins = [part for part in parts_of(FILE + second) if isinstance(part, StatementBegin)]
    assert [(begin.account, begin.currency) for begin in begins] == [("0011004123456", "USD"), ("0011009", "EUR")]


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ("12500.00", "12500.01", ("does_not_add_up", 5)),
        ("12500.00", "12500.001", ("wrong_amount", 3)),
        ("12500.00", "12500.000", ("wrong_amount", 3)),
        ("12500.00", "12500,00", ("wrong_field", 3)),
        ("12500.00", '"12,500.00"', ("wrong_amount", 3)),
        ("12500.00", "0.00", ("wrong_amount", 3)),
        ("12500.00", "--12500.00", ("wrong_amount", 3)),
        ("12500.00", "", ("wrong_amount", 3)),
        ("12500.00", "NaN", ("wrong_amount", 3)),
        ("booking,0011004123456,USD", "booking,0011004123456,EUR", ("other_currency", 3)),
        ("booking,0011004123456", "booking,11004123456", ("other_account", 3)),
        ("USD", "PLN", ("currency_not_held", 2)),
        ("0011004123456", "", ("missing_field", 2)),
        ("2026-11-05", "2026-11-31", ("unreal_date", 3)),
        ("2026-11-05", "05/11/2026", ("unreal_date", 3)),
        ("FT1,INV", "FT1,,INV", ("wrong_field", 3)),
        (",yes", ",maybe", ("wrong_field", 4)),
        ("@SUM(A1)", '"@SUM(A1)', ("wrong_field", 4)),
        ("booking", "line", ("out_of_place", 3)),
        ("opening,", "booking,", ("out_of_place", 2)),
        ("closing,", "opening,", ("cut_off", 5)),
        ("2026-214,,,,,,", "2026-214,,,,Payer,,", ("out_of_place", 2)),
        ("end_to_end", "reference", ("unknown_column", 1)),
        ("end_to_end", "is_return", ("unknown_column", 1)),
        (",amount,", ",code,", ("missing_field", 1)),
        ("booked_on", "code", ("missing_field", 1)),
        ("currency", "code", ("missing_field", 1)),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(old: str, new: str, refusal: tuple[str, int]) -> None:
    assert old in FILE
    assert refusal_of(FILE.replace(old, new)) == refusal


def test_cut_anywhere_it_is_refused() -> None:
    raw = FILE.rstrip().encode()
    for place in range(len(HEAD), len(raw)):
        assert refusal_of(raw[:place])[0] in {
            "cut_off",
            "wrong_field",
            "no_statement",
            "wrong_encoding",
            "out_of_place",
        }


@pytest.mark.parametrize("place", range(1, 7))
def test_a_last_amount_without_its_line_end_must_have_all_digits(place: int) -> None:
    rows = "row,account,currency,booked_on,amount\nopening,1,USD,2026-11-03,80.00\nclosing,1,USD,2026-11-03,80.00"
    assert len(parts_of(rows)) == 2
    assert refusal_of(rows[:-place])[0] == "cut_off"


def test_utf_16_is_refused() -> None:
    assert refusal_of(FILE.encode("utf-16")) == ("wrong_encoding", 1)


def test_a_header_alone_is_no_statement() -> None:
    assert refusal_of(HEAD + "\n") == ("no_statement", 0)
