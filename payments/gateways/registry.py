"""Gateways by name: the name that payments, payouts and refunds carry in their rows."""

from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from payments.gateways.bank import BankGateway
from payments.gateways.base import Gateway
from payments.gateways.sandbox import SandboxGateway


def gateway(name: str) -> Gateway:
    """The client of the named gateway. Raises ImproperlyConfigured for one that this installation doesn't have."""
    if name not in BUILDERS:
        raise ImproperlyConfigured(f"no gateway named {name!r} is built; there are {', '.join(sorted(BUILDERS))}")
    return BUILDERS[name]()


def _sandbox() -> Gateway:
    if not settings.SANDBOX:
        raise ImproperlyConfigured("the sandbox gateway moves no real money and is refused in live mode")
    if not (settings.SANDBOX_GATEWAY_URL and settings.SANDBOX_GATEWAY_KEY and settings.SANDBOX_WEBHOOK_SECRET):
        raise ImproperlyConfigured("set SANDBOX_GATEWAY_URL, SANDBOX_GATEWAY_KEY and SANDBOX_WEBHOOK_SECRET together")
    return _sandbox_client(
        settings.SANDBOX_GATEWAY_URL,
        settings.SANDBOX_GATEWAY_KEY,
        settings.SANDBOX_WEBHOOK_SECRET,
        settings.GATEWAY_TIMEOUT_SECONDS,
    )


@cache
def _sandbox_client(url: str, key: str, secret: str, timeout_seconds: float) -> SandboxGateway:
    return SandboxGateway(url=url, key=key, secret=secret, timeout_seconds=timeout_seconds)


def _bank() -> Gateway:
    if not (settings.BANK_ACCOUNTS and settings.BANK_BIC and settings.BANK_NAME and settings.BANK_ACCOUNT_HOLDER):
        raise ImproperlyConfigured("set BANK_ACCOUNTS, BANK_ACCOUNT_HOLDER, BANK_NAME and BANK_BIC together")
    return BankGateway()


BUILDERS: dict[str, Callable[[], Gateway]] = {SandboxGateway.name: _sandbox, BankGateway.name: _bank}
