"""What the import of a bank's statement costs, from the file to the last line's outcome, each in a fresh process.

Half of the lines name one of a hundred orders by its reference, a quarter are strangers' money for the suspense desk,
a quarter are charges of the bank.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings

from benchmarks.deals import SYSTEM, People
from core import clock
from payments.actions.escrow import InstalmentPlan, make_due, open_escrow
from payments.actions.payment import claim_payment
from payments.bank_references import reference_of
from payments.models import Instalment

ORDERS = 100
LINES = (500, 50_000)
ASKED_MINOR = 90_000_000


def import_figures(people: People) -> dict[str, float]:
    """Lines per second of the long statement; the peak memory of its import over that of the short one."""
    references = [_wire_awaited(people, number) for number in range(ORDERS)]
    peaks, seconds, opening_minor = [], 0.0, 100_000_000
    with tempfile.TemporaryDirectory(prefix="bench-import-", dir=os.environ.get("BENCH_DIR")) as folder:
        for place, lines in enumerate(LINES):
            path = Path(folder) / f"{lines}.sta"
            with path.open("w", encoding="ascii") as file:
                day = date(2026, 3, 2) + timedelta(days=place)
                file.writelines(statement(lines, references, day=day, opening_minor=opening_minor))
            opening_minor += sum(map(signed_minor, range(lines)))
            seconds, peak_kib = _import_apart(path)
            peaks.append(peak_kib)
    return {
        "import_lines_per_s": LINES[-1] / seconds,
        "import_memory_growth": peaks[-1] / peaks[0],
        "import_peak_mib": peaks[-1] / 1024,
    }


def _wire_awaited(people: People, number: int) -> str:
    """The reference of an order whose buyer chose T/T."""
    at = clock.now()
    routed, settings.PAYMENT_GATEWAYS = settings.PAYMENT_GATEWAYS, {"wire": "bank"}
    escrow = open_escrow(
        payer_id=people.buying.pk,
        payee_id=people.sellers[0].pk,
        currency="USD",
        instalments=[InstalmentPlan(ASKED_MINOR, "confirmation")],
        methods=["wire"],
        bank_charges="payer",
        title=f"TA-2026-8{number:05d}",
        by=people.buyer_by,
        at=at,
    )
    make_due(escrow_id=escrow.pk, due_on="confirmation", by=SYSTEM, at=at)
    instalment = Instalment.objects.get(escrow=escrow)
    claim_payment(instalment_id=instalment.pk, method="wire", return_url="", by=people.buyer_by, at=at)
    settings.PAYMENT_GATEWAYS = routed
    return reference_of(escrow.pk)


def signed_minor(place: int) -> int:
    """Of the line at this place; every fourth is a charge."""
    return (place % 9_000 + 100) * (-1 if place % 4 == 3 else 1)


def statement(lines: int, references: Sequence[str], *, day: date, opening_minor: int) -> Iterator[str]:
    """MT940, a line at a time; its balances agree."""
    yield f":20:BENCH\n:25:{settings.BANK_ACCOUNTS['USD']}\n:28C:1/1\n:60F:C{day:%y%m%d}USD{_digits(opening_minor)}\n"
    for place in range(lines):
        amount_minor, is_charge = abs(signed_minor(place)), signed_minor(place) < 0
        mark, kind = ("D", "NCHG") if is_charge else ("C", "NTRF")
        yield f":61:{day:%y%m%d%m%d}{mark}{_digits(amount_minor)}{kind}NONREF//B{day:%d}{place:08d}\n"
        text = references[place % len(references)] if place % 4 < 2 else f"invoice {place}"
        yield ":86:MONTHLY FEE\n" if is_charge else f":86:166?00WIRE?20{text}?31US{place:012d}?32BENCH IMPORTS\n"
    closing_minor = opening_minor + sum(map(signed_minor, range(lines)))
    yield f":62F:C{day:%y%m%d}USD{_digits(closing_minor)}\n-\n"


def _digits(amount_minor: int) -> str:
    return f"{amount_minor // 100},{amount_minor % 100:02d}"


def _import_apart(path: Path) -> tuple[float, float]:
    """Seconds, and the peak of memory in KiB."""
    done = subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, "-m", "benchmarks.import_worker", str(path)], check=True, stdout=subprocess.PIPE
    )
    seconds, peak_kib = done.stdout.split()
    return float(seconds), float(peak_kib)
