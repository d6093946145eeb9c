"""The only SELECT ... FOR UPDATE of evidence. Order: folder, document."""

from core.errors import NotFound
from evidence.models import Document, Folder


def lock_folder(folder_id: int) -> Folder:
    """Locked until commit. Raises NotFound."""
    folder = Folder.objects.select_for_update(no_key=True).filter(pk=folder_id).first()
    if folder is None:
        raise NotFound
    return folder


def lock_document(document_id: int) -> Document:
    """Locked until commit. Raises NotFound."""
    document = Document.objects.select_for_update(no_key=True).filter(pk=document_id).first()
    if document is None:
        raise NotFound
    return document
