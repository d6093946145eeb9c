"""What a company owes the platform and will not pay: given up when two treasurers say so."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from core.actions import action
from core.actors import Actor
from core.errors import IllegalMove, Invalid, Refused
from payments.ledger import Leg, NewAccount, open_accounts, post
from payments.limits import TREASURERS
from payments.locks import lock_account
from payments.models import Account, AccountKind, DebtWord, TransferKind
from payments.models.account_codes import losses
from payments.policies import check_may_approve


class WrittenOffByYou(Refused):
    code = "written_off_by_you"
    message = _("You said this already. Another treasurer must say it, too.")


@action
def write_off_debt(*, account_id: int, seen_minor: int, why: str, by: Actor, at: datetime) -> Account:
    """A treasurer says that all of what a company owes is lost; the second one's word about the same debt books it.

    `seen_minor`: what it owed when they looked, in minor units of the account's currency. A debt that changed since the
    first word is another one, and needs two words anew. Locks: the account. Raises NotAllowed, NotFound, Invalid
    without a reason or where it owes another amount, IllegalMove where it owes nothing, WrittenOffByYou.
    """
    person = check_may_approve(by)
    debt = lock_account(account_id)
    _check_is_owed(debt)
    if debt.balance_minor != seen_minor:
        raise Invalid(_("What this company owes has changed. Reload the page, and decide again."))
    if not why.strip():
        raise Invalid(fields={"why": _("Say why: it is kept with the decision.")})
    check_can_write_off(debt, by)
    said = DebtWord.objects.filter(account=debt, version=debt.version)
    DebtWord.objects.create(
        account=debt, version=debt.version, amount_minor=seen_minor, user_id=person, why=why.strip()[:500], at=at
    )
    if said.count() >= TREASURERS:
        lost, key = losses(debt.currency), f"write_off:{debt.pk}:{debt.version}"
        open_accounts([NewAccount(lost, AccountKind.LOSSES, debt.currency)])
        post([Leg(lost, debt.code, seen_minor, TransferKind.DEBT_WRITTEN_OFF, key)], at=at)
    return debt


def check_can_write_off(debt: Account, by: Actor) -> None:
    """A company owes it, and this treasurer said nothing of just this debt yet.

    Raises NotAllowed, IllegalMove, WrittenOffByYou.
    """
    person = check_may_approve(by)
    _check_is_owed(debt)
    if DebtWord.objects.filter(account=debt, version=debt.version, user_id=person).exists():
        raise WrittenOffByYou


def _check_is_owed(debt: Account) -> None:
    if debt.kind != AccountKind.RECEIVABLE or not debt.balance_minor:
        raise IllegalMove(verb="write_off_debt", state=debt.code)
