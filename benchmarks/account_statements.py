"""A statement page of an account with a million entries beside one with a thousand: both must read an index range."""

import os
import statistics
import time

import psycopg2
from django.test import Client

from benchmarks.deals import People, funded_escrow
from companies.models import Membership

FEW, MANY = 1_000, 1_000_000
ROUNDS = 15
ESCROWS = 200
CURRENCIES = {"EUR": FEW, "GBP": MANY}
"""Two accounts of one company, so that all else on their pages is the same."""

# As the superuser and without triggers, which would cost minutes. All of it is taken away again: it is no true book.
FILL_SQL = """
SET session_replication_role = replica;
INSERT INTO payments_escrow
    (reference, currency, total_minor, state, title, payer_ref, payee_ref, methods, bank_charges, schedule_version,
     fee_basis_points, fee_cap_minor, created_at, stop_reason, payee_id, payer_id)
SELECT 'esc_lines_%(currency)s' || n, '%(currency)s', total_minor, state, 'TA-2026-' || 800000 + n, payer_ref,
       payee_ref, methods, bank_charges, schedule_version, fee_basis_points, fee_cap_minor, created_at, stop_reason,
       payee_id, payer_id
FROM payments_escrow, generate_series(0, %(escrows)s - 1) AS n WHERE id = %(escrow)s;
INSERT INTO payments_account (code, kind, currency, balance_minor, version, company_id, moved_at)
VALUES ('lines:%(currency)s', 'PAYABLE', '%(currency)s', 98 * %(count)s::bigint, %(count)s, %(company)s, now());
CREATE TEMP TABLE lines AS
SELECT n, escrow.id AS escrow_id, now() - interval '1 minute' * (%(count)s - n) AS at,
       nextval('payments_transfer_id_seq') AS transfer_id,
       (SELECT id FROM payments_account WHERE code = 'lines:%(currency)s') AS account_id
FROM generate_series(1, %(count)s) AS n
JOIN payments_escrow escrow ON escrow.reference = 'esc_lines_%(currency)s' || n %% %(escrows)s;
INSERT INTO payments_release (escrow_id, reason, sequence, amount_minor, fee_minor, payable_id, at)
SELECT escrow_id, 'lines', n, 100, 2, account_id, at FROM lines;
INSERT INTO payments_transfer
    (id, key, debit_id, credit_id, amount_minor, currency, kind, escrow_id, event_at, booked_at)
SELECT transfer_id, 'release:' || escrow_id || ':lines:' || n || ':net',
       (SELECT min(id) FROM payments_account WHERE kind = 'HELD'), account_id, 98, '%(currency)s', 'RELEASE', escrow_id,
       at, at FROM lines;
INSERT INTO payments_entry (transfer_id, account_id, change_minor, balance_minor, version, entered_at)
SELECT transfer_id, account_id, 98, 98 * n, n, at FROM lines;
DROP TABLE lines;
ANALYZE payments_entry, payments_transfer, payments_release, payments_escrow, payments_account
"""
CLEAR_SQL = """
SET session_replication_role = replica;
DELETE FROM payments_entry WHERE account_id IN (SELECT id FROM payments_account WHERE code LIKE 'lines:%');
DELETE FROM payments_transfer WHERE credit_id IN (SELECT id FROM payments_account WHERE code LIKE 'lines:%');
DELETE FROM payments_release WHERE payable_id IN (SELECT id FROM payments_account WHERE code LIKE 'lines:%');
DELETE FROM payments_account WHERE code LIKE 'lines:%';
DELETE FROM payments_escrow WHERE reference LIKE 'esc_lines_%'
"""


def statement_growth(people: People) -> dict[str, float]:
    """Query and render of the newest page, and of one deep in a period: MANY entries over FEW, medians by turns."""
    company = people.sellers[-1]
    escrow = funded_escrow(people, company)
    try:
        for currency, count in CURRENCIES.items():
            facts = {"currency": currency, "count": count, "escrow": escrow.pk, "company": company.pk}
            _as_superuser(FILL_SQL % {**facts, "escrows": ESCROWS})
        client = Client(headers={"host": "127.0.0.1"})
        owner = Membership.objects.select_related("user").get(company=company)
        client.force_login(owner.user, backend="allauth.account.auth_backends.AuthenticationBackend")
        spent: dict[str, list[float]] = {currency: [] for currency in CURRENCIES}
        for number in range(ROUNDS + 2):
            for currency, count in CURRENCIES.items():
                seconds = _seconds(client, currency, count)
                if number >= 2:  # The first ones warm up.
                    spent[currency].append(seconds)
    finally:
        _as_superuser(CLEAR_SQL)
    few, many = (statistics.median(spent[currency]) for currency in CURRENCIES)
    return {"statement_growth": many / few, "statement_ms": many * 1000 / 2}


def _seconds(client: Client, currency: str, count: int) -> float:
    began = time.perf_counter()
    for query in ("", f"?since=2020-01-01&until=2100-01-01&before={count // 2}"):
        answer = client.get(f"/payouts/statement/{currency}/{query}")
        assert answer.status_code == 200 and answer.content.count(b"Released to you") == 50, answer.status_code
    return time.perf_counter() - began


def _as_superuser(sql: str) -> None:
    connection = psycopg2.connect(os.environ["BENCH_SUPERUSER_URL"])
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
    finally:
        connection.close()
