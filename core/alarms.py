"""Alarms for staff: rows, not only log lines."""

import logging
from typing import Any

from django.db import connection, models
from django.utils import timezone

from core.models import Alarm

log = logging.getLogger(__name__)


def raise_alarm(kind: str, subject_type: str, subject_id: int, message: str) -> None:
    """Raise or repeat an alarm: one live row per kind and subject, in one statement. Wall time."""
    log.error("alarm %s %s %s: %s", kind, subject_type, subject_id, message)
    at = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO {Alarm._meta.db_table}
                  (kind, subject_type, subject_id, message, seen, raised_at, last_at)
                VALUES (%s, %s, %s, %s, 1, %s, %s)
                ON CONFLICT (kind, subject_type, subject_id) WHERE cleared_at IS NULL
                DO UPDATE SET seen = {Alarm._meta.db_table}.seen + 1, last_at = EXCLUDED.last_at,
                              message = EXCLUDED.message""",  # noqa: S608  (a table's name)
            [kind, subject_type, subject_id, message[:4000], at, at],
        )


def clear_alarms_of(kind: str, subjects: models.QuerySet[Any]) -> None:
    """The cause is gone for all of these rows. One statement."""
    live = Alarm.objects.filter(kind=kind, subject_type=subjects.model._meta.label_lower, cleared_at__isnull=True)
    live.filter(subject_id__in=subjects.values("pk")).update(cleared_at=timezone.now())


def live_alarm(kind: str) -> Alarm | None:
    """The newest alarm of a kind whose cause is not gone."""
    return Alarm.objects.filter(kind=kind, cleared_at__isnull=True).order_by("-pk").first()


def clear_alarms(kind: str, subject_type: str, subject_id: int) -> None:
    """The cause is gone."""
    Alarm.objects.filter(kind=kind, subject_type=subject_type, subject_id=subject_id, cleared_at__isnull=True).update(
        cleared_at=timezone.now()
    )
