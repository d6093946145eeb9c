"""Reading the fields of a JSON body; every refusal names its field."""

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sandbox import moments
from sandbox.problems import invalid

MOST_MINOR = 10**12
LONGEST_DELAY_SECONDS = 86_400.0


def text(body: dict[str, Any], name: str, *, longest: int, default: str | None = None) -> str:
    value = body.get(name, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise invalid(name, f"{name} must be a text.")
    if len(value) > longest:
        raise invalid(name, f"{name} may have at most {longest} characters.")
    return value.strip()


def amount_minor(body: dict[str, Any]) -> int:
    """A positive whole number of minor units, at most 10^12."""
    value = body.get("amount_minor")
    if type(value) is not int or not 0 < value <= MOST_MINOR:
        raise invalid("amount_minor", "amount_minor must be a whole number from 1 to 10^12.")
    return value


def currency(body: dict[str, Any], default: str | None = None) -> str:
    value = body.get("currency", default)
    if not isinstance(value, str) or not re.fullmatch("[A-Z]{3}", value):
        raise invalid("currency", "currency must be three capital letters.")
    return value


def choice(body: dict[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    value = body.get(name)
    if value not in allowed:
        raise invalid(name, f"{name} must be one of: {', '.join(allowed)}.")
    return str(value)


def seconds(body: dict[str, Any], name: str) -> float | None:
    value = body.get(name)
    if value is None:
        return None
    if type(value) not in (int, float) or not 0 <= value <= LONGEST_DELAY_SECONDS:
        raise invalid(name, f"{name} must be a number of seconds from 0 to {LONGEST_DELAY_SECONDS:.0f}.")
    return float(value)


def times(body: dict[str, Any]) -> int:
    value = body.get("times", 1)
    if type(value) is not int or not 1 <= value <= 1_000_000:
        raise invalid("times", "times must be a whole number from 1 to 1000000.")
    return value


def web_address(body: dict[str, Any], name: str) -> str:
    value = text(body, name, longest=2000)
    try:
        parts = urlsplit(value)
    except ValueError:
        raise invalid(name, f"{name} must be an http or https address.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"[\s\x00-\x1f]", value):
        raise invalid(name, f"{name} must be an http or https address.")
    return value


def moment(body: dict[str, Any], name: str) -> datetime | None:
    value = body.get(name)
    if value is None:
        return None
    try:
        return moments.parse(value)
    except (TypeError, ValueError):
        raise invalid(name, f"{name} must be a date and time with an offset (RFC 3339).") from None


def whole_number(query: dict[str, str], name: str, *, default: int, most: int = 2**62) -> int:
    value = query.get(name, str(default))
    if not re.fullmatch("[0-9]{1,18}", value) or int(value) > most:
        raise invalid(name, f"{name} must be a whole number, at most {most}.")
    return int(value)
