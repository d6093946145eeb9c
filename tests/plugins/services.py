"""Real services for the tests, once per session: started by the first process, shared by the workers of xdist.

Each process that runs tests has a database, a number inside Valkey and a sandbox gateway of its own. The application
connects as the web role; databases are made, migrated and emptied by others. With TEST_SERVICES_KEEP=<folder> the
services stay up and are found again by the next session that names the same folder.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import redis
from django.db import connections
from django.test import TransactionTestCase

from services.embedded import Embedded
from services.gateway import SandboxGateway
from services.postgres import OWNER, SUPERUSER, WEB, Postgres
from services.state import hold
from tests.plugins.database import empty_database, make_test_database

HOME = "TEST_SERVICES_HOME"


def worker_name() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def _silent(line: str) -> None:
    """Services of tests speak through their logs only."""


class Session:
    """The services of this test process; `lead` is the process that started them."""

    def __init__(self, config: pytest.Config) -> None:
        self.lead = "PYTEST_XDIST_WORKER" not in os.environ
        self.stack = contextlib.ExitStack()
        kept = os.environ.get("TEST_SERVICES_KEEP")
        self.keep = bool(kept)
        if self.lead:
            self.home = Path(kept).resolve() if kept else Path(tempfile.mkdtemp(prefix="assurance-tests-"))
            if not kept:
                self.home.chmod(0o711)  # PostgreSQL's own user must be able to pass, where tests run as root.
            self.stack.enter_context(hold(self.home))
            os.environ[HOME] = str(self.home)
        self.home = Path(os.environ[HOME])
        self.embedded = Embedded(self.home, given={"SANDBOX_GATEWAY_URL": "own"}, say=_silent, durable=False)
        own = Embedded(self.home / worker_name(), given={}, say=_silent)
        self.gateway: SandboxGateway = own.gateway
        self.own = own
        self.distributes = bool(getattr(config.known_args_namespace, "numprocesses", None))

    @property
    def postgres(self) -> Postgres:
        return self.embedded.postgres

    @property
    def database(self) -> str:
        return f"test_{worker_name()}"

    def start(self) -> None:
        try:
            if self.lead:
                self.embedded.start()
            self._set_environment()
            if not (self.lead and self.distributes):
                self.gateway.ensure()
                self.own.remember()
        except BaseException:
            self.stop()
            raise

    def _set_environment(self) -> None:
        number = 0 if worker_name() == "main" else int(worker_name().removeprefix("gw")) + 1
        os.environ.update(self.embedded.environment())
        os.environ.update(self.gateway.environment())
        os.environ["DATABASE_URL"] = self.postgres.url(WEB, self.database)
        os.environ["MIGRATION_DATABASE_URL"] = self.postgres.url(OWNER, self.database)
        os.environ["REDIS_URL"] = f"{self.embedded.valkey.url.removesuffix('/0')}/{number}"
        os.environ["MAIL_FOLDER"] = str(self.home / worker_name() / "mail")
        os.environ["CELERY_BEAT_SCHEDULE_FILENAME"] = str(self.home / worker_name() / "beat-schedule")
        os.environ["SERVICES_HOME"] = str(self.home / worker_name())

    def stop(self) -> None:
        self.gateway.stop()
        if not self.lead:
            return
        for state in self.home.glob("*/services.json"):  # of workers that died
            Embedded(state.parent, given={}, say=_silent).stop()
        if not self.keep:
            self.embedded.stop()
            shutil.rmtree(self.postgres.place, ignore_errors=True)
            shutil.rmtree(self.home, ignore_errors=True)
        self.stack.close()


_SESSION = pytest.StashKey[Session]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Before pytest-django reads the settings, which read the environment that is set here."""
    session = Session(early_config)
    early_config.stash[_SESSION] = session
    early_config.add_cleanup(session.stop)
    session.start()
    return (yield)


@pytest.fixture(scope="session")
def services(request: pytest.FixtureRequest) -> Session:
    """The services of this test process."""
    return request.config.stash[_SESSION]


@pytest.fixture(scope="session")
def sandbox_gateway(services: Session) -> SandboxGateway:
    """This process's own sandbox gateway; `send_webhooks_to(live_server.url)` connects it to a live server."""
    return services.gateway


@pytest.fixture(scope="session")
def django_db_setup(services: Session, django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """A database of this process's own, made from a template that the owner migrated; emptied by the superuser."""
    with django_db_blocker.unblock():
        make_test_database(services.postgres, services.database)

    def empty(case: TransactionTestCase) -> None:
        empty_database(services.postgres.url(SUPERUSER, services.database))

    usual = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = empty  # type: ignore[method-assign]
    yield
    TransactionTestCase._fixture_teardown = usual  # type: ignore[method-assign]
    with django_db_blocker.unblock():
        connections.close_all()


@pytest.fixture
def owner_connection(services: Session, transactional_db: None) -> Iterator[Any]:
    """A plain psycopg2 connection as the owner role, in autocommit, to the database under test."""
    connection = psycopg2.connect(services.postgres.url(OWNER, services.database))
    connection.autocommit = True
    yield connection
    connection.close()


@pytest.fixture
def web_connection(services: Session, transactional_db: None) -> Iterator[Any]:
    """A plain psycopg2 connection as the web role, in autocommit, to the database under test."""
    connection = psycopg2.connect(services.postgres.url(WEB, services.database))
    connection.autocommit = True
    yield connection
    connection.close()


@pytest.fixture(autouse=True)
def _empty_cache(services: Session) -> Iterator[None]:
    """No test sees another's throttles or cached pages."""
    yield
    with contextlib.closing(redis.Redis.from_url(os.environ["REDIS_URL"])) as client:
        client.flushdb()


@pytest.fixture
def own_services() -> Iterator[Embedded]:
    """Durable services of one test's own, to be killed and restarted: `.postgres`, `.valkey`, `.environment()`."""
    home = Path(tempfile.mkdtemp(prefix="assurance-own-"))
    home.chmod(0o711)
    embedded = Embedded(home, given={}, say=_silent)
    try:
        embedded.start()
        yield embedded
    finally:
        embedded.stop()
        shutil.rmtree(embedded.postgres.place, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)
