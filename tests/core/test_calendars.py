from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import holidays
import pytest

from core.calendars import Calendar, _year_of

VIETNAM = Calendar(zone="Asia/Ho_Chi_Minh", country="VN")
CHICAGO = Calendar(zone="America/Chicago", country="US")


def test_a_date_closes_at_18_there() -> None:
    assert VIETNAM.close_of(date(2026, 3, 2)) == datetime(2026, 3, 2, 11, tzinfo=UTC)


def test_days_are_24_hours_over_a_change_of_clocks() -> None:
    start = datetime(2026, 3, 5, 12, tzinfo=UTC)
    assert CHICAGO.after_days(start, 4) == datetime(2026, 3, 9, 12, tzinfo=UTC)


def test_a_clock_never_ends_on_a_closed_day() -> None:
    friday = datetime(2026, 3, 6, 12, tzinfo=UTC)
    monday_close = CHICAGO.close_of(date(2026, 3, 9))
    assert CHICAGO.after_days(friday, 1) == monday_close


def test_tet_is_closed() -> None:
    assert not VIETNAM.is_open(date(2026, 2, 17))
    assert VIETNAM.closed_days(date(2026, 2, 14), date(2026, 2, 20))


def test_business_days_skip_weekends() -> None:
    friday = datetime(2026, 3, 6, 12, tzinfo=UTC)
    assert CHICAGO.after_business_days(friday, 1) == CHICAGO.close_of(date(2026, 3, 9))
    assert CHICAGO.after_business_days(friday, 5) == CHICAGO.close_of(date(2026, 3, 13))


def test_business_days_before_skip_weekends_and_holidays() -> None:
    # Tuesday 26 May 2026; Monday the 25th is Memorial Day.
    tuesday = datetime(2026, 5, 26, 12, tzinfo=UTC)
    assert CHICAGO.before_business_days(tuesday, 1) == CHICAGO.close_of(date(2026, 5, 22))
    assert CHICAGO.before_business_days(tuesday, 3) == CHICAGO.close_of(date(2026, 5, 20))


SUNDAY = date(2026, 6, 7)


@pytest.mark.parametrize(
    ("country", "closed"),
    [("VN", {5, 6}), ("SA", {4, 5}), ("BD", {4, 5}), ("EG", {4, 5}), ("IR", {4}), ("AE", {5, 6}), ("IL", {4, 5})],
)
def test_each_country_has_its_own_weekend(country: str, closed: set[int]) -> None:
    """In a week of June 2026 that holds no holiday of these countries."""
    week = [SUNDAY + timedelta(days=number) for number in range(7)]
    calendar = Calendar(zone="UTC", country=country)
    assert {day.weekday() for day in week if not calendar.is_open(day)} == closed
    thursday = datetime(2026, 6, 11, 12, tzinfo=UTC)
    following = next(day for day in (*week[5:], SUNDAY + timedelta(days=7)) if day.weekday() not in closed)
    assert calendar.after_business_days(thursday, 1) == calendar.close_of(following)


def test_a_day_of_the_weekend_that_is_worked_is_open() -> None:
    """China works on Saturday 2026-02-28 in exchange for a day of the Spring Festival."""
    china = Calendar(zone="Asia/Shanghai", country="CN")
    assert china.is_open(date(2026, 2, 28)) and not china.is_open(date(2026, 3, 7))


def test_a_span_over_new_year_knows_both_years() -> None:
    """New Year's Day of 2022 was a Saturday: the United States kept the Friday before, which is of 2021."""
    chicago = [day for day, _name in CHICAGO.closed_days(date(2021, 12, 30), date(2022, 1, 2))]
    assert chicago == [date(2021, 12, 31), date(2022, 1, 1)]
    assert not VIETNAM.is_open(date(2027, 1, 1))


def test_a_year_is_built_once_and_does_not_grow() -> None:
    _year_of.cache_clear()
    with ThreadPoolExecutor(8) as threads:
        answers = set(threads.map(lambda _number: VIETNAM.is_open(date(2026, 2, 17)), range(64)))
    assert answers == {False}
    year = _year_of("VN", 2026)
    before = len(year)
    assert VIETNAM.is_open(date(2031, 6, 4)) and len(year) == before and year.years == {2026}
    assert set(year) <= set(holidays.country_holidays("VN", years=2026))
