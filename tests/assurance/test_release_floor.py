"""The floor of `make bench` is a floor: one run of it writes as many rows, in the same tables, as one release does."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from benchmarks.releases import FLOOR_SCRIPT, make_pool
from companies.models import User
from payments.models import Escrow
from services.postgres import SUPERUSER, WEB
from tests.payments.steps import new_escrow, pay, release_all

pytestmark = pytest.mark.django_db(transaction=True)

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'bench_%' ORDER BY 1"


@pytest.fixture
def superuser(services: Any) -> Any:
    connection = psycopg2.connect(services.postgres.url(SUPERUSER, services.database))
    connection.autocommit = True
    yield connection
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_pool; DROP SEQUENCE IF EXISTS bench_pool_next")
    connection.close()


def rows_written_by(act: Callable[[], None], superuser: Any) -> dict[str, int]:
    """Rows inserted or changed, per table."""
    with superuser.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        before = cursor.fetchone()[0]
        act()
        cursor.execute(TABLES)
        written = {}
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT count(*) FROM {table} WHERE xmin::text::bigint > %s", [before])  # noqa: S608
            written[table] = cursor.fetchone()[0]
    return {table: count for table, count in written.items() if count}


def run_floor(services: Any) -> None:
    pgbench = Path(services.postgres.programs) / "pgbench"
    url = services.postgres.url(WEB, services.database)
    subprocess.run(  # noqa: S603 (PostgreSQL's own program)
        [pgbench, "-n", "-M", "prepared", "-c", "1", "-t", "1", "-f", FLOOR_SCRIPT, url],
        check=True,
        capture_output=True,
    )


def funded(buyer: User, seller: User, *, even: bool) -> Escrow:
    while True:
        escrow = new_escrow(buyer, seller, amounts=[10_000])
        if (escrow.pk % 2 == 0) == even:
            pay(escrow, buyer)
            return escrow


def test_the_floor_writes_what_a_release_writes(
    buyer_owner: User, seller_owner: User, superuser: Any, services: Any
) -> None:
    release_all(funded(buyer_owner, seller_owner, even=False))
    for_action, for_floor = (funded(buyer_owner, seller_owner, even=even) for even in (False, True))
    with superuser.cursor() as cursor:
        make_pool(cursor, WEB, for_floor.reference)

    by_action = rows_written_by(lambda: release_all(for_action), superuser)
    by_floor = rows_written_by(lambda: run_floor(services), superuser)

    assert Escrow.objects.get(pk=for_floor.pk).state == "CLOSED"
    assert by_floor == by_action
    assert by_action["payments_transfer"] == 2 and by_action["payments_entry"] == 3
