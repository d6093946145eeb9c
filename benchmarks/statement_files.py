"""Statement files of any number of bookings, as a busy account has them, written a line at a time.

`python -m benchmarks.statement_files` measures what reading alone costs, each time in a process of its own.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from payments.statements.reading import read_statements

ACCOUNT = "DE89370400440532013000"
OPENING_CENTS = 1_000_000
LINES = (500, 50_000)


def amount_cents(place: int) -> int:
    """Of the booking at this place; every fifth is a debit."""
    return (place * 7919) % 900_000 + 1


def signed_cents(place: int) -> int:
    return -amount_cents(place) if place % 5 == 4 else amount_cents(place)


def _closing_cents(lines: int) -> int:
    return OPENING_CENTS + sum(signed_cents(place) for place in range(lines))


def _text(cents: int, mark: str) -> str:
    return f"{abs(cents) // 100}{mark}{abs(cents) % 100:02d}"


def mt940_lines(lines: int) -> Iterator[str]:
    """One statement, German dialect. Amounts are in euros."""
    yield f":20:BENCH\n:25:{ACCOUNT}\n:28C:00001/001\n:60F:C261103EUR{_text(OPENING_CENTS, ',')}\n"
    for place in range(lines):
        mark = "D" if signed_cents(place) < 0 else "C"
        details = (
            f"166?00GUTSCHRIFT?20EREF+INV-{place:08d}?21SVWZ+TA-2026-{place:06d} depos?22it for forty oak tables"
            f"?30COBADEFFXXX?31DE75512108001245126199?32MUELLER MOEBEL {place:06d}?33 UND SOEHNE KG"
        )
        wrapped = "\n".join(details[start : start + 65] for start in range(0, len(details), 65))
        yield f":61:2611041104{mark}R{_text(amount_cents(place), ',')}NTRFNONREF//BANK{place:08d}\n:86:{wrapped}\n"
    closing = _closing_cents(lines)
    yield f":62F:{'D' if closing < 0 else 'C'}261104EUR{_text(closing, ',')}\n-\n"


def camt053_lines(lines: int) -> Iterator[str]:
    """One statement, version 08. Amounts are in euros."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'
    yield "<BkToCstmrStmt><GrpHdr><MsgId>B</MsgId><CreDtTm>2026-11-04T23:00:00</CreDtTm></GrpHdr>\n<Stmt><Id>B-1</Id>"
    yield f"<Acct><Id><IBAN>{ACCOUNT}</IBAN></Id><Ccy>EUR</Ccy></Acct>\n"
    for kind, cents in (("OPBD", OPENING_CENTS), ("CLBD", _closing_cents(lines))):
        yield f'<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{_text(cents, ".")}</Amt>'
        yield f"<CdtDbtInd>{_side(cents)}</CdtDbtInd><Dt><Dt>2026-11-04</Dt></Dt></Bal>\n"
    for place in range(lines):
        yield _camt053_entry(place)
    yield "</Stmt></BkToCstmrStmt></Document>\n"


def _side(cents: int) -> str:
    return "DBIT" if cents < 0 else "CRDT"


def _camt053_entry(place: int) -> str:
    amount, side = _text(amount_cents(place), "."), _side(signed_cents(place))
    return (
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
        "<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-04</Dt></BookgDt><ValDt><Dt>2026-11-04</Dt></ValDt>"
        f"<AcctSvcrRef>BANK{place:08d}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd>"
        "<SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>\n<NtryDtls><TxDtls><Refs>"
        f"<EndToEndId>INV-{place:08d}</EndToEndId></Refs><RltdPties><Dbtr><Pty><Nm>Mueller {place:06d}</Nm></Pty>"
        "</Dbtr><DbtrAcct><Id><IBAN>DE75512108001245126199</IBAN></Id></DbtrAcct></RltdPties>"
        f"<RmtInf><Ustrd>TA-2026-{place:06d} deposit</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n"
    )


FORMATS = {"mt940": mt940_lines, "camt053": camt053_lines}


def write_statement(path: Path, form: str, lines: int) -> Path:
    """`form` is a name of FORMATS."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(FORMATS[form](lines))
    return path


def reading_figures() -> dict[str, float]:
    """Of reading alone, without a database: bookings per second of a processor; peak memory, longest over shortest."""
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="bench-statements-", dir=os.environ.get("BENCH_DIR")) as folder:
        for form in FORMATS:
            few, many = (_read_apart(write_statement(Path(folder) / form, form, lines)) for lines in LINES)
            figures[f"parse_{form}_lines_per_s"] = LINES[-1] / many[0]
            figures[f"parse_{form}_memory_growth"] = many[1] / few[1]
            figures[f"parse_{form}_peak_mib"] = many[1] / 1024
    return figures


def _read_apart(path: Path) -> tuple[float, float]:
    """The same of a process of its own."""
    done = subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, "-m", "benchmarks.statement_files", str(path)], check=True, stdout=subprocess.PIPE
    )
    seconds, peak_kib = done.stdout.split()
    return float(seconds), float(peak_kib)


def read_once(path: Path) -> tuple[float, int]:
    """Seconds of the processor for reading a file, and the peak of this process in KiB since it was started."""
    began = time.process_time()
    with path.open("rb") as stream:
        for _part in read_statements(stream, file_name=path.name):
            pass
    seconds = time.process_time() - began
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return seconds, int(status.partition("VmHWM:")[2].split()[0])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(*read_once(Path(sys.argv[1])))
    else:
        for name, value in reading_figures().items():
            print(f"{name:34} {value:12.3f}")
