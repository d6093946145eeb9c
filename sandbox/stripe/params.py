"""Form-encoded parameters as the library sends them, read against a table of what a call takes: nothing else passes."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from sandbox.stripe.refusals import malformed

Reader = Callable[[str, str], Any]
Shape = Mapping[str, Any]
"""Name -> a reader of one value, a Shape, or a list with one of either; a name that ends in * must be given."""


def decode(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """'a[b][0]', 'x' -> {'a': {'b': {'0': 'x'}}}. Raises Refusal for names that contradict each other."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        *path, last = re.findall(r"[^\[\]]+", name) or [""]
        place = found
        for part in path:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise malformed("parameter_invalid_hash", f"Invalid object: {part}", name)
        place[last] = value
    return found


def read(given: Any, shape: Shape, *, within: str = "") -> dict[str, Any]:
    """The values, each of its type. Raises Refusal for an unknown, missing or wrong parameter."""
    if not isinstance(given, dict):
        raise malformed("parameter_invalid_hash", f"Invalid object: {within}", within)
    readers = {name.rstrip("*"): reader for name, reader in shape.items()}
    for name in given:
        if name not in readers:
            raise malformed(
                "parameter_unknown", f"Received unknown parameter: {_full(within, name)}", _full(within, name)
            )
    for name in (name[:-1] for name in shape if name.endswith("*")):
        if name not in given:
            full = _full(within, name)
            raise malformed("parameter_missing", f"Missing required param: {full}.", full)
    return {name: _value(value, readers[name], _full(within, name)) for name, value in given.items()}


def _value(value: Any, reader: Any, name: str) -> Any:
    if isinstance(reader, list):
        if not isinstance(value, dict) or sorted(value) != sorted(str(place) for place in range(len(value))):
            raise malformed("parameter_invalid_array", f"Invalid array: {name}", name)
        return [_value(value[str(place)], reader[0], f"{name}[{place}]") for place in range(len(value))]
    if isinstance(reader, dict):
        return read(value, reader, within=name)
    if reader is metadata:
        return metadata(value, name)
    if not isinstance(value, str):
        raise malformed("parameter_invalid_string", f"Invalid string: {name}", name)
    return reader(value, name)


def _full(within: str, name: str) -> str:
    return f"{within}[{name}]" if within else name


# --- readers of one value ---------------------------------------------------------------------------------------------
def text(longest: int = 500) -> Reader:
    def reader(value: str, name: str) -> str:
        if not 0 < len(value) <= longest:
            raise malformed(
                "parameter_invalid_string", f"Invalid string: {name} must have 1 to {longest} characters", name
            )
        return value

    return reader


def integer(value: str, name: str) -> int:
    if not re.fullmatch("-?[0-9]{1,15}", value):
        raise malformed("parameter_invalid_integer", f"Invalid integer: {value}", name)
    return int(value)


def amount(value: str, name: str) -> int:
    """A positive number of the smallest unit, of eight digits at most."""
    minor = integer(value, name)
    if minor < 1:
        raise malformed("parameter_invalid_integer", "This value must be greater than or equal to 1.", name)
    if minor > 99_999_999:
        raise malformed("amount_too_large", "Amount must be no more than 99999999.", name)
    return minor


def flag(value: str, name: str) -> bool:
    if value not in ("true", "false"):
        raise malformed("parameter_invalid_boolean", f"Invalid boolean: {value}", name)
    return value == "true"


def one_of(*allowed: str) -> Reader:
    def reader(value: str, name: str) -> str:
        if value not in allowed:
            raise malformed("parameter_invalid_enum", f"Invalid {name}: must be one of {', '.join(allowed)}", name)
        return value

    return reader


def web_address(value: str, name: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or len(value) > 5000:
        raise malformed("url_invalid", f"Not a valid URL: {name}", name)
    return value


def currency(value: str, name: str) -> str:
    if not re.fullmatch("[a-z]{3}", value):
        raise malformed("parameter_invalid_string", f"Invalid currency: {value}", name)
    return value


def metadata(value: Any, name: str) -> dict[str, str]:
    """Up to 50 keys of 40 characters, values of 500."""
    good = isinstance(value, dict) and len(value) <= 50
    if not good or not all(
        isinstance(word, str) and len(key) <= 40 and len(word) <= 500 for key, word in value.items()
    ):
        raise malformed("parameter_invalid_hash", f"Invalid metadata: {name}", name)
    return dict(value)


PAGE: dict[str, Any] = {
    "limit": integer,
    "starting_after": text(),
    "created": {"gte": integer, "gt": integer, "lte": integer, "lt": integer},
    "expand": [text()],
}
"""What every list takes."""
