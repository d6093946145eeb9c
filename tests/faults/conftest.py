from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.postgres import Postgres
from tests.faults.hanging import Hangs
from tests.faults.nursery import Nursery
from tests.faults.workers import Worker
from tests.payments.exchanges.fixtures import agreement, control, deal, mark, quick_people

__all__ = ["agreement", "control", "deal", "mark", "quick_people"]


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[Nursery]:
    made = Nursery(tmp_path_factory.mktemp("nursery") / "nursery.log")
    yield made
    made.close()


@pytest.fixture
def worker(tmp_path: Path, nursery: Nursery) -> Iterator[Worker]:
    """Real workers on the services of this test process; what still runs afterwards is ended."""
    made = Worker(tmp_path / "worker.log", nursery)
    yield made
    made.end()


@pytest.fixture
def hangs(owner_connection: Any, services: Any) -> Iterator[Hangs]:
    """Makes a write or a commit take its time, so that a worker can be killed within it."""
    postgres: Postgres = services.postgres
    made = Hangs(owner_connection, postgres, services.database)
    yield made
    made.remove()
