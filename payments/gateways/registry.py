"""Gateways by name: the name that payments, payouts and refunds carry in their rows."""

from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from payments.gateways.bank import BankGateway
from payments.gateways.base import Gateway
from payments.gateways.sandbox import SandboxGateway
from payments.gateways.stripe import StripeGateway
from payments.gateways.stripe_calls import STRIPE_URL


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


def _stripe() -> Gateway:
    url, key, secret = settings.STRIPE_API_URL, settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET
    if not (url and key and secret):
        raise ImproperlyConfigured("set STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET together")
    if settings.SANDBOX == _is_live(key):
        raise ImproperlyConfigured("STRIPE_SECRET_KEY must be a live key in live mode, and a test key in the sandbox")
    if not settings.SANDBOX and url != STRIPE_URL:
        raise ImproperlyConfigured(f"STRIPE_API_URL is {url}: live mode speaks to {STRIPE_URL} and to nobody else")
    return _stripe_client(url, key, secret, settings.GATEWAY_TIMEOUT_SECONDS)


def _is_live(key: str) -> bool:
    return key.startswith(("sk_live_", "rk_live_"))


@cache
def _stripe_client(url: str, key: str, secret: str, timeout_seconds: float) -> StripeGateway:
    return StripeGateway(url=url, key=key, secret=secret, timeout_seconds=timeout_seconds)


BUILDERS: dict[str, Callable[[], Gateway]] = {
    SandboxGateway.name: _sandbox,
    StripeGateway.name: _stripe,
    BankGateway.name: _bank,
}
