"""History of what is no state machine: standings, roles and accounts, in the same append-only table."""

from datetime import datetime

from django.db import models

from core.actors import Actor
from core.models import Transition


def record(
    subject: models.Model,
    *,
    field: str,
    verb: str,
    source: str,
    target: str,
    by: Actor,
    at: datetime,
    company_id: int | None = None,
    why: str = "",
) -> None:
    """Write who changed `field` of `subject`, when, from what to what. The caller holds the row's lock."""
    Transition.objects.create(
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        field=field,
        verb=verb,
        source=source,
        target=target,
        at=at,
        actor_kind=by.kind,
        door=by.door,
        user_id=by.user_id,
        company_id=by.company_id or company_id,
        why=why,
    )


def history_of(subject: models.Model) -> list[Transition]:
    """Oldest first."""
    return list(Transition.objects.filter(subject_type=subject._meta.label_lower, subject_id=subject.pk).order_by("id"))
