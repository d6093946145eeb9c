"""The rules by which a line is taken for something, one line of the table each."""

from dataclasses import replace

import pytest

from payments.bank_references import account_number, reference_of, squeezed
from payments.matching import Deal, Known, Seen, is_same_name, judge

RANGES = {"USD": "SG:TADBUSD"}
ONE = Deal(
    escrow_id=11,
    title="TA-2026-000011",
    payer_name="Lakeside Furniture Inc.",
    currency="USD",
    payment_id=1,
    missing_minor=750,
)
TWO = replace(ONE, escrow_id=12, title="TA-2026-000012", payment_id=2, missing_minor=300)
IDLE = replace(ONE, escrow_id=13, title="TA-2026-000013", payment_id=None, missing_minor=0)
DONE = replace(ONE, escrow_id=14, title="TA-2026-000014", payment_id=4, missing_minor=0)
LOST = replace(ONE, escrow_id=15, title="TA-2026-000015", payment_id=5, missing_minor=0, is_lost=True)
DEALS = (ONE, TWO, IDLE, DONE, LOST)


def known() -> Known:
    waiting = {("USD", 750): (ONE,), ("USD", 300): (TWO,)}
    return Known(
        {each.escrow_id: each for each in DEALS}, {each.title: each.escrow_id for each in DEALS}, waiting, RANGES
    )


def seen(text: str = "", amount_minor: int = 750, **other: object) -> Seen:
    line = Seen(
        direction="in",
        amount_minor=amount_minor,
        currency="USD",
        text=squeezed(text),
        said=text.upper(),
        code="",
        payer_name="Lakeside Furniture",
        payer_account="US12",
        is_return=False,
    )
    return replace(line, **other)  # type: ignore[arg-type]


REF = {number: reference_of(number) for number in (11, 12, 13, 14, 15)}
ACCOUNT = account_number(11, RANGES["USD"])
TABLE = [
    ("account", seen(ACCOUNT), "ALLOCATED", "account", {1: 750}),
    ("account before reference", seen(f"{ACCOUNT} {REF[11]}"), "ALLOCATED", "account", {1: 750}),
    ("reference", seen(REF[11], 100), "ALLOCATED", "reference", {1: 100}),
    ("reference in another currency", seen(REF[11], currency="EUR"), "ALLOCATED", "reference", {1: 750}),
    ("readable number", seen("ta-2026-000011", 9), "ALLOCATED", "number", {1: 9}),
    ("amount and payer", seen("chairs"), "ALLOCATED", "amount_and_payer", {1: 750}),
    ("paid already", seen(REF[14]), "ALLOCATED", "reference", {4: 750}),
    ("two, exact", seen(f"{REF[11]}/{REF[12]}", 1050), "ALLOCATED", "reference", {1: 750, 2: 300}),
    ("two, by both names", seen(f"{REF[11]} TA-2026-000012", 1050), "ALLOCATED", "reference", {1: 750, 2: 300}),
    ("two, not exact", seen(f"{REF[11]}/{REF[12]}", 1051), "SUSPENSE", "", {}),
    ("two, one waits for nothing", seen(f"{REF[11]}/{REF[14]}", 750), "SUSPENSE", "", {}),
    ("no wire begun", seen(REF[13]), "SUSPENSE", "", {}),
    ("lost, and nobody began to pay again", seen(REF[15]), "SUSPENSE", "", {}),
    ("lost, in another currency", seen(REF[15], currency="EUR"), "ALLOCATED", "reference", {5: 750}),
    ("amount of another payer", seen("chairs", payer_name="A Stranger"), "SUSPENSE", "", {}),
    ("amount without a payer", seen("chairs", payer_name=""), "SUSPENSE", "", {}),
    ("nothing known", seen("chairs", 751), "SUSPENSE", "", {}),
    ("a return of nothing of ours", seen(REF[11], is_return=True), "SUSPENSE", "", {}),
    ("interest", seen("INTEREST", 3, code="NINT", payer_account=""), "INTEREST", "", {}),
    ("a person called interest", seen("INTEREST", 3, code="NINT"), "SUSPENSE", "", {}),
    ("charge by code", seen("", 3, direction="out", code="NCHG", payer_account=""), "COST", "", {}),
    ("charge by ISO code", seen("", 3, direction="out", code="ACMT-MDOP-CHRG", payer_account=""), "COST", "", {}),
    ("charge by words", seen("Monthly fee", 3, direction="out", payer_account=""), "COST", "", {}),
    ("words, all they explain", seen("Wire fee", 5_000, direction="out", payer_account=""), "COST", "", {}),
    ("words, a cent more", seen("Wire fee", 5_001, direction="out", payer_account=""), "UNORDERED", "", {}),
    ("a thief's words", seen("ACME FREIGHT CHARGES", 9_000, direction="out", payer_account=""), "UNORDERED", "", {}),
    ("a code, all it explains", seen("", 5_000_000, direction="out", code="NCHG", payer_account=""), "COST", "", {}),
    ("a code, a cent more", seen("", 5_000_001, direction="out", code="NCHG", payer_account=""), "UNORDERED", "", {}),
    ("a charge to somebody's account", seen("Monthly fee", 3, direction="out", code="NCHG"), "UNORDERED", "", {}),
    ("money out", seen(REF[11], 3, direction="out"), "UNORDERED", "", {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "outcome", "rule", "parts"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_rule(line: Seen, outcome: str, rule: str, parts: dict[int, int]) -> None:
    verdict = judge(line, known())
    assert (str(verdict.outcome), verdict.rule) == (outcome, rule)
    assert {part.payment_id: part.amount_minor for part in verdict.parts} == parts
    assert verdict.why


def test_the_payer_that_is_not_the_buyer_is_flagged_and_one_that_nobody_names_is_not() -> None:
    flags = [
        judge(seen(REF[11], payer_name=name), known()).parts[0].is_third_party for name in ("Lakeside", "Other", "")
    ]
    assert flags == [True, True, False]


def test_what_one_line_brought_the_next_one_does_not_bring_again() -> None:
    facts = known()
    first = judge(seen("chairs"), facts)
    facts.note(first)
    assert judge(seen("chairs"), facts).outcome == "SUSPENSE"
    assert facts.deals[11].missing_minor == 0


@pytest.mark.parametrize(
    ("said", "known_as", "same"),
    [
        ("LAKESIDE FURNITURE INC", "Lakeside Furniture Inc.", True),
        ("FURNITURE LAKESIDE", "Lakeside Furniture Inc.", True),
        ("Cty TNHH Đồ gỗ Thành Công", "CÔNG TY TNHH ĐỒ GỖ THÀNH CÔNG", False),
        ("DO GO THANH CONG CO., LTD", "Đồ gỗ Thành Công Co. Ltd.", True),
        ("SHENZHEN BRIGHT LIGHTING TECHNOLOG", "Shenzhen Bright Lighting Technology Co., Ltd.", True),
        ("LAKE", "Lakeside Furniture Inc.", False),
        ("深圳光明照明有限公司", "深圳光明照明有限公司", True),
        ("LTD", "Ltd", False),
        ("", "Lakeside", False),
    ],
)
def test_names_as_banks_give_them(said: str, known_as: str, same: bool) -> None:
    assert is_same_name(said, known_as) is same
