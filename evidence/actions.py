"""Every write of evidence. The network lies in `exchanges.py`, between these."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from core import deadlines
from core.actions import action
from core.actors import Actor, platform
from core.errors import Invalid, Refused
from core.references import new_reference
from core.states import move
from evidence.file_types import check_claim
from evidence.locks import lock_document, lock_folder
from evidence.models import (
    GIVEN_UP,
    MAX_GIVEN_UP,
    MAX_OF_A_COMPANY,
    Document,
    DocumentState,
    DocumentView,
    Folder,
    Reason,
)
from evidence.policies import check_may_add, check_may_finish

UPLOAD_TIME = timedelta(hours=24)
UPLOAD_DEADLINE = "document_upload"
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=1)


class FolderFull(Refused):
    code = "folder_full"
    message = _("This folder holds as many of your documents as it can. Put several pages into one PDF.")


class TooManyGivenUp(Refused):
    code = "too_many_given_up"
    message = _("Many uploads to this folder were cancelled or not finished today. Try again tomorrow.")


class NotUploading(Refused):
    code = "not_uploading"
    message = _("This file has arrived already; it can't be withdrawn.")


class NotSealed(Refused):
    code = "not_sealed"
    message = _("This document can't be opened: it is not checked and sealed.")


@action
def create_folder(*, at: datetime) -> Folder:
    """A new, empty folder. Who may look into it, the caller knows."""
    return Folder.objects.create(reference=new_reference("fol"), created_at=at)


@action
def begin_upload(
    *,
    folder_id: int,
    kind: str,
    file_name: str,
    size_bytes: int,
    sha256: str,
    content_type: str,
    by: Actor,
    at: datetime,
) -> Document:
    """Say which file comes; it has 24 hours to arrive. The same file by the same company again gives the same document,
    so that an upload goes on where it broke off.

    Units: bytes, hex. Locks: the folder. Raises NotFound, NotAllowed, Invalid by field, FolderFull, TooManyGivenUp.
    """
    check_may_add(by, folder_id)
    name, digest, claimed = check_claim(
        kind=kind, file_name=file_name, size_bytes=size_bytes, sha256=sha256, content_type=content_type
    )
    folder = lock_folder(folder_id)
    known = _begun_before(folder, kind=kind, digest=digest, name=name, by=by)
    if known is not None:
        if known.size_bytes != size_bytes:
            raise Invalid(fields={"size_bytes": _("The same content was begun with another size. Cancel that upload.")})
        return known
    _check_room(folder, by, at)
    reference = new_reference("doc")
    document = Document.objects.create(
        reference=reference,
        folder=folder,
        kind=kind,
        file_name=name,
        size_bytes=size_bytes,
        sha256=digest,
        content_type=claimed,
        uploaded_by_company_id=by.company_id,
        uploaded_by_user_id=by.user_id,
        at=at,
        object_key=f"documents/{reference}",
        parts_open=True,
    )
    deadlines.schedule(document, UPLOAD_DEADLINE, at + UPLOAD_TIME)
    return document


def _begun_before(folder: Folder, *, kind: str, digest: str, name: str, by: Actor) -> Document | None:
    same = Document.objects.filter(
        folder=folder, uploaded_by_company_id=by.company_id, kind=kind, sha256=digest, file_name=name
    )
    return same.exclude(state=DocumentState.REJECTED).first()


def _check_room(folder: Folder, by: Actor, at: datetime) -> None:
    """Each company has its own room: what one side sends, withdraws or abandons keeps nobody else out."""
    own = Document.objects.filter(folder=folder, uploaded_by_company_id=by.company_id)
    if own.filter(reason__in=GIVEN_UP, at__gt=at - UPLOAD_TIME).count() >= MAX_GIVEN_UP:
        raise TooManyGivenUp
    if own.exclude(reason__in=GIVEN_UP).count() >= MAX_OF_A_COMPANY:
        raise FolderFull


@action
def record_parts_begun(*, document_id: int, upload_id: str) -> Document:
    """Keep the store's id of the upload in parts. The first one stays: a twin's answer is not kept."""
    document = lock_document(document_id)
    if document.state == DocumentState.UPLOADING and not document.upload_id:
        document.upload_id = upload_id
        document.save()
    return document


@action
def complete_upload(*, document_id: int, version_id: str, by: Actor, at: datetime) -> Document:
    """UPLOADING -> RECEIVED: all of it lies in the store as this version. Repeating it changes nothing.

    Locks: the document. Raises NotFound to other companies, IllegalMove when it was withdrawn or abandoned.
    """
    document = lock_document(document_id)
    check_may_finish(by, document)
    if document.state in {DocumentState.RECEIVED, DocumentState.SEALED}:
        return document
    move(document.receive, by=by, at=at, version_id=version_id)
    deadlines.cancel(document, UPLOAD_DEADLINE)
    return document


@action
def claim_check(*, document_id: int, wall: datetime) -> Document | None:
    """Take a RECEIVED document to check it, and say when the next may try (`wall` is wall time).

    None if there is nothing to check.
    """
    document = lock_document(document_id)
    if document.state != DocumentState.RECEIVED:
        return None
    document.check_due_at = wall + min(FIRST_RETRY * 2 ** min(document.check_attempts, 10), LONGEST_RETRY)
    document.check_attempts += 1
    document.save()
    return document


@action
def seal_document(*, document_id: int, by: Actor, at: datetime) -> Document:
    """RECEIVED -> SEALED, once the store retains the version that was checked. Repeating it changes nothing."""
    document = lock_document(document_id)
    if document.state != DocumentState.SEALED:
        move(document.seal, by=by, at=at)
    return document


@action
def reject_document(*, document_id: int, reason: Reason, by: Actor, at: datetime) -> Document:
    """RECEIVED -> REJECTED with a reason for its sender. The original stays, and nobody is given it.

    Repeating it changes nothing. Raises IllegalMove for a sealed one.
    """
    document = lock_document(document_id)
    if document.state != DocumentState.REJECTED:
        move(document.reject, by=by, at=at, reason=reason, why=str(reason))
        deadlines.cancel(document, UPLOAD_DEADLINE)
    return document


@action
def withdraw_upload(*, document_id: int, by: Actor, at: datetime) -> Document:
    """UPLOADING -> REJECTED by its sender. Raises NotFound to other companies, IllegalMove once it has arrived."""
    document = lock_document(document_id)
    check_may_finish(by, document)
    if document.reason == Reason.WITHDRAWN:
        return document
    if document.state != DocumentState.UPLOADING:
        raise NotUploading
    move(document.reject, by=by, at=at, reason=Reason.WITHDRAWN, why=str(Reason.WITHDRAWN))
    deadlines.cancel(document, UPLOAD_DEADLINE)
    return document


@action
def abandon_upload(*, subject_id: int, at: datetime) -> None:
    """Silence: 24 hours have passed. UPLOADING -> REJECTED; a task frees what arrived."""
    document = lock_document(subject_id)
    if document.state == DocumentState.UPLOADING:
        move(document.reject, by=platform("clock"), at=at, reason=Reason.ABANDONED, why=str(Reason.ABANDONED))


@action
def record_parts_dropped(*, document_id: int) -> None:
    """Nothing of a rejected upload is open any more."""
    document = lock_document(document_id)
    if document.state == DocumentState.REJECTED:
        document.parts_open = False
        document.save()


@action
def record_view(*, document_id: int, by: Actor, at: datetime) -> DocumentView:
    """Somebody is given a sealed document: who, for whom, from where. Raises NotSealed."""
    document = Document.objects.get(pk=document_id)
    if not document.is_sealed:
        raise NotSealed(document.get_reason_display() or None)
    return DocumentView.objects.create(
        document=document, user_id=by.user_id, company_id=by.company_id, door=by.door, address=by.address, at=at
    )
