"""Which gateway carries which money: by method of payment for what comes in, one for what goes out to companies."""

from django.conf import settings

from payments.models import Method


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
