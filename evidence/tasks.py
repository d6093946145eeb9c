import logging

from celery import shared_task

from core import clock
from core.errors import Refused
from evidence import queries
from evidence.exchanges import check_document, drop_leftovers

log = logging.getLogger(__name__)
MOST = 50


@shared_task
def check_documents() -> int:
    """Check what arrived and was not checked yet, and free what was given up. Returns how many it worked on."""
    with clock.read_once():
        at = clock.now()
        waiting = queries.documents_to_check(wall=clock.wall(), most=MOST)
        for document_id in waiting:
            check_document(document_id, at=at)
        given_up = queries.documents_with_leftovers(most=MOST)
        for document_id in given_up:
            try:
                drop_leftovers(document_id)
            except Refused as refusal:
                log.warning("parts of document %s stay for now: %s", document_id, refusal)
        return len(waiting) + len(given_up)
