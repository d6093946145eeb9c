"""Clearing an alarm by hand: staff looked, and say why it is over."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from companies.history import record
from core.actions import action
from core.actors import Actor
from core.errors import NotAllowed, NotFound, Refused
from core.models import Alarm
from payments.actions.sending import BOOKS_ALARM


class OnlyCleanBooksClear(Refused):
    code = "only_clean_books_clear"
    message = _("This alarm stops outgoing money. Only a self-check without a problem clears it.")


@action
def clear_alarm(*, alarm_id: int, why: str, by: Actor, at: datetime) -> Alarm:
    """Clear a live alarm, with a row of history. Repeating it changes nothing. Locks: the alarm.

    `at`: wall time, as alarms have. Raises NotFound, NotAllowed, OnlyCleanBooksClear.
    """
    if by.kind != "staff":
        raise NotAllowed
    alarm = Alarm.objects.select_for_update(no_key=True).filter(pk=alarm_id).first()
    if alarm is None:
        raise NotFound
    if alarm.kind == BOOKS_ALARM:
        raise OnlyCleanBooksClear
    if alarm.cleared_at is None:
        alarm.cleared_at = at
        alarm.save(update_fields=["cleared_at"])
        record(alarm, field="cleared_at", verb="clear", source="LIVE", target="CLEARED", by=by, at=at, why=why)
    return alarm
