# ruff: noqa: S608  (put together from the fixed words of this file)
"""Whose the money is: accounts, releases and payouts belong to those they say, in the shape of `books_sql.CHECKS`."""

from payments.books_sql import IN_SCOPE, OPEN, RELEASE_KEY, TOUCHED

FIRST_STATES = {
    "escrow": "AWAITING_FUNDS",
    "payment": "CREATED",
    "refund": "REQUESTED",
    "payout": "REQUESTED",
}
STATES = "\nUNION ALL\n".join(
    f"""SELECT row.reference, row.state, 'payments.{name}' AS label, row.id, '{first}' AS first
        FROM payments_{name} row WHERE %(all)s"""
    for name, first in FIRST_STATES.items()
)

OWNER_CHECKS: dict[str, str] = {
    "accounts_are_whose_they_say": f"""
        WITH {TOUCHED}
        SELECT account.code, account.kind, account.currency, 'should be', named.code, named.currency
        FROM payments_account account JOIN touched USING (id)
        LEFT JOIN payments_escrow escrow ON escrow.id = account.escrow_id
        LEFT JOIN payments_payout payout ON payout.id = account.payout_id
        CROSS JOIN LATERAL (
            SELECT CASE account.kind
                WHEN 'HELD' THEN 'escrow:' || account.escrow_id || ':held'
                WHEN 'FROZEN' THEN 'escrow:' || account.escrow_id || ':frozen'
                WHEN 'PAYER_FEE' THEN 'escrow:' || account.escrow_id || ':payer_fee'
                WHEN 'REFUND_DUE' THEN 'refund_due:' || account.escrow_id
                     || CASE WHEN account.currency = escrow.currency THEN '' ELSE ':' || account.currency END
                WHEN 'PAYABLE' THEN 'payable:' || account.company_id || ':' || account.currency
                WHEN 'RECEIVABLE' THEN 'receivable:' || account.company_id || ':' || account.currency
                WHEN 'IN_TRANSIT' THEN 'payout_in_transit:' || account.payout_id
                WHEN 'FEES' THEN 'fees:' || account.currency
                WHEN 'COSTS' THEN 'costs:' || account.currency
                WHEN 'LOSSES' THEN 'losses:' || account.currency
                WHEN 'CLEARING' THEN regexp_replace(account.code, ':[^:]*$', '') || ':' || account.currency
                ELSE account.code END AS code,
            CASE WHEN account.kind IN ('HELD', 'FROZEN', 'PAYER_FEE') THEN escrow.currency
                 WHEN account.kind = 'IN_TRANSIT' THEN payout.currency
                 ELSE account.currency END AS currency) named
        WHERE (account.code, account.currency) IS DISTINCT FROM (named.code, named.currency)""",
    "releases_go_to_the_payee": f"""
        SELECT escrow.reference, release.reason, release.sequence, 'went to', account.code
        FROM payments_release release JOIN payments_escrow escrow ON escrow.id = release.escrow_id
        JOIN payments_account account ON account.id = release.payable_id
        LEFT JOIN payments_transfer transfer ON transfer.key = {RELEASE_KEY} || ':net'
        WHERE {IN_SCOPE} AND (
            account.code <> 'payable:' || escrow.payee_id || ':' || escrow.currency
            OR transfer.credit_id <> account.id)""",
    "payouts_go_to_the_owner": f"""
        WITH {TOUCHED}
        SELECT payout.reference, payout.company_id, payout.currency, 'but taken from', source.code, 'and sent to',
               target.reference
        FROM payments_payout payout
        JOIN payments_account transit ON transit.payout_id = payout.id
        JOIN companies_payoutaccount target ON target.id = payout.account_id
        LEFT JOIN payments_transfer transfer ON transfer.key = payout.idempotency_key || ':requested'
        LEFT JOIN payments_account source ON source.id = transfer.debit_id
        WHERE transit.id IN (SELECT id FROM touched) AND (
            source.code IS DISTINCT FROM 'payable:' || payout.company_id || ':' || payout.currency
            OR transfer.credit_id <> transit.id
            OR (target.company_id, target.currency) <> (payout.company_id, payout.currency))""",
    "payouts_are_their_releases": f"""
        WITH {TOUCHED}
        SELECT payout.reference, payout.state, payout.amount_minor, 'its releases say', carried.total,
               'of others', carried.strange
        FROM payments_payout payout JOIN payments_account transit ON transit.payout_id = payout.id
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(transfer.amount_minor), 0) AS total,
                   count(*) FILTER (WHERE source.company_id <> payout.company_id) AS strange
            FROM payments_release release
            JOIN payments_escrow escrow ON escrow.id = release.escrow_id
            JOIN payments_account source ON source.id = release.payable_id
            LEFT JOIN payments_transfer transfer ON transfer.key = {RELEASE_KEY} || ':net'
            WHERE release.payout_id = payout.id) carried
        WHERE transit.id IN (SELECT id FROM touched) AND (carried.strange > 0 OR carried.total <> CASE
            WHEN payout.state = 'PAID' OR payout.state IN {OPEN} THEN payout.amount_minor ELSE 0 END)""",
    "states_are_what_history_tells": f"""
        WITH rows AS ({STATES})
        SELECT rows.reference, rows.state, 'history says', coalesce(last.target, rows.first)
        FROM rows LEFT JOIN LATERAL (
            SELECT target FROM core_transition
            WHERE subject_type = rows.label AND subject_id = rows.id AND field = 'state'
            ORDER BY id DESC LIMIT 1) last ON true
        WHERE rows.state <> coalesce(last.target, rows.first)""",
}
