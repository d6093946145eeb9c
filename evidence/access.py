"""Who may look into a folder is decided above: apps register a check, evidence asks it."""

from collections.abc import Callable

from core.actors import Actor
from core.errors import NotFound

Check = Callable[[Actor, int], str | None]
_checks: list[Check] = []


def register(check: Check) -> None:
    """Add a check: from an actor and a folder's id to the actor's side ("seller", "buyer", "staff") or None."""
    if check not in _checks:
        _checks.append(check)


def side_of(by: Actor, folder_id: int) -> str:
    """The side on which an actor may see a folder. Raises NotFound when no check knows one."""
    if by.is_platform:
        return "platform"
    for check in _checks:
        side = check(by, folder_id)
        if side:
            return side
    raise NotFound
