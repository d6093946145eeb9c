"""A bank's statement file: received once, then read whole or not at all. What its lines mean is booked afterwards."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import deadlines
from core.actions import action
from core.actors import Actor
from core.alarms import clear_alarms, raise_alarm
from core.errors import IllegalMove, Invalid, Refused
from core.references import new_reference
from core.states import check_move, move
from payments.actions.read_ahead import forget, read_ahead
from payments.actions.statement_lines import LineWriter, check_has_statement
from payments.locks import lock_reading, lock_statement_file
from payments.models import StatementChunk, StatementFile, StatementState
from payments.nudges import nudge
from payments.policies import check_may_approve, check_platform, check_treasurer
from payments.statements.chunks import open_stored
from payments.statements.lines import Unreadable
from payments.statements.reading import read_statements
from payments.timing import STATEMENT_OPEN, next_business_close

CHUNK_BYTES = 262_144
MOST_BYTES = 256 * 1024 * 1024
STATEMENT_OVERDUE = timedelta(hours=1)
QUARANTINE_ALARM = "statement_quarantined"
REFUSED = "refused_by_staff"
LABEL = "payments.statementfile"


class SentByYou(Refused):
    code = "sent_by_you"
    message = _("You sent this file. Another treasurer must confirm it.")


class RefusedToYou(Refused):
    code = "refused_to_you"
    message = _("This file, which you sent, was refused. Only another treasurer can have it read again.")


@dataclass(frozen=True)
class Received:
    """`is_new` is false for a file that came before: nothing was changed, but that a quarantined one is read again,
    unless staff refused it and who sent it sends it again.
    """

    file: StatementFile
    is_new: bool


@action
def receive_statement_file(*, source: BinaryIO, file_name: str, by: Actor, at: datetime) -> Received:
    """Keep a file as it came, once by its hash; reading and booking it is a task on its own row.

    One that was quarantined is read again, unless staff refused it and this is who sent it; one that a person sent and
    the bank's own channel brings as well needs no second treasurer any more. `source` can be sought. Locks: a file that
    came before. Raises NotAllowed, Invalid (empty, too large).
    """
    check_treasurer(by)
    sha256, size_bytes = _measure(source)
    if not size_bytes:
        raise Invalid(fields={"file": _("This file is empty.")})
    if size_bytes > MOST_BYTES:
        raise Invalid(fields={"file": _("This file is too large for a bank statement.")})
    file, is_new = StatementFile.objects.get_or_create(
        sha256=sha256,
        defaults={
            "reference": new_reference("stm"),
            "file_name": file_name[-200:],
            "size_bytes": size_bytes,
            "uploaded_by_id": by.user_id,
            "needs_another": by.user_id is not None,
            "door": by.door,
            "received_at": at,
        },
    )
    if is_new:
        for place, content in enumerate(_pieces(source)):
            StatementChunk.objects.create(file=file, place=place, content=content)
        deadlines.schedule(file, STATEMENT_OPEN, at + STATEMENT_OVERDUE)
        transaction.on_commit(partial(nudge, "import_statements"))
        return Received(file, is_new)
    file = lock_statement_file(file.pk)
    if by.user_id is None:
        _vouch(file, by, at)
    if not _was_refused_to(file, by):
        _read_again(file, "sent again", by, at)
    return Received(file, is_new)


def _vouch(file: StatementFile, by: Actor, at: datetime) -> None:
    """What the bank's channel brings is what the bank says, whoever sent it first."""
    if not file.needs_another:
        return
    file.needs_another = False
    file.save(update_fields=["needs_another"])
    if file.state == StatementState.UNCONFIRMED:
        move(file.confirm, by=by, at=at, why="brought by the bank's channel")
        _wait_for_reader(file, at)


def _measure(source: BinaryIO) -> tuple[str, int]:
    digest, size_bytes = hashlib.sha256(), 0
    for content in _pieces(source):
        digest.update(content)
        size_bytes += len(content)
    return digest.hexdigest(), size_bytes


def _pieces(source: BinaryIO) -> Iterator[bytes]:
    source.seek(0)
    while content := source.read(CHUNK_BYTES):
        yield content


@action
def read_statement_file(*, file_id: int, by: Actor, at: datetime) -> StatementFile:
    """RECEIVED -> READ: all statements and lines of a file, or none of them. Idempotent.

    One that a person sent goes to UNCONFIRMED instead, if it can be read, until another treasurer confirms it: whoever
    writes a file says what money came in. What it says is kept for that one to look at. One that the bank's own channel
    brought is believed.
    Lines that an earlier file brought are kept as repeats. Files are read one after the other, so that none is counted
    twice. Locks: the file, the gate of reading. Raises NotAllowed, NotFound, Unreadable (then nothing is stored).
    """
    check_platform(by)
    file = lock_statement_file(file_id)
    if file.state != StatementState.RECEIVED:
        return file
    if file.needs_another and not file.confirmed_by_id:
        read_ahead(file)
        move(file.wait_for_another, by=by, at=at)
        deadlines.schedule(file, STATEMENT_OPEN, next_business_close(at), replace=True)
        return file
    lock_reading()
    writer = LineWriter(file)
    for part in read_statements(open_stored(file.pk), file_name=file.file_name):
        writer.take(part)
    check_has_statement(bool(writer.statements))
    forget(file)
    file.lines = writer.lines
    move(file.note_read, by=by, at=at)
    deadlines.schedule(file, STATEMENT_OPEN, at + STATEMENT_OVERDUE, replace=True)
    writer.watch_gaps()
    return file


