"""What load balancers and supervisors are told, with TLS demanded of everybody else."""

from typing import Any

import pytest
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(settings: Any) -> Client:
    settings.SECURE_SSL_REDIRECT = True
    return Client()


def test_both_are_asked_without_tls_and_nothing_else_is(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "database": "ok", "redis": "ok"})
    for path in ("/", "/readyz/", "/orders/healthz"):
        assert client.get(path).status_code == 301, path


def test_a_database_that_is_not_migrated_gets_no_traffic(client: Client) -> None:
    MigrationRecorder.Migration.objects.filter(app="payments").order_by("-pk").first().delete()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, "1 migrations to run")
    assert client.get("/healthz").status_code == 200


def test_a_broker_that_is_down_is_told_and_stops_no_traffic(client: Client, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    assert answer.json()["redis"].startswith("unreachable")
