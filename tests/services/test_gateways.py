"""Which gateways of the sandbox run beside the platform, and what they tell it."""

from pathlib import Path

import pytest

from services import environment
from services.embedded import Embedded
from services.state import write_state

BY_STRIPE = {"PAYMENT_GATEWAYS": "card=stripe,transfer=stripe,wire=sandbox"}


@pytest.mark.parametrize(
    ("given", "is_wanted"),
    [
        ({}, False),
        ({"PAYMENT_GATEWAYS": "card=sandbox,wire=bank"}, False),
        (BY_STRIPE, True),
        ({"PAYMENT_GATEWAYS": "card = stripe"}, True),
        ({"PAYOUT_GATEWAY": "stripe"}, True),
        (BY_STRIPE | {"STRIPE_SECRET_KEY": "sk_test_own"}, False),
        (BY_STRIPE | {"STRIPE_API_URL": "http://127.0.0.1:9"}, False),
        (BY_STRIPE | {"PAYMENTS_MODE": "live"}, False),
    ],
)
def test_a_stand_in_of_stripe_runs_where_money_goes_by_stripe_and_no_key_is_given(
    tmp_path: Path, given: dict[str, str], is_wanted: bool
) -> None:
    embedded = Embedded(tmp_path, given=given, say=lambda line: None)
    assert ("stripe" in [service.name for service in embedded.wanted]) == is_wanted
    told = embedded.environment()
    assert ("STRIPE_SECRET_KEY" in told) == (is_wanted or "STRIPE_SECRET_KEY" in given)
    secrets = embedded.stripe.process_environment()
    assert secrets["SANDBOX_WEBHOOK_SECRET"].startswith("whsec_") and secrets["SANDBOX_KEY"].startswith("sk_test_")
    assert secrets["SANDBOX_KEY"] not in " ".join(map(str, embedded.stripe.command()))


def test_a_key_of_ones_own_is_never_sent_to_a_stand_in_of_an_earlier_run(tmp_path: Path) -> None:
    before = Embedded(tmp_path, given=BY_STRIPE, say=lambda line: None)
    write_state(tmp_path, {"environment": before.environment()})
    assert environment(BY_STRIPE, tmp_path)["STRIPE_API_URL"].startswith("http://127.0.0.1:")
    assert "STRIPE_API_URL" not in environment(BY_STRIPE | {"STRIPE_SECRET_KEY": "sk_test_own"}, tmp_path)
