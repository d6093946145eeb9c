"""The API describes itself truly: OpenAPI 3.1, without a warning, and the page that shows it works."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS

from orders.api_urls import READS, VERBS


@pytest.fixture
def schema(tmp_path: Path) -> Any:
    """Validated against the specification; a warning is a failure."""
    path = tmp_path / "schema.json"
    call_command("spectacular", validate=True, fail_on_warn=True, format="openapi-json", file=str(path))
    assert not GENERATOR_STATS._warn_cache and not GENERATOR_STATS._error_cache
    return json.loads(path.read_text())


def test_is_openapi_3_1_and_knows_every_verb(schema: Any) -> None:
    assert schema["openapi"].startswith("3.1")
    for name in VERBS:
        assert "post" in schema["paths"][f"/api/v1/orders/{{ref}}/{name}/"]
    for name in READS:
        assert "get" in schema["paths"][f"/api/v1/orders/{{ref}}/{name}/"]


def test_every_post_of_orders_and_payouts_asks_for_a_key(schema: Any) -> None:
    asked = 0
    for path, methods in schema["paths"].items():
        if "post" in methods and path.startswith(("/api/v1/orders/", "/api/v1/payouts/", "/api/v1/sandbox/")):
            headers = {row["name"]: row for row in methods["post"]["parameters"] if row["in"] == "header"}
            assert headers["Idempotency-Key"]["required"] is True, path
            asked += 1
    assert asked == len(VERBS) + 3


def test_problems_and_money_have_one_shape(schema: Any) -> None:
    confirm = schema["paths"]["/api/v1/orders/{ref}/confirm/"]["post"]
    assert "application/problem+json" in confirm["responses"]["default"]["content"]
    money = schema["components"]["schemas"]["Money"]["properties"]
    assert set(money) == {"amount_minor", "currency"}
    assert {"If-Match", "Idempotency-Key"} <= {row["name"] for row in confirm["parameters"]}


@pytest.mark.django_db
def test_the_page_that_shows_it_works_without_a_policy_against_scripts(client: Client) -> None:
    page = client.get("/api/docs/")
    assert page.status_code == 200
    assert "Content-Security-Policy" not in page.headers
    assert b"swagger-ui" in page.content
    assert b"https://" not in page.content.replace(b"http://www.w3.org", b"")
