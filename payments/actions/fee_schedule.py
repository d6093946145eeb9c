"""Publishing what the platform charges. A new version is quoted from now on and touches no signed or sent terms."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from core.actions import action
from core.actors import Actor
from core.errors import Invalid, Stale
from core.money import CURRENCIES, MAX_MINOR
from payments.fees import Rate, rates_as_rules
from payments.locks import lock_fee_schedules
from payments.models import FeeSchedule, Method
from payments.policies import check_treasurer
from payments.schedules import current_version

MOST_BASIS_POINTS = 2_000
"""A fifth: more is a slip of the pen."""


@action
def publish_schedule(
    *,
    payee: Mapping[str, Rate],
    payer: Mapping[str, Mapping[str, Rate]],
    note: str,
    seen_version: int,
    by: Actor,
    at: datetime,
) -> FeeSchedule:
    """Publish the next version of the fees: the payee's rate for every currency, the payer's by method.

    Units: basis points, and minor units of each currency. `seen_version` is the one that the author began from.
    Locks: publishing. Raises NotAllowed, Stale, Invalid.
    """
    check_treasurer(by)
    lock_fee_schedules()
    if current_version() != seen_version:
        raise Stale
    if not note.strip():
        raise Invalid(fields={"note": _("Say what changes and why: it is published with the fees.")})
    if payee.keys() != CURRENCIES.keys():
        raise Invalid(fields={"payee_amounts": _("Give a line for every currency that the platform holds.")})
    _check_rates("payee", payee)
    for method, rates in payer.items():
        if method not in Method.values:
            raise Invalid(fields={"payer": _("Choose a method of payment from the list.")})
        _check_rates(method, rates)
    return FeeSchedule.objects.create(
        version=seen_version + 1,
        rules={
            "payee": rates_as_rules(payee),
            "payer": {method: rates_as_rules(rates) for method, rates in sorted(payer.items()) if rates},
        },
        note=note.strip(),
        published_at=at,
        published_by_id=by.user_id,
    )


def _check_rates(name: str, rates: Mapping[str, Rate]) -> None:
    for currency, rate in rates.items():
        if currency not in CURRENCIES:
            raise Invalid(fields={f"{name}_amounts": _("The platform does not hold this currency.")})
        if not 0 <= rate.basis_points <= MOST_BASIS_POINTS:
            raise Invalid(fields={f"{name}_percent": _("Between 0 and 20 per cent.")})
        if not (0 <= rate.fixed_minor <= rate.cap_minor <= MAX_MINOR):
            raise Invalid(fields={f"{name}_amounts": _("The fixed part is at least 0 and at most the cap.")})
