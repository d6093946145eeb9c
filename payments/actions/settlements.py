"""What gateways say they paid out to our own bank, until a statement of that bank shows it."""

from datetime import datetime

from core.actions import action
from core.alarms import clear_alarms, raise_alarm
from core.money import format_money
from payments.models import Account, Transfer
from payments.models.account_codes import settling
from payments.queries import balance_minor
from payments.timing import PLATFORM_CALENDAR

SETTLEMENT_ALARM = "settlement_missing"
ARRIVES_WITHIN = 5
"""Business days of the platform. Gateways say two or three."""

LABEL = "payments.account"


@action
def watch_settlements(*, at: datetime) -> int:
    """Alarm staff where money that a gateway paid out to our bank did not arrive within five business days.

    Judged by the oldest payout that what came in since doesn't cover; the alarm ends once all is covered that is so
    old. No locks. Returns in how many currencies it is missing.
    """
    missing = 0
    for account in Account.objects.filter(code__startswith=settling("")).order_by("pk"):
        coming_minor = balance_minor(account.code)
        since = _oldest_on_its_way(account, coming_minor)
        if since is not None and PLATFORM_CALENDAR.after_business_days(since, ARRIVES_WITHIN) < at:
            amount = format_money(coming_minor, account.currency, "en")
            words = f"{amount} on its way from gateways to our bank, the oldest since {since:%Y-%m-%d}"
            raise_alarm(SETTLEMENT_ALARM, LABEL, account.pk, words)
            missing += 1
        else:
            clear_alarms(SETTLEMENT_ALARM, LABEL, account.pk)
    return missing


def _oldest_on_its_way(account: Account, coming_minor: int) -> datetime | None:
    """When the oldest payout was made of those that make up what is on its way; None where nothing is."""
    if coming_minor <= 0:
        return None
    newest = Transfer.objects.filter(debit=account).order_by("-booked_at", "-pk")
    for amount_minor, event_at in newest.values_list("amount_minor", "event_at").iterator():
        coming_minor -= amount_minor
        if coming_minor <= 0:
            return event_at
    return None
