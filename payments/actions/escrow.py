from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from core.actions import action
from core.actors import Actor
from core.errors import Invalid
from core.money import check_amount
from core.references import new_reference
from payments.errors import FundingIsOver
from payments.fees import Schedule
from payments.ledger import NewAccount, open_accounts
from payments.locks import lock_escrow
from payments.models import AccountKind, DueOn, Escrow, Instalment, Method
from payments.models.account_codes import fees as fees_account
from payments.models.account_codes import held, payable, refund_due
from payments.policies import check_may_ask_for_money, check_may_open
from payments.schedules import current_schedule, schedule

BANK_CHARGES = ("payer", "payee", "shared")


@dataclass(frozen=True)
class InstalmentPlan:
    """`amount_minor` in the escrow's currency; `due_on` one of DueOn."""

    amount_minor: int
    due_on: str


@action
def open_escrow(
    *,
    payer_id: int,
    payee_id: int,
    currency: str,
    instalments: Sequence[InstalmentPlan],
    methods: Sequence[str],
    bank_charges: str,
    title: str,
    payer_ref: str = "",
    payee_ref: str = "",
    schedule_version: int | None = None,
    by: Actor,
    at: datetime,
) -> Escrow:
    """Open an escrow with its instalments and accounts, under the fee schedule that was quoted. No money moves.

    `schedule_version`: the one quoted, or None for the one in force. Units: minor units of `currency`.
    Raises NotAllowed, Invalid, NotFound for a schedule that was never published.
    The payer signs by this, so the actor is the payer's.
    """
    assert at.tzinfo is not None
    check_may_open(by, payer_id)
    total_minor = _check_plan(instalments, methods, bank_charges, currency)
    fees = current_schedule() if schedule_version is None else schedule(schedule_version)
    rate = fees.payee[currency]
    _check_with_fees(fees, total_minor, methods, currency)

    escrow = Escrow.objects.create(
        reference=new_reference("esc"),
        payer_id=payer_id,
        payee_id=payee_id,
        currency=currency,
        total_minor=total_minor,
        title=title,
        payer_ref=payer_ref,
        payee_ref=payee_ref,
        methods=list(methods),
        bank_charges=bank_charges,
        schedule_version=fees.version,
        fee_basis_points=rate.basis_points,
        fee_fixed_minor=rate.fixed_minor,
        fee_cap_minor=rate.cap_minor,
        created_at=at,
    )
    Instalment.objects.bulk_create(
        Instalment(escrow=escrow, sequence=place, amount_minor=plan.amount_minor, due_on=plan.due_on)
        for place, plan in enumerate(instalments, start=1)
    )
    open_accounts(
        [
            NewAccount(held(escrow.pk), AccountKind.HELD, currency, escrow_id=escrow.pk),
            NewAccount(refund_due(escrow.pk), AccountKind.REFUND_DUE, currency, escrow_id=escrow.pk),
            NewAccount(payable(payee_id, currency), AccountKind.PAYABLE, currency, company_id=payee_id),
            NewAccount(fees_account(currency), AccountKind.FEES, currency),
        ]
    )
    return escrow


def _check_plan(instalments: Sequence[InstalmentPlan], methods: Sequence[str], bank_charges: str, currency: str) -> int:
    """The total. Raises Invalid."""
    amounts = [check_amount(plan.amount_minor, currency, field="instalments") for plan in instalments]
    if not amounts or instalments[0].due_on != DueOn.CONFIRMATION:
        raise Invalid(fields={"instalments": _("The first instalment is due on confirmation.")})
    if any(plan.due_on not in DueOn.values for plan in instalments):
        raise Invalid(fields={"instalments": _("Choose what the instalment is due on.")})
    if not methods or not set(methods) <= set(Method.values):
        raise Invalid(fields={"methods": _("Choose at least one method of payment.")})
    if bank_charges not in BANK_CHARGES:
        raise Invalid(fields={"bank_charges": _("Choose who bears the bank charges.")})
    return check_amount(sum(amounts), currency, field="instalments")


def _check_with_fees(fees: Schedule, total_minor: int, methods: Sequence[str], currency: str) -> None:
    """No payment may be over the limit, the payer's fee included. Raises Invalid."""
    dearest_minor = max(fees.payer_rate(method, currency).up_to(total_minor) for method in methods)
    check_amount(total_minor + dearest_minor, currency, field="instalments")


@action
def make_due(*, escrow_id: int, due_on: str, by: Actor, at: datetime) -> list[int]:
    """Ask for the instalments that are due on this; returns the ids of those that were not due before. Idempotent.

    Locks: the escrow. Raises NotAllowed, FundingIsOver.
    """
    escrow = lock_escrow(escrow_id)
    check_may_ask_for_money(by, escrow)
    if escrow.stopped_at is not None:
        raise FundingIsOver
    rows = Instalment.objects.filter(escrow=escrow, due_on=due_on, due_at__isnull=True)
    asked = list(rows.order_by("sequence").values_list("pk", flat=True))
    if asked:
        rows.update(due_at=at)
    return asked


@action
def hold_still(*, escrow_id: int) -> None:
    """Let nothing move in or out of an escrow until the caller's transaction ends, but what that does itself.

    For whoever reads what is held, decides by it, and then moves it. Locks: the escrow. Raises NotFound.
    """
    lock_escrow(escrow_id)
