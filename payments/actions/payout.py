"""What a company is owed goes out by itself, or when it asks. All that is payable in one currency is one payout."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from companies.history import record
from companies.locks import lock_payout_account
from companies.models import PayoutAccount
from companies.queries import usable_payout_account
from core import deadlines
from core.actions import action
from core.actors import Actor
from core.alarms import clear_alarms, raise_alarm
from core.errors import Refused
from core.events import publish
from core.money import format_money
from core.references import new_reference
from core.states import move
from payments.carriage import Amounts, amounts_of
from payments.events import PayoutRequested, PayoutWaits
from payments.ledger import Leg, NewAccount, open_accounts, post
from payments.limits import judged_now
from payments.locks import lock_payable
from payments.models import Account, AccountKind, Escrow, Payout, Release, SendState, TransferKind
from payments.models.account_codes import clearing, in_transit, payable
from payments.models.sending import ACCOUNT_REMOVED
from payments.policies import check_may_ask_for_payout
from payments.routing import gateway_of_payouts
from payments.timing import ACCOUNT_WAIT, PAYOUT_OVERDUE, PAYOUT_WAITS, next_business_close

NOT_CARRIED = "payout_not_carried"
CITED = 20
"""A payout's advice cites so many deals by name, and the number of the others."""


class PayoutNotCarried(Refused):
    code = "payout_not_carried"
    message = _("This amount can't be sent the way payouts go out now. Our staff know, and will send it another way.")


@action
def request_payout(*, company_id: int, currency: str, by: Actor, at: datetime) -> Payout | None:
    """Claim everything payable to a company in a currency for one payout to its usable account.

    What the gateway can't carry at once goes out by several, whole releases each: a clock asks for the next. Of what
    it can't carry at all staff are told, a clock tries again, and people are refused with PayoutNotCarried.
    None when nothing is payable, or when no account is usable: then a clock tries again and the company is told once.
    The platform doesn't try by itself the account that refused the last payout; the company's people may.
    Units: minor units of `currency`. Locks: the payable account, then as a posting. Raises NotAllowed,
    PayoutNotCarried.
    """
    check_may_ask_for_payout(by, company_id)
    owed = lock_payable(company_id, currency)
    if owed is None or not owed.balance_minor:
        return None
    target = usable_payout_account(company_id, currency, at)
    if target is None or (by.is_platform and _refused_last(target)):
        wait_for_account(owed, at=at)
        return None
    releases, amount_minor = _what_fits(owed, owed.balance_minor, amounts_of(gateway_of_payouts(), currency))
    if not amount_minor:
        if not by.is_platform:
            raise PayoutNotCarried
        _wait_for_another_way(owed, at)
        return None
    payout = _pay_out(owed, target, releases, amount_minor, at)
    if not by.is_platform:
        record(payout, field="requested", verb="request_payout", source="", target=payout.state, by=by, at=at)
    return payout


def _refused_last(target: PayoutAccount) -> bool:
    last = Payout.objects.filter(account=target).order_by("-pk").values_list("state", flat=True).first()
    return last in (SendState.FAILED, SendState.RETURNED)


def _wait_for_another_way(owed: Account, at: datetime) -> None:
    words = f"{owed.code}: {format_money(owed.balance_minor or 0, owed.currency)}, and {gateway_of_payouts()} carries"
    raise_alarm(NOT_CARRIED, "payments.account", owed.pk, f"{words} no release of it")
    deadlines.schedule(owed, PAYOUT_WAITS, next_business_close(at), replace=True)


def _pay_out(
    owed: Account, target: PayoutAccount, releases: QuerySet[Release], amount_minor: int, at: datetime
) -> Payout:
    assert owed.company_id and owed.balance_minor
    reference = new_reference("pyo")
    payout = Payout.objects.create(
        reference=reference,
        idempotency_key=f"payout:{reference}",
        company_id=owed.company_id,
        account=target,
        gateway=gateway_of_payouts(),
        amount_minor=amount_minor,
        currency=owed.currency,
        advice=_advice(releases),
        created_at=at,
        **judged_now(amount_minor, owed.currency),
    )
    transit = in_transit(payout.pk)
    open_accounts(
        [
            NewAccount(transit, AccountKind.IN_TRANSIT, owed.currency, payout_id=payout.pk),
            # No payment need ever have come by the gateway of payouts.
            NewAccount(clearing(payout.gateway, owed.currency), AccountKind.CLEARING, owed.currency),
        ]
    )
    key = f"{payout.idempotency_key}:requested"
    post([Leg(owed.code, transit, payout.amount_minor, TransferKind.PAYOUT_REQUESTED, key)], at=at)
    if amount_minor < owed.balance_minor:
        deadlines.schedule(owed, PAYOUT_WAITS, at, replace=True)
    else:
        deadlines.cancel(owed, PAYOUT_WAITS)
        clear_alarms(NOT_CARRIED, "payments.account", owed.pk)
    releases.update(payout=payout)
    deadlines.schedule(payout, PAYOUT_OVERDUE, next_business_close(at))
    publish(PayoutRequested(payout_id=payout.pk, company_id=payout.company_id, amount_minor=payout.amount_minor, at=at))
    return payout


