"""MT940 as banks write it: envelopes, pages, marks, dates, and what they put into :86:."""

from datetime import date

import pytest

from payments.statements.lines import StatementBegin, StatementEnd, StatementLine
from tests.payments.statements.reading import lines_of, parts_of, refusal_of

HEAD = ":20:STMT1\n:25:DE89370400440532013000\n:28C:00012/001\n:60F:C261103EUR1000,00\n"


def statement(*bookings: str, closing: str = "1100,00") -> str:
    return HEAD + "".join(f"{booking}\n" for booking in bookings) + f":62F:C261104EUR{closing}\n-\n"


def one(line: str, *, closing: str = "1100,00") -> StatementLine:
    [found] = lines_of(statement(line, closing=closing))
    return found


WIRE = ":61:2611041104C100,00NTRFNONREF//BANK77\n:86:TA-2026-000118"
HEADER = "{1:F01COBADEFFAXXX0000000000}{2:O9400000261104COBADEFFAXXX00000000002611040000N}{4:\n"


def test_a_statement_has_header_line_and_end() -> None:
    begin, line, end = parts_of(statement(WIRE))
    assert begin == StatementBegin(
        account="DE89370400440532013000",
        currency="EUR",
        number="00012/001",
        opening_minor=100_000,
        opened_on=date(2026, 11, 3),
    )
    assert line == StatementLine(
        at_line=5,
        direction="in",
        amount_minor=10_000,
        currency="EUR",
        booked_on=date(2026, 11, 4),
        value_on=date(2026, 11, 4),
        bank_reference="BANK77",
        end_to_end="",
        remittance="TA-2026-000118",
        counterparty_name="",
        counterparty_account="",
        code="NTRF",
        is_return=False,
    )
    assert end == StatementEnd(closing_minor=110_000, closed_on=date(2026, 11, 4), lines=1)


@pytest.mark.parametrize(
    "content",
    [
        statement(WIRE),
        HEADER + statement(WIRE).rstrip("-\n") + "\n-}{5:{CHK:123456789ABC}}\n",
        HEADER.rstrip("\n") + statement(WIRE).rstrip("-\n") + "\n-}",
        "\ufeff" + statement(WIRE),
        statement(WIRE).replace("\n", "\r\n"),
        statement(WIRE).replace("\n", "\r"),
        statement(WIRE).replace("\n", "\r\r\n"),
        "\x01\n" + statement(WIRE).replace("-\n", "-\x03"),
        "COBADEFF\n940\nCOBADEFF\n" + statement(WIRE),
        statement(WIRE).rstrip("-\n"),
        statement(WIRE) + "\x1a",
    ],
    ids=["plain", "swift", "swift_tight", "bom", "crlf", "cr", "crcrlf", "etx", "banner", "bare_end", "ctrl_z"],
)
def test_whatever_stands_around_the_message_is_dropped(content: str) -> None:
    assert [(line.amount_minor, line.remittance) for line in lines_of(content)] == [(10_000, "TA-2026-000118")]


def test_several_statements_follow_each_other() -> None:
    envelope = HEADER + statement(WIRE).rstrip("-\n") + "\n-}"
    tight = "\x01" + (envelope + "\x03\x01") * 2
    assert [line.amount_minor for line in lines_of(tight)] == [10_000, 10_000]
    assert [line.at_line for line in lines_of((envelope + "\n") * 3)] == [6, 15, 24]


def test_zeros_behind_the_last_digit_are_taken() -> None:
    assert one(":61:261104C100,000NTRFNONREF").amount_minor == 10_000
    [line] = lines_of(statement(WIRE).replace("EUR", "VND"))
    assert line.amount_minor == 100


@pytest.mark.parametrize(
    ("mark", "direction", "is_return"),
    [("C", "in", False), ("D", "out", False), ("RD", "in", True), ("RC", "out", True)],
)
def test_a_reversal_goes_the_other_way(mark: str, direction: str, is_return: bool) -> None:
    line = one(f":61:2611041104{mark}R100,00NTRFNONREF", closing="1100,00" if direction == "in" else "900,00")
    assert (line.direction, line.amount_minor, line.is_return) == (direction, 10_000, is_return)


