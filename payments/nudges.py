"""Hints to the workers that a row waits. The rows are the work: a lost hint costs only the time until the next poll."""

import logging
import time

from celery import current_app
from kombu.exceptions import OperationalError as BrokerDown

log = logging.getLogger(__name__)

REST_SECONDS = 5.0
_rests_until = 0.0


def nudge(task: str) -> None:
    """Ask for one run of a task of `payments.tasks`, after commit. Never raises; rests 5 s when the broker is down."""
    global _rests_until
    if time.monotonic() < _rests_until:
        return
    try:
        current_app.send_task(f"payments.tasks.{task}", retry=False, expires=10)
    except (BrokerDown, OSError) as error:
        _rests_until = time.monotonic() + REST_SECONDS
        log.warning("broker unreachable, the poll will do it: %s", error)
