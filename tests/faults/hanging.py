"""Writes and commits that take their time, by triggers that the owner puts into the database under test."""

from typing import Any

from psycopg2 import sql

from services.postgres import WEB, Postgres
from tests.faults.workers import wait_for

SECONDS = 2


class Hangs:
    def __init__(self, owner: Any, postgres: Postgres, database: str) -> None:
        self._owner, self._postgres, self._database = owner, postgres, database
        self._tables: list[str] = []

    def in_write(self, table: str, when: str) -> None:
        """Hang before an insert or update of `table` that makes `when` true, in the middle of its transaction."""
        self._install("CREATE TRIGGER fault_hang BEFORE {} ON {} FOR EACH ROW", table, when)

    def in_commit(self, table: str, when: str) -> None:
        """Hang inside the COMMIT of a transaction that makes `when` true of a row of `table`."""
        text = "CREATE CONSTRAINT TRIGGER fault_hang AFTER {} ON {} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
        self._install(text, table, when)

    def _install(self, text: str, table: str, when: str) -> None:
        verb, _space, condition = when.partition(" ")
        with self._owner.cursor() as cursor:
            cursor.execute(
                "CREATE OR REPLACE FUNCTION fault_hang() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN PERFORM pg_sleep(%s); RETURN NEW; END $$",
                [SECONDS],
            )
            words = sql.SQL(text).format(sql.SQL(verb), sql.Identifier(table))
            cursor.execute(words + sql.SQL(f" {condition} EXECUTE FUNCTION fault_hang()"))
        self._tables.append(table)

    def wait_until_hanging(self) -> None:
        """Until a connection of the application hangs in it."""
        wait_for("a connection that hangs", lambda: self._hanging() == 1)

    def let_it_end(self) -> None:
        """The server goes on with what a killed client had asked for."""
        wait_for("the end of the hanging", lambda: self._hanging() == 0)

    def break_off(self) -> None:
        """The server's own process ends, too: nothing of it stays."""
        with self._postgres.connect() as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND usename = %s AND wait_event = 'PgSleep'",
                [self._database, WEB],
            )
            assert cursor.rowcount == 1
        self.let_it_end()

    def _hanging(self) -> int:
        with self._postgres.connect() as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND usename = %s AND wait_event = 'PgSleep'",
                [self._database, WEB],
            )
            return int(cursor.fetchone()[0])

    def remove(self) -> None:
        with self._owner.cursor() as cursor:
            for table in self._tables:
                cursor.execute(sql.SQL("DROP TRIGGER fault_hang ON {}").format(sql.Identifier(table)))
            cursor.execute("DROP FUNCTION IF EXISTS fault_hang()")
        self._tables = []
