"""What staff do by hand to alarms and news, and why."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from companies.history import record
from core import events
from core.actions import action
from core.actors import Actor
from core.errors import IllegalMove, NotAllowed, NotFound, Refused
from core.models import Alarm, Delivery
from payments.actions.sending import BOOKS_ALARM


class OnlyCleanBooksClear(Refused):
    code = "only_clean_books_clear"
    message = _("This alarm stops outgoing money. Only a self-check without a problem clears it.")


@action
def retry_delivery(*, delivery_id: int, why: str, by: Actor, at: datetime) -> None:
    """Deliver waiting news again at once, with a row of history. Locks: the delivery. `at`: wall time.

    Raises NotFound, NotAllowed.
    """
    _check_staff(by)
    delivery = Delivery.objects.select_for_update(no_key=True).filter(pk=delivery_id).first()
    if delivery is None:
        raise NotFound
    record(
        delivery,
        field="retried",
        verb="retry_delivery",
        source=delivery.state,
        target=delivery.state,
        why=why,
        by=by,
        at=at,
    )
    events.retry_now(delivery.pk)


@action
def clear_alarm(*, alarm_id: int, why: str, by: Actor, at: datetime) -> Alarm:
    """Clear a live alarm, with a row of history. Repeating it changes nothing. Locks: the alarm.

    `at`: wall time, as alarms have. Raises NotFound, NotAllowed, OnlyCleanBooksClear.
    """
    _check_staff(by)
    alarm = Alarm.objects.select_for_update(no_key=True).filter(pk=alarm_id).first()
    if alarm is None:
        raise NotFound
    if alarm.cleared_at is not None:
        return alarm
    check_can_clear(alarm, by)
    alarm.cleared_at = at
    alarm.save(update_fields=["cleared_at"])
    record(alarm, field="cleared_at", verb="clear", source="LIVE", target="CLEARED", by=by, at=at, why=why)
    return alarm


def check_can_clear(alarm: Alarm, by: Actor) -> None:
    """It is live, and no full check alone may clear it. Raises NotAllowed, IllegalMove, OnlyCleanBooksClear."""
    _check_staff(by)
    if alarm.cleared_at is not None:
        raise IllegalMove(verb="clear_alarm", state="CLEARED")
    if alarm.kind == BOOKS_ALARM:
        raise OnlyCleanBooksClear


def _check_staff(by: Actor) -> None:
    if by.kind != "staff":
        raise NotAllowed
