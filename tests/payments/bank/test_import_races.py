"""Statements at once: two workers on one file, two files with the same lines, one file sent twice: nothing twice."""

from functools import partial
from typing import Any

import pytest

from core.actors import platform as by_platform
from core.errors import Busy
from payments.actions.bank_booking import book_lines
from payments.actions.statements import read_statement_file, receive_statement_file
from payments.exchanges.statements import import_file
from payments.models import BankLine, Escrow, LineOutcome, Payment, StatementFile, SuspenseItem
from tests.cast import NOW
from tests.concurrency.racing import locks_before_writing, run_at_once
from tests.payments.bank.files import Row, as_file, mt940
from tests.payments.bank.steps import LATER, follow_hints, money, receive
from tests.payments.steps import DEPOSIT, state_of

pytestmark = pytest.mark.django_db(transaction=True)


def rows_for(payment: Payment) -> list[Row]:
    return [Row(amount_minor=DEPOSIT, text=payment.bank_details["reference"]), Row(amount_minor=7, name="A Stranger")]


def failures(results: list[Any]) -> list[Any]:
    return [each for each in results if isinstance(each, Exception) and not isinstance(each, Busy)]


def test_two_workers_on_one_file_book_each_line_once(waiting: Payment, escrow: Escrow) -> None:
    file = receive(mt940(rows_for(waiting)))
    results = run_at_once(partial(import_file, file_id=file.pk, until=LATER), count=2)
    assert failures(results) == [] and state_of(file) == "BOOKED"
    follow_hints()
    assert (LineOutcome.objects.count(), SuspenseItem.objects.count()) == (2, 1)
    assert money(escrow)["bank"] == DEPOSIT + 7 and state_of(waiting) == "SECURED"


def test_two_files_with_the_same_lines_bring_them_once(waiting: Payment, escrow: Escrow) -> None:
    files = [receive(mt940(rows_for(waiting), number=number)) for number in (1, 2)]
    results = run_at_once(*(partial(import_file, file_id=file.pk, until=LATER) for file in files))
    assert failures(results) == []
    for file in files:
        import_file(file_id=file.pk, until=LATER)
    follow_hints()
    assert BankLine.objects.filter(repeats__isnull=True).count() == 2
    assert BankLine.objects.filter(repeats__isnull=False).count() == 2
    assert money(escrow)["bank"] == DEPOSIT + 7


def test_one_file_sent_twice_at_once_is_one_file(waiting: Payment) -> None:
    content = mt940(rows_for(waiting))

    def send() -> Any:
        return receive_statement_file(source=as_file(content), file_name="a.sta", by=by_platform(), at=NOW)

    results = run_at_once(send, count=3)
    assert sorted(result.is_new for result in results) == [False, False, True]
    assert StatementFile.objects.count() == 1


def test_a_step_locks_the_file_before_it_writes(waiting: Payment) -> None:
    file = receive(mt940(rows_for(waiting)))
    with locks_before_writing():
        read_statement_file(file_id=file.pk, by=by_platform(), at=NOW)
    with locks_before_writing():
        book_lines(file_id=file.pk, by=by_platform(), at=NOW)
    follow_hints()
