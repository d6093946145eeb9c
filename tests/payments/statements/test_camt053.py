"""camt.053 of three versions, as banks write it, and each way in which it can be wrong."""

from datetime import date
from pathlib import Path

import pytest

from payments.statements.lines import StatementBegin, StatementEnd
from tests.payments.statements.reading import lines_of, parts_of, refusal_of

SAMPLES = Path(__file__).parent / "samples"
CREDIT = (SAMPLES / "credit_02.xml").read_text(encoding="utf-8")
BATCH = (SAMPLES / "batch_04.xml").read_text(encoding="utf-8")
RETURNED = (SAMPLES / "returned_08.xml").read_text(encoding="utf-8")


def test_version_02_has_header_lines_and_end() -> None:
    begin, wire, payout, fee, end = parts_of(CREDIT)
    assert begin == StatementBegin(
        account="DE89370400440532013000",
        currency="EUR",
        number="214",
        opening_minor=1_000_000,
        opened_on=date(2026, 11, 3),
    )
    assert end == StatementEnd(closing_minor=2_123_750, closed_on=date(2026, 11, 4), lines=3)
    assert (wire.direction, wire.amount_minor, wire.code, wire.is_return) == ("in", 1_250_000, "PMNT/RCDT/ESCT", False)
    assert (wire.booked_on, wire.value_on) == (date(2026, 11, 4), date(2026, 11, 5))
    assert (wire.bank_reference, wire.end_to_end) == ("2026110400012345", "INV-2026-118")
    assert wire.remittance == "TA-2026-000118 deposit 30 percent of the order"
    assert (wire.counterparty_name, wire.counterparty_account) == ("Müller Möbel & Söhne KG", "DE75512108001245126199")
    assert (payout.direction, payout.counterparty_account, payout.code) == ("out", "0071001234567", "NTRF+116")
    assert (fee.remittance, fee.booked_on, fee.value_on) == ("Account fee October", date(2026, 11, 4), None)


def test_a_pending_entry_is_not_booked() -> None:
    assert [line.amount_minor for line in lines_of(CREDIT)] == [1_250_000, 125_000, 1_250]


def test_a_batch_becomes_its_parts_where_each_says_its_amount() -> None:
    *parts, cheques = lines_of(BATCH)
    assert [(part.direction, part.amount_minor, part.bank_reference) for part in parts] == [
        ("in", 70_000, "BATCH1-1"),
        ("in", 30_050, "BATCH1-2"),
        ("out", 50, "BATCH1-3"),
    ]
    assert [part.remittance for part in parts] == ["RF18539007547034", "", ""]
    assert [part.end_to_end for part in parts] == ["", "E2E-2", ""]
    assert [part.counterparty_name for part in parts] == ["Anna Keller", "Bruno Frei", ""]
    assert (cheques.direction, cheques.amount_minor, cheques.is_return) == ("out", 825, True)


def test_a_batch_whose_parts_do_not_make_the_whole_is_refused() -> None:
    assert refusal_of(BATCH.replace(">300.50<", ">300.51<")) == ("details_do_not_add_up", 17)


def test_a_returned_payout_names_whom_it_was_for() -> None:
    [line] = lines_of(RETURNED)
    assert (line.direction, line.amount_minor, line.is_return) == ("in", 27_000_000, True)
    assert (line.counterparty_name, line.counterparty_account) == ("Xưởng gỗ Bình Dương", "19020055667788")
    assert (line.bank_reference, line.end_to_end, line.remittance) == (
        "FT26309ABC",
        "PAYOUT-0042",
        "Incorrect account number",
    )


def test_one_file_holds_statements_of_several_accounts() -> None:
    begins = [part for part in parts_of(RETURNED) if isinstance(part, StatementBegin)]
    assert [(begin.account, begin.currency) for begin in begins] == [("0011004123456", "VND"), ("0011009876543", "USD")]


def test_zeros_behind_the_last_digit_are_taken() -> None:
    assert parts_of(CREDIT.replace(">12500.00<", ">12500.00000<")) == parts_of(CREDIT)
    assert lines_of(RETURNED.replace("27000000<", "27000000.00<"))[0].amount_minor == 27_000_000


