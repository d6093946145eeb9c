"""Claim, call, record: everything that needs the object store.

Never in a transaction; killed anywhere, each can be repeated.
"""

import hashlib
from datetime import datetime
from typing import IO, Any

from django.utils.translation import gettext_lazy as _

from core import clock
from core.actions import carry_out
from core.actors import Actor, platform
from core.alarms import clear_alarms, raise_alarm
from core.errors import Invalid, Refused
from evidence import content, storage
from evidence.actions import (
    begin_upload,
    claim_check,
    complete_upload,
    record_parts_begun,
    record_parts_dropped,
    reject_document,
    seal_document,
)
from evidence.file_types import MAX_BYTES_THROUGH_SITE
from evidence.models import Document, DocumentState, Reason
from evidence.policies import check_may_finish

ALARM_AFTER = 3


class UploadIncomplete(Refused):
    code = "upload_incomplete"
    message = _("Parts of the file have not arrived yet. Send them, then complete the upload again.")


def start_upload(*, by: Actor, at: datetime, **claim: Any) -> Document:
    """Begin or go on with an upload in parts; `claim` as for `begin_upload`.

    Raises what that raises, and StorageUnreachable.
    """
    document = carry_out(begin_upload, by=by, at=at, **claim)
    return _with_parts_begun(document)


def _with_parts_begun(document: Document) -> Document:
    """Killed before the record, the next call finds the upload that is open to this key."""
    if document.state != DocumentState.UPLOADING or document.upload_id:
        return document
    upload_id = storage.begin_parts(document.object_key, document.content_type)
    return carry_out(record_parts_begun, document_id=document.pk, upload_id=upload_id)


def sign_parts(*, document: Document, by: Actor) -> tuple[list[int], list[dict[str, Any]]]:
    """What has arrived (part numbers), and where to PUT the rest: number, offset and size in bytes, and an address.

    Raises NotFound to other companies, StorageUnreachable.
    """
    check_may_finish(by, document)
    if document.state != DocumentState.UPLOADING:
        return list(storage.part_sizes(document.size_bytes)), []
    document = _with_parts_begun(document)
    arrived = storage.list_parts(document.object_key, document.upload_id)
    sizes = storage.part_sizes(document.size_bytes)
    if arrived is None:  # Joined by a call that was killed before it could say so.
        return list(sizes), []
    done = [number for number, size in sizes.items() if number in arrived and arrived[number].size_bytes == size]
    missing = [
        {
            "number": number,
            "offset": (number - 1) * storage.PART_BYTES,
            "size_bytes": size,
            "url": storage.part_url(document.object_key, document.upload_id, number, size),
        }
        for number, size in sizes.items()
        if number not in done
    ]
    return done, missing


def finish_upload(*, document: Document, by: Actor, at: datetime) -> Document:
    """Join the parts, record that it arrived, and check it. Repeating it gives the same document.

    Raises NotFound to other companies, UploadIncomplete with what is missing, IllegalMove after it was given up.
    """
    check_may_finish(by, document)
    if document.state == DocumentState.UPLOADING:
        version_id = _join(document)
        document = carry_out(complete_upload, document_id=document.pk, version_id=version_id, by=by, at=at)
    return check_document(document.pk, at=at) or document


def _join(document: Document) -> str:
    """The id of the version that the parts make, or already made."""
    sizes = storage.part_sizes(document.size_bytes)
    arrived = storage.list_parts(document.object_key, document.upload_id) if document.upload_id else {}
    if arrived is None:
        version_id = storage.find_version(document.object_key)
        if not version_id:
            raise UploadIncomplete(missing=list(sizes))
        return version_id
    missing = [number for number, size in sizes.items() if number not in arrived or arrived[number].size_bytes != size]
    if missing:
        raise UploadIncomplete(missing=missing)
    return storage.join_parts(document.object_key, document.upload_id, {number: arrived[number] for number in sizes})


def store_file(*, folder_id: int, kind: str, file_name: str, file: IO[bytes], by: Actor, at: datetime) -> Document:
    """Upload a small file through the site, for a browser without script, for demo data and tests. At most 10 MB.

    Raises Invalid beside `file` or `kind`, NotFound, NotAllowed, StorageUnreachable. Returns it checked.
    """
    size_bytes = file.seek(0, 2)
    if size_bytes > MAX_BYTES_THROUGH_SITE:
        raise Invalid(
            fields={"file": _("Without script this page takes files up to 10 MB. Larger ones need JavaScript.")}
        )
    file.seek(0)
    digest = hashlib.sha256()
    for chunk in iter(lambda: file.read(storage.CHUNK_BYTES), b""):
        digest.update(chunk)
    try:
        document = carry_out(
            begin_upload,
            folder_id=folder_id,
            kind=kind,
            file_name=file_name,
            size_bytes=size_bytes,
            sha256=digest.hexdigest(),
            content_type="",  # A browser's word for it is only its reading of the name.
            by=by,
            at=at,
        )
    except Invalid as refusal:
        words = {"kind": refusal.fields["kind"]} if "kind" in refusal.fields else {}
        about_file = [value for name, value in refusal.fields.items() if name != "kind"]
        raise Invalid(fields=words | ({"file": about_file[0]} if about_file else {})) from refusal
    if document.state == DocumentState.UPLOADING:
        version_id = storage.find_version(document.object_key)
        if not version_id:
            file.seek(0)
            version_id = storage.put_object(document.object_key, file, document.content_type)
        document = carry_out(complete_upload, document_id=document.pk, version_id=version_id, by=by, at=at)
    return check_document(document.pk, at=at) or document


def check_document(document_id: int, *, at: datetime) -> Document | None:
    """Read what arrived, compare it with what was said, and seal or reject it. None if it isn't waiting for that.

    A store that fails leaves it RECEIVED; a task tries again, and staff are alarmed from the third time on.
    """
    document = carry_out(claim_check, document_id=document_id, wall=clock.wall())
    if document is None:
        return None
    try:
        reason = verify_content(document)
        if reason is None:
            assert document.received_at is not None
            storage.retain_object(
                document.object_key, document.version_id, until=document.received_at + storage.RETAINED
            )
    # Whatever went wrong, the document stays RECEIVED and is tried again: no file is judged by our own failure.
    except Exception as error:  # noqa: BLE001
        if document.check_attempts >= ALARM_AFTER:
            raise_alarm("document_check_fails", "evidence.document", document.pk, f"{type(error).__name__}: {error}")
        return document
    clear_alarms("document_check_fails", "evidence.document", document.pk)
    if reason is None:
        return carry_out(seal_document, document_id=document_id, by=platform(), at=at)
    return carry_out(reject_document, document_id=document_id, reason=reason, by=platform(), at=at)


def verify_content(document: Document) -> Reason | None:
    """Why the stored version must be rejected, or None. Reads all of it."""
    claim = content.Claim(document.size_bytes, document.sha256, document.content_type)
    return content.judge(storage.read_object(document.object_key, document.version_id), claim)


def drop_leftovers(document_id: int) -> None:
    """Free the parts of an upload that was withdrawn or abandoned. Raises StorageUnreachable."""
    document = Document.objects.get(pk=document_id)
    if document.state == DocumentState.REJECTED and document.parts_open:
        storage.drop_parts(document.object_key)
        carry_out(record_parts_dropped, document_id=document_id)
