"""Business days and closing times.

N days = N x 24 h; a date, or 'close', ends at 18:00 there (design, fixed choices).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

CLOSE = time(18, 0)


@lru_cache(maxsize=1024)
def _year_of(country: str, year: int) -> holidays.HolidayBase:
    """One year of a country, complete and never changed again, so that threads may share it."""
    return holidays.country_holidays(country, years=year, expand=False)


@dataclass(frozen=True)
class Calendar:
    """A company's place in time: an IANA zone and the country whose holidays it keeps."""

    zone: str
    country: str

    def is_open(self, day: date) -> bool:
        """No holiday and no day of the country's own weekend, unless it is worked there in exchange for another."""
        return _year_of(self.country, day.year).is_working_day(day)

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def close_of(self, day: date) -> datetime:
        """18:00 there, in UTC."""
        return datetime.combine(day, CLOSE, tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def next_open(self, day: date) -> date:
        """`day` if it is open, else the next open one."""
        while not self.is_open(day):
            day += timedelta(days=1)
        return day

    def roll(self, moment: datetime) -> datetime:
        """A clock that ends on a closed day ends at the close of the next business day (rules, section 3)."""
        day = self.day_of(moment)
        return moment if self.is_open(day) else self.close_of(self.next_open(day))

    def after_days(self, moment: datetime, days: int) -> datetime:
        """N x 24 h later, rolled."""
        return self.roll(moment + timedelta(days=days))

    def after_business_days(self, moment: datetime, days: int) -> datetime:
        """The close of the Nth business day after `moment`'s day."""
        day = self.day_of(moment)
        for _number in range(days):
            day = self.next_open(day + timedelta(days=1))
        return self.close_of(day)

    def before_business_days(self, moment: datetime, days: int) -> datetime:
        """The close of the Nth business day before `moment`'s day."""
        day = self.day_of(moment)
        for _number in range(days):
            day -= timedelta(days=1)
            while not self.is_open(day):
                day -= timedelta(days=1)
        return self.close_of(day)

    def closed_days(self, start: date, end: date) -> list[tuple[date, str]]:
        """Holidays (not weekends) between two dates, both included, with their names."""
        span = (end - start).days + 1
        days = (start + timedelta(days=number) for number in range(max(span, 0)))
        named = ((day, _year_of(self.country, day.year).get(day)) for day in days)
        return [(day, str(name)) for day, name in named if name is not None]
