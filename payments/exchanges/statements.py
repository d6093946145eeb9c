"""Statement files on their way into the books: read whole or quarantined, then booked batch by batch.

Every step is an action of its own on the file's row, so a kill at any place is gone on from by whoever comes next.
"""

import logging
import time

from core import clock
from core.actions import carry_out
from core.actors import platform
from core.alarms import raise_alarm
from core.errors import Busy
from payments.actions.bank_booking import book_lines
from payments.actions.statements import quarantine_statement_file, read_statement_file
from payments.exchanges.checkpoints import reached
from payments.models import StatementFile, StatementState
from payments.statements.lines import Unreadable

log = logging.getLogger(__name__)

WAITING = (StatementState.RECEIVED, StatementState.READ)


def import_file(*, file_id: int, until: float) -> StatementFile:
    """Bring a file as far as the time goes (`time.monotonic` seconds), at least one step. Never in a transaction.

    Raises Busy when another worker is at it.
    """
    with clock.read_once():
        file = _read(file_id)
    while file.state == StatementState.READ:
        reached("statement_booking")
        with clock.read_once():
            file = carry_out(book_lines, file_id=file_id, by=platform(), at=clock.now())
        if time.monotonic() > until:
            break
    return file


def _read(file_id: int) -> StatementFile:
    by, at = platform(), clock.now()
    try:
        return carry_out(read_statement_file, file_id=file_id, by=by, at=at)
    except Unreadable as problem:
        log.warning("statement file %s is quarantined: %s", file_id, problem)
        return carry_out(quarantine_statement_file, file_id=file_id, problem=problem, by=by, at=at)


def import_waiting_files(*, until: float) -> int:
    """Every file that waits, oldest first; returns how many were finished. One that fails is alarmed and stops none."""
    finished = 0
    for file_id in StatementFile.objects.filter(state__in=WAITING).order_by("pk").values_list("pk", flat=True)[:100]:
        if time.monotonic() > until:
            break
        try:
            finished += import_file(file_id=file_id, until=until).state not in WAITING
        except Busy:
            log.info("statement file %s is in other hands", file_id)
        # Whatever one file raises, those behind it are other people's money; its row waits, and staff hear of it.
        except Exception as error:
            log.error("statement file %s can't be imported", file_id, exc_info=error)
            raise_alarm("exchange_fails", "payments.statementfile", file_id, f"{type(error).__name__}: {error}")
    return finished
