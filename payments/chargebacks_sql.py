# ruff: noqa: S608  (put together from the fixed words of this file)
"""What must be true of charge-backs, each as a query for the rows of which it is not; a part of `books_sql`."""

from payments.books_sql import IN_SCOPE, LIVE_CLOCK, TOUCHED

CLOCK = LIVE_CLOCK.format_map({"label": "payments.chargeback", "row": "chargeback"})
FROZEN = "(chargeback.held_minor + chargeback.payer_fee_minor + chargeback.refunds_minor)"

CHARGEBACK_CHECKS: dict[str, str] = {
    "chargeback_account_is_what_is_open": f"""
        WITH {TOUCHED}
        SELECT account.code, 'stores', account.balance_minor, 'open charge-backs say', open.total
        FROM payments_account account JOIN touched USING (id)
        CROSS JOIN LATERAL (SELECT coalesce(sum(amount_minor), 0) AS total FROM payments_chargeback
                            WHERE 'chargeback:' || payment_id = account.code AND state = 'OPEN') open
        WHERE account.kind = 'CHARGEBACK' AND account.balance_minor <> open.total
        UNION ALL
        SELECT chargeback.reference, 'is open', chargeback.amount_minor, 'and has no account', 0
        FROM payments_chargeback chargeback JOIN payments_escrow escrow ON escrow.id = chargeback.escrow_id
        WHERE {IN_SCOPE} AND chargeback.state = 'OPEN' AND NOT EXISTS (
            SELECT FROM payments_account WHERE code = 'chargeback:' || chargeback.payment_id)""",
    "frozen_is_of_open_chargebacks": f"""
        SELECT account.code, 'stores', account.balance_minor, 'open charge-backs froze', open.total
        FROM payments_account account JOIN payments_escrow escrow ON escrow.id = account.escrow_id
        CROSS JOIN LATERAL (SELECT coalesce(sum{FROZEN}, 0) AS total FROM payments_chargeback chargeback
                            WHERE escrow_id = escrow.id AND state = 'OPEN') open
        WHERE {IN_SCOPE} AND account.kind = 'FROZEN' AND account.balance_minor <> open.total""",
    "chargebacks_are_booked": f"""
        SELECT chargeback.reference, chargeback.state, 'taken', booked.taken, 'fee', booked.fee,
               'frozen', booked.frozen, 'won', booked.won, 'covered', booked.covered, 'loss', booked.loss,
               'charged', booked.charged
        FROM payments_chargeback chargeback JOIN payments_escrow escrow ON escrow.id = chargeback.escrow_id
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(amount_minor) FILTER (WHERE part = 'taken'), 0) AS taken,
                   coalesce(sum(amount_minor) FILTER (WHERE part = 'fee'), 0) AS fee,
                   coalesce(sum(amount_minor) FILTER (WHERE part LIKE 'frozen%%' OR part LIKE 'refund:%%'), 0)
                       AS frozen,
                   coalesce(sum(amount_minor) FILTER (WHERE part = 'won'), 0) AS won,
                   coalesce(sum(amount_minor) FILTER (WHERE part = 'lost:covered'), 0) AS covered,
                   coalesce(sum(amount_minor) FILTER (WHERE part = 'lost:loss'), 0) AS loss,
                   coalesce(sum(amount_minor) FILTER (WHERE part = 'charged'), 0) AS charged
            FROM (SELECT amount_minor, substr(key, length('chargeback:' || chargeback.reference || ':') + 1) AS part
                  FROM payments_transfer
                  WHERE escrow_id = escrow.id AND key LIKE 'chargeback:' || chargeback.reference || ':%%') own) booked
        WHERE {IN_SCOPE} AND (
            booked.taken <> chargeback.amount_minor OR booked.fee <> chargeback.fee_minor
            OR booked.frozen <> {FROZEN}
            OR booked.won <> CASE chargeback.state WHEN 'WON' THEN chargeback.amount_minor ELSE 0 END
            OR booked.covered <> CASE chargeback.state
                                 WHEN 'LOST' THEN {FROZEN} ELSE 0 END
            OR booked.loss <> chargeback.loss_minor
            OR chargeback.loss_minor <> CASE chargeback.state WHEN 'LOST' THEN
                   chargeback.amount_minor - {FROZEN} ELSE 0 END
            OR booked.charged <> chargeback.charged_minor)""",
    "receivable_is_its_rows": f"""
        WITH {TOUCHED}
        SELECT account.code, 'stores', account.balance_minor, 'charged', owed.total, 'repaid', repaid.total,
               'by wire', wired.total, 'written off', lost.total
        FROM payments_account account JOIN touched USING (id)
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(chargeback.charged_minor), 0) AS total FROM payments_chargeback chargeback
            JOIN payments_escrow escrow ON escrow.id = chargeback.escrow_id
            WHERE escrow.payee_id = account.company_id AND escrow.currency = account.currency) owed
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(release.repaid_minor), 0) AS total FROM payments_release release
            JOIN payments_escrow escrow ON escrow.id = release.escrow_id
            WHERE escrow.payee_id = account.company_id AND escrow.currency = account.currency
              AND release.repaid_minor > 0) repaid
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(item.amount_minor), 0) AS total FROM payments_suspenseitem item
            JOIN payments_deskproposal proposal ON proposal.item_id = item.id AND proposal.confirmed_by_id IS NOT NULL
            WHERE item.state = 'REPAYMENT' AND item.currency = account.currency
              AND (proposal.terms ->> 'company_id')::bigint = account.company_id) wired
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(amount_minor), 0) AS total FROM (
                SELECT max(amount_minor) AS amount_minor FROM payments_debtword
                WHERE account_id = account.id GROUP BY version HAVING count(DISTINCT user_id) >= 2) agreed) lost
        WHERE account.kind = 'RECEIVABLE'
          AND account.balance_minor <> owed.total - repaid.total - wired.total - lost.total""",
    "payments_know_their_chargebacks": f"""
        SELECT payment.reference, payment.state, 'open charge-backs', open.number
        FROM payments_payment payment JOIN payments_escrow escrow ON escrow.id = payment.escrow_id
        JOIN payments_instalment instalment ON instalment.id = payment.instalment_id
        CROSS JOIN LATERAL (SELECT count(*) AS number FROM payments_chargeback
                            WHERE payment_id = payment.id AND state = 'OPEN') open
        WHERE {IN_SCOPE} AND ((payment.state = 'CHARGEBACK_OPEN') AND open.number = 0
                              OR (payment.state = 'SECURED' AND open.number > 0 AND instalment.secured_at IS NULL))""",
    "chargebacks_have_clocks": f"""
        SELECT chargeback.reference, chargeback.state, 'has no live deadline'
        FROM payments_chargeback chargeback JOIN payments_escrow escrow ON escrow.id = chargeback.escrow_id
        WHERE {IN_SCOPE} AND chargeback.state = 'OPEN'
          AND NOT {CLOCK}""",
}
