from datetime import datetime, timedelta

from core.actions import action
from payments.ledger import close_through

MARGIN = timedelta(hours=1)
"""A day is closed an hour after its end at the earliest, whatever small leaps the database's clock makes."""


@action
def close_days(*, wall: datetime) -> int:
    """Close every past day of the accounts without a stored balance: a row per account, up to the last midnight UTC.

    Waits for the posts in flight, then blocks none. Idempotent; missed days are closed by the next run. Returns rows.
    """
    midnight = (wall - MARGIN).replace(hour=0, minute=0, second=0, microsecond=0)
    return close_through(midnight)
