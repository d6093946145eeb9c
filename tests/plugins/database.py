"""Databases for tests: one template per state of the migrations, copied for each process, emptied after each test."""

import contextlib
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql

from services.postgres import OWNER, SUPERUSER, WEB, Postgres, create_database

ROOT = Path(__file__).resolve().parent.parent.parent
SHAPES_DATABASE = (
    "*/migrations/*.py",
    "*/apps.py",
    "core/database_roles.py",
    "core/management/commands/migrate.py",
    "requirements/dev.lock",
    "tests/plugins/database.py",
)
TEMPLATE_LOCK = 7_311_201  # an advisory lock, known to nobody else in a cluster made for tests
TABLES = """
    SELECT c.relname, (SELECT array_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a
                       WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND c.relkind IN ('r', 'p') AND c.relname <> 'django_migrations' ORDER BY 1
"""


def make_test_database(postgres: Postgres, name: str) -> None:
    """Make database `name` afresh, migrated by the owner and granted to the web role."""
    with _template_of(postgres) as (cursor, template):
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        create_database(cursor, name, template)


def fill_from_template(postgres: Postgres, target: Postgres) -> None:
    """Give the empty database of another server what migrating would give it, copied from this one's template."""
    with _template_of(postgres) as (_cursor, template):
        dump = [postgres.programs / "pg_dump", "--dbname", postgres.url(SUPERUSER, template)]
        fill = [
            postgres.programs / "psql",
            "--quiet",
            "--no-psqlrc",
            "--set",
            "ON_ERROR_STOP=1",
            "--output",
            os.devnull,
        ]
        env = os.environ | postgres.process_environment()
        with subprocess.Popen(dump, stdout=subprocess.PIPE, env=env) as source:  # noqa: S603 (fixed programs)
            subprocess.run(  # noqa: S603 (fixed programs)
                [*fill, "--dbname", target.url(SUPERUSER)], stdin=source.stdout, env=env, check=True
            )
        assert source.returncode == 0, "pg_dump failed"


@contextlib.contextmanager
def _template_of(postgres: Postgres) -> Iterator[tuple[Any, str]]:
    """A cursor and the template's name; nobody else copies it meanwhile."""
    with postgres.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        yield cursor, _ensure_template(postgres, cursor)
        cursor.execute("SELECT pg_advisory_unlock(%s)", [TEMPLATE_LOCK])


def _ensure_template(postgres: Postgres, cursor: Any) -> str:
    name = f"template_{_fingerprint()}"
    cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'template\\_%%'")
    existing = {row[0] for row in cursor.fetchall()}
    if name in existing:
        return name
    for stale in existing:
        cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(stale)))
    half = f"half_{name}"
    cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(half)))
    create_database(cursor, half)
    _migrate(postgres, half)
    _keep_first_rows(postgres, half)
    cursor.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(half), sql.Identifier(name)))
    return name


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for pattern in SHAPES_DATABASE:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _migrate(postgres: Postgres, database: str) -> None:
    """In a process of its own: the same command, as the same role, as in production."""
    urls = {"DATABASE_URL": postgres.url(WEB, database), "MIGRATION_DATABASE_URL": postgres.url(OWNER, database)}
    result = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, ROOT / "manage.py", "migrate", "--no-input", "--verbosity", "0"],
        env=os.environ | urls,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise RuntimeError(f"the test database could not be migrated:\n{result.stdout}{result.stderr}")


def _keep_first_rows(postgres: Postgres, database: str) -> None:
    """Copy the rows that migrations made (content types, platform accounts), so that each test can begin with them."""
    with postgres.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA pristine")
        cursor.execute(TABLES, ["public"])
        for table, columns in cursor.fetchall():
            source = sql.Identifier("public", table)
            cursor.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(source))
            if cursor.fetchone()[0]:
                cursor.execute(
                    sql.SQL("CREATE TABLE {} AS SELECT {} FROM {}").format(
                        sql.Identifier("pristine", table), _listed(columns), source
                    )
                )


def empty_database(url: str) -> None:
    """Back to the rows that migrations made. As superuser, triggers and foreign keys at rest.

    DELETE, not TRUNCATE: many times faster on small tables, and it never waits for a reader.
    """
    assert f"//{SUPERUSER}:" in url
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica; SET LOCAL lock_timeout = '20s'")
            cursor.execute(TABLES, ["public"])
            tables = [table for table, _columns in cursor.fetchall()]
            cursor.execute(TABLES, ["pristine"])
            kept = cursor.fetchall()
            statements = [sql.SQL("DELETE FROM {}").format(sql.Identifier("public", table)) for table in tables]
            for table, columns in kept:
                statements.append(
                    sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}").format(
                        sql.Identifier("public", table),
                        _listed(columns),
                        _listed(columns),
                        sql.Identifier("pristine", table),
                    )
                )
            cursor.execute(sql.SQL("; ").join(statements))
    finally:
        connection.close()


def _listed(columns: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))
