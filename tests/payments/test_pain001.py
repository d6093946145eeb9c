"""The file for the bank: judged by the structure that pain.001.001.09 prescribes, element by element."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from defusedxml import ElementTree

from payments.pain001 import NAMESPACE, CreditTransfer, Party, PaymentFile, payment_file, plain, plain_name

DEBTOR = Party(name="Assurance Trustee", account="TADBUSD0000000000", bic="TADBSGSG")
IBAN = "DE89370400440532013000"

# Per element its children in the order of the schema; "?" may be missing, "+" may be repeated.
STRUCTURE: dict[str, list[str]] = {
    "Document": ["CstmrCdtTrfInitn"],
    "CstmrCdtTrfInitn": ["GrpHdr", "PmtInf"],
    "GrpHdr": ["MsgId", "CreDtTm", "NbOfTxs", "CtrlSum", "InitgPty"],
    "InitgPty": ["Nm"],
    "PmtInf": [
        "PmtInfId", "PmtMtd", "BtchBookg", "NbOfTxs", "CtrlSum", "ReqdExctnDt", "Dbtr", "DbtrAcct", "DbtrAgt",
        "ChrgBr", "CdtTrfTxInf+",
    ],
    "ReqdExctnDt": ["Dt"],
    "Dbtr": ["Nm"],
    "DbtrAcct": ["Id", "Ccy"],
    "DbtrAgt": ["FinInstnId"],
    "CdtTrfTxInf": ["PmtId", "Amt", "CdtrAgt?", "Cdtr", "CdtrAcct", "RmtInf?"],
    "PmtId": ["EndToEndId"],
    "Amt": ["InstdAmt"],
    "CdtrAgt": ["FinInstnId"],
    "FinInstnId": ["BICFI"],
    "Cdtr": ["Nm"],
    "CdtrAcct": ["Id"],
    "Othr": ["Id"],
    "RmtInf": ["Ustrd"],
}  # fmt: skip
CARRIED = r"[A-Za-z0-9/\-?:().,'+ ]"
TEXT = {
    "MsgId": rf"{CARRIED}{{1,35}}",
    "PmtInfId": rf"{CARRIED}{{1,35}}",
    "EndToEndId": rf"{CARRIED}{{1,35}}",
    "CreDtTm": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "NbOfTxs": r"[0-9]{1,15}",
    "CtrlSum": r"\d{1,18}(\.\d{1,3})?",
    "InstdAmt": r"\d{1,18}(\.\d{1,3})?",
    "PmtMtd": "TRF",
    "BtchBookg": "true|false",
    "ChrgBr": "SHAR|DEBT|CRED|SLEV",
    "Dt": r"\d{4}-\d\d-\d\d",
    "Nm": rf"{CARRIED}{{1,70}}",
    "Ustrd": rf"{CARRIED}{{1,140}}",
    "IBAN": r"[A-Z]{2}\d\d[A-Z0-9]{1,30}",
    "Id": r"[A-Z0-9]{1,34}",
    "Ccy": "[A-Z]{3}",
    "BICFI": "[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?",
}


def check_structure(text: str) -> Any:
    """The root, when every element stands where it may and says what it may; sums are those of the transfers."""
    root = ElementTree.fromstring(text)
    assert root.tag == f"{{{NAMESPACE}}}Document"
    _check(root)
    amounts = [Decimal(each.text) for each in root.iter(f"{{{NAMESPACE}}}InstdAmt")]
    for name, said in (("NbOfTxs", len(amounts)), ("CtrlSum", sum(amounts))):
        found = [Decimal(each.text) for each in root.iter(f"{{{NAMESPACE}}}{name}")]
        assert found == [said, said], name
    return root


def _check(element: Any) -> None:
    name = element.tag.removeprefix(f"{{{NAMESPACE}}}")
    children = [each.tag.removeprefix(f"{{{NAMESPACE}}}") for each in element]
    if not children:
        assert re.fullmatch(TEXT[name], element.text or ""), f"{name}: {element.text!r}"
    elif name == "Id":
        assert children in (["IBAN"], ["Othr"])
    else:
        said = "".join(f"<{each}>" for each in children)
        pattern = "".join(f"(<{each.rstrip('?+')}>){each[len(each.rstrip('?+')) :]}" for each in STRUCTURE[name])
        assert re.fullmatch(pattern, said), f"{name}: {children}"
    for child in element:
        _check(child)


def transfer(amount_minor: int = 245_000, **changed: Any) -> CreditTransfer:
    creditor = Party(name="Công ty TNHH Bình Minh", account="0071000123456", bic="BFTVVNVX")
    facts = {"end_to_end": "PYO" + "A" * 20, "creditor": creditor, "remittance": "TA-2026-000123"}
    return CreditTransfer(amount_minor=amount_minor, **(facts | changed))


def made(*transfers: CreditTransfer, currency: str = "USD", debtor: Party = DEBTOR) -> str:
    return payment_file(
        PaymentFile(
            message_id="BAT" + "B" * 20,
            made_at=datetime(2026, 3, 3, 9, 30, 1, tzinfo=UTC),
            execute_on=date(2026, 3, 3),
            currency=currency,
            debtor=debtor,
            transfers=transfers,
        )
    )


def texts(root: Any, name: str) -> list[str]:
    return [each.text for each in root.iter(f"{{{NAMESPACE}}}{name}")]


@pytest.mark.parametrize(
    ("currency", "amounts", "written", "total"),
    [
        ("USD", (245_000, 1), ["2450.00", "0.01"], "2450.01"),
        ("VND", (967_901_235, 9), ["967901235", "9"], "967901244"),
        ("KWD", (1_209_876, 124), ["1209.876", "0.124"], "1210.000"),
        ("USD", (10**12,) * 3, ["10000000000.00"] * 3, "30000000000.00"),
    ],
)
def test_amounts_have_the_digits_of_their_currency(currency, amounts, written, total):
    root = check_structure(made(*(transfer(amount) for amount in amounts), currency=currency))
    assert texts(root, "InstdAmt") == written and texts(root, "CtrlSum") == [total, total]
    assert {each.get("Ccy") for each in root.iter(f"{{{NAMESPACE}}}InstdAmt")} == {currency}


def test_accounts_are_ibans_or_others_and_an_iban_needs_no_bank():
    iban = transfer(creditor=Party(name="Hanse GmbH", account=IBAN, bic=""), remittance="")
    root = check_structure(made(transfer(), iban, debtor=Party(name="T", account=IBAN, bic="COBADEFF")))
    assert texts(root, "IBAN") == [IBAN, IBAN]
    assert texts(root, "BICFI") == ["COBADEFF", "BFTVVNVX"]


def test_hostile_text_stays_text():
    hostile = Party(name='A<b>&"x"]]>\u0000 Ltd', account="0071000123456", bic="BFTVVNVX")
    root = check_structure(made(transfer(creditor=hostile, remittance="<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///'>]>")))
    assert texts(root, "Nm")[-1] == "A b + x Ltd"


@pytest.mark.parametrize(
    ("typed", "carried"),
    [
        ("Công ty Đại Việt", "Cong ty Dai Viet"),
        ("Müller & Söhne Großhandel", "Muller + Sohne Grosshandel"),
        ("广州 Trading_Co", "Trading-Co"),
        ("a\r\nb\t c", "a b c"),
        ("x" * 200, "x" * 70),
        ("佛山市明亮照明", ""),
    ],
)
def test_text_is_what_every_bank_carries(typed, carried):
    assert plain(typed, 70) == carried


def test_a_name_without_a_letter_is_none():
    assert (plain_name("123 - 4"), plain_name("广州"), plain_name("Ø")) == ("", "", "O")
