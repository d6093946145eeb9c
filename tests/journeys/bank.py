"""The buyer's bank and card, and the bank that pays out: acted out on the sandbox gateway of this test process."""

import json
import urllib.parse
import urllib.request
from typing import Any

from django.conf import settings

from tests.sandbox.running import BROWSER, DIRECT, Reply, fetch

GOOD_CARD, DECLINED_CARD = "4242424242424242", "4000000000000002"


def control(path: str, body: dict[str, Any]) -> Reply:
    headers = {"Authorization": f"Bearer {settings.SANDBOX_GATEWAY_KEY}", "Content-Type": "application/json"}
    address = settings.SANDBOX_GATEWAY_URL + path
    reply = fetch(DIRECT, urllib.request.Request(address, json.dumps(body).encode(), headers, method="POST"))  # noqa: S310
    assert reply.status < 300, reply.text
    return reply


def pay_by_card(checkout_url: str, number: str = GOOD_CARD) -> Reply:
    """As a person does on the hosted page."""
    form = urllib.parse.urlencode({"test_card": number}).encode()
    return fetch(BROWSER, urllib.request.Request(checkout_url, form))  # noqa: S310


def wire(bank_details: dict[str, str], amount_minor: int, currency: str) -> Reply:
    return control(
        "/v1/control/wires",
        {
            "account_number": bank_details["account_number"],
            "amount_minor": amount_minor,
            "currency": currency,
            "remitter_name": "Lakeside Furniture Inc.",
            "remitter_account": "US998877665544",
        },
    )


def settle() -> Reply:
    """What the bank put off happens now."""
    return control("/v1/control/settle", {})
