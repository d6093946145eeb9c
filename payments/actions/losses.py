"""Who bears what a lost charge-back took after the escrow had let it go: said by the deal above, booked here."""

from datetime import datetime

from django.db.models import Sum

from core.actions import action
from core.actors import Actor
from core.errors import IllegalMove
from core.events import publish
from payments.events import LossCharged
from payments.ledger import Leg, NewAccount, open_accounts, post
from payments.locks import lock_chargeback
from payments.models import AccountKind, Chargeback, ChargebackState, LossBearer, Release, TransferKind
from payments.models.account_codes import losses, receivable
from payments.policies import check_platform


@action
def bear_loss(*, chargeback_id: int, by: Actor, at: datetime) -> Chargeback:
    """The platform bears it: the payee had shown all that the deal asked for. No money moves. Idempotent.

    Locks: escrow, payment, charge-back. Raises NotAllowed, NotFound; IllegalMove when it isn't lost, or was charged.
    """
    chargeback = _lock_undecided(chargeback_id, LossBearer.PLATFORM, by)
    if not chargeback.bearer:
        chargeback.bearer = LossBearer.PLATFORM
        chargeback.save(update_fields=["bearer"])
    return chargeback


@action
def charge_payee(*, chargeback_id: int, by: Actor, at: datetime) -> Chargeback:
    """The payee owes it, up to what it got of this escrow; the rest stays the platform's loss. Idempotent.

    Its next payable money repays it (`payments.actions.release`). Locks: escrow, payment, charge-back, accounts. Raises
    NotAllowed, NotFound; IllegalMove when it isn't lost, or the platform bears it.
    """
    chargeback = _lock_undecided(chargeback_id, LossBearer.PAYEE, by)
    if chargeback.bearer:
        return chargeback
    escrow = chargeback.escrow
    chargeback.bearer = LossBearer.PAYEE
    chargeback.charged_minor = min(chargeback.loss_minor, _got_minor(escrow.pk))
    chargeback.save(update_fields=["bearer", "charged_minor"])
    if chargeback.charged_minor:
        debt = receivable(escrow.payee_id, escrow.currency)
        open_accounts([NewAccount(debt, AccountKind.RECEIVABLE, escrow.currency, company_id=escrow.payee_id)])
        key, loss = f"{chargeback.key}:charged", losses(escrow.currency)
        post([Leg(debt, loss, chargeback.charged_minor, TransferKind.CHARGEBACK_LOST, key)], at=at, escrow_id=escrow.pk)
        publish(
            LossCharged(
                escrow_id=escrow.pk,
                chargeback_id=chargeback.pk,
                company_id=escrow.payee_id,
                amount_minor=chargeback.charged_minor,
                at=at,
            )
        )
    return chargeback


def _lock_undecided(chargeback_id: int, bearer: LossBearer, by: Actor) -> Chargeback:
    check_platform(by)
    chargeback = lock_chargeback(chargeback_id)
    if chargeback.state != ChargebackState.LOST or chargeback.bearer not in (LossBearer.UNDECIDED, bearer):
        raise IllegalMove(verb="charge_loss", state=chargeback.bearer or chargeback.state)
    return chargeback


def _got_minor(escrow_id: int) -> int:
    """Gross, less what earlier lost charge-backs of this escrow charged already."""
    got = Release.objects.filter(escrow_id=escrow_id).aggregate(total=Sum("amount_minor"))["total"] or 0
    charged = Chargeback.objects.filter(escrow_id=escrow_id).aggregate(total=Sum("charged_minor"))["total"] or 0
    return int(got - charged)