@pytest.mark.parametrize(
    ("dates", "booked_on", "value_on"),
    [
        ("261104", date(2026, 11, 4), date(2026, 11, 4)),
        ("261104    ", date(2026, 11, 4), date(2026, 11, 4)),
        ("2611041105", date(2026, 11, 5), date(2026, 11, 4)),
        ("2612310102", date(2027, 1, 2), date(2026, 12, 31)),
        ("2701021231", date(2026, 12, 31), date(2027, 1, 2)),
        ("2402290229", date(2024, 2, 29), date(2024, 2, 29)),
        ("2303010229", date(2024, 2, 29), date(2023, 3, 1)),
        ("2602300302", date(2026, 3, 2), date(2026, 2, 28)),
        ("991104", date(1999, 11, 4), date(1999, 11, 4)),
    ],
)
def test_the_day_of_booking_takes_the_nearest_year(dates: str, booked_on: date, value_on: date) -> None:
    line = one(f":61:{dates}C100,00NTRFNONREF")
    assert (line.booked_on, line.value_on) == (booked_on, value_on)


@pytest.mark.parametrize(
    ("after_amount", "bank_reference", "end_to_end"),
    [
        ("NTRFNONREF", "", ""),
        ("NTRFINV-118//B77", "B77", "INV-118"),
        ("NTRFEREF//NONREF", "", ""),
        ("NTRFKREF+//B77", "B77", ""),
        ("NTRFBIPI-dvT1FzfMqvzF5HaU4oetlH7SGRk//2022070616", "2022070616", "BIPI-dvT1FzfMqvzF5HaU4oetlH7SGRk"),
        ("", "", ""),
    ],
)
def test_references_of_the_booking(after_amount: str, bank_reference: str, end_to_end: str) -> None:
    line = one(f":61:261104C100,00{after_amount}")
    assert (line.bank_reference, line.end_to_end) == (bank_reference, end_to_end)


GERMAN = (
    ":86:166?00GUTSCHRIFT?109301?20EREF+INV-2026-118?21SVWZ+TA-2026-00011\n8 deposit?30COBADEFFXXX"
    "?31DE75512108001245126199?32MUELLER MOEBEL?33 UND SOEHNE KG?34000"
)
ING = ":86:/EREF/INV-2026-118//CNTP/NL08INGB0000001234/INGBNL2A/MUELLER//\n/REMI/USTD//TA-2026-000118/"
ABN = (
    ":86:/TRTP/SEPA OVERBOEKING/IBAN/NL47INGB0009999999/BIC/INGBNL2A/NAME/MUELLER/REMI/TA-2026-000118/EREF/NOTPROVIDED"
)
RABO = ":86:/ORDP//NAME/MUELLER/ADDR/KADE 1/REMI/TA-2026-000118/ISDT/2026-11-04"
POLISH = ":86:020<00PRZELEW<20TA-2026-000118<27MUELLER<32MUELLER<3812114020040000300201355387"
WRAPPED = ":86:" + "TA-2026-000118 for the order of forty oak tables and chairs from Saigon"[:65] + "\nSaigon"


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        (GERMAN, ("TA-2026-000118 deposit", "INV-2026-118", "MUELLER MOEBEL UND SOEHNE KG", "DE75512108001245126199")),
        (ING, ("TA-2026-000118", "INV-2026-118", "MUELLER", "NL08INGB0000001234")),
        (ABN, ("TA-2026-000118", "", "MUELLER", "NL47INGB0009999999")),
        (RABO, ("TA-2026-000118", "", "MUELLER", "")),
        (":86:/EREF/E1/BNF/TA-2026-000118", ("/EREF/E1/BNF/TA-2026-000118", "E1/BNF/TA-2026-000118", "", "")),
        (POLISH, ("TA-2026-000118MUELLER", "", "MUELLER", "12114020040000300201355387")),
        (":86:EREF+INV-118 SVWZ+TA-2026-000118", ("TA-2026-000118", "INV-118", "", "")),
        (":86:TA-2026-000118\nMueller Moebel", ("TA-2026-000118 Mueller Moebel", "", "", "")),
        (":86:TA-2026-\n:86:000118", ("TA-2026- 000118", "", "", "")),
        (":86:paid at\n12:11:13\n:12:11 o'clock", ("paid at 12:11:13 :12:11 o'clock", "", "", "")),
        (":86:who?what?20is it", ("who?what?20is it", "", "", "")),
        (
            ":NS:01TA-2026\n02deposit\n15MUELLER\n16 KG\n340000004279",
            ("TA-2026 deposit", "", "MUELLER KG", "0000004279"),
        ),
        (":86:", ("", "", "", "")),
    ],
    ids=[
        "german",
        "ing",
        "abn",
        "rabobank",
        "no_words",
        "polish",
        "keywords",
        "free",
        "twice",
        "times",
        "question",
        "ns",
        "empty",
    ],
)
def test_dialects_of_information(details: str, expected: tuple[str, str, str, str]) -> None:
    line = one(":61:261104C100,00NTRFNONREF\n" + details)
    assert (line.remittance, line.end_to_end, line.counterparty_name, line.counterparty_account) == expected


