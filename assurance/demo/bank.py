"""The buyer's bank of the demo: tells the sandbox gateway that a wire arrived, over its control door."""

import json
import urllib.request
from typing import Any

from django.conf import settings


def send_wire(*, account_number: str, amount_minor: int, currency: str, remitter: str) -> None:
    """A wire of so many minor units arrives on that account. Raises OSError when the gateway is not there."""
    _tell(
        "wires",
        {
            "account_number": account_number,
            "amount_minor": amount_minor,
            "currency": currency,
            "remitter_name": remitter,
            "remitter_account": "US64000000000123456789",
        },
    )


def settle() -> None:
    """Everything the bank was about to do is done now. Raises OSError."""
    _tell("settle", {})


def _tell(what: str, body: dict[str, Any]) -> None:
    request = urllib.request.Request(  # noqa: S310  (the configured gateway's own address)
        f"{settings.SANDBOX_GATEWAY_URL}/v1/control/{what}",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {settings.SANDBOX_GATEWAY_KEY}", "Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=settings.GATEWAY_TIMEOUT_SECONDS):  # noqa: S310
        return
