"""The only writer of transfers. All legs of an action go through one `post`, which locks their accounts in order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from core.money import MAX_MINOR
from payments.models import Account, TransferKind
from payments.models.ledger import DEBIT_KINDS, STORED_KINDS, AccountKind

GATE = 7_203_002
"""Advisory lock: posts share it until they commit, the daily closing passes it alone."""


@dataclass(frozen=True)
class Leg:
    """Move `amount_minor` from one account to another, named by their codes. `key` is unique for ever."""

    debit: str
    credit: str
    amount_minor: int
    kind: TransferKind
    key: str


@dataclass(frozen=True)
class NewAccount:
    code: str
    kind: AccountKind
    currency: str
    escrow_id: int | None = None
    company_id: int | None = None
    payout_id: int | None = None


@dataclass
class _Held:
    """An account as locked, and as the legs leave it."""

    pk: int
    kind: str
    currency: str
    balance_minor: int | None
    version: int
    moved_at: datetime | None = None


def open_accounts(accounts: Iterable[NewAccount]) -> None:
    """Make the accounts that don't exist yet, ordered by code. One statement; safe to repeat and at once."""
    rows = [
        Account(
            code=new.code,
            kind=new.kind,
            currency=new.currency,
            escrow_id=new.escrow_id,
            company_id=new.company_id,
            payout_id=new.payout_id,
            balance_minor=0 if new.kind in STORED_KINDS else None,
        )
        for new in sorted(accounts, key=lambda new: new.code)
    ]
    Account.objects.bulk_create(rows, ignore_conflicts=True)


def post(legs: Sequence[Leg], *, at: datetime, escrow_id: int | None = None) -> dict[str, int]:
    """Book the legs of an action; call it once per transaction. Returns account ids by code.

    Units: minor units of the accounts' common currency. `at` is business time; the book time is the database's.
    Locks: the stored accounts among them, in the order of their ids, until commit; the others are not touched.
    Raises: IntegrityError for a key used before or a balance below zero. Two statements.
    """
    assert legs
    accounts = _lock_accounts({code for leg in legs for code in (leg.debit, leg.credit)})
    entries: list[tuple[str, int, int, int, int, datetime]] = []
    for leg in legs:
        debit, credit = accounts[leg.debit], accounts[leg.credit]
        assert 0 < leg.amount_minor <= 10 * MAX_MINOR, leg
        assert debit.currency == credit.currency, f"{leg}: two currencies"
        for account, change in ((debit, _sign_of_debit(debit)), (credit, -_sign_of_debit(credit))):
            if account.balance_minor is not None:
                account.balance_minor += change * leg.amount_minor
                account.version += 1
                account.moved_at = max(account.moved_at or at, at)
                change_minor = change * leg.amount_minor
                entries.append(
                    (leg.key, account.pk, change_minor, account.balance_minor, account.version, account.moved_at)
                )
    _write(legs, accounts, entries, at=at, escrow_id=escrow_id)
    return {code: account.pk for code, account in accounts.items()}


def _sign_of_debit(account: _Held) -> int:
    return 1 if account.kind in DEBIT_KINDS else -1


LOCK_SQL = """
WITH locked AS (
    SELECT id, code, kind, currency, balance_minor, version, moved_at FROM payments_account
    WHERE code = ANY(%(codes)s) AND balance_minor IS NOT NULL ORDER BY id FOR NO KEY UPDATE
)
SELECT 0, pg_advisory_xact_lock_shared(%(gate)s)::text, '', '', NULL, 0, NULL
UNION ALL SELECT id, code, kind, currency, balance_minor, version, moved_at FROM locked
UNION ALL SELECT id, code, kind, currency, NULL, version, NULL FROM payments_account
    WHERE code = ANY(%(codes)s) AND balance_minor IS NULL
"""


def _lock_accounts(codes: set[str]) -> dict[str, _Held]:
    with connection.cursor() as cursor:
        cursor.execute(LOCK_SQL, {"codes": sorted(codes), "gate": GATE})
        rows = cursor.fetchall()
    found = {code: _Held(pk, *rest) for pk, code, *rest in rows if pk}
    assert found.keys() == codes, f"no account {sorted(codes - found.keys())}: make it with its escrow or company"
    return found


