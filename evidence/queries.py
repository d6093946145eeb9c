"""Every read that a door, or an app above, needs of evidence."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from core.actors import Actor
from core.errors import Invalid, NotFound
from evidence import storage
from evidence.access import side_of
from evidence.models import GIVEN_UP, MAX_DOCUMENTS, Document, DocumentState, Folder


def get_folder_for(by: Actor, reference: str) -> Folder:
    """Raises NotFound for a folder that the actor may not look into."""
    folder = Folder.objects.filter(reference=reference).first()
    if folder is None:
        raise NotFound
    side_of(by, folder.pk)
    return folder


def get_document_for(by: Actor, reference: str) -> Document:
    """Raises NotFound for a document that the actor may not see: an unsealed one is its sender's alone."""
    rows = Document.objects.select_related("folder", "uploaded_by_company", "uploaded_by_user")
    document = rows.filter(reference=reference).first()
    if document is None:
        raise NotFound
    side_of(by, document.folder_id)
    if not document.is_sealed and not _is_sender(by, document):
        raise NotFound
    return document


def _is_sender(by: Actor, document: Document) -> bool:
    return by.is_platform or (by.company_id is not None and by.company_id == document.uploaded_by_company_id)


def list_documents_for(by: Actor, folder_id: int) -> list[Document]:
    """What the actor may see in a folder, newest first: sealed ones, and their own company's on the way or rejected.

    Raises NotFound. What its sender withdrew or abandoned is not shown.
    """
    side_of(by, folder_id)
    return documents_seen_by(by, folder_id)


def documents_seen_by(by: Actor, folder_id: int) -> list[Document]:
    """The same for a page that has let the actor in by the folder's owner already."""
    rows = _of_folder(folder_id).exclude(reason__in=GIVEN_UP)
    if not by.is_platform:
        rows = rows.filter(Q(state=DocumentState.SEALED) | Q(uploaded_by_company_id=by.company_id))
    return list(rows[:MAX_DOCUMENTS])


def _of_folder(folder_id: int) -> QuerySet[Document]:
    rows = Document.objects.filter(folder_id=folder_id).order_by("-id")
    return rows.select_related("uploaded_by_company", "uploaded_by_user")


def list_sealed(*, folder_id: int, refs: Sequence[str], field: str = "documents") -> list[Document]:
    """The sealed documents behind references, in their order, each once.

    Raises Invalid beside `field` if one is unknown, of another folder, still being checked or rejected.
    """
    wanted = list(dict.fromkeys(refs))
    found = {each.reference: each for each in Document.objects.filter(folder_id=folder_id, reference__in=wanted)}
    if set(found) != set(wanted):
        raise Invalid(fields={field: _("Choose documents from this folder.")})
    for document in found.values():
        if document.state == DocumentState.REJECTED:
            raise Invalid(fields={field: document.get_reason_display()})
        if not document.is_sealed:
            raise Invalid(fields={field: _("A document is still being checked. Wait a moment and try again.")})
    return [found[reference] for reference in wanted]


def download_url(document: Document) -> str:
    """Two minutes of reading a sealed document as an attachment, from the store's origin.

    Whoever hands it out records it (`record_view`). No network.
    """
    assert document.is_sealed
    return storage.download_url(
        document.object_key, document.version_id, file_name=document.file_name, content_type=document.content_type
    )


def documents_to_check(*, wall: datetime, most: int) -> list[int]:
    """Ids of received documents whose check is due; one index range."""
    rows = Document.objects.filter(state=DocumentState.RECEIVED)
    due = rows.filter(Q(check_due_at__isnull=True) | Q(check_due_at__lte=wall))
    return list(due.order_by("id").values_list("pk", flat=True)[:most])


def documents_with_leftovers(*, most: int) -> list[int]:
    """Ids of rejected documents of which parts may lie in the store."""
    rows = Document.objects.filter(state=DocumentState.REJECTED, parts_open=True)
    return list(rows.order_by("id").values_list("pk", flat=True)[:most])
