"""Money leaves an escrow: to the payee by release, back to the payer by refund, or both by settlement."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection

from core.actions import action
from core.actors import Actor
from core.errors import IllegalMove
from core.events import publish
from core.states import last_reason, move
from payments.actions.funding import stop_intake
from payments.actions.refunds import owe_refunds, owed_newest_first
from payments.errors import NotEnoughHeld, TakenBackNow
from payments.events import EscrowReleased
from payments.fees import share_of_fee
from payments.ledger import Leg, post
from payments.locks import lock_escrow, lock_receivable
from payments.models import Account, Escrow, EscrowState, Refund, Release, TransferKind
from payments.models.account_codes import fees, frozen, held, payable, payer_fee, receivable
from payments.policies import check_may_refund, check_may_release, check_may_settle


@dataclass(frozen=True)
class Settlement:
    """How an escrow was divided. `release` is None when the payee got nothing."""

    release: Release | None
    refunds: list[Refund]


@dataclass(frozen=True)
class _Standing:
    """What decides on a release, read behind the escrow's lock. Amounts in minor units.

    `payer_fee_minor`: what the payer paid on top of what is held. `is_taken_back`: two treasurers said that the bank
    took a wire back, and what is held still counts it.
    """

    held_minor: int
    payer_fee_minor: int
    frozen_minor: int
    released_minor: int
    debt_minor: int
    unsecured: int
    is_taken_back: bool
    done: Release | None


@action
def release_escrow(
    *, escrow_id: int, amount_minor: int, reason: str, sequence: int, by: Actor, at: datetime
) -> Release:
    """Owe the payee part or all of what an escrow holds, less the fee, once per (reason, sequence).

    Units: minor units of the escrow's currency. `at` is aware, and chosen by the caller.
    Locks: the escrow, then its accounts, until commit. The caller may hold what stands above in the lock order.
    Writes: the net and fee legs in one posting, an EscrowReleased; closes when nothing is held or frozen and nothing to
    come. What the payee owes the platform is repaid out of its net, before anything is payable.
    Raises: NotAllowed, NotEnoughHeld, TakenBackNow, IllegalMove; repeating (reason, sequence) returns the first
    release.
    Calls no network: the payout is requested by a reaction, and sent by a task on its own row.
    """
    assert at.tzinfo is not None and amount_minor > 0
    escrow = lock_escrow(escrow_id)
    check_may_release(by, escrow)
    standing = _standing(escrow, reason, sequence)
    if standing.done is not None:
        return standing.done
    return _release(escrow, standing, amount_minor, reason=reason, sequence=sequence, by=by, at=at)


@action
def release_rest(*, escrow_id: int, reason: str, sequence: int, by: Actor, at: datetime) -> Release:
    """Release all that is held. The rest as `release_escrow`; NotEnoughHeld when nothing is."""
    escrow = lock_escrow(escrow_id)
    check_may_release(by, escrow)
    standing = _standing(escrow, reason, sequence)
    if standing.done is not None:
        return standing.done
    return _release(escrow, standing, standing.held_minor, reason=reason, sequence=sequence, by=by, at=at)


def _release(
    escrow: Escrow, standing: _Standing, amount_minor: int, *, reason: str, sequence: int, by: Actor, at: datetime
) -> Release:
    _check_releasable(escrow, standing, amount_minor)
    release = _new_release(escrow, standing, amount_minor, reason=reason, sequence=sequence, at=at)
    code = payable(escrow.payee_id, escrow.currency)
    accounts = post(_legs_of(escrow, release), at=at, escrow_id=escrow.pk)
    release.payable_id = accounts.get(code) or Account.objects.values_list("pk", flat=True).get(code=code)
    release.save(force_insert=True)
    is_empty = amount_minor == standing.held_minor and not standing.frozen_minor
    if is_empty and (standing.unsecured == 0 or escrow.stopped_at is not None):
        move(escrow.close, at=at, by=by)
    publish(EscrowReleased(escrow_id=escrow.pk, amount_minor=amount_minor, fee_minor=release.fee_minor, at=at))
    return release


def _check_releasable(escrow: Escrow, standing: _Standing, amount_minor: int) -> None:
    if escrow.state not in (EscrowState.PARTLY_FUNDED, EscrowState.FUNDED):
        raise IllegalMove(verb="release_escrow", state=escrow.state)
    _check_is_ours(standing)
    if not 0 < amount_minor <= standing.held_minor:
        raise NotEnoughHeld(held_minor=standing.held_minor)


def _check_is_ours(standing: _Standing) -> None:
    """Raises TakenBackNow."""
    if standing.is_taken_back:
        raise TakenBackNow


def _new_release(
    escrow: Escrow, standing: _Standing, amount_minor: int, *, reason: str, sequence: int, at: datetime
) -> Release:
    fee_minor = escrow.payee_rate.of_part(standing.released_minor, amount_minor)
    return Release(
        escrow=escrow,
        reason=reason,
        sequence=sequence,
        amount_minor=amount_minor,
        fee_minor=fee_minor,
        payer_fee_minor=share_of_fee(standing.payer_fee_minor, amount_minor, standing.held_minor),
        repaid_minor=min(_debt_minor(escrow, standing), amount_minor - fee_minor),
        at=at,
    )


def _debt_minor(escrow: Escrow, standing: _Standing) -> int:
    """What the payee owes, locked where there is any: two releases of one company must not repay it twice."""
    if not standing.debt_minor:
        return 0
    debt = lock_receivable(escrow.payee_id, escrow.currency)
    return debt.balance_minor or 0 if debt else 0


def _legs_of(escrow: Escrow, release: Release) -> list[Leg]:
    key = f"release:{escrow.pk}:{release.reason}:{release.sequence}"
    source, owed = held(escrow.pk), payable(escrow.payee_id, escrow.currency)
    legs = [Leg(source, owed, release.net_minor, TransferKind.RELEASE, f"{key}:net")] if release.net_minor else []
    if release.fee_minor:
        legs.append(Leg(source, fees(escrow.currency), release.fee_minor, TransferKind.FEE, f"{key}:fee"))
    if release.payer_fee_minor:
        paid, earned = payer_fee(escrow.pk), fees(escrow.currency)
        legs.append(Leg(paid, earned, release.payer_fee_minor, TransferKind.PAYER_FEE, f"{key}:payer_fee"))
    if release.repaid_minor:
        debt = receivable(escrow.payee_id, escrow.currency)
        legs.append(Leg(source, debt, release.repaid_minor, TransferKind.RECEIVABLE_REPAID, f"{key}:repaid"))
    return legs


STANDING_SQL = """
SELECT (SELECT balance_minor FROM payments_account WHERE code = %(held)s),
       (SELECT coalesce(sum(balance_minor), 0) FROM payments_account WHERE code = %(payer_fee)s),
       (SELECT coalesce(sum(balance_minor), 0) FROM payments_account WHERE code = %(frozen)s),
       (SELECT coalesce(sum(amount_minor), 0) FROM payments_release WHERE escrow_id = %(escrow)s),
       (SELECT coalesce(sum(balance_minor), 0) FROM payments_account WHERE code = %(debt)s),
       (SELECT count(*) FROM payments_instalment WHERE escrow_id = %(escrow)s AND secured_at IS NULL),
       EXISTS (SELECT FROM payments_suspenseitem item JOIN payments_payment payment ON payment.id = item.payment_id
               WHERE payment.escrow_id = %(escrow)s AND NOT EXISTS (
                   SELECT FROM payments_chargeback
                   WHERE gateway = 'bank' AND gateway_dispute_id = item.reference)),
       (SELECT id FROM payments_release
        WHERE escrow_id = %(escrow)s AND reason = %(reason)s AND sequence = %(sequence)s)
