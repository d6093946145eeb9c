"""Refusals: what an action raises when it will not do what was asked. Doors turn them into words and a status."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _


class Refused(Exception):
    """Base of every refusal. `code` is stable and part of the API; `message` says what to do next."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    message: ClassVar[Any] = _("This can't be done now. Reload the page to see the present state.")

    def __init__(self, message: Any = None, *, field: str | None = None, **details: Any) -> None:
        self.words = message or self.message
        self.field = field
        self.details = details
        super().__init__(str(self.code))

    def __str__(self) -> str:
        return f"{self.code}: {self.words}"


class NotAllowed(Refused):
    code = "not_allowed"
    status = 403
    message = _("Your role in this company doesn't allow this. Ask an owner of the company.")


class NotFound(Refused):
    """Also the answer to a stranger: what one may not see does not exist."""

    code = "not_found"
    status = 404
    message = _("Nothing is here under this reference.")


class IllegalMove(Refused):
    code = "illegal_move"
    message = _("This step isn't possible in the present state. Reload the page to see what is.")


class Stale(Refused):
    """The caller saw an older version."""

    code = "stale"
    status = 412
    message = _("This was changed since you opened it. Reload the page and look again before you go on.")


class Busy(Refused):
    """Locks were not to be had: a deadlock twice, or a lock held too long."""

    code = "busy"
    message = _("Someone else is changing this at this moment. Nothing was changed; try again.")


class Invalid(Refused):
    """Input that can't be right. `fields` maps a field's name to its words."""

    code = "invalid"
    status = 422
    message = _("Please correct what is marked below.")

    def __init__(self, message: Any = None, *, fields: dict[str, Any] | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        self.fields = fields or {}
