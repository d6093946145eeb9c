from datetime import UTC, date, datetime

from core.calendars import Calendar

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