# Arrays, so that the statement's text is the same for any number of legs. clock_timestamp() runs behind the gate.
WRITE_SQL = """
WITH written AS (
    INSERT INTO payments_transfer
        (key, debit_id, credit_id, amount_minor, currency, kind, escrow_id, event_at, booked_at)
    SELECT key, debit_id, credit_id, amount_minor, currency, kind, %(escrow)s::bigint, %(at)s, clock_timestamp()
    FROM unnest(%(keys)s::text[], %(debits)s::bigint[], %(credits)s::bigint[], %(amounts)s::bigint[],
                %(currencies)s::text[], %(kinds)s::text[])
        AS leg(key, debit_id, credit_id, amount_minor, currency, kind)
    RETURNING id, key
), moved AS (
    UPDATE payments_account
    SET balance_minor = stored.balance_minor, version = stored.version, moved_at = stored.moved_at
    FROM unnest(%(stored)s::bigint[], %(balances)s::bigint[], %(versions)s::bigint[], %(moved)s::timestamptz[])
        AS stored(id, balance_minor, version, moved_at)
    WHERE payments_account.id = stored.id
)
INSERT INTO payments_entry (transfer_id, account_id, change_minor, balance_minor, version, entered_at)
SELECT written.id, entry.account_id, entry.change_minor, entry.balance_minor, entry.version, entry.entered_at
FROM unnest(%(entry_keys)s::text[], %(entry_accounts)s::bigint[], %(entry_changes)s::bigint[],
            %(entry_balances)s::bigint[], %(entry_versions)s::bigint[], %(entry_dates)s::timestamptz[])
    AS entry(key, account_id, change_minor, balance_minor, version, entered_at)
JOIN written USING (key)
"""


def _write(
    legs: Sequence[Leg],
    accounts: dict[str, _Held],
    entries: list[tuple[str, int, int, int, int, datetime]],
    *,
    at: datetime,
    escrow_id: int | None,
) -> None:
    stored = [account for account in accounts.values() if account.balance_minor is not None]
    values = {
        "escrow": escrow_id,
        "at": at,
        "keys": [leg.key for leg in legs],
        "debits": [accounts[leg.debit].pk for leg in legs],
        "credits": [accounts[leg.credit].pk for leg in legs],
        "amounts": [leg.amount_minor for leg in legs],
        "currencies": [accounts[leg.debit].currency for leg in legs],
        "kinds": [str(leg.kind) for leg in legs],
        "stored": [account.pk for account in stored],
        "balances": [account.balance_minor for account in stored],
        "versions": [account.version for account in stored],
        "moved": [account.moved_at for account in stored],
        "entry_keys": [entry[0] for entry in entries],
        "entry_accounts": [entry[1] for entry in entries],
        "entry_changes": [entry[2] for entry in entries],
        "entry_balances": [entry[3] for entry in entries],
        "entry_versions": [entry[4] for entry in entries],
        "entry_dates": [entry[5] for entry in entries],
    }
    with connection.cursor() as cursor:
        cursor.execute(WRITE_SQL, values)


CLOSE_SQL = """
INSERT INTO payments_dailyclosing (account_id, through, balance_minor)
SELECT account.id, %(through)s, coalesce(last.balance_minor, 0)
     + (CASE WHEN account.kind = ANY(%(debit_kinds)s) THEN 1 ELSE -1 END) * (
         coalesce((SELECT sum(amount_minor) FROM payments_transfer WHERE debit_id = account.id
                   AND booked_at >= coalesce(last.through, '-infinity') AND booked_at < %(through)s), 0)
       - coalesce((SELECT sum(amount_minor) FROM payments_transfer WHERE credit_id = account.id
                   AND booked_at >= coalesce(last.through, '-infinity') AND booked_at < %(through)s), 0))
FROM payments_account account
LEFT JOIN LATERAL (SELECT through, balance_minor FROM payments_dailyclosing
                   WHERE account_id = account.id ORDER BY through DESC LIMIT 1) last ON true
WHERE account.balance_minor IS NULL AND coalesce(last.through, '-infinity') < %(through)s
ON CONFLICT (account_id, through) DO NOTHING
"""


def close_through(through: datetime) -> int:
    """Close the accounts without a stored balance: all booked before `through` (wall time, must be past). Returns rows.

    Passing the gate alone waits for every post that took its book time before; a later one gets a later book time,
    so that no row slips in behind the cut. The gate is open again before the sums are read.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [GATE])
        cursor.execute("SELECT pg_advisory_unlock(%s), clock_timestamp()", [GATE])
        assert cursor.fetchone()[1] > through, "only what is past is closed"
        cursor.execute(CLOSE_SQL, {"through": through, "debit_kinds": [str(kind) for kind in DEBIT_KINDS]})
        return int(cursor.rowcount)
