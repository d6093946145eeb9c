"""Statements written in each format, to be read back. What the formats can't say of a line is not in it."""

import csv
import io
from dataclasses import dataclass, replace
from datetime import date
from xml.sax.saxutils import escape

from core.money import CURRENCIES
from payments.statements.lines import Part, StatementBegin, StatementEnd, StatementLine

COLUMNS = [
    *["row", "account", "currency", "booked_on", "amount", "number", "value_on", "bank_reference", "end_to_end"],
    *["remittance", "counterparty_name", "counterparty_account", "code", "is_return"],
]
MARKS = {("in", False): "C", ("out", False): "D", ("in", True): "RD", ("out", True): "RC"}


@dataclass(frozen=True)
class Statement:
    """`opening`, `closing` and the amounts of `lines` in minor units, as they are to be written, right or not."""

    account: str
    currency: str
    number: str
    opening: int
    closing: int
    opened_on: date
    closed_on: date
    lines: tuple[StatementLine, ...]

    def parts(self) -> list[Part]:
        """What a reader must give back, but for the places in the file."""
        begin = StatementBegin(
            account=self.account,
            currency=self.currency,
            number=self.number,
            opening_minor=self.opening,
            opened_on=self.opened_on,
        )
        end = StatementEnd(closing_minor=self.closing, closed_on=self.closed_on, lines=len(self.lines))
        return [begin, *self.lines, end]


def placeless(parts: list[Part]) -> list[Part]:
    return [replace(part, at_line=0) if isinstance(part, StatementLine) else part for part in parts]


def major(minor: int, currency: str, mark: str) -> str:
    digits = CURRENCIES[currency]
    text = str(abs(minor)).rjust(digits + 1, "0")
    whole = text[: len(text) - digits]
    return f"{whole}{mark}{text[len(whole) :]}" if digits or mark == "," else whole


def as_mt940(statement: Statement) -> str:
    """German dialect, with lines cut at 65 characters wherever that is."""
    currency = statement.currency
    text = f":20:X\n:25:{statement.account}\n:28C:{statement.number}\n"
    text += f":60F:{_balance(statement.opening, statement.opened_on, currency)}\n"
    for line in statement.lines:
        text += f":61:{line.value_on:%y%m%d}{line.booked_on:%m%d}{MARKS[line.direction, line.is_return]}"
        text += f"{major(line.amount_minor, currency, ',')}NTRFNONREF//{line.bank_reference or 'NONREF'}\n"
        details = f"166?20EREF+{line.end_to_end or 'NOTPROVIDED'}?21SVWZ+" + _subfields(line.remittance, 22)
        details += f"?31{line.counterparty_account}?32{line.counterparty_name[:27]}?33{line.counterparty_name[27:]}"
        text += ":86:" + "\n".join(details[start : start + 65] for start in range(0, len(details), 65)) + "\n"
    return text + f":62F:{_balance(statement.closing, statement.closed_on, currency)}\n-\n"


def _balance(minor: int, on: date, currency: str) -> str:
    return f"{'D' if minor < 0 else 'C'}{on:%y%m%d}{currency}{major(minor, currency, ',')}"


def _subfields(text: str, first: int) -> str:
    pieces = [text[start : start + 27] for start in range(0, len(text), 27)]
    return "".join(piece if not place else f"?{first + place - 1}{piece}" for place, piece in enumerate(pieces))


def as_camt053(statement: Statement) -> str:
    text = '<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>'
    text += (
        f"<Id>{escape(statement.number)}</Id><Acct><Id><Othr><Id>{escape(statement.account)}</Id></Othr></Id></Acct>"
    )
    for kind, minor, on in (
        ("OPBD", statement.opening, statement.opened_on),
        ("CLBD", statement.closing, statement.closed_on),
    ):
        text += f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>{_amount(minor, statement.currency)}"
        text += f"<Dt><Dt>{on}</Dt></Dt></Bal>\n"
    for line in statement.lines:
        minor = line.amount_minor if line.direction == "in" else -line.amount_minor
        party, account = escape(line.counterparty_name), escape(line.counterparty_account)
        role = "Dbtr" if (line.direction == "in") != line.is_return else "Cdtr"
        text += f"<Ntry>{_amount(minor, statement.currency)}<RvslInd>{str(line.is_return).lower()}</RvslInd>"
        text += f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{line.booked_on}</Dt></BookgDt>"
        text += f"<ValDt><Dt>{line.value_on}</Dt></ValDt><AcctSvcrRef>{escape(line.bank_reference)}</AcctSvcrRef>"
        text += f"<BkTxCd><Prtry><Cd>{line.code}</Cd></Prtry></BkTxCd>"
        text += f"<NtryDtls><TxDtls><Refs><EndToEndId>{escape(line.end_to_end)}</EndToEndId></Refs>"
        text += f"<RltdPties><{role}><Pty><Nm>{party}</Nm></Pty></{role}>"
        text += f"<{role}Acct><Id><Othr><Id>{account}</Id></Othr></Id></{role}Acct></RltdPties>"
        text += f"<RmtInf><Ustrd>{escape(line.remittance)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n"
    return text + "</Stmt></BkToCstmrStmt></Document>"


def _amount(minor: int, currency: str) -> str:
    side = "DBIT" if minor < 0 else "CRDT"
    return f'<Amt Ccy="{currency}">{major(minor, currency, ".")}</Amt><CdtDbtInd>{side}</CdtDbtInd>'


def as_rows(statement: Statement, delimiter: str = ",") -> str:
    """With the decimal comma behind a semicolon, and the point behind a comma."""
    mark = "," if delimiter == ";" else "."
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["amount_comma" if name == "amount" and mark == "," else name for name in COLUMNS])
    writer.writerow(_row(statement, "opening", statement.opening, statement.opened_on, mark))
    for line in statement.lines:
        minor = line.amount_minor if line.direction == "in" else -line.amount_minor
        texts = [line.bank_reference, line.end_to_end, line.remittance, line.counterparty_name]
        texts += [line.counterparty_account, line.code, "yes" if line.is_return else ""]
        writer.writerow([*_row(statement, "booking", minor, line.booked_on, mark)[:6], line.value_on, *texts])
    writer.writerow(_row(statement, "closing", statement.closing, statement.closed_on, mark))
    return out.getvalue()


def _row(statement: Statement, kind: str, minor: int, on: date, mark: str) -> list[object]:
    amount = ("-" if minor < 0 else "") + major(minor, statement.currency, mark)
    number = statement.number if kind == "opening" else ""
    return [kind, statement.account, statement.currency, on, amount.rstrip(","), number, *[""] * 8]


def as_rows_with_semicolons(statement: Statement) -> str:
    return as_rows(statement, ";")


FORMATS = {"mt940": as_mt940, "camt053": as_camt053, "rows": as_rows, "rows_comma": as_rows_with_semicolons}
