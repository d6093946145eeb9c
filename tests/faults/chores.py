"""What workers do only here: an action by itself, to be killed within it."""

from celery import shared_task

from core.actors import platform
from payments.actions.release import release_rest
from tests.cast import NOW


@shared_task
def release(escrow_id: int) -> None:
    release_rest(escrow_id=escrow_id, reason="accepted", sequence=1, by=platform(), at=NOW)
