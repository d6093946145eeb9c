"""Two at once: one document, one seal. First shown to go wrong with the locks off."""

from functools import partial

import pytest
from django.db import IntegrityError

from core.models import Transition
from evidence import exchanges
from evidence.actions import begin_upload, complete_upload, withdraw_upload
from evidence.models import Document, DocumentState
from tests.cast import NOW
from tests.concurrency.racing import locks_before_writing, locks_off, meeting_before, run_at_once
from tests.evidence.files import JPEG, PDF, claim

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_same_file_begun_twice_is_one_document(folder, seller) -> None:
    begin = partial(begin_upload, folder_id=folder.pk, by=seller, at=NOW, **claim(PDF, "bill.pdf"))
    with meeting_before("evidence.actions.new_reference"), locks_off():
        assert sum(isinstance(each, IntegrityError) for each in run_at_once(begin, count=2)) == 1
    Document.objects.all().delete()

    with meeting_before("evidence.actions.new_reference"):
        first, second = run_at_once(begin, count=2)
    assert first.pk == second.pk
    Document.objects.all().delete()
    with locks_before_writing():
        begin()


def test_arriving_and_withdrawing_one_wins(begin, seller) -> None:
    document = begin(PDF, "bill.pdf")
    arrive = partial(complete_upload, document_id=document.pk, version_id="1", by=seller, at=NOW)
    withdraw = partial(withdraw_upload, document_id=document.pk, by=seller, at=NOW)
    results = run_at_once(arrive, withdraw)
    assert sum(isinstance(each, Exception) for each in results) == 1
    assert Transition.objects.filter(subject_type="evidence.document", subject_id=document.pk).count() == 1


def test_two_checks_seal_once(arrive) -> None:
    document_id = arrive(JPEG, JPEG, "front.jpg")
    results = run_at_once(partial(exchanges.check_document, document_id, at=NOW), count=2)
    assert not any(isinstance(each, Exception) for each in results)
    assert Document.objects.get(pk=document_id).state == DocumentState.SEALED
    rows = Transition.objects.filter(subject_type="evidence.document", subject_id=document_id, verb="seal")
    assert rows.count() == 1
