"""Who does something, for which company, through which door."""

from dataclasses import dataclass
from typing import Literal

Door = Literal["page", "api", "admin", "task", "clock", "gateway", "demo"]


ActorKind = Literal["user", "client", "staff", "system"]


@dataclass(frozen=True, kw_only=True)
class Actor:
    """What policies judge and history keeps. `role` is the person's role in `company_id` at this moment."""

    kind: ActorKind
    door: Door
    user_id: int | None = None
    company_id: int | None = None
    role: str = ""
    address: str = ""
    """Where from: the network address a signature records. Empty for the platform itself."""

    @property
    def is_platform(self) -> bool:
        return self.kind == "system"


def platform(door: Door = "task") -> Actor:
    """The platform itself: clocks, reactions and tasks."""
    return Actor(kind="system", door=door)
