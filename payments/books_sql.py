# ruff: noqa: S608  (put together from the fixed words of this file)
"""What must be true of the books, each as a query for the rows of which it is not.

`%(all)s` or the escrows in `%(escrows)s`. Shared accounts (payable, clearing) come in where those escrows touched them.
"""

from payments.models.ledger import DEBIT_KINDS

TOUCHED = """
touched AS (
    SELECT id FROM payments_account WHERE %(all)s
    UNION SELECT id FROM payments_account WHERE escrow_id = ANY(%(escrows)s::bigint[])
    UNION SELECT debit_id FROM payments_transfer WHERE escrow_id = ANY(%(escrows)s::bigint[])
    UNION SELECT credit_id FROM payments_transfer WHERE escrow_id = ANY(%(escrows)s::bigint[])
    UNION SELECT account.id FROM payments_account account
        JOIN payments_release release ON release.payout_id = account.payout_id
        WHERE release.escrow_id = ANY(%(escrows)s::bigint[])
)
"""
DEBIT_WORDS = ", ".join(f"'{kind}'" for kind in DEBIT_KINDS)
SIGN = f"(CASE WHEN account.kind IN ({DEBIT_WORDS}) THEN 1 ELSE -1 END)"
IN_SCOPE = "(%(all)s OR escrow.id = ANY(%(escrows)s::bigint[]))"
RELEASE_KEY = "'release:' || escrow.id || ':' || release.reason || ':' || release.sequence"
LIVE_CLOCK = """EXISTS (SELECT FROM core_deadline WHERE subject_type = '{label}' AND subject_id = {row}.id
                         AND state IN ('WAITING', 'PAUSED') AND NOT is_reminder)"""
OPEN = "('REQUESTED', 'APPROVED', 'SENDING', 'SENT', 'UNKNOWN')"