@action
def quarantine_statement_file(*, file_id: int, problem: Unreadable, by: Actor, at: datetime) -> StatementFile:
    """RECEIVED -> QUARANTINED, with the line and the reason; staff are alarmed. Idempotent. Locks: the file."""
    check_platform(by)
    file = lock_statement_file(file_id)
    if file.state == StatementState.RECEIVED:
        file.problem_code, file.problem_line = problem.code[:60], problem.at_line
        file.problem_words = problem.words[:500]
        move(file.quarantine, by=by, at=at, why=problem.code)
        deadlines.cancel(file)
        raise_alarm(QUARANTINE_ALARM, LABEL, file.pk, f"{file}: {problem}")
    return file


@action
def confirm_statement_file(*, file_id: int, why: str = "", by: Actor, at: datetime) -> StatementFile:
    """UNCONFIRMED -> RECEIVED: another treasurer than the one who sent it has compared it with the bank's own page.

    Then it is read and booked like any other. Again by the same person: no change. Locks: the file.
    Raises NotAllowed, NotFound, SentByYou, IllegalMove where it doesn't wait for that.
    """
    person = check_may_approve(by)
    file = lock_statement_file(file_id)
    if file.confirmed_by_id == person:
        return file
    check_can_confirm(file, by)
    file.confirmed_by_id = person
    move(file.confirm, by=by, at=at, why=why[:200])
    _wait_for_reader(file, at)
    return file


def check_can_confirm(file: StatementFile, by: Actor) -> None:
    """It waits for another treasurer than the one who sent it. Raises NotAllowed, IllegalMove, SentByYou."""
    person = check_may_approve(by)
    if file.state != StatementState.UNCONFIRMED:
        raise IllegalMove(verb="confirm_statement_file", state=file.state)
    if file.uploaded_by_id == person:
        raise SentByYou


@action
def refuse_statement_file(*, file_id: int, why: str, by: Actor, at: datetime) -> StatementFile:
    """UNCONFIRMED -> QUARANTINED: it is not what the bank shows. Again: no change. Locks: the file.

    Raises NotAllowed, NotFound, Invalid without a reason, IllegalMove where it doesn't wait for that.
    """
    check_treasurer(by)
    file = lock_statement_file(file_id)
    if not why.strip():
        raise Invalid(fields={"why": _("Say why: whoever sent the file reads it.")})
    if file.problem_code == REFUSED:
        return file
    check_can_refuse(file, by)
    file.problem_code, file.problem_words = REFUSED, why.strip()[:500]
    move(file.quarantine, by=by, at=at, why=why.strip()[:500])
    deadlines.cancel(file)
    clear_alarms(STATEMENT_OPEN, LABEL, file.pk)
    return file


def check_can_refuse(file: StatementFile, by: Actor) -> None:
    """It waits for a treasurer's word; of whoever sent it, too. Raises NotAllowed, IllegalMove."""
    check_treasurer(by)
    if file.state != StatementState.UNCONFIRMED:
        raise IllegalMove(verb="refuse_statement_file", state=file.state)


@action
def read_statement_file_again(*, file_id: int, why: str = "", by: Actor, at: datetime) -> StatementFile:
    """QUARANTINED -> RECEIVED: what it was refused for was ours, and is mended. Else no change. Locks: the file.

    Raises NotAllowed, NotFound, RefusedToYou for one that staff refused, if this one sent it.
    """
    check_treasurer(by)
    file = lock_statement_file(file_id)
    if _was_refused_to(file, by):
        raise RefusedToYou
    return _read_again(file, why, by, at)


def check_can_read_again(file: StatementFile, by: Actor) -> None:
    """It is quarantined, and was not refused to this one. Raises NotAllowed, IllegalMove, RefusedToYou."""
    check_treasurer(by)
    check_move(file.read_again)
    if _was_refused_to(file, by):
        raise RefusedToYou


def _was_refused_to(file: StatementFile, by: Actor) -> bool:
    refused = file.state == StatementState.QUARANTINED and file.problem_code == REFUSED
    return refused and by.user_id is not None and by.user_id == file.uploaded_by_id


def _read_again(file: StatementFile, why: str, by: Actor, at: datetime) -> StatementFile:
    if file.state == StatementState.QUARANTINED:
        file.confirmed_by = None
        move(file.read_again, by=by, at=at, why=why[:200])
        clear_alarms(QUARANTINE_ALARM, LABEL, file.pk)
        _wait_for_reader(file, at)
    return file


def _wait_for_reader(file: StatementFile, at: datetime) -> None:
    deadlines.schedule(file, STATEMENT_OPEN, at + STATEMENT_OVERDUE, replace=True)
    clear_alarms(STATEMENT_OPEN, LABEL, file.pk)
    transaction.on_commit(partial(nudge, "import_statements"))


@action
def alarm_about_statement(*, subject_id: int, at: datetime) -> None:
    """A file is neither booked nor quarantined after an hour; or a business day, where a person must look at it first.

    Locks: the file.
    """
    file = lock_statement_file(subject_id)
    words = f"{file}: {file.state}, {file.lines_booked} of {file.lines} lines booked"
    if file.state in (StatementState.RECEIVED, StatementState.READ):
        raise_alarm(STATEMENT_OPEN, LABEL, file.pk, words)
        deadlines.schedule(file, STATEMENT_OPEN, at + STATEMENT_OVERDUE, replace=True)
    elif file.state == StatementState.UNCONFIRMED:
        raise_alarm(STATEMENT_OPEN, LABEL, file.pk, f"{file}: waits for a second treasurer")
        deadlines.schedule(file, STATEMENT_OPEN, next_business_close(at), replace=True)


def finish_file(file: StatementFile, *, by: Actor, at: datetime) -> None:
    """READ -> BOOKED of a locked file."""
    move(file.note_booked, by=by, at=at)
    deadlines.cancel(file)
    clear_alarms(STATEMENT_OPEN, LABEL, file.pk)