def test_a_word_goes_on_where_the_line_is_full() -> None:
    text = "TA-2026-000118 forty oak tables and chairs from Saigon, the depos"
    assert len(text) == 65
    assert one(f":61:261104C100,00NTRFNONREF\n:86:{text}\nit").remittance == text + "it"


def test_supplementary_details_are_an_account_or_words() -> None:
    with_account = one(":61:261104C100,00N102EREF\nNL70ABNA0987654321\n:86:/EREF/E1/REMI/")
    assert (with_account.counterparty_account, with_account.end_to_end) == ("", "E1")
    assert one(":61:261104C100,00N102EREF\nNL91ABNA0417164300").counterparty_account == "NL91ABNA0417164300"
    assert one(":61:261104C100,00N102NONREF\nCard of May").remittance == "Card of May"


@pytest.mark.parametrize(
    "line",
    [
        ":61:261104C100,00NRTINONREF",
        ":61:261104C100,00NTRFNONREF\n:86:159?00RETOURE?20SVWZ+back",
        ":61:261104C100,00NTRFNONREF\n:86:/RTRN/AC01/REMI/back",
    ],
)
def test_returns_are_known(line: str) -> None:
    assert one(line).is_return


PAGES = (
    ":20:P1\n:25:12345EUR\n:28C:7/1\n:60F:C261103EUR10,00\n:61:261104C5,00NTRFNONREF\n:62M:C261104EUR15,00\n-\n"
    ":20:P2\n:25:12345EUR\n:28C:7/2\n:60M:C261104EUR15,00\n:61:261104D1,00NTRFNONREF\n:62F:C261104EUR14,00\n-\n"
)


