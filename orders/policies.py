"""Who may do what with an order: the side first (a stranger sees nothing), then the role, then the state."""

from allauth.account.models import EmailAddress
from django.utils.translation import gettext_lazy as _

from companies.models import Membership
from companies.policies import check_may as check_role
from core.actors import Actor
from core.errors import IllegalMove, NotAllowed, NotFound
from orders.models import Cancellation, OfferLink, Order, OrderState, Shipment
from orders.process import PROCESS, may_try
from orders.trade_terms import buyer_books_carriage

PLATFORM_SIDES = ("clock", "system", "carrier")
SELLERS_WORD = ("seller", "collection")
"""Who told of an arrival that the buyer may contest: papers of the seller's alone speak for it."""

ABOUT_STAGES = ("report_progress", "approve_stage", "challenge_stage")

ROLE_VERB: dict[tuple[str, str], str] = {
    ("draft", "seller"): "draft",
    ("send", "seller"): "send",
    ("withdraw", "seller"): "send",
    ("request_changes", "buyer"): "request_changes",
    ("decline", "buyer"): "request_changes",
    ("confirm", "buyer"): "confirm",
    ("pay", "buyer"): "pay",
    ("declare_wire", "buyer"): "declare_wire",
    ("report_progress", "seller"): "progress",
    ("approve_stage", "buyer"): "arrival",
    ("challenge_stage", "buyer"): "arrival",
    ("declare_ready", "seller"): "ready",
    ("book_carriage", "buyer"): "arrival",
    ("ship", "seller"): "ship",
    ("not_arrived", "buyer"): "arrival",
    ("confirm_arrival", "buyer"): "arrival",
    ("confirm_arrival", "seller"): "ship",
    ("extend_inspection", "buyer"): "arrival",
    ("accept", "buyer"): "accept",
    ("cancel", "buyer"): "cancel",
    ("cancel", "seller"): "cancel",
}
"""Verb of an order, and side -> verb of the table of roles (rules, 'Who clicks')."""


class OtherSide(NotAllowed):
    code = "other_side"
    message = _("This step belongs to the other side of the order.")


class SellerBooks(NotAllowed):
    code = "seller_books_carriage"
    message = _("Under this trade term the seller books the carriage.")


class MoneyDivided(IllegalMove):
    code = "money_divided"
    message = _("The money of this order has been divided. Nothing more can be proven.")


class ArrivalStands(NotAllowed):
    code = "arrival_stands"
    message = _("The arrival was not reported by the seller alone: you confirmed it, or its time had come.")


def addresses_of(company_id: int) -> list[str]:
    """Confirmed e-mail addresses of a company's people, in lower case."""
    members = Membership.objects.filter(company_id=company_id, user__is_active=True).values("user_id")
    found = EmailAddress.objects.filter(user_id__in=members, verified=True).values_list("email", flat=True)
    return [email.lower() for email in found]


def confirmed_addresses(user_id: int | None) -> list[str]:
    """A person's own confirmed e-mail addresses, in lower case."""
    found = EmailAddress.objects.filter(user_id=user_id, user__is_active=True, verified=True)
    return [email.lower() for email in found.values_list("email", flat=True)]


def is_addressed(order: Order, by: Actor) -> bool:
    """An order without a buying company yet was last sent to the address it names, and that is this person's own.

    Colleagues see it once it is signed: until then nobody knows for which of their companies this person buys.
    """
    if order.buyer_id is not None or not order.buyer_email:
        return False
    sent_to = OfferLink.objects.filter(order=order).order_by("-pk").values_list("email", flat=True).first()
    return sent_to == order.buyer_email and order.buyer_email in confirmed_addresses(by.user_id)


def side_of(by: Actor, order: Order) -> str:
    """'seller', 'buyer', or 'system' for the platform itself. Raises NotFound for everybody else."""
    if by.is_platform:
        return "system"
    if by.company_id is None:
        raise NotFound
    if by.company_id == order.seller_id:
        return "seller"
    if by.company_id == order.buyer_id or is_addressed(order, by):
        return "buyer"
    raise NotFound


def check_may(by: Actor, verb: str, order: Order) -> str:
    """Return the actor's side if they may try `verb` on this order now.

    Raises NotFound for a stranger, OtherSide when the verb belongs to the other side, NotAllowed for the role,
    IllegalMove for the state, MoneyDivided, SellerBooks, ArrivalStands. Conditions that need more come on top.
    The caller holds the order locked.
    """
    side = side_of(by, order)
    sides = PLATFORM_SIDES if side == "system" else (side,)
    if not any(step.verb == verb and set(sides) & set(step.who) for step in PROCESS):
        raise OtherSide(verb=verb)
    if side != "system":
        assert by.company_id is not None
        check_role(by, ROLE_VERB[verb, side], by.company_id)
    if not any(may_try(order.state, verb, who) for who in sides):
        raise IllegalMove(verb=verb, state=order.state)
    _check_condition(verb, order)
    return side


def _check_condition(verb: str, order: Order) -> None:
    """What the state alone doesn't say: one place for the page, the API's `may` and the action."""
    if verb == "book_carriage" and not buyer_books_carriage(order.incoterm):
        raise SellerBooks
    if verb in ABOUT_STAGES and order.state == OrderState.CANCELLED:
        if not Cancellation.objects.filter(order=order, settled_at__isnull=True).exists():
            raise MoneyDivided
    if verb == "not_arrived" and order.state == OrderState.DELIVERED:
        told_by = Shipment.objects.filter(order=order).values_list("arrival_told_by", flat=True).first()
        if told_by not in SELLERS_WORD:
            raise ArrivalStands


def may(by: Actor, verb: str, order: Order) -> bool:
    """Whether `check_may` would let pass: for pages that show only what can be pressed."""
    try:
        check_may(by, verb, order)
    except (NotFound, NotAllowed, IllegalMove):
        return False
    return True


def sees_draft(by: Actor, order: Order) -> bool:
    """A draft is the seller's; the buyer sees what was offered, in the terms."""
    return order.state != OrderState.DRAFT or by.is_platform or by.company_id == order.seller_id
