"""The API describes itself truly: OpenAPI 3.1, without a warning, and the page that shows it works."""

from pathlib import Path

import pytest
from django.core.management import call_command
from drf_spectacular.drainage import GENERATOR_STATS

VERBS = {
    "send", "withdraw", "request-changes", "decline", "confirm", "cancel", "copy", "pay", "declare-wire",
    "report-progress", "approve-stage", "challenge-stage", "declare-ready", "book-carriage", "ship", "not-arrived",
    "confirm-arrival", "extend-inspection", "accept",
}  # fmt: skip


@pytest.mark.django_db
def test_validates_without_a_warning(tmp_path: Path) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yaml"))

    text = (tmp_path / "schema.yaml").read_text()
    assert text.startswith("openapi: 3.1.0")
    for verb in VERBS:
        assert f"/api/v1/orders/{{ref}}/{verb}/" in text
    assert not GENERATOR_STATS._warn_cache and not GENERATOR_STATS._error_cache


@pytest.mark.django_db
def test_every_post_of_orders_payments_and_payouts_asks_for_a_key(tmp_path: Path) -> None:
    call_command("spectacular", format="openapi-json", file=str(tmp_path / "schema.json"))
