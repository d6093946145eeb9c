"""Who clicks: the table of the rules (section 1), as data."""

from companies.models import Role, StaffGroup
from core.actors import Actor
from core.errors import NotAllowed

OWNER, SALES, PURCHASING, FINANCE = Role.OWNER, Role.SALES, Role.PURCHASING, Role.FINANCE
SELLING = frozenset({OWNER, SALES})
BUYING = frozenset({OWNER, PURCHASING})
PAYING = frozenset({OWNER, PURCHASING, FINANCE})
BANKING = frozenset({OWNER, FINANCE})
WORKING = frozenset({OWNER, SALES, PURCHASING, FINANCE})
EVERYBODY = frozenset(Role)

VERBS: dict[str, frozenset[Role]] = {
    "draft": SELLING,
    "send": SELLING,
    "progress": SELLING,
    "ready": SELLING,
    "ship": SELLING,
    "change_order_as_seller": SELLING,
    "request_changes": BUYING,
    "confirm": BUYING,
    "arrival": BUYING,
    "change_order_as_buyer": BUYING,
    "pay": PAYING,
    "declare_wire": PAYING,
    "statements": PAYING,
    "accept": PAYING,
    "settle": PAYING,
    "cancel": PAYING,
    "payout_account": BANKING,
    "payout": BANKING,
    "dispute": WORKING,
    "evidence": WORKING,
    "read": EVERYBODY,
    "company": frozenset({OWNER}),
    "members": frozenset({OWNER}),
}
"""Verb -> roles. `company` and `members` are the company's own settings and its people."""


def may(by: Actor, verb: str, company_id: int) -> bool:
    """Whether the actor's role in that company allows the verb. The platform itself may everything."""
    if by.is_platform:
        return True
    return by.company_id == company_id and by.kind != "staff" and by.role in VERBS[verb]


def check_may(by: Actor, verb: str, company_id: int) -> None:
    """Raises NotAllowed unless the actor acts for that company in a role that allows the verb. Staff act otherwise."""
    if not may(by, verb, company_id):
        raise NotAllowed(verb=verb)


def check_staff(by: Actor, group: StaffGroup | str) -> None:
    """Raises NotAllowed unless the actor is staff of that group (`role` names all of them), or the platform."""
    if by.is_platform:
        return
    if by.kind != "staff" or str(group) not in by.role.split():
        raise NotAllowed(group=str(group))


def roles_for(*verbs: str) -> set[Role]:
    """Every role that one of the verbs is open to."""
    return {role for verb in verbs for role in VERBS[verb]}
