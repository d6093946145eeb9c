"""Wall time as aware datetimes and as the text the API shows; the sandbox has no other clock."""

from datetime import UTC, datetime, timedelta


def now() -> datetime:
    return datetime.now(UTC)


def text_of(moment: datetime) -> str:
    """RFC 3339 in UTC with six digits of a second, so that text sorts as time does."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def now_text() -> str:
    return text_of(now())


def text_after(seconds: float) -> str:
    return text_of(now() + timedelta(seconds=seconds))


def parse(text: str) -> datetime:
    """Raises ValueError for anything but a date and time with an offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("the offset is missing")
    return moment.astimezone(UTC)
