from datetime import date, datetime, timedelta

from core.actions import action
from payments.figures import figures_now
from payments.ledger import close_through
from payments.models import DailyFigure

MARGIN = timedelta(hours=1)
"""A day is closed an hour after its end at the earliest, whatever small leaps the database's clock makes."""


@action
def close_days(*, wall: datetime) -> int:
    """Close every past day of the accounts without a stored balance: a row per account, up to the last midnight UTC.

    Waits for the posts in flight, then blocks none. Idempotent; missed days are closed by the next run. Returns rows.
    """
    midnight = (wall - MARGIN).replace(hour=0, minute=0, second=0, microsecond=0)
    closed = close_through(midnight)
    keep_figures(day=(midnight - timedelta(days=1)).date())
    return closed


@action
def keep_figures(*, day: date) -> None:
    """Keep what stands in the accounts now as the figures of `day`, for charts. The first run of a day counts."""
    if DailyFigure.objects.filter(day=day).exists():
        return
    rows = [
        DailyFigure(
            day=day,
            kind=figure.kind,
            currency=figure.currency,
            total_minor=figure.total_minor,
            accounts=figure.accounts,
        )
        for figure in figures_now()
    ]
    DailyFigure.objects.bulk_create(rows, ignore_conflicts=True)
