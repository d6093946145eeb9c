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
BATCH_WAITS = "batch_waits"
STATEMENT_OPEN = "statement_open"
SUSPENSE_OPEN = "suspense_open"
DIFFERENCE_UNOWNED = "difference_unowned"
CHARGEBACK_OPEN = "chargeback_open"

PAYMENT_LIVES = {
    Method.CARD: timedelta(days=1),
    Method.TRANSFER: timedelta(days=3),
    Method.WIRE: timedelta(days=45),
}
"""How long an attempt may stay open. A wire's real clock is the deal's, which stops the funding earlier."""

ACCOUNT_WAIT = timedelta(hours=72)
"""A new payout account waits this long (rules, section 2)."""

EVIDENCE_MARGIN = timedelta(hours=48)
"""The packet goes out by itself so long before the gateway's own deadline."""

EVIDENCE_WAIT = timedelta(days=2)
"""Where the gateway names no deadline: so long staff may add words before the packet goes out by itself."""

CHARGEBACK_DECIDED_AFTER = timedelta(days=90)
"""Banks take two to three months to decide; then staff look into it."""


def evidence_goes_at(at: datetime, evidence_due_at: datetime | None) -> datetime:
    """When the packet goes out by itself, at the earliest now."""
    wanted = evidence_due_at - EVIDENCE_MARGIN if evidence_due_at else at + EVIDENCE_WAIT
    return max(at, wanted)


def payment_open_until(method: str, at: datetime) -> datetime:
    return at + PAYMENT_LIVES[Method(method)]


def next_business_close(at: datetime) -> datetime:
    """One business day of the platform later."""
    return PLATFORM_CALENDAR.after_business_days(at, 1)
