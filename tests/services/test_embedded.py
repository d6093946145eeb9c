"""The embedded services, as `make run` uses them: durable, found again, replaced, moved, and modest about folders."""

import importlib.util
import json
import os
import shutil
import signal
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis
from django.db import connection

import services
from services.embedded import Embedded
from services.postgres import OWNER, SUPERUSER, WEB, others_reach
from services.service import Service
from services.state import AlreadyRunning, hold, read_state

pytestmark = pytest.mark.faults


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="assurance-services-"))
    folder.chmod(0o711)
    yield folder
    embedded = Embedded(folder, given={}, say=lambda line: None)
    embedded.stop()
    shutil.rmtree(embedded.postgres.place, ignore_errors=True)
    shutil.rmtree(folder)


def test_second_start_finds_what_a_killed_run_left(home: Path) -> None:
    first = Embedded(home, given={}, say=lambda line: None)
    first.start()
    assert all(service.healthy() for service in first.wanted)

    heard: list[str] = []
    second = Embedded(home, given={}, say=heard.append)
    second.start()

    assert second.environment() == first.environment()
    assert sum("found running" in line for line in heard) == 4
    assert [service.identity() for service in second.wanted] == [service.identity() for service in first.wanted]


def test_services_killed_outright_are_replaced_and_keep_what_they_held(home: Path) -> None:
    first = Embedded(home, given={}, say=lambda line: None)
    first.start()
    with first.postgres.connect() as plain, plain.cursor() as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    redis.Redis.from_url(first.valkey.url).set("kept", "42")
    first.seaweedfs.client().put_object(Bucket="evidence", Key="kept", Body=b"42")
    for service in first.wanted:
        kill(service)

    second = Embedded(home, given={}, say=lambda line: None)
    second.start()

    assert second.environment() == first.environment()
    with second.postgres.connect() as plain, plain.cursor() as cursor:
        cursor.execute("SELECT answer FROM kept")
        assert cursor.fetchone() == (42,)
    assert second.seaweedfs.client().get_object(Bucket="evidence", Key="kept")["Body"].read() == b"42"
    for service in second.wanted:
        service.stop()
        assert not service.healthy()


def kill(service: Service) -> None:
    identity = service.identity()
    assert identity is not None
    process = identity.process()
    assert process is not None
    process.send_signal(signal.SIGKILL)
    psutil.wait_procs([process], timeout=5)


def test_a_taken_port_is_left_to_its_owner_and_said(home: Path) -> None:
    heard: list[str] = []
    embedded = Embedded(home, given={}, say=heard.append)
    with socket.create_server(("127.0.0.1", 0)) as squatter:
        taken = squatter.getsockname()[1]
        embedded.valkey.memory["port"] = taken
        embedded.valkey.ensure()
        assert embedded.valkey.port != taken
    assert heard == [f"valkey: port {taken} is taken, using {embedded.valkey.port}"]
    embedded.valkey.stop()


def test_an_unhealthy_leftover_is_replaced(home: Path) -> None:
    heard: list[str] = []
    embedded = Embedded(home, given={}, say=heard.append)
    embedded.valkey.ensure()
    before = embedded.valkey.identity()
    assert before is not None
    os.kill(before.pid, signal.SIGSTOP)
    embedded.valkey.stop_seconds = 0.2
    embedded.valkey.ensure()
    assert embedded.valkey.healthy()
    assert embedded.valkey.identity() != before
    assert "does not answer, replacing it" in heard[0]
    embedded.valkey.stop()


@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_no_folder_is_opened_wider(tmp_path_factory: pytest.TempPathFactory, mode: int) -> None:
    """A root's server runs as another user; a private folder must stay private all the same."""
    top = Path(tempfile.mkdtemp(prefix="assurance-modes-"))
    top.chmod(mode)
    home = top / "checkout" / "var"
    home.mkdir(parents=True, mode=0o755)
    folders = [home, *home.parents]
    before = {folder: stat.S_IMODE(folder.stat().st_mode) for folder in folders}
    postgres = Embedded(home, given={}, say=lambda line: None).postgres
    try:
        postgres.ensure()
        assert postgres.healthy()
        assert {folder: stat.S_IMODE(folder.stat().st_mode) for folder in folders} == before
        assert stat.S_IMODE(postgres.data.stat().st_mode) == 0o700
        needs_another_place = os.geteuid() == 0 and not others_reach(top)
        assert (postgres.place != home.resolve() / "postgres") == needs_another_place
        postgres.stop()
        postgres.ensure()
        assert postgres.healthy()
    finally:
        postgres.stop()
        shutil.rmtree(postgres.place, ignore_errors=True)
        shutil.rmtree(top)


