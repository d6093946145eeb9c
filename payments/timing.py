"""When things are due in payments (rules, section 3). N business days end at the close of the platform's own day."""

from datetime import datetime, timedelta

from core.calendars import Calendar
from payments.models import Method

PLATFORM_CALENDAR = Calendar(zone="Asia/Singapore", country="SG")

PAYMENT_OPEN = "payment_open"
REFUND_OVERDUE = "refund_overdue"
PAYOUT_OVERDUE = "payout_overdue"
PAYOUT_WAITS = "payout_waits"
APPROVAL_WAITS = "approval_waits"
STATEMENT_OPEN = "statement_open"
SUSPENSE_OPEN = "suspense_open"
DIFFERENCE_UNOWNED = "difference_unowned"

PAYMENT_LIVES = {
    Method.CARD: timedelta(days=1),
    Method.TRANSFER: timedelta(days=3),
    Method.WIRE: timedelta(days=45),
}
"""How long an attempt may stay open. A wire's real clock is the deal's, which stops the funding earlier."""

ACCOUNT_WAIT = timedelta(hours=72)
"""A new payout account waits this long (rules, section 2)."""


def payment_open_until(method: str, at: datetime) -> datetime:
    return at + PAYMENT_LIVES[Method(method)]


def next_business_close(at: datetime) -> datetime:
    """One business day of the platform later."""
    return PLATFORM_CALENDAR.after_business_days(at, 1)