def test_pages_make_one_statement() -> None:
    begin, first, second, end = parts_of(PAGES)
    assert (begin.account, begin.opening_minor) == ("12345", 1_000)
    assert (first.amount_minor, second.amount_minor) == (500, 100)
    assert (end.closing_minor, end.lines) == (1_400, 2)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (PAGES[: PAGES.index(":20:P2")], "", "page_missing"),
        (PAGES[PAGES.index(":20:P2") :], "", "cut_off"),
        (":60M:C261104EUR15,00", ":60M:C261104EUR14,00", "page_missing"),
        (":60M:", ":60F:", "page_missing"),
        ("7/2", "7/3", "page_missing"),
        (":62M:C261104EUR15,00", ":62M:C261104EUR16,00", "does_not_add_up"),
        ("P2\n:25:12345EUR", "P2\n:25:54321EUR", "other_account"),
        (":60M:C261104EUR", ":60M:C261104USD", "other_currency"),
        (":62F:C261104EUR", ":62F:C261104USD", "other_currency"),
    ],
)
def test_pages_that_do_not_join_are_refused(old: str, new: str, code: str) -> None:
    assert old in PAGES
    assert refusal_of(PAGES.replace(old, new))[0] == code


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (":61:261104C100,001NTRFNONREF", "wrong_amount"),
        (":61:261104C0,00NTRFNONREF", "wrong_amount"),
        (":61:261104C-5,00NTRFNONREF", "wrong_field"),
        (":61:261104C100.00NTRFNONREF", "wrong_field"),
        (":61:261104C0000000000100,55NTRFNONREF", "wrong_field"),
        (":61:261104C1.100,00NTRFNONREF", "wrong_field"),
        (":61:261104C١٠٠,00NTRFNONREF", "wrong_field"),
        (":61:261104C99999999999,00NTRFNONREF", "wrong_amount"),
        (":61:261304C100,00NTRFNONREF", "unreal_date"),
        (":61:261131C100,00NTRFNONREF", "unreal_date"),
        (":61:260231C100,00NTRFNONREF", "unreal_date"),
        (":61:2611041131C100,00NTRFNONREF", "unreal_date"),
        (":61:2611040230C100,00NTRFNONREF", "unreal_date"),
        (":61:261104X100,00NTRFNONREF", "wrong_field"),
        (":61:261104C100,01NTRFNONREF", "does_not_add_up"),
        (":60F:C261104EUR1000,00", "cut_off"),
        (":20:X\n:25:1", "cut_off"),
        ("-", "cut_off"),
        (":61:261104C100,00NTRFNONREF\n:86:" + "x" * 10_000, "too_long"),
        (":61:261104C100,00NTRFNONREF\n:86:" + "x" * 5_001, "too_long"),
        (":61:261104C100,00NTRFNONREF\n:86:" + "x\n" * 120, "too_long"),
        (":61:261104C100,00NTRFNONREF" + "\n:86:" * 30_000, "too_long"),
        (":61:261104C100,00NTRFNONREF\n:86:a\x00b", "wrong_encoding"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(line: str, code: str) -> None:
    found, at_line = refusal_of(statement(line))
    assert found == code and at_line >= 5


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (":60F:C261103EUR", ":60F:C261103PLN", "currency_not_held"),
        (":25:DE89370400440532013000", ":25:DE89370400440532013000/USD", "other_currency"),
        (":25:DE89370400440532013000\n", "", "missing_field"),
        (":60F:C261103EUR1000,00\n", "", "out_of_place"),
        (":28C:00012/001\n", ":28C:00012/001\n:34F:EUR0,\n", ""),
        (":20:STMT1\n", "", ""),
        (":62F:C261104EUR1100,00", ":62F:C261104EUR1100,00\n:64:C261104EUR0,00\n:86:info", ""),
        (":62F:", ":62:", ""),
    ],
)
def test_headers(old: str, new: str, code: str) -> None:
    content = statement(WIRE)
    assert old in content
    if code:
        assert refusal_of(content.replace(old, new))[0] == code
    else:
        assert len(parts_of(content.replace(old, new))) == 3


@pytest.mark.parametrize(
    ("raw", "remittance"),
    [(b"\xc3\x9cberweisung", "Überweisung"), (b"\xdcberweisung", "Überweisung"), (b"10 \x80", "10 €")],
    ids=["utf_8", "latin_1", "windows_1252"],
)
def test_encodings(raw: bytes, remittance: str) -> None:
    content = statement(WIRE).encode().replace(b"TA-2026-000118", raw)
    assert lines_of(content)[0].remittance == remittance


@pytest.mark.parametrize(
    "content",
    [
        statement(WIRE, WIRE, closing="1200,00").encode().replace(b"TA-2026-000118", b"\xc3\x9c\n\xdc"),
        statement(WIRE).encode().replace(b"TA-2026-000118", b"\xdc\n\xc3\x9c"),
        statement(WIRE).encode().replace(b"TA-2026-000118", b"\x81"),
        statement(WIRE).encode("utf-16"),
        statement(WIRE).encode("utf-16-le"),
    ],
    ids=["utf_8_then_latin", "latin_then_utf_8", "undefined", "utf_16", "utf_16_no_mark"],
)
def test_other_or_mixed_encodings_are_refused(content: bytes) -> None:
    assert refusal_of(content)[0] in {"wrong_encoding", "unknown_format"}


@pytest.mark.parametrize("content", [b"", b"\n \r\n", b"\xef\xbb\xbf", b"\x00\x00"])
def test_an_empty_file_is_refused(content: bytes) -> None:
    assert refusal_of(content) == ("empty", 0)


def test_a_closing_balance_without_its_line_end_must_have_all_digits() -> None:
    content = statement(WIRE).rstrip("-\n")
    assert len(parts_of(content)) == 3
    for place in range(1, 8):
        assert refusal_of(content[:-place])[0] in {"cut_off", "does_not_add_up"}


def test_limits_on_bookings_and_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payments.statements.running.MOST_BOOKINGS", 3)
    monkeypatch.setattr("payments.statements.running.MOST_STATEMENTS", 3)
    assert refusal_of(statement(WIRE, WIRE, WIRE, WIRE, closing="1400,00")) == ("too_many", 11)
    assert refusal_of(statement(closing="1000,00") * 4) == ("too_many", 0)
