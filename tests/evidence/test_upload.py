"""Uploads against the real store."""

from datetime import timedelta

import pytest
import requests
from botocore.exceptions import ClientError

from core.errors import IllegalMove, Invalid, NotAllowed, NotFound
from core.models import Deadline, DeadlineState, Transition
from evidence import exchanges, queries, storage
from evidence.actions import (
    NotSealed,
    NotUploading,
    abandon_upload,
    begin_upload,
    complete_upload,
    record_view,
    withdraw_upload,
)
from evidence.file_types import MAX_BYTES
from evidence.models import Document, DocumentState, DocumentView, Reason
from evidence.tasks import check_documents
from tests.cast import NOW
from tests.evidence.conftest import on_side, put
from tests.evidence.files import GIF, HTML, JPEG, PDF, PNG, big_pdf, claim, slices

pytestmark = pytest.mark.django_db(transaction=True)
MB = 1024 * 1024


def verbs_of(document: Document) -> list[str]:
    rows = Transition.objects.filter(subject_type="evidence.document", subject_id=document.pk)
    return list(rows.order_by("pk").values_list("verb", flat=True))


def test_seals_what_is_what_it_says(send) -> None:
    document = send(JPEG, "front.jpg")

    assert (document.state, document.reason) == (DocumentState.SEALED, "")
    assert verbs_of(document) == ["receive", "seal"]
    assert (
        Deadline.objects.get(subject_type="evidence.document", subject_id=document.pk).state == DeadlineState.CANCELLED
    )
    answer = requests.get(queries.download_url(document), timeout=20)
    assert answer.content == JPEG
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="front.jpg"')


def test_a_sealed_version_can_not_be_deleted_or_kept_shorter(send) -> None:
    document = send(PDF, "bill.pdf")
    version = storage.place(document.object_key, VersionId=document.version_id)

    kept = storage.client().get_object_retention(**version)["Retention"]
    assert kept["Mode"] == "COMPLIANCE"
    assert kept["RetainUntilDate"] == NOW + storage.RETAINED
    for refused in (
        lambda: storage.client().delete_object(**version),
        lambda: storage.client().delete_object(**version, BypassGovernanceRetention=True),
        lambda: storage.retain_object(
            document.object_key, document.version_id, until=kept["RetainUntilDate"] - timedelta(days=1)
        ),
    ):
        with pytest.raises(ClientError) as denied:
            refused()
        assert denied.value.response["Error"]["Code"] == "AccessDenied"
    assert requests.get(queries.download_url(document), timeout=20).content == PDF


def test_a_later_version_or_a_delete_mark_changes_nothing_for_readers(send) -> None:
    document = send(PDF, "bill.pdf")
    storage.client().put_object(**storage.place(document.object_key, Body=b"something else"))
    storage.client().delete_object(**storage.place(document.object_key))
    assert requests.get(queries.download_url(document), timeout=20).content == PDF


