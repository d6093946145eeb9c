from companies.policies import check_may
from core.actors import Actor
from core.errors import NotAllowed, NotFound
from evidence.access import side_of
from evidence.models import Document


def check_may_add(by: Actor, folder_id: int) -> None:
    """Whoever sees the folder and works with evidence in their company. Raises NotFound, NotAllowed."""
    side_of(by, folder_id)
    if by.is_platform:
        return
    if by.company_id is None:
        raise NotAllowed
    check_may(by, "evidence", by.company_id)


def check_may_finish(by: Actor, document: Document) -> None:
    """Only the company that began an upload goes on with it or withdraws it; to others it isn't there."""
    if by.is_platform:
        return
    if by.company_id is None or document.uploaded_by_company_id != by.company_id:
        raise NotFound
    check_may_add(by, document.folder_id)