def _what_fits(owed: Account, owed_minor: int, carried: Amounts) -> tuple[QuerySet[Release], int]:
    """The releases that one payout takes, and its amount in minor units; 0 where the gateway carries none.

    Oldest first, those first that are carried by themselves; one that doesn't fit keeps none behind it.
    """
    waiting = Release.objects.filter(payable=owed, payout__isnull=True)
    if carried.carry(owed_minor):
        return waiting, owed_minor
    taken: list[int] = []
    so_far = fitting = fitting_minor = 0
    for release in sorted(waiting.order_by("pk"), key=lambda each: each.net_minor % carried.step_minor != 0):
        if so_far + release.net_minor <= carried.most_minor:
            taken.append(release.pk)
            so_far += release.net_minor
            if carried.carry(so_far):
                fitting, fitting_minor = len(taken), so_far
    return waiting.filter(pk__in=taken[:fitting]), fitting_minor


def _advice(releases: QuerySet[Release]) -> str:
    """Payer, contract and invoice of each deal in it, a line each."""
    escrow_ids = releases.values("escrow_id")
    escrows = Escrow.objects.filter(pk__in=escrow_ids).select_related("payer").order_by("pk")
    lines = [
        " · ".join(part for part in (escrow.title, escrow.payer.name, escrow.payee_ref, escrow.payer_ref) if part)
        for escrow in escrows[:CITED]
    ]
    more = escrows.count() - len(lines)
    return "\n".join([*lines, f"+ {more}"] if more else lines)


def wait_for_account(owed: Account, *, at: datetime) -> None:
    """Keep a clock on a locked payable account that tries again: when the new account's wait ends, else next day."""
    assert owed.company_id
    coming = usable_payout_account(owed.company_id, owed.currency, at + ACCOUNT_WAIT)
    due_at = coming.usable_from if coming is not None and coming.usable_from > at else next_business_close(at)
    if deadlines.get(owed, PAYOUT_WAITS) is None:
        publish(
            PayoutWaits(company_id=owed.company_id, currency=owed.currency, amount_minor=owed.balance_minor or 0, at=at)
        )
    deadlines.schedule(owed, PAYOUT_WAITS, due_at, replace=True)


def failed_before(payout: Payout) -> QuerySet[Payout]:
    """The payouts of the same company and currency whose money this one carries again."""
    failed = (SendState.FAILED, SendState.RETURNED)
    return Payout.objects.filter(
        company_id=payout.company_id, currency=payout.currency, state__in=failed, pk__lt=payout.pk
    )


def owe_again(payout: Payout, kind: TransferKind, *, legs: list[Leg], at: datetime) -> None:
    """Book a locked payout's money as payable again, free its releases for the next one, set the clock that retries.

    `legs` are booked before, in the same posting.
    """
    code = payable(payout.company_id, payout.currency)
    returned = kind == TransferKind.PAYOUT_RETURNED
    source = clearing(payout.gateway, payout.currency) if returned else in_transit(payout.pk)
    key = f"{payout.idempotency_key}:{kind.lower()}"
    post([*legs, Leg(source, code, payout.amount_minor, kind, key)], at=at)
    Release.objects.filter(payout=payout).update(payout=None)
    owed = Account.objects.get(code=code)
    if deadlines.get(owed, PAYOUT_WAITS) is None:
        deadlines.schedule(owed, PAYOUT_WAITS, next_business_close(at))


def lock_usable_account(payout: Payout, at: datetime) -> bool:
    """Whether a locked payout may still go to the account that it was requested for. Locks that account."""
    account = lock_payout_account(payout.account.reference)
    return bool(account.removed_at is None and account.verified_at is not None and account.usable_from <= at)


def give_up_payout(payout: Payout, *, by: Actor, at: datetime) -> None:
    """End a locked payout that was never sent: its money is payable again, at once where another account is usable."""
    payout.failure_code = ACCOUNT_REMOVED
    move(payout.give_up, by=by, at=at, why=ACCOUNT_REMOVED)
    deadlines.cancel(payout)
    clear_alarms(PAYOUT_OVERDUE, "payments.payout", payout.pk)
    owe_again(payout, TransferKind.PAYOUT_FAILED, legs=[], at=at)
    owed = lock_payable(payout.company_id, payout.currency)
    assert owed is not None
    if usable_payout_account(payout.company_id, payout.currency, at) is not None:
        deadlines.schedule(owed, PAYOUT_WAITS, at, replace=True)
        return
    deadlines.cancel(owed, PAYOUT_WAITS)  # So that its company is told.
    wait_for_account(owed, at=at)
