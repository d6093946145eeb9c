"""Hints to the workers that a row waits. The rows are the work: a lost hint costs only the time until the next poll."""

import logging
import time
from functools import partial
from typing import Any

from celery import current_app
from django.db import transaction
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


def send_money_soon(event: Any) -> None:
    """A payout or refund was requested: don't wait for the poll."""
    transaction.on_commit(partial(nudge, "send_outgoing_money"))


def ask_soon(event: Any) -> None:
    """Funding was stopped: open attempts are to be cancelled at their gateway."""
    transaction.on_commit(partial(nudge, "ask_about_open_payments"))
