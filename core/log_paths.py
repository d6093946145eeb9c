"""Log lines without the secrets that stand in addresses: whoever reads a log must not be able to open the page."""

import logging
import re
from typing import Any

from gunicorn.glogging import Logger

SECRET = re.compile(
    r"(?P<before>/(?:offers|invitations|checkout|bank|accounts/confirm-email|accounts/password/reset/key"
    r"|company/payout-accounts/stop)/)[^/\s?#\"']+"
)


def redact(line: str) -> str:
    """The line with '…' for each secret part of an address in it."""
    return SECRET.sub(r"\g<before>…", line)


class LineFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class AccessLogger(Logger):
    """Gunicorn's, for its `--logger-class`."""

    def atoms(self, *args: Any) -> dict[str, Any]:
        atoms: dict[str, Any] = super().atoms(*args)
        return {name: redact(value) if isinstance(value, str) else value for name, value in atoms.items()}