@pytest.mark.parametrize(
    ("said", "stored", "reason"),
    [
        (JPEG, b"", Reason.EMPTY),
        (JPEG, JPEG[:-20], Reason.CUT_OFF),
        (JPEG, PNG + bytes(len(JPEG)), Reason.HASH_DIFFERS),
        (JPEG[: len(JPEG) // 2], JPEG[: len(JPEG) // 2], Reason.CUT_OFF),
        (GIF, GIF, Reason.WRONG_TYPE),
        (HTML, HTML, Reason.WRONG_TYPE),
        (JPEG, bytes(MAX_BYTES + 1), Reason.TOO_LARGE),
    ],
    ids=["empty", "less", "other", "cut", "gif", "html", "large"],
)
def test_rejects_with_a_reason_and_keeps_the_original_out_of_reach(arrive, seller, said, stored, reason) -> None:
    document_id = arrive(said, stored, "front.jpg")
    document = exchanges.check_document(document_id, at=NOW)

    assert (document.state, document.reason) == (DocumentState.REJECTED, reason)
    assert document.get_reason_display()
    assert storage.find_version(document.object_key) == document.version_id
    with pytest.raises(NotSealed):
        record_view(document_id=document.pk, by=seller, at=NOW)
    assert DocumentView.objects.count() == 0
    with pytest.raises(AssertionError):
        queries.download_url(document)
    with pytest.raises(Invalid):
        queries.list_sealed(folder_id=document.folder_id, refs=[document.reference])


def test_goes_on_where_it_broke_off(begin, seller) -> None:
    data = big_pdf(12 * MB)
    document = begin(data, "scan.pdf")
    pieces = slices(data)
    arrived, missing = exchanges.sign_parts(document=document, by=seller)
    assert (arrived, [part["size_bytes"] for part in missing]) == ([], [5 * MB, 5 * MB, 2 * MB])
    put(missing[1], pieces[2]).raise_for_status()

    with pytest.raises(exchanges.UploadIncomplete) as refusal:
        exchanges.finish_upload(document=document, by=seller, at=NOW)
    assert refusal.value.details == {"missing": [1, 3]}

    again = begin(data, "scan.pdf")
    assert again.pk == document.pk
    arrived, missing = exchanges.sign_parts(document=again, by=seller)
    assert arrived == [2]
    assert [(part["number"], part["offset"]) for part in missing] == [(1, 0), (3, 10 * MB)]
    for part in missing:
        put(part, pieces[part["number"]]).raise_for_status()
    sealed = exchanges.finish_upload(document=again, by=seller, at=NOW)
    assert sealed.state == DocumentState.SEALED
    assert begin(data, "scan.pdf").pk == document.pk
    assert exchanges.finish_upload(document=sealed, by=seller, at=NOW).version_id == sealed.version_id


def test_takes_fifty_megabytes_and_not_one_byte_more(send, begin) -> None:
    assert send(big_pdf(MAX_BYTES), "scan.pdf").state == DocumentState.SEALED
    with pytest.raises(Invalid) as refusal:
        begin(PDF, "scan.pdf", size_bytes=MAX_BYTES + 1)
    assert list(refusal.value.fields) == ["size_bytes"]
    assert Document.objects.count() == 1


def test_an_address_takes_a_part_of_its_own_size_only(begin, seller) -> None:
    document = begin(PDF, "bill.pdf")
    _arrived, [part] = exchanges.sign_parts(document=document, by=seller)
    assert put(part, PDF + b"more").status_code == 403
    assert put(part, PDF[:-1]).status_code == 403
    other = part["url"].replace("partNumber=1", "partNumber=2")
    assert requests.put(other, data=PDF, timeout=20).status_code == 403
    assert put(part, PDF).status_code == 200
    assert exchanges.finish_upload(document=document, by=seller, at=NOW).state == DocumentState.SEALED
    assert put(part, PDF).status_code == 404


def test_killed_after_the_store_joined_the_parts_it_is_found_again(begin, seller) -> None:
    document = begin(PDF, "bill.pdf")
    _arrived, [part] = exchanges.sign_parts(document=document, by=seller)
    put(part, PDF).raise_for_status()
    version_id = exchanges._join(document)

    arrived, missing = exchanges.sign_parts(document=document, by=seller)
    assert (arrived, missing) == ([1], [])
    sealed = exchanges.finish_upload(document=document, by=seller, at=NOW)
    assert (sealed.state, sealed.version_id) == (DocumentState.SEALED, version_id)


def test_killed_before_the_upload_was_recorded_the_same_one_goes_on(folder, seller) -> None:
    document = begin_upload(folder_id=folder.pk, by=seller, at=NOW, **claim(PDF, "bill.pdf"))
    lost = storage.begin_parts(document.object_key, document.content_type)
    exchanges.sign_parts(document=document, by=seller)
    document.refresh_from_db()
    assert document.upload_id == lost


def test_killed_before_the_check_the_task_does_it_once(arrive) -> None:
    document_id = arrive(JPEG, JPEG, "front.jpg")
    assert check_documents() == 1
    assert Document.objects.get(pk=document_id).state == DocumentState.SEALED
    assert check_documents() == 0
    assert exchanges.check_document(document_id, at=NOW) is None
    assert verbs_of(Document.objects.get(pk=document_id)) == ["receive", "seal"]


def test_a_store_that_fails_rejects_nobodys_document(arrive, settings) -> None:
    document_id = arrive(JPEG, JPEG, "front.jpg")
    right = settings.S3_ENDPOINT_URL
    settings.S3_ENDPOINT_URL = "http://127.0.0.1:1"
    assert exchanges.check_document(document_id, at=NOW).state == DocumentState.RECEIVED
    assert check_documents() == 0  # not due again yet
    settings.S3_ENDPOINT_URL = right
    assert exchanges.check_document(document_id, at=NOW).state == DocumentState.SEALED


def test_silence_gives_it_up_and_a_task_frees_the_parts(begin, seller) -> None:
    document = begin(PDF, "bill.pdf")
    _arrived, [part] = exchanges.sign_parts(document=document, by=seller)
    put(part, PDF).raise_for_status()
    assert Deadline.objects.get(subject_type="evidence.document", subject_id=document.pk).due_at == NOW + timedelta(
        hours=24
    )

    abandon_upload(subject_id=document.pk, at=NOW + timedelta(hours=24))
    document.refresh_from_db()
    assert (document.state, document.reason) == (DocumentState.REJECTED, Reason.ABANDONED)
    assert check_documents() == 1
    assert storage.list_parts(document.object_key, document.upload_id) is None
    assert put(part, PDF).status_code == 404
    assert check_documents() == 0
    with pytest.raises(IllegalMove):
        complete_upload(document_id=document.pk, version_id="1", by=seller, at=NOW)
    assert verbs_of(document) == ["reject"]
    assert begin(PDF, "bill.pdf").pk != document.pk


def test_its_sender_may_withdraw_it_until_it_has_arrived(begin, send, seller, buyer) -> None:
    document = begin(PDF, "bill.pdf")
    with pytest.raises(NotFound):
        withdraw_upload(document_id=document.pk, by=buyer, at=NOW)
    assert withdraw_upload(document_id=document.pk, by=seller, at=NOW).reason == Reason.WITHDRAWN
    assert withdraw_upload(document_id=document.pk, by=seller, at=NOW).reason == Reason.WITHDRAWN
    with pytest.raises(NotUploading):
        withdraw_upload(document_id=send(JPEG, "a.jpg").pk, by=seller, at=NOW)


def test_other_companies_find_nothing(begin, send, folder, seller, buyer, outsider) -> None:
    unfinished, sealed = begin(PDF, "bill.pdf"), send(JPEG, "front.jpg")

    assert queries.get_document_for(buyer, sealed.reference).pk == sealed.pk
    assert [each.pk for each in queries.list_documents_for(buyer, folder.pk)] == [sealed.pk]
    assert {each.pk for each in queries.list_documents_for(seller, folder.pk)} == {unfinished.pk, sealed.pk}
    for refused in (
        lambda: queries.get_document_for(buyer, unfinished.reference),
        lambda: exchanges.sign_parts(document=unfinished, by=buyer),
        lambda: exchanges.finish_upload(document=unfinished, by=buyer, at=NOW),
        lambda: queries.get_document_for(outsider, sealed.reference),
        lambda: queries.get_document_for(outsider, "doc_nothing"),
        lambda: queries.get_folder_for(outsider, folder.reference),
        lambda: queries.list_documents_for(outsider, folder.pk),
        lambda: begin(PDF, "mine.pdf", by=outsider),
    ):
        with pytest.raises(NotFound):
            refused()
    assert Document.objects.count() == 2


def test_a_viewer_reads_and_sends_nothing(send, begin, folder, buyer_viewer, buyer, sides) -> None:
    viewer = on_side(buyer_viewer, folder, sides, "buyer")
    assert queries.get_document_for(viewer, send(JPEG, "front.jpg").reference)
    with pytest.raises(NotAllowed):
        begin(PDF, "bill.pdf", by=viewer)


def test_list_sealed_keeps_the_order_asked_and_refuses_the_rest(send, begin, folder) -> None:
    first, second, open_one = send(JPEG, "a.jpg"), send(PDF, "b.pdf"), begin(PNG, "c.png")
    refs = [second.reference, first.reference, second.reference]
    assert [each.pk for each in queries.list_sealed(folder_id=folder.pk, refs=refs)] == [second.pk, first.pk]
    for refs in ([open_one.reference], ["doc_nothing"], [first.reference, "doc_nothing"]):
        with pytest.raises(Invalid) as refusal:
            queries.list_sealed(folder_id=folder.pk, refs=refs, field="packed")
        assert list(refusal.value.fields) == ["packed"]
