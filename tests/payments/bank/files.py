"""Statement files as a bank writes them (MT940), made from what a test wants to have happened."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from core.money import to_major

ACCOUNT = {"USD": "TADBUSD0000000000", "EUR": "TADBEUR0000000000", "JPY": "TADBJPY0000000000"}
DAY = date(2026, 3, 3)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One booking. `amount_minor` signed: above zero it came in. `mark`: instead of C or D, as RC."""

    amount_minor: int
    text: str = ""
    name: str = "Lakeside Furniture Inc."
    account: str = "US120003"
    reference: str = ""
    kind: str = "NTRF"
    day: date | None = None
    mark: str = ""


def mt940(
    rows: Sequence[Row], *, currency: str = "USD", opening_minor: int = 0, day: date = DAY, number: int = 1
) -> bytes:
    """A statement that adds up. The bank's reference of a row is empty where `reference` is."""
    lines = [":20:STATEMENT", f":25:{ACCOUNT[currency]}", f":28C:{number}/1"]
    lines.append(f":60F:{_balance(opening_minor, currency, day)}")
    for row in rows:
        on = row.day or day
        mark = row.mark or ("C" if row.amount_minor > 0 else "D")
        bank = f"//{row.reference}" if row.reference else ""
        amount = _digits(abs(row.amount_minor), currency)
        lines.append(f":61:{on:%y%m%d}{on:%m%d}{mark}{amount}{row.kind}NONREF{bank}")
        lines += _details(row)
    closing_minor = opening_minor + sum(row.amount_minor for row in rows)
    return "\r\n".join([*lines, f":62F:{_balance(closing_minor, currency, day)}", "-", ""]).encode()


def _details(row: Row) -> list[str]:
    parts = [f"?2{place}{row.text[at : at + 27]}" for place, at in enumerate(range(0, len(row.text), 27))]
    parts += [f"?31{row.account}"] if row.account else []
    parts += [f"?32{row.name[:27]}"] if row.name else []
    parts += [f"?33{row.name[27:54]}"] if row.name[27:] else []
    return [f":86:166?00TRANSFER{''.join(parts)}"] if parts and row.kind == "NTRF" else [f":86:{row.text}"]


def _balance(amount_minor: int, currency: str, day: date) -> str:
    return f"{'C' if amount_minor >= 0 else 'D'}{day:%y%m%d}{currency}{_digits(abs(amount_minor), currency)}"


def _digits(amount_minor: int, currency: str) -> str:
    major = str(to_major(amount_minor, currency)).replace(".", ",")
    return major if "," in major else f"{major},"


def as_file(content: bytes) -> BinaryIO:
    return io.BytesIO(content)
