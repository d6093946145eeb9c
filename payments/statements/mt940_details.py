"""What banks write into :86: (and :NS:) of a booking: three dialects with codes, and free text.

- German and Polish: `166?00...?20EREF+...?32Name?31IBAN`, the separator being any of `?>~<^`
- Dutch and SWIFT's own: `/EREF/.../ORDP//NAME/.../REMI/...`
- keywords in the purpose: `EREF+... SVWZ+...`

The names of the codes are those of the library mt-940; it can't be asked to split, since it knows one separator and
drops text around a question mark that is none.
"""

import re
from dataclasses import dataclass

from mt940.processors import GVC_KEYS

from payments.statements.mt940_fields import Field
from payments.statements.values import given

FULL_LINE = 65
"""Characters of a line of :86:. A word goes on where the line is full."""

STRUCTURED = re.compile(r"\s?([0-9]{3})([?>~<^])(?=[0-9]{2})")
KEYWORD = re.compile("(" + "|".join(re.escape(key.strip() + "+") for key in sorted(GVC_KEYS) if key) + "|MTLG:)")
"""The bank's own message, MTLG, follows without a plus."""

SLASHED = re.compile(
    "/(ACCW|ADDR|BENM|BIC|CNTP|CSID|EREF|IBAN|ID|INIT|ISDT|KREF|MARF|NAME|NRTX|ORDP|PREF|PURP|REMI|RTRN|SVCL|TRCD|TRTP"
    "|TYPE|UDTR|ULTB|ULTC|ULTD)/"
)
REMITTANCE_KIND = re.compile("^/*(?:USTD/+|STRD/(?:[A-Z]*/)?)")
RETURN_CODES = frozenset(["108", "109", "159", "181", "184"])
"""Of the German banks' transaction codes: returned direct debits and returned transfers, both ways."""

NS_TEXT = frozenset(f"{code:02d}" for code in range(1, 15)) | {"17"}
NS_NAME = frozenset(["15", "16"])
NS_ACCOUNT = "34"


@dataclass(slots=True)
class Details:
    """All may be empty. `code` is the bank's own for the kind of booking."""

    remittance: str = ""
    end_to_end: str = ""
    name: str = ""
    account: str = ""
    code: str = ""
    is_return: bool = False


def details_of(infos: list[Field]) -> Details:
    """What the fields behind one booking say. Fields of one tag are read as one text."""
    lines = [line for info in infos if info.tag == "86" for line in info.lines]
    own = [line for info in infos if info.tag == "NS" for line in info.lines]
    details = _of_86(lines) if lines else Details()
    return _with_ns(details, own) if own else details


def _of_86(lines: list[str]) -> Details:
    start = STRUCTURED.match(lines[0])
    if start:
        return _structured("".join(lines)[start.end() - 1 :], start[2], start[1])
    text = _joined(lines)
    if SLASHED.search(text):
        return _slashed(text)
    return _by_keywords(text)


def _joined(lines: list[str]) -> str:
    return "".join(line if len(line) >= FULL_LINE else line + " " for line in lines)


def _structured(text: str, mark: str, code: str) -> Details:
    parts = re.split(re.escape(mark) + "([0-9]{2})", text)
    found: dict[str, str] = {}
    for key, value in zip(parts[1::2], parts[2::2], strict=True):
        found[key] = found.get(key, "") + value
    purpose = "".join(found[key] for key in sorted(found) if "20" <= key <= "29" or "60" <= key <= "63")
    details = _by_keywords(purpose)
    details.name = found.get("32", "") + found.get("33", "") or details.name
    details.account = found.get("31", "") or found.get("38", "") or details.account
    details.code = code
    details.is_return = code in RETURN_CODES
    details.remittance = details.remittance or found.get("00", "")
    return details


def _by_keywords(text: str) -> Details:
    """`SVWZ+` begins the payer's words; without it all of the text is theirs."""
    parts = KEYWORD.split(text)
    found = {key[:-1]: value.strip() for key, value in zip(parts[1::2], parts[2::2], strict=True)}
    if not found:
        return Details(remittance=text.strip())
    return Details(
        remittance=(parts[0] + " " + found["SVWZ"]).strip() if "SVWZ" in found else text.strip(),
        end_to_end=given(found.get("EREF", "")),
        name=found.get("ABWA", ""),
        account=found.get("IBAN", ""),
    )


def _slashed(text: str) -> Details:
    """Without words of the payer all of the text is kept: a reference may stand under a code of one bank."""
    parts = SLASHED.split(text)
    found: dict[str, str] = {}
    for key, value in zip(parts[1::2], parts[2::2], strict=True):
        found.setdefault(key, value.strip())
    party = (found.get("CNTP", "").split("/") + ["", "", ""])[:3]
    remittance = REMITTANCE_KIND.sub("", found.get("REMI", ""), count=1)
    return Details(
        remittance=remittance.strip(" /") or text.strip(),
        end_to_end=given(found.get("EREF", "").strip(" /")),
        name=found.get("NAME", "").strip(" /") or party[2].strip(),
        account=found.get("IBAN", "").strip(" /") or party[0].strip(),
        code=found.get("TRCD", "").strip(" /"),
        is_return="RTRN" in found,
    )


def _with_ns(details: Details, lines: list[str]) -> Details:
    found = [(line[:2], line[2:]) for line in lines if line.strip()]
    text = " ".join(value.strip() for key, value in found if key in NS_TEXT)
    details.remittance = " ".join(filter(None, [details.remittance, text]))
    details.name = details.name or "".join(value for key, value in found if key in NS_NAME)
    details.account = details.account or "".join(value for key, value in found if key == NS_ACCOUNT)
    return details
