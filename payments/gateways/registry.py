"""Gateways by name: the name that payments, payouts and refunds carry in their rows."""

from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from payments.gateways.base import Gateway
from payments.gateways.sandbox import SandboxGateway


def gateway(name: str) -> Gateway:
    """The client of the named gateway. Raises ImproperlyConfigured for one that this installation doesn't have."""
    if name == SandboxGateway.name and not settings.SANDBOX:
        raise ImproperlyConfigured("the sandbox gateway moves no real money and is refused in live mode")
    if name != SandboxGateway.name:
        raise ImproperlyConfigured(f"no gateway named {name!r} is built; the only one is {SandboxGateway.name!r}")
    if not (settings.SANDBOX_GATEWAY_URL and settings.SANDBOX_GATEWAY_KEY and settings.SANDBOX_WEBHOOK_SECRET):
        raise ImproperlyConfigured("set SANDBOX_GATEWAY_URL, SANDBOX_GATEWAY_KEY and SANDBOX_WEBHOOK_SECRET together")
    return _sandbox(
        settings.SANDBOX_GATEWAY_URL,
        settings.SANDBOX_GATEWAY_KEY,
        settings.SANDBOX_WEBHOOK_SECRET,
        settings.GATEWAY_TIMEOUT_SECONDS,
    )


@cache
def _sandbox(url: str, key: str, secret: str, timeout_seconds: float) -> SandboxGateway:
    return SandboxGateway(url=url, key=key, secret=secret, timeout_seconds=timeout_seconds)
