"""A file of transfers for a bank: ISO 20022 pain.001.001.09, the customer's credit transfer initiation.

Text is cut to what every bank carries: letters and digits of ASCII, blanks and / - ? : ( ) . , ' +. Accents are dropped
(ü becomes u), a few letters are spelt out (đ is d, ß is ss, & is +), any other sign becomes a blank. A name of which no
letter is left can't be sent.
"""

import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from stdnum import iban

from core.money import to_major

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
NAME_LIMIT, TEXT_LIMIT, ID_LIMIT = 70, 140, 35
SPELT = str.maketrans(
    {"đ": "d", "Đ": "D", "ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "&": "+", "_": "-"}
)
FOREIGN = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")


@dataclass(frozen=True, kw_only=True)
class Party:
    """A name and an account. `bic` may be empty where the account is an IBAN."""

    name: str
    account: str
    bic: str


@dataclass(frozen=True, kw_only=True)
class CreditTransfer:
    """One payment of a file. Minor units of the file's currency."""

    end_to_end: str
    amount_minor: int
    creditor: Party
    remittance: str


@dataclass(frozen=True, kw_only=True)
class PaymentFile:
    """All transfers leave the debtor's account on `execute_on`, in one currency."""

    message_id: str
    made_at: datetime
    execute_on: date
    currency: str
    debtor: Party
    transfers: Sequence[CreditTransfer]


def plain(text: str, limit: int) -> str:
    """Text as banks carry it, one line, cut to `limit` signs. Empty where nothing is left."""
    spelt = unicodedata.normalize("NFKD", text.translate(SPELT))
    letters = "".join(sign for sign in spelt if not unicodedata.combining(sign))
    return " ".join(FOREIGN.sub(" ", letters).split())[:limit].strip()


def plain_name(name: str) -> str:
    """A holder's name as banks carry it; empty where no letter of it is left."""
    shown = plain(name, NAME_LIMIT)
    return shown if re.search("[A-Za-z]", shown) else ""


def is_iban(account: str) -> bool:
    return bool(iban.is_valid(account, check_country=False))


def payment_file(file: PaymentFile) -> str:
    """The XML text. Number and sum of the transfers stand in its head and in its one block."""
    assert file.transfers
    root = ET.Element("Document", {"xmlns": NAMESPACE})
    initiation = ET.SubElement(root, "CstmrCdtTrfInitn")
    _header(initiation, file)
    _block(initiation, file)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _header(parent: ET.Element, file: PaymentFile) -> None:
    header = ET.SubElement(parent, "GrpHdr")
    _text(header, "MsgId", file.message_id)
    _text(header, "CreDtTm", file.made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    _sums(header, file)
    _text(ET.SubElement(header, "InitgPty"), "Nm", plain(file.debtor.name, NAME_LIMIT))


def _sums(parent: ET.Element, file: PaymentFile) -> None:
    _text(parent, "NbOfTxs", str(len(file.transfers)))
    _text(parent, "CtrlSum", _amount(sum(each.amount_minor for each in file.transfers), file.currency))


def _block(parent: ET.Element, file: PaymentFile) -> None:
    block = ET.SubElement(parent, "PmtInf")
    _text(block, "PmtInfId", file.message_id)
    _text(block, "PmtMtd", "TRF")
    _text(block, "BtchBookg", "false")
    _sums(block, file)
    _text(ET.SubElement(block, "ReqdExctnDt"), "Dt", file.execute_on.isoformat())
    _text(ET.SubElement(block, "Dbtr"), "Nm", plain(file.debtor.name, NAME_LIMIT))
    account = _account(block, "DbtrAcct", file.debtor.account)
    _text(account, "Ccy", file.currency)
    _agent(block, "DbtrAgt", file.debtor.bic)
    _text(block, "ChrgBr", "SHAR")
    for transfer in file.transfers:
        _transfer(block, transfer, file.currency)


def _transfer(parent: ET.Element, transfer: CreditTransfer, currency: str) -> None:
    row = ET.SubElement(parent, "CdtTrfTxInf")
    _text(ET.SubElement(row, "PmtId"), "EndToEndId", transfer.end_to_end)
    amount = ET.SubElement(ET.SubElement(row, "Amt"), "InstdAmt", {"Ccy": currency})
    amount.text = _amount(transfer.amount_minor, currency)
    if transfer.creditor.bic:
        _agent(row, "CdtrAgt", transfer.creditor.bic)
    _text(ET.SubElement(row, "Cdtr"), "Nm", plain_name(transfer.creditor.name))
    _account(row, "CdtrAcct", transfer.creditor.account)
    if transfer.remittance:
        _text(ET.SubElement(row, "RmtInf"), "Ustrd", plain(transfer.remittance, TEXT_LIMIT))


def _account(parent: ET.Element, name: str, number: str) -> ET.Element:
    account = ET.SubElement(parent, name)
    identification = ET.SubElement(account, "Id")
    if is_iban(number):
        _text(identification, "IBAN", number)
    else:
        _text(ET.SubElement(identification, "Othr"), "Id", number)
    return account


def _agent(parent: ET.Element, name: str, bic: str) -> None:
    _text(ET.SubElement(ET.SubElement(parent, name), "FinInstnId"), "BICFI", bic)


def _text(parent: ET.Element, name: str, text: str) -> None:
    assert text, name
    ET.SubElement(parent, name).text = text


def _amount(amount_minor: int, currency: str) -> str:
    """Major units with exactly the currency's digits: "1234.50", "1234" for the dong, "1.234" for the Kuwaiti dinar."""
    return f"{to_major(amount_minor, currency):f}"
