# ruff: noqa: S608  (the names of tables and columns are those of our models)
"""Every guarded state, every append-only table: refused to the web role whatever it switches.

The same switch lets the owner pass: without that the refusals would prove nothing.
"""

from collections.abc import Iterator
from typing import Any

import psycopg2
import psycopg2.errorcodes
import pytest
from django.db import models

from core.database_roles import kept_tables
from core.models.append_only import append_only_tables
from core.states import GUARDED, moves_of
from services.postgres import OWNER, SUPERUSER, WEB
from tests.guards import switch_guards_off

pytestmark = pytest.mark.django_db

DUMMIES = {
    "boolean": "false",
    "bytea": "''",
    "date": "now()",
    "jsonb": "'{}'",
    "timestamp with time zone": "now()",
}
BY_GUARD = "Invalid transition|Cannot insert"


@pytest.fixture(scope="module")
def session(services: Any, django_db_setup: None) -> Iterator[Any]:
    connection = psycopg2.connect(services.postgres.url(SUPERUSER, services.database))
    yield connection
    connection.close()


@pytest.fixture
def cursor(session: Any) -> Iterator[Any]:
    """Of a superuser, who may become anybody; all that is done is rolled back."""
    with session.cursor() as cursor:
        yield cursor
    session.rollback()


def become(cursor: Any, role: str) -> None:
    """Log in anew, with every guard on."""
    cursor.execute("RESET SESSION AUTHORIZATION")
    cursor.execute("SELECT set_config('pgtrigger.ignore', '{}', false)")
    cursor.execute(f"SET SESSION AUTHORIZATION {role}")


def refused(cursor: Any, sql: str, values: list[Any], match: str) -> str:
    """Fails unless this is refused in these words."""
    cursor.execute("SAVEPOINT attack")
    with pytest.raises(psycopg2.Error, match=match) as refusal:
        cursor.execute(sql, values)
    cursor.execute("ROLLBACK TO attack")
    return str(refusal.value.pgcode)


def write_row(cursor: Any, table: str, **given: str) -> None:
    """A row that nothing refers to and that refers to nothing: guards, keys and checks at rest."""
    cursor.execute("SET LOCAL session_replication_role = replica")
    cursor.execute("SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'", [table])
    for (name,) in cursor.fetchall():
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    cursor.execute(
        """SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s
           AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'""",
        [table],
    )
    columns = {name: kind for name, kind in cursor.fetchall() if name not in given}
    values = [DUMMIES.get(kind, f"'{place}'") for place, kind in enumerate(columns.values(), start=1)]
    names, places = ", ".join([*columns, *given]), ", ".join([*values, *["%s"] * len(given)])
    cursor.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", list(given.values()))
    cursor.execute("SET LOCAL session_replication_role = origin")


def jump_of(model: type[models.Model], field_name: str) -> tuple[str, str]:
    """Two states between which no step leads."""
    field: Any = model._meta.get_field(field_name)
    states, moves = [str(value) for value, _label in field.choices], set(moves_of(model, field_name))
    return next((a, b) for a in states for b in reversed(states) if a != b and (a, b) not in moves)


@pytest.mark.parametrize(("model", "field_name"), GUARDED, ids=lambda value: getattr(value, "__name__", ""))
def test_a_state_jump_and_a_late_insert(cursor: Any, model: type[models.Model], field_name: str) -> None:
    table, (here, there) = model._meta.db_table, jump_of(model, field_name)
    field: Any = model._meta.get_field(field_name)
    late = next(str(value) for value, _label in field.choices if str(value) != str(field.default))
    attacks = [
        (f"UPDATE {table} SET {field_name} = %s", [there]),
        (f"INSERT INTO {table} ({field_name}) VALUES (%s)", [late]),
    ]
    write_row(cursor, table, **{field_name: here})

    for role in (WEB, OWNER):
        become(cursor, role)
        for sql, values in attacks:
            refused(cursor, sql, values, BY_GUARD)
        switch_guards_off(cursor)
        if role == WEB:
            for sql, values in attacks:
                refused(cursor, sql, values, BY_GUARD)

    cursor.execute(*attacks[0])
    assert cursor.rowcount == 1, "the owner passes the guard with the same switch"
    assert refused(cursor, *attacks[1], "null value") == psycopg2.errorcodes.NOT_NULL_VIOLATION


@pytest.mark.parametrize("table", append_only_tables())
def test_what_is_written_once(cursor: Any, table: str) -> None:
    become(cursor, WEB)
    switch_guards_off(cursor)
    for sql in (f"TRUNCATE {table} CASCADE", f"DELETE FROM {table}", f"UPDATE {table} SET id = id"):
        refused(cursor, sql, [], "permission denied")
    become(cursor, OWNER)
    refused(cursor, f"TRUNCATE {table} CASCADE", [], "Cannot truncate table")
    switch_guards_off(cursor)
    cursor.execute(f"TRUNCATE {table} CASCADE")


def test_nothing_that_money_refers_to_is_deleted(cursor: Any) -> None:
    tables = kept_tables()
    assert {"payments_escrow", "payments_refund", "orders_order", "orders_cancellation", "core_event"} <= set(tables)
    become(cursor, WEB)
    switch_guards_off(cursor)
    for table in tables:
        refused(cursor, f"DELETE FROM {table}", [], "permission denied")
    for table in ("orders_orderline", "companies_membership", "core_idempotencyrecord"):
        cursor.execute(f"DELETE FROM {table} WHERE id = -1")


FROZEN = {
    "payments_escrow": ("payer_id", "payee_id", "total_minor", "fee_basis_points", "fee_cap_minor"),
    "payments_instalment": ("amount_minor", "escrow_id"),
    "payments_release": ("amount_minor", "fee_minor", "payable_id"),
    "payments_account": ("company_id", "payout_id", "escrow_id"),
    "payments_payout": ("company_id", "account_id", "amount_minor"),
    "payments_refund": ("escrow_id", "owed_from_id", "amount_minor"),
}


@pytest.mark.parametrize("table", FROZEN)
def test_what_was_agreed_stays(cursor: Any, table: str) -> None:
    write_row(cursor, table)
    become(cursor, WEB)
    switch_guards_off(cursor)
    for column in FROZEN[table]:
        refused(cursor, f"UPDATE {table} SET {column} = coalesce({column}, 0) + 1", [], "Cannot update")
    cursor.execute(f"UPDATE {table} SET {FROZEN[table][0]} = {FROZEN[table][0]}")
    assert cursor.rowcount == 1
