"""Which gateway carries which money: by method of payment for what comes in, one for what goes out to companies."""

from django.conf import settings

from payments.models import (
    LIVE_PAYMENT_STATES,
    OPEN_STATES,
    Account,
    AccountKind,
    Chargeback,
    ChargebackState,
    Method,
    Payment,
    Payout,
    Refund,
)
from payments.models.account_codes import clearing, settling
from payments.queries import balance_minor

BANK = "bank"
"""The gateway whose other side is our bank's statements: its lines are decided on the desk."""


def gateway_of_method(method: str) -> str:
    """The name of the gateway that takes payments by this method. Raises KeyError where none does."""
    return str(settings.PAYMENT_GATEWAYS[Method(method)])


def methods_routed() -> tuple[str, ...]:
    """The methods that some gateway takes, in the order of Method."""
    return tuple(method for method in Method.values if method in settings.PAYMENT_GATEWAYS)


def gateway_of_payouts() -> str:
    """The name of the gateway by which companies are paid out."""
    return str(settings.PAYOUT_GATEWAY)


def gateways_in_use() -> tuple[str, ...]:
    """Every gateway that money may come in or go out by, each once, sorted."""
    return tuple(sorted({*settings.PAYMENT_GATEWAYS.values(), settings.PAYOUT_GATEWAY}))


def gateways_watched() -> tuple[str, ...]:
    """Those, and every other where money of ours lies still, or with something open: their record is followed, and
    compared, until nothing is left there. Sorted. Six statements, and one per account of the others.
    """
    routed = gateways_in_use()
    return tuple(sorted({*routed, *_with_money(routed), *_with_open_rows(routed)}))


def _with_money(routed: tuple[str, ...]) -> set[str]:
    accounts = Account.objects.filter(kind=AccountKind.CLEARING).values_list("code", "currency")
    others = [
        (code.split(":")[1], code)
        for code, currency in accounts
        if code not in {settling(currency), *(clearing(name, currency) for name in routed)}
    ]
    return {name for name, code in others if balance_minor(code)}


def _with_open_rows(routed: tuple[str, ...]) -> set[str]:
    open_rows = (
        Payment.objects.filter(state__in=LIVE_PAYMENT_STATES),
        Refund.objects.filter(state__in=OPEN_STATES),
        Payout.objects.filter(state__in=OPEN_STATES),
        Chargeback.objects.filter(state=ChargebackState.OPEN),
    )
    return {
        str(name)
        for rows in open_rows
        for name in rows.exclude(gateway__in=routed).order_by().values_list("gateway", flat=True).distinct()
    }
