"""What a person filled in, checked field by field."""

from collections.abc import Callable
from typing import Any, TypeVar

from core.errors import Invalid

T = TypeVar("T")


class Sheet:
    """Collects what is wrong beside each field, so that a person reads all of it at once."""

    def __init__(self) -> None:
        self.wrong: dict[str, Any] = {}

    def take(self, check: Callable[..., T], *args: Any, **kwargs: Any) -> T | None:
        try:
            return check(*args, **kwargs)
        except Invalid as refusal:
            self.wrong.update(refusal.fields)
            return None

    def refuse(self, name: str, words: Any) -> None:
        self.wrong[name] = words

    def close(self) -> None:
        """Raises Invalid if anything was wrong."""
        if self.wrong:
            raise Invalid(fields=self.wrong)