CHECKS: dict[str, str] = {
    "balance_is_sum_of_transfers": f"""
        WITH {TOUCHED}, moved AS (
            SELECT debit_id AS id, amount_minor FROM payments_transfer WHERE debit_id IN (SELECT id FROM touched)
            UNION ALL
            SELECT credit_id, -amount_minor FROM payments_transfer WHERE credit_id IN (SELECT id FROM touched)
        ), summed AS (SELECT id, sum(amount_minor) AS total FROM moved GROUP BY id)
        SELECT account.code, 'stores', account.balance_minor, 'transfers say', {SIGN} * coalesce(summed.total, 0)
        FROM payments_account account JOIN touched USING (id) LEFT JOIN summed USING (id)
        WHERE account.balance_minor IS NOT NULL AND account.balance_minor <> {SIGN} * coalesce(summed.total, 0)""",
    "closing_is_sum_of_transfers": f"""
        WITH closings AS (
            SELECT closing.account_id, closing.through, closing.balance_minor,
                   coalesce(lag(closing.through) OVER one, '-infinity') AS since,
                   coalesce(lag(closing.balance_minor) OVER one, 0) AS before
            FROM payments_dailyclosing closing WHERE %(all)s
            WINDOW one AS (PARTITION BY closing.account_id ORDER BY closing.through)
        )
        SELECT account.code, closing.through, 'closed with', closing.balance_minor, 'after', closing.before
        FROM closings closing JOIN payments_account account ON account.id = closing.account_id
        WHERE closing.balance_minor <> closing.before + {SIGN} * (
            coalesce((SELECT sum(amount_minor) FROM payments_transfer WHERE debit_id = account.id
                      AND booked_at >= closing.since AND booked_at < closing.through), 0)
          - coalesce((SELECT sum(amount_minor) FROM payments_transfer WHERE credit_id = account.id
                      AND booked_at >= closing.since AND booked_at < closing.through), 0))""",
    "entries_run": f"""
        WITH {TOUCHED}, run AS (
            SELECT entry.account_id, entry.version, entry.change_minor, entry.balance_minor,
                   coalesce(lag(entry.balance_minor) OVER one, 0) AS before,
                   entry.entered_at, lag(entry.entered_at) OVER one AS date_before,
                   row_number() OVER one AS place, lead(entry.id) OVER one IS NULL AS is_last
            FROM payments_entry entry WHERE entry.account_id IN (SELECT id FROM touched)
            WINDOW one AS (PARTITION BY entry.account_id ORDER BY entry.version)
        )
        SELECT account.code, 'version', run.version, 'balance', run.balance_minor
        FROM run JOIN payments_account account ON account.id = run.account_id
        WHERE run.balance_minor <> run.before + run.change_minor OR run.version <> run.place
           OR run.entered_at < run.date_before
           OR (run.is_last AND (run.version <> account.version OR run.balance_minor <> account.balance_minor))""",
    "entries_belong": f"""
        WITH {TOUCHED}, legs AS (
            SELECT transfer.id AS transfer_id, account.id AS account_id, {SIGN} * transfer.amount_minor AS change_minor
            FROM payments_transfer transfer JOIN payments_account account ON account.id = transfer.debit_id
            WHERE account.balance_minor IS NOT NULL AND account.id IN (SELECT id FROM touched)
            UNION ALL
            SELECT transfer.id, account.id, -{SIGN} * transfer.amount_minor
            FROM payments_transfer transfer JOIN payments_account account ON account.id = transfer.credit_id
            WHERE account.balance_minor IS NOT NULL AND account.id IN (SELECT id FROM touched)
        ), entries AS (
            SELECT transfer_id, account_id, change_minor FROM payments_entry
            WHERE account_id IN (SELECT id FROM touched)
        )
        SELECT 'transfer', coalesce(legs.transfer_id, entries.transfer_id), 'has no entry, or another'
        FROM legs FULL JOIN entries USING (transfer_id, account_id, change_minor)
        WHERE legs.transfer_id IS NULL OR entries.transfer_id IS NULL""",
    "one_currency": f"""
        WITH {TOUCHED}
        SELECT transfer.key, transfer.currency, debit.currency, credit.currency
        FROM payments_transfer transfer JOIN payments_account debit ON debit.id = transfer.debit_id
        JOIN payments_account credit ON credit.id = transfer.credit_id
        WHERE (transfer.debit_id IN (SELECT id FROM touched) OR transfer.credit_id IN (SELECT id FROM touched))
          AND (transfer.currency <> debit.currency OR transfer.currency <> credit.currency)""",
    "what_came_in_is_somewhere": f"""
        SELECT escrow.reference, 'came in', came.total, 'held, frozen, released, owed or gone back', here.total
        FROM payments_escrow escrow
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(receipt.amount_minor), 0) AS total FROM payments_receipt receipt
            JOIN payments_payment payment ON payment.id = receipt.payment_id
            WHERE payment.escrow_id = escrow.id AND receipt.currency = escrow.currency) came
        CROSS JOIN LATERAL (
            SELECT coalesce((SELECT sum(balance_minor) FROM payments_account
                             WHERE escrow_id = escrow.id AND currency = escrow.currency), 0)
                 + coalesce((SELECT sum(amount_minor + payer_fee_minor) FROM payments_release
                             WHERE escrow_id = escrow.id), 0)
                 + coalesce((SELECT sum(amount_minor) FROM payments_refund WHERE escrow_id = escrow.id
                             AND currency = escrow.currency AND state = 'PAID'), 0)
                 + coalesce((SELECT sum(held_minor + payer_fee_minor + refunds_minor) FROM payments_chargeback
                             WHERE escrow_id = escrow.id AND state = 'LOST'), 0) AS total) here
        WHERE {IN_SCOPE} AND came.total <> here.total""",
    "receipts_are_booked": f"""
        SELECT receipt.gateway_receipt_id, receipt.amount_minor, 'booked', booked.held, booked.back
        FROM payments_receipt receipt JOIN payments_payment payment ON payment.id = receipt.payment_id
        JOIN payments_escrow escrow ON escrow.id = payment.escrow_id
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(amount_minor) FILTER (WHERE kind = 'FUND'), 0) AS held,
                   coalesce(sum(amount_minor) FILTER (WHERE kind = 'FUND_REFUNDABLE'), 0) AS back
            FROM payments_transfer
            WHERE key IN ('receipt:' || receipt.gateway || ':' || receipt.gateway_receipt_id || ':held',
                          'receipt:' || receipt.gateway || ':' || receipt.gateway_receipt_id || ':back')) booked
        WHERE {IN_SCOPE} AND (booked.held <> receipt.held_minor
                              OR booked.held + booked.back <> receipt.amount_minor)""",
    "payments_sum_their_receipts": f"""
        SELECT payment.reference, 'received', payment.received_minor, receipts.total,
               'refunded', payment.refunded_minor, refunds.total, 'taken back', payment.charged_back_minor, taken.total
        FROM payments_payment payment JOIN payments_escrow escrow ON escrow.id = payment.escrow_id
        CROSS JOIN LATERAL (SELECT coalesce(sum(amount_minor), 0) AS total FROM payments_receipt
                            WHERE payment_id = payment.id AND currency = escrow.currency) receipts
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(amount_minor), 0) AS total FROM payments_refund refund
            WHERE payment_id = payment.id AND currency = escrow.currency AND state <> 'STOPPED'
              AND NOT EXISTS (SELECT FROM payments_refund newer WHERE newer.replaces_id = refund.id)) refunds
        CROSS JOIN LATERAL (SELECT coalesce(sum(amount_minor), 0) AS total FROM payments_chargeback
                            WHERE payment_id = payment.id AND state <> 'WON') taken
        WHERE {IN_SCOPE} AND (payment.received_minor <> receipts.total OR payment.refunded_minor <> refunds.total
                              OR payment.charged_back_minor <> taken.total)""",
    "secured_means_received": f"""
        SELECT payment.reference, 'secured', payment.amount_minor, 'but held', brought.total
        FROM payments_payment payment JOIN payments_escrow escrow ON escrow.id = payment.escrow_id
        JOIN payments_instalment instalment ON instalment.id = payment.instalment_id
        CROSS JOIN LATERAL (
            SELECT coalesce((SELECT sum(held_minor) FROM payments_receipt WHERE payment_id = payment.id), 0)
                 - coalesce((SELECT sum(held_minor) FROM payments_chargeback
                             WHERE payment_id = payment.id AND state <> 'WON'), 0) AS total) brought
        WHERE {IN_SCOPE} AND payment.state = 'SECURED' AND (instalment.secured_at IS NULL
            OR (brought.total + instalment.shortfall_minor <> payment.amount_minor
                AND NOT EXISTS (SELECT FROM payments_payment lost
                                WHERE lost.instalment_id = instalment.id AND lost.charged_back_minor > 0)))
        UNION ALL
        SELECT escrow.reference, 'instalment secured without a payment', instalment.sequence, '', 0
        FROM payments_instalment instalment JOIN payments_escrow escrow ON escrow.id = instalment.escrow_id
        WHERE {IN_SCOPE} AND instalment.secured_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM payments_payment WHERE instalment_id = instalment.id AND (state = 'SECURED'
                OR (escrow.state = 'CLOSED' AND state IN ('CHARGEBACK_OPEN', 'CHARGED_BACK'))))""",
    "secured_means_all_of_it": f"""
        SELECT escrow.reference, 'instalment', instalment.sequence, 'asks',
               instalment.amount_minor + instalment.carried_minor - instalment.shortfall_minor,
               'its payments bring', brought.total
        FROM payments_instalment instalment JOIN payments_escrow escrow ON escrow.id = instalment.escrow_id
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(parts.total - least(parts.fee, parts.total)), 0) AS total
            FROM (SELECT greatest(received_minor - refunded_minor - charged_back_minor, 0) AS total,
                         fee_minor - fee_refunded_minor AS fee
                  FROM payments_payment WHERE instalment_id = instalment.id
                  AND state IN ('SECURED', 'KEPT', 'CHARGEBACK_OPEN', 'CHARGED_BACK')) parts) brought
        WHERE {IN_SCOPE} AND instalment.secured_at IS NOT NULL AND escrow.stopped_at IS NULL
          AND escrow.state <> 'CLOSED'
          AND brought.total < instalment.amount_minor + instalment.carried_minor - instalment.shortfall_minor""",
    "unsecured_holds_nothing": f"""
        SELECT payment.reference, payment.state, 'keeps', payment.received_minor - payment.refunded_minor
        FROM payments_payment payment JOIN payments_escrow escrow ON escrow.id = payment.escrow_id
        WHERE {IN_SCOPE} AND payment.received_minor > payment.refunded_minor + payment.charged_back_minor
          AND (payment.state IN ('FAILED', 'EXPIRED', 'ABANDONED')
               OR (payment.state IN ('CREATED', 'PENDING') AND escrow.stopped_at IS NOT NULL))""",
    "state_claims": f"""
        WITH standing AS (
            SELECT escrow.id, escrow.reference, escrow.state, escrow.stopped_at, held.balance_minor AS held,
                   frozen.balance_minor AS frozen, payer_fee.balance_minor AS payer_fee,
                   (SELECT count(*) FROM payments_instalment
                    WHERE escrow_id = escrow.id AND secured_at IS NULL) AS unsecured,
                   EXISTS (SELECT FROM payments_transfer WHERE escrow_id = escrow.id AND kind = 'FUND') AS funded
            FROM payments_escrow escrow
            LEFT JOIN payments_account held ON held.code = 'escrow:' || escrow.id || ':held'
            LEFT JOIN payments_account frozen ON frozen.code = 'escrow:' || escrow.id || ':frozen'
            LEFT JOIN payments_account payer_fee ON payer_fee.code = 'escrow:' || escrow.id || ':payer_fee'
            WHERE {IN_SCOPE}
        )
        SELECT reference, state, 'held', held, 'unsecured', unsecured FROM standing
        WHERE held IS NULL OR CASE state
            WHEN 'AWAITING_FUNDS' THEN held <> 0 OR funded OR stopped_at IS NOT NULL
            WHEN 'PARTLY_FUNDED' THEN NOT funded OR unsecured = 0
            WHEN 'FUNDED' THEN unsecured <> 0 OR held + coalesce(frozen, 0) = 0
            ELSE held <> 0 OR coalesce(payer_fee, 0) <> 0 END""",
    "releases_are_booked": f"""
        SELECT escrow.reference, release.reason, release.sequence, 'booked', booked.net, booked.fee, booked.payer,
               booked.repaid
        FROM payments_release release JOIN payments_escrow escrow ON escrow.id = release.escrow_id
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(amount_minor) FILTER (WHERE kind = 'RELEASE'), 0) AS net,
                   coalesce(sum(amount_minor) FILTER (WHERE kind = 'FEE'), 0) AS fee,
                   coalesce(sum(amount_minor) FILTER (WHERE kind = 'PAYER_FEE'), 0) AS payer,
                   coalesce(sum(amount_minor) FILTER (WHERE kind = 'RECEIVABLE_REPAID'), 0) AS repaid
            FROM payments_transfer
            WHERE key IN ({RELEASE_KEY} || ':net', {RELEASE_KEY} || ':fee', {RELEASE_KEY} || ':payer_fee',
                          {RELEASE_KEY} || ':repaid')) booked
        WHERE {IN_SCOPE} AND (booked.fee <> release.fee_minor OR booked.payer <> release.payer_fee_minor
                              OR booked.repaid <> release.repaid_minor
                              OR booked.net <> release.amount_minor - release.fee_minor - release.repaid_minor)
        UNION ALL
        SELECT escrow.reference, 'transfers without a release', 0, '', transfer.amount_minor, 0, 0, 0
        FROM payments_transfer transfer JOIN payments_escrow escrow ON escrow.id = transfer.escrow_id
        WHERE {IN_SCOPE} AND transfer.kind IN ('RELEASE', 'FEE', 'RECEIVABLE_REPAID') AND NOT EXISTS (
            SELECT FROM payments_release release WHERE release.escrow_id = escrow.id
            AND regexp_replace(transfer.key, ':(net|fee|repaid)$', '') = {RELEASE_KEY})""",
    "payer_fees_are_set_apart": f"""
        SELECT payment.reference, payment.state, 'fee', payment.fee_minor, 'set apart', apart.total,
               'given back', payment.fee_refunded_minor, back.total
        FROM payments_payment payment JOIN payments_escrow escrow ON escrow.id = payment.escrow_id
        CROSS JOIN LATERAL (SELECT coalesce(sum(amount_minor), 0) AS total FROM payments_transfer
                            WHERE key = payment.idempotency_key || ':fee') apart
        CROSS JOIN LATERAL (SELECT coalesce(sum(transfer.amount_minor), 0) AS total
                            FROM payments_refund refund JOIN payments_transfer transfer
                            ON transfer.key = refund.idempotency_key || ':owed_fee'
                            WHERE refund.payment_id = payment.id) back
        WHERE {IN_SCOPE}
          AND (apart.total <> CASE WHEN payment.secured_at IS NULL THEN 0 ELSE payment.fee_minor END
            OR back.total <> payment.fee_refunded_minor)""",
    "refund_due_has_refunds": f"""
        SELECT account.code, 'owes', account.balance_minor, 'refunds say', owed.total
        FROM payments_account account JOIN payments_escrow escrow ON escrow.id = account.escrow_id
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(amount_minor), 0) AS total FROM payments_refund refund
            WHERE refund.owed_from_id = account.id AND refund.state NOT IN ('PAID', 'STOPPED')
              AND NOT EXISTS (SELECT FROM payments_refund newer WHERE newer.replaces_id = refund.id)) owed
        WHERE {IN_SCOPE} AND account.kind = 'REFUND_DUE' AND account.balance_minor <> owed.total""",
    "refunds_are_booked": f"""
        SELECT refund.reference, refund.state, 'paid', booked.paid, 'returned', booked.back
        FROM payments_refund refund LEFT JOIN payments_escrow escrow ON escrow.id = refund.escrow_id
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(amount_minor) FILTER (WHERE kind IN ('REFUND_PAID', 'SUSPENSE_SENT_BACK')), 0) AS paid,
                   coalesce(sum(amount_minor) FILTER (WHERE kind = 'REFUND_RETURNED'), 0) AS back
            FROM payments_transfer
            WHERE key IN (refund.idempotency_key || ':paid', refund.idempotency_key || ':returned')) booked
        WHERE {IN_SCOPE}
          AND ((refund.state <> 'STOPPED'
                AND booked.paid <> CASE WHEN refund.state IN ('PAID', 'RETURNED') THEN refund.amount_minor ELSE 0 END)
            OR (refund.state <> 'STOPPED'
                AND booked.back <> CASE WHEN refund.state = 'RETURNED' THEN refund.amount_minor ELSE 0 END)
            OR (refund.state = 'STOPPED' AND booked.back <> booked.paid))""",
    "payable_has_releases": f"""
        WITH {TOUCHED}
        SELECT account.code, 'owes', account.balance_minor, 'releases say', owed.total
        FROM payments_account account JOIN touched USING (id)
        CROSS JOIN LATERAL (SELECT coalesce(sum(amount_minor - fee_minor - repaid_minor), 0) AS total
                            FROM payments_release
                            WHERE payable_id = account.id AND payout_id IS NULL) owed
        WHERE account.kind = 'PAYABLE' AND account.balance_minor <> owed.total""",
    "payouts_are_booked": f"""
        WITH {TOUCHED}
        SELECT payout.reference, payout.state, 'in transit', account.balance_minor,
               booked.asked, booked.paid, booked.back
        FROM payments_payout payout LEFT JOIN payments_account account ON account.payout_id = payout.id
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(amount_minor) FILTER (WHERE kind = 'PAYOUT_REQUESTED'), 0) AS asked,
                   coalesce(sum(amount_minor) FILTER (WHERE kind = 'PAYOUT_PAID'), 0) AS paid,
                   coalesce(sum(amount_minor) FILTER (WHERE kind IN ('PAYOUT_FAILED', 'PAYOUT_RETURNED')), 0) AS back
            FROM payments_transfer WHERE key IN (
                payout.idempotency_key || ':requested', payout.idempotency_key || ':paid',
                payout.idempotency_key || ':payout_failed', payout.idempotency_key || ':payout_returned')) booked
        WHERE (account.id IS NULL OR account.id IN (SELECT id FROM touched))
          AND (account.id IS NULL OR booked.asked <> payout.amount_minor
            OR account.balance_minor <> CASE WHEN payout.state IN {OPEN} THEN payout.amount_minor ELSE 0 END
            OR booked.paid <> CASE WHEN payout.state IN ('PAID', 'RETURNED') THEN payout.amount_minor ELSE 0 END
            OR booked.back <> CASE WHEN payout.state IN ('FAILED', 'RETURNED') THEN payout.amount_minor ELSE 0 END)""",
    "payments_have_clocks": f"""
        SELECT payment.reference, payment.state, 'has no live deadline'
        FROM payments_payment payment JOIN payments_escrow escrow ON escrow.id = payment.escrow_id
        WHERE {IN_SCOPE} AND payment.state IN ('CREATED', 'PENDING')
          AND NOT {LIVE_CLOCK.format(label="payments.payment", row="payment")}""",
    "refunds_have_clocks": f"""
        SELECT refund.reference, refund.state, 'has no live deadline'
        FROM payments_refund refund LEFT JOIN payments_escrow escrow ON escrow.id = refund.escrow_id
        WHERE {IN_SCOPE} AND refund.state NOT IN ('PAID', 'STOPPED')
          AND NOT EXISTS (SELECT FROM payments_refund newer WHERE newer.replaces_id = refund.id)
          AND NOT {LIVE_CLOCK.format(label="payments.refund", row="refund")}""",
    "payouts_have_clocks": f"""
        WITH {TOUCHED}
        SELECT payout.reference, payout.state, 'has no live deadline'
        FROM payments_payout payout JOIN payments_account account ON account.payout_id = payout.id
        WHERE account.id IN (SELECT id FROM touched) AND payout.state IN {OPEN}
          AND NOT {LIVE_CLOCK.format(label="payments.payout", row="payout")}""",
    "payable_has_clock": f"""
        WITH {TOUCHED}
        SELECT account.code, account.balance_minor, 'payable for over a day, and no clock tries'
        FROM payments_account account JOIN touched USING (id)
        JOIN payments_entry entry ON entry.account_id = account.id AND entry.version = account.version
        JOIN payments_transfer transfer ON transfer.id = entry.transfer_id
        WHERE account.kind = 'PAYABLE' AND account.balance_minor > 0
          AND transfer.booked_at < now() - interval '1 day'
          AND NOT {LIVE_CLOCK.format(label="payments.account", row="account")}""",
    "gateway_lines_fit": """
        SELECT transfer.key, debit.code, credit.code, transfer.kind
        FROM payments_transfer transfer
        JOIN payments_account debit ON debit.id = transfer.debit_id
        JOIN payments_account credit ON credit.id = transfer.credit_id
        CROSS JOIN LATERAL (
            SELECT 'clearing:' || split_part(transfer.key, ':', 2) || ':' || transfer.currency AS there,
                   transfer.key LIKE 'cost%%' AS is_cost, transfer.key LIKE '%%_return:%%' AS came_back) line
        CROSS JOIN LATERAL (
            SELECT CASE WHEN line.is_cost THEN 'costs:' ELSE 'clearing:settling:' END || transfer.currency AS other,
                   CASE WHEN line.is_cost THEN 'GATEWAY_COST' ELSE 'SETTLEMENT' END AS kind) wanted
        WHERE %(all)s AND transfer.key ~ '^(cost|settlement)(_return)?:'
          AND (debit.code, credit.code, transfer.kind) <> (
              CASE WHEN line.came_back THEN line.there ELSE wanted.other END,
              CASE WHEN line.came_back THEN wanted.other ELSE line.there END, wanted.kind)""",
}