"""


def _standing(escrow: Escrow, reason: str, sequence: int) -> _Standing:
    """One statement; the escrow's lock keeps it true, but for the payee's debt, which is only a hint."""
    values: dict[str, str | int] = {
        "held": held(escrow.pk),
        "payer_fee": payer_fee(escrow.pk),
        "frozen": frozen(escrow.pk),
        "debt": receivable(escrow.payee_id, escrow.currency),
        "escrow": escrow.pk,
        "reason": reason,
        "sequence": sequence,
    }
    with connection.cursor() as cursor:
        cursor.execute(STANDING_SQL, values)
        held_minor, fee_minor, frozen_minor, released_minor, debt_minor, *rest = cursor.fetchone()
    unsecured, is_taken_back, done_id = rest
    done = Release.objects.get(pk=done_id) if done_id else None
    return _Standing(
        held_minor=int(held_minor),
        payer_fee_minor=int(fee_minor),
        frozen_minor=int(frozen_minor),
        released_minor=int(released_minor),
        debt_minor=int(debt_minor),
        unsecured=unsecured,
        is_taken_back=is_taken_back,
        done=done,
    )


@action
def refund_rest(*, escrow_id: int, reason: str, by: Actor, at: datetime) -> list[Refund]:
    """Give back all that is held, take no more money; close, unless something is frozen.

    Rows per payment, newest first. Idempotent.

    Locks: escrow, payments, accounts. Returns the refunds of this reason. Raises NotAllowed, TakenBackNow, IllegalMove
    when it was closed for another one.
    """
    escrow = lock_escrow(escrow_id)
    check_may_refund(by, escrow)
    return _settle(escrow, 0, reason=reason, by=by, at=at).refunds


@action
def release_and_stop(*, escrow_id: int, reason: str, by: Actor, at: datetime) -> Settlement:
    """Release all that is held, give back what an open attempt brought in part, take no more money.

    For the end of a deal of which something is frozen: the escrow closes when that is decided. Locks: escrow, payments,
    accounts. A repeat returns the first. Raises NotAllowed, TakenBackNow.
    """
    escrow = lock_escrow(escrow_id)
    check_may_release(by, escrow)
    return _settle(escrow, None, reason=reason, by=by, at=at)


@action
def settle_escrow(*, escrow_id: int, payee_minor: int, reason: str, by: Actor, at: datetime) -> Settlement:
    """Release `payee_minor` (gross) of what is held and give back the rest, in one posting; take no more money, close.

    An escrow in which something is frozen stays open: what is unfrozen later is divided by another call, of another
    reason. Units: minor units of the escrow's currency. Locks: escrow, payments, accounts. Repeating it returns the
    first division. Raises NotAllowed, NotEnoughHeld, TakenBackNow, IllegalMove when it was
    divided otherwise before.
    """
    escrow = lock_escrow(escrow_id)
    check_may_settle(by, escrow, payee_minor)
    return _settle(escrow, payee_minor, reason=reason, by=by, at=at)


def _settle(escrow: Escrow, payee_minor: int | None, *, reason: str, by: Actor, at: datetime) -> Settlement:
    """`payee_minor` None: all of it."""
    assert at.tzinfo is not None and (payee_minor is None or payee_minor >= 0)
    standing = _standing(escrow, reason, 1)
    if escrow.state == EscrowState.CLOSED or standing.done is not None:
        return _settled_before(escrow, standing, payee_minor, reason)
    _check_is_ours(standing)
    partial = stop_intake(escrow, reason=reason, at=at)
    settled_minor = standing.held_minor - sum(item.amount_minor for item in partial)
    payee_minor = settled_minor if payee_minor is None else payee_minor
    if payee_minor > settled_minor:
        raise NotEnoughHeld(held_minor=settled_minor)

    standing = replace(standing, held_minor=settled_minor)
    release, legs = None, []
    if payee_minor:
        release = _new_release(escrow, standing, payee_minor, reason=reason, sequence=1, at=at)
        legs = _legs_of(escrow, release)
        release.payable = Account.objects.get(code=payable(escrow.payee_id, escrow.currency))
    partial_ids = {item.payment.pk for item in partial}
    fee_back_minor = standing.payer_fee_minor - (release.payer_fee_minor if release else 0)
    rest_minor = settled_minor - payee_minor
    rest = owed_newest_first(escrow, rest_minor, reason, fee_minor=fee_back_minor, passing_over=partial_ids)
    refunds = owe_refunds(escrow, [*partial, *rest], legs=legs, by=by, at=at)
    if release is not None:
        release.save(force_insert=True)
        publish(EscrowReleased(escrow_id=escrow.pk, amount_minor=payee_minor, fee_minor=release.fee_minor, at=at))
    if not standing.frozen_minor:
        move(escrow.close, by=by, at=at, why=reason)
    return Settlement(release, refunds)


def _settled_before(escrow: Escrow, standing: _Standing, payee_minor: int | None, reason: str) -> Settlement:
    got_minor = standing.done.amount_minor if standing.done else 0
    known_reasons = (escrow.stop_reason, last_reason(escrow, EscrowState.CLOSED))
    if escrow.state == EscrowState.CLOSED and reason not in known_reasons:
        raise IllegalMove(verb="settle_escrow", state=escrow.state)
    if payee_minor is not None and got_minor != payee_minor:
        raise IllegalMove(verb="settle_escrow", state=escrow.state)
    return Settlement(standing.done, list(Refund.objects.filter(escrow=escrow, reason=reason).order_by("pk")))
