"""Plain SQL as the web role, with the switch that turns guards off: the database itself says no.

Jumps of states, late inserts and emptied tables, of every model: `tests/core/test_database_guards.py`.
"""

import psycopg2
import pytest

from payments.actions.payout import request_payout
from payments.actions.release import refund_rest
from payments.models import Account, Payment
from tests.cast import NOW, company_of
from tests.guards import switch_guards_off
from tests.payments.steps import new_escrow, pay, release_all, start

pytestmark = pytest.mark.django_db(transaction=True)

REFUSED = (psycopg2.errors.RaiseException, psycopg2.errors.InsufficientPrivilege, psycopg2.errors.InternalError_)


@pytest.fixture
def attack(web_connection):
    """Run SQL as the web role, every guard named in `pgtrigger.ignore`."""

    def run(sql: str, *values: object) -> int:
        with web_connection.cursor() as cursor:
            switch_guards_off(cursor)
            cursor.execute(sql, values)
            return int(cursor.rowcount)

    return run


@pytest.fixture
def everything(buyer_owner, seller_owner, platform):
    """A row of every kind that has a state: a refunded deal, a paid-out one, and an open attempt."""
    refunded, released, waiting = (new_escrow(buyer_owner, seller_owner, amounts=[10_000]) for _number in range(3))
    for escrow in (refunded, released):
        pay(escrow, buyer_owner)
    refund_rest(escrow_id=refunded.pk, reason="cancelled", by=platform, at=NOW)
    release_all(released)
    request_payout(company_id=company_of(seller_owner).pk, currency="USD", by=platform, at=NOW)
    start(waiting, buyer_owner)
    return waiting


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE payments_transfer SET amount_minor = amount_minor + 1",
        "DELETE FROM payments_transfer",
        "TRUNCATE payments_transfer CASCADE",
        "UPDATE payments_entry SET balance_minor = 0",
        "DELETE FROM payments_entry",
        "TRUNCATE payments_entry",
        "UPDATE payments_receipt SET amount_minor = 1",
        "DELETE FROM payments_receipt",
        "TRUNCATE payments_receipt CASCADE",
        "DELETE FROM core_transition",
        "UPDATE core_transition SET target = 'PAID'",
    ],
)
def test_a_change_of_what_was_written(everything, attack, sql):
    with pytest.raises(REFUSED):
        attack(sql)


def test_a_stored_balance_below_zero(everything, attack):
    with pytest.raises(psycopg2.errors.CheckViolation):
        attack("UPDATE payments_account SET balance_minor = -1 WHERE kind = 'HELD'")


def test_a_transfer_of_nothing_or_to_itself(everything, attack):
    columns = "debit_id, credit_id, amount_minor, currency, kind, event_at, booked_at, key"
    values = "SELECT {} , currency, kind, event_at, booked_at, 'attack' FROM payments_transfer LIMIT 1"
    for parts in ("debit_id, credit_id, 0", "debit_id, credit_id, -5", "debit_id, debit_id, 5"):
        with pytest.raises(psycopg2.errors.CheckViolation):
            attack(f"INSERT INTO payments_transfer ({columns}) {values.format(parts)}")


def test_a_second_transfer_with_the_same_key(everything, attack):
    with pytest.raises(psycopg2.errors.UniqueViolation):
        attack(
            "INSERT INTO payments_transfer"
            " (key, debit_id, credit_id, amount_minor, currency, kind, event_at, booked_at)"
            " SELECT key, debit_id, credit_id, amount_minor, currency, kind, event_at, booked_at"
            " FROM payments_transfer LIMIT 1"
        )


def test_a_second_live_attempt_for_an_instalment(everything, attack):
    payment = Payment.objects.get(escrow=everything)
    with pytest.raises(psycopg2.errors.UniqueViolation):
        attack(
            "INSERT INTO payments_payment (reference, escrow_id, instalment_id, method, gateway, amount_minor, state,"
            " idempotency_key, return_url, gateway_id, checkout_url, bank_details, failure_code, received_minor,"
            " refunded_minor, charged_back_minor, created_at, asked, declared_bank_reference, declared_document_ref)"
            " SELECT 'pay_x', escrow_id, instalment_id, 'wire', gateway, amount_minor, 'CREATED', 'x', '', '', '',"
            " '{}', '', 0, 0, 0, now(), 0, '', '' FROM payments_payment WHERE id = %s",
            payment.pk,
        )


def test_a_guard_dropped_or_switched_off(everything, attack):
    for sql in (
        "ALTER TABLE payments_transfer DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "DROP TABLE payments_transfer CASCADE",
        "CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name NAME) RETURNS BOOLEAN "
        "AS 'BEGIN RETURN TRUE; END' LANGUAGE plpgsql",
    ):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            attack(sql)


def test_the_attacks_reach_the_rows_they_mean(everything, attack):
    """Without this the refusals above could come from an empty table."""
    assert attack("UPDATE payments_account SET balance_minor = balance_minor WHERE kind = 'HELD'") == 3
    assert Account.objects.filter(kind="HELD").count() == 3