def test_latin_1_is_read_when_declared() -> None:
    content = CREDIT.replace('encoding="UTF-8"', 'encoding="ISO-8859-1"').encode("latin-1")
    assert lines_of(content)[0].counterparty_name == "Müller Möbel & Söhne KG"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (">12500.00<", ">12500.01<", "does_not_add_up"),
        (">12500.00<", ">12500.001<", "wrong_amount"),
        (">12500.00<", ">-12500.00<", "wrong_amount"),
        (">12500.00<", ">0.00<", "wrong_amount"),
        (">12500.00<", ">1.25E4<", "wrong_amount"),
        (">12500.00<", "><", "wrong_amount"),
        (">12500.00<", ">١٢٥٠٠.00<", "wrong_amount"),
        (">12500.00<", ">99999999999.00<", "wrong_amount"),
        ('<Amt Ccy="EUR">12500.00', '<Amt Ccy="USD">12500.00', "other_currency"),
        ('<Amt Ccy="EUR">12500.00', "<Amt>12500.00", "other_currency"),
        ('<Amt Ccy="EUR">10000.00', '<Amt Ccy="USD">10000.00', "other_currency"),
        ("<Ccy>EUR</Ccy>", "<Ccy>USD</Ccy>", "other_currency"),
        ('"EUR"', '"PLN"', "currency_not_held"),
        ("<Cd>CLBD</Cd>", "<Cd>CLAV</Cd>", "missing_field"),
        ("<Cd>PRCD</Cd>", "<Cd>ITBD</Cd>", "missing_field"),
        ("<Cd>PRCD</Cd>", "<Cd>CLBD</Cd>", "out_of_place"),
        ("<Id><IBAN>DE89370400440532013000</IBAN></Id>\n        <Ccy>", "<Ccy>", "missing_field"),
        ("<BookgDt><Dt>2026-11-04<", "<BookgDt><Dt>2026-02-30<", "unreal_date"),
        ("<BookgDt><Dt>2026-11-04<", "<BookgDt><Dt>04.11.2026<", "unreal_date"),
        ("<ValDt><Dt>2026-11-05<", "<ValDt><Dt>0026-11-05<", "unreal_date"),
        ("<Sts>BOOK</Sts>", "<Sts>DONE</Sts>", "wrong_field"),
        ("<CdtDbtInd>DBIT<", "<CdtDbtInd>BOTH<", "wrong_field"),
        ("camt.053.001.02", "camt.052.001.02", "interim_report"),
        ("camt.053.001.02", "camt.054.001.08", "interim_report"),
        ("camt.053.001.02", "pain.001.001.03", "unknown_format"),
        ("urn:iso:std:iso:20022:tech:xsd:camt", "urn:example:camt", "unknown_format"),
        ("</Ntry>", "</Entry>", "broken_xml"),
        ('encoding="UTF-8"', 'encoding="UTF-7"', "wrong_encoding"),
        ("INV-2026-118", "X" * 501, "too_long"),
        ("30 percent of the order", "X" * 5001, "too_long"),
    ],
)
def test_what_is_wrong_is_refused(old: str, new: str, code: str) -> None:
    assert old in CREDIT
    assert refusal_of(CREDIT.replace(old, new))[0] == code


def test_an_opening_balance_after_the_entries_is_refused() -> None:
    balance = CREDIT[CREDIT.index("<Bal>") : CREDIT.index("</Bal>") + len("</Bal>")]
    assert refusal_of(CREDIT.replace("</Stmt>", balance.replace("PRCD", "OPBD") + "</Stmt>"))[0] == "out_of_place"


@pytest.mark.parametrize("content", [CREDIT, BATCH, RETURNED], ids=["02", "04", "08"])
def test_a_file_that_is_cut_off_is_refused(content: str) -> None:
    raw = content.rstrip().encode()
    for place in [*range(300, len(raw), 97), len(raw) - 1, len(raw) - 12]:
        assert refusal_of(raw[:place])[0] in {"cut_off", "wrong_encoding", "unknown_format"}
