"""Who may move money. Roles come from the table of who clicks (companies.policies); here it is who stands where."""

from companies.policies import check_may
from companies.policies import check_staff as check_staff_group
from core.actors import Actor
from core.errors import NotAllowed
from payments.models import Escrow


def check_may_open(by: Actor, payer_id: int) -> None:
    check_may(by, "confirm", payer_id)


def check_may_pay(by: Actor, escrow: Escrow) -> None:
    check_may(by, "pay", escrow.payer_id)


def check_may_declare_wire(by: Actor, escrow: Escrow) -> None:
    check_may(by, "declare_wire", escrow.payer_id)


def check_may_ask_for_money(by: Actor, escrow: Escrow) -> None:
    """The payer by confirming, the payee by declaring readiness."""
    verb = "confirm" if by.company_id == escrow.payer_id else "ready"
    _check_party(by, verb, escrow)


def check_may_stop(by: Actor, escrow: Escrow) -> None:
    """Either party may end it; the caller knows whether the deal allows it."""
    _check_party(by, "cancel", escrow)


def check_may_release(by: Actor, escrow: Escrow) -> None:
    """Only the payer gives the money away, or a clock for them."""
    check_may(by, "accept", escrow.payer_id)


def check_may_refund(by: Actor, escrow: Escrow) -> None:
    """Only the payee gives the money back; the payer may take it back where the deal says that nothing is earned."""
    _check_party(by, "cancel", escrow)


def check_may_settle(by: Actor, escrow: Escrow, payee_minor: int) -> None:
    """Nobody awards themselves: the payee's company may only agree to nothing."""
    if by.company_id == escrow.payee_id and payee_minor > 0 and not by.is_platform:
        raise NotAllowed
    _check_party(by, "settle" if by.company_id == escrow.payer_id else "cancel", escrow)


def check_may_ask_for_payout(by: Actor, company_id: int) -> None:
    check_may(by, "payout", company_id)


def check_treasurer(by: Actor) -> None:
    """What was refused or came back is sent again by the treasurer, or by the platform itself."""
    check_staff_group(by, "treasurer")


def check_may_approve(by: Actor) -> int:
    """The treasurer who says yes or no, a person: the platform approves nothing by itself. Returns who."""
    check_treasurer(by)
    if by.user_id is None:
        raise NotAllowed
    return by.user_id


def check_platform(by: Actor) -> None:
    """What comes from gateways and clocks, and never from a person."""
    if not by.is_platform:
        raise NotAllowed


def _check_party(by: Actor, verb: str, escrow: Escrow) -> None:
    if by.is_platform:
        return
    if by.company_id not in (escrow.payer_id, escrow.payee_id):
        raise NotAllowed
    check_may(by, verb, by.company_id)
