"""What the database refuses, from plain SQL as the web role."""

import psycopg2
import pytest

from evidence.actions import record_view
from evidence.models import DocumentView
from tests.cast import NOW
from tests.evidence.files import JPEG, PDF
from tests.guards import switch_guards_off

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_document_jumps_no_state(begin, send, web_connection) -> None:
    open_one, sealed = begin(PDF, "bill.pdf"), send(JPEG, "front.jpg")
    attacks = [
        (
            "UPDATE evidence_document SET state = 'SEALED', version_id = 'x', sealed_at = now() WHERE id = %s",
            open_one.pk,
        ),
        ("UPDATE evidence_document SET state = 'UPLOADING' WHERE id = %s", sealed.pk),
        ("UPDATE evidence_document SET state = 'REJECTED', reason = 'empty' WHERE id = %s", sealed.pk),
    ]
    with web_connection.cursor() as cursor:
        switch_guards_off(cursor)
        for statement, pk in attacks:
            with pytest.raises(psycopg2.Error, match="Invalid transition"):
                cursor.execute(statement, [pk])


def test_a_view_is_never_changed(send, seller, web_connection) -> None:
    record_view(document_id=send(JPEG, "front.jpg").pk, by=seller, at=NOW)
    with web_connection.cursor() as cursor:
        for statement in (
            "UPDATE evidence_documentview SET address = ''",
            "DELETE FROM evidence_documentview",
            "TRUNCATE evidence_documentview",
        ):
            with pytest.raises(psycopg2.Error):
                cursor.execute(statement)
    assert DocumentView.objects.count() == 1
