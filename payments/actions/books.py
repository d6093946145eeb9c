from collections.abc import Sequence
from datetime import datetime

from django.db.models.functions import Now

from core.actions import action
from core.alarms import clear_alarms, raise_alarm
from core.models import Heartbeat
from payments.actions.sending import BOOKS_ALARM

TOLD = 10
SELF_CHECK = "self-check"


@action
def note_self_check(*, problems: Sequence[str], at: datetime) -> None:
    """Stop outgoing money by an alarm that says what is wrong with the books; without problems, let it go on again.

    Locks: the alarm. Refunds and payouts that were sent before are still followed.
    """
    Heartbeat.objects.update_or_create(name=SELF_CHECK, defaults={"beat_at": Now()})
    if problems:
        words = "\n".join(problems[:TOLD])
        raise_alarm(BOOKS_ALARM, "payments.books", 0, f"{at:%Y-%m-%d %H:%M} UTC, {len(problems)} problems\n{words}")
    else:
        clear_alarms(BOOKS_ALARM, "payments.books", 0)