def test_an_explicit_address_replaces_its_embedded_service(home: Path) -> None:
    given = {"DATABASE_URL": "postgres://elsewhere/db", "S3_ENDPOINT_URL": "http://elsewhere", "REDIS_URL": "redis://x"}
    embedded = Embedded(home, given=given, say=lambda line: None)
    assert [service.name for service in embedded.wanted] == ["sandbox"]
    embedded.start()
    assert services.environment({}, home).items() >= given.items()
    assert "MIGRATION_DATABASE_URL" not in services.environment({}, home)
    embedded.stop()
    assert set(services.environment({}, home)) == {
        "SECRET_KEY",
        "SANDBOX_GATEWAY_URL",
        "SANDBOX_GATEWAY_KEY",
        "SANDBOX_WEBHOOK_SECRET",
    }


def test_environment_yields_to_what_is_given(home: Path) -> None:
    known = {"DATABASE_URL": "a", "MIGRATION_DATABASE_URL": "b", "REDIS_URL": "c", "SECRET_KEY": "d"}
    (home / "services.json").write_text(json.dumps({"environment": known}))
    assert services.environment({}, home) == known
    assert services.environment({"DATABASE_URL": "mine"}, home) == {"REDIS_URL": "c", "SECRET_KEY": "d"}
    assert services.environment({}, home / "nowhere") == {}


def test_the_state_is_private_and_held_by_one(home: Path) -> None:
    embedded = Embedded(home, given={}, say=lambda line: None)
    embedded.remember()
    assert stat.S_IMODE((home / "services.json").stat().st_mode) == 0o600
    assert read_state(home)["environment"]["SECRET_KEY"]
    with hold(home), pytest.raises(AlreadyRunning), hold(home):
        pass


def test_roles_are_apart(home: Path) -> None:
    postgres = Embedded(home, given={}, say=lambda line: None).postgres
    postgres.ensure()
    with postgres.connect("assurance") as plain, plain.cursor() as cursor:
        cursor.execute("SELECT rolname, rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname LIKE 'assur%'")
        assert sorted(cursor.fetchall()) == [(OWNER, False, False, False), (WEB, False, False, False)]
        cursor.execute("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'assurance'")
        assert cursor.fetchone() == (OWNER,)
        cursor.execute("SHOW fsync")
        assert cursor.fetchone() == ("on",)
    web = psycopg2.connect(postgres.url(WEB))
    for attempt in ("CREATE TABLE mine (a int)", "CREATE SCHEMA mine", "CREATE TEMPORARY TABLE mine (a int)"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege), web.cursor() as cursor:
            cursor.execute(attempt)
        web.rollback()
    web.close()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(postgres.url(SUPERUSER).replace(postgres._superuser_password(), "guess"))
    postgres.stop()


@pytest.mark.django_db
def test_the_database_is_what_the_design_asks_for(services: object) -> None:
    assert importlib.util.find_spec("psycopg") is None, "Django would silently prefer psycopg 3"
    assert connection.vendor == "postgresql"
    assert connection.Database is psycopg2
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_encoding_to_char(encoding), datlocprovider, datlocale FROM pg_database "
            "WHERE datname = current_database()"
        )
        assert cursor.fetchone() == ("UTF8", "b", "C.UTF-8")
        cursor.execute("SELECT session_user, lower('ĐẶT CỌC'), '质量好' ~ '^\\w+$'")
        assert cursor.fetchone() == (WEB, "đặt cọc", True)
        cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = session_user::regrole")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_evidence_bucket_locks_and_lets_browsers_send_parts(services: object) -> None:
    client = services.embedded.seaweedfs.client()  # type: ignore[attr-defined]
    assert client.get_bucket_versioning(Bucket="evidence")["Status"] == "Enabled"
    assert client.get_object_lock_configuration(Bucket="evidence")["ObjectLockConfiguration"]["ObjectLockEnabled"]
    rule = client.get_bucket_cors(Bucket="evidence")["CORSRules"][0]
    assert "PUT" in rule["AllowedMethods"]
    assert "ETag" in rule["ExposeHeaders"]


def test_an_empty_start_forgets_the_database_and_the_gateways_record(home: Path) -> None:
    embedded = Embedded(home, given={}, say=lambda line: None)
    embedded.start()
    with embedded.postgres.connect("assurance") as plain, plain.cursor() as cursor:
        cursor.execute("CREATE TABLE half_loaded (a int)")
    (embedded.gateway.home / "mark").touch()
    with redis.Redis.from_url(embedded.valkey.url) as client:
        client.set("how far the record was read", 7)
    before = embedded.environment()

    embedded.start_empty()

    assert embedded.environment() == before
    assert all(service.healthy() for service in embedded.wanted)
    with embedded.postgres.connect("assurance") as plain, plain.cursor() as cursor:
        cursor.execute("SELECT to_regclass('half_loaded')")
        assert cursor.fetchone() == (None,)
    assert not (embedded.gateway.home / "mark").exists()
    with redis.Redis.from_url(embedded.valkey.url) as client:
        assert client.keys() == []


def test_no_secret_of_a_gateway_stands_in_its_command_line(home: Path) -> None:
    embedded = Embedded(home, given={}, say=lambda line: None)
    for gateway in (embedded.gateway, embedded.stripe):
        line = " ".join(map(str, gateway.command()))
        for secret in (gateway.key, gateway.webhook_secret):
            assert secret not in line
            assert secret in gateway.process_environment().values()
