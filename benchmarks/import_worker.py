"""One process that imports one statement file: prints the seconds it took, and the peak of its memory in KiB."""

import os
import sys
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assurance.settings")
django.setup()

from core import clock  # noqa: E402
from core.actors import platform  # noqa: E402
from payments.actions.statements import receive_statement_file  # noqa: E402
from payments.exchanges.statements import import_file  # noqa: E402
from payments.models import StatementState  # noqa: E402


def main(path: Path) -> None:
    began = time.perf_counter()
    with path.open("rb") as source:
        received = receive_statement_file(source=source, file_name=path.name, by=platform(), at=clock.now())
    file = import_file(file_id=received.file.pk, until=float("inf"))
    seconds = time.perf_counter() - began
    assert file.state == StatementState.BOOKED, file.problem_words
    status = Path("/proc/self/status").read_text(encoding="ascii")
    print(seconds, status.partition("VmHWM:")[2].split()[0])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
