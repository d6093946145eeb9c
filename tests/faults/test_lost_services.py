"""Services that vanish: the broker carries hints only, and the database takes nothing half."""

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis

from tests.faults.own_world import OwnWorld
from tests.faults.workers import wait_for

pytestmark = [pytest.mark.faults, pytest.mark.slow]

LIFE = ["-m", "tests.faults.life"]


@pytest.fixture(scope="module")
def own_world(services: Any) -> Iterator[OwnWorld]:
    home = Path(tempfile.mkdtemp(prefix="assurance-own-"))
    home.chmod(0o711)  # PostgreSQL's own user must be able to pass, where tests run as root.
    made = OwnWorld(home)
    try:
        made.start(services.postgres)
        made.run([*LIFE, "people"])
        yield made
    finally:
        made.stop()
        shutil.rmtree(made.services.postgres.place, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def world(own_world: OwnWorld) -> Iterator[OwnWorld]:
    yield own_world
    own_world.end_processes()


def told(world: OwnWorld, *journals: Path) -> dict[str, Any]:
    return dict(json.loads(world.run([*LIFE, "tell", *map(str, journals)])))


def assert_books_agree(world: OwnWorld) -> None:
    assert "agree with sandbox" in world.run(["manage.py", "check_books", "--gateway", "sandbox"])


def unpaid_releases(world: OwnWorld) -> int:
    """Releases whose payout is not PAID, seen from outside."""
    with world.services.postgres.connect("assurance") as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM payments_release LEFT JOIN payments_payout payout ON payout.id = payout_id"
            " WHERE payout.state IS DISTINCT FROM 'PAID'"
        )
        return int(cursor.fetchone()[0])


def test_with_valkey_emptied_and_then_stopped_nothing_is_lost(world: OwnWorld) -> None:
    released = told(world)["releases"]
    world.run([*LIFE, "deals", "2"])
    with redis.Redis.from_url(world.services.valkey.url) as valkey:
        assert min(valkey.llen(queue) for queue in ("celery", "gateways")) > 0, "there are hints to lose"
        valkey.flushall()
    assert unpaid_releases(world) == 2
    world.launch_platform()
    wait_for("payouts after the broker was emptied", lambda: unpaid_releases(world) == 0)

    world.services.valkey.stop()
    answer = json.loads(world.run([*LIFE, "deals", "2"]))
    assert answer["slowest_s"] < 1.0, "an act waits for a broker that is down"
    assert unpaid_releases(world) == 2
    world.services.valkey.ensure()

    wait_for("payouts after the broker came back", lambda: unpaid_releases(world) == 0)
    found = told(world)
    assert (found["releases"], found["open"]) == (released + 4, {})
    assert_books_agree(world)


def test_with_postgresql_killed_and_restarted_under_load_every_answer_holds(world: OwnWorld) -> None:
    journals = [world.home / f"journal-{number}" for number in range(2)]
    for journal in journals:
        journal.touch()
    loads = [world.launch([*LIFE, "load", str(journal)]) for journal in journals]
    postgres = world.services.postgres
    for sudden in (True, False):
        wait_for("deals under load", partial(has_releases, journals, 2))
        enough = releases_in(journals) + 1
        if sudden:
            kill_server(postgres.memory["process"]["pid"])
        postgres.stop()
        time.sleep(0.5)
        postgres.ensure()
        wait_for("deals after the restart", partial(has_releases, journals, enough))
    for journal in journals:
        journal.with_suffix(".stop").touch()
    for process in loads:
        assert process.wait(60) == 0, world.logs()

    world.run([*LIFE, "recover"])

    found = told(world, *journals)
    assert found["released"] >= 4
    assert found["promised_but_lost"] == []
    assert found["released_twice"] == found["releases_in_no_payout"] == 0
    assert found["open"] == {}
    assert_books_agree(world)


def releases_in(journals: list[Path]) -> int:
    return sum(journal.read_text("utf-8").count("released") for journal in journals)


def has_releases(journals: list[Path], count: int) -> bool:
    return releases_in(journals) >= count


def kill_server(pid: int) -> None:
    """As by a power cut: the server and all its helpers at once."""
    server = psutil.Process(pid)
    for process in [server, *server.children(recursive=True)]:
        process.kill()
    psutil.wait_procs([server], timeout=10)
