"""What must be true of statements, their lines and the suspense desk; all of it, whatever escrows are asked about."""

BANK_CHECKS: dict[str, str] = {
    "lines_are_counted": """
        SELECT file.reference, file.state, file.lines, 'lines, stored', found.lines, 'with an outcome', found.judged
        FROM payments_statementfile file
        CROSS JOIN LATERAL (SELECT count(*) AS lines, count(outcome.id) AS judged FROM payments_bankline line
                            LEFT JOIN payments_lineoutcome outcome ON outcome.line_id = line.id
                            WHERE line.file_id = file.id) found
        WHERE %(all)s AND (found.lines <> file.lines OR found.judged <> file.lines_booked
            OR (file.state = 'BOOKED' AND file.lines_booked <> file.lines)
            OR (file.state IN ('RECEIVED', 'UNCONFIRMED', 'QUARANTINED') AND file.lines > 0))""",
    "lines_are_booked_once": """
        SELECT 'line', line.id, outcome.outcome, line.amount_minor, 'given', given.total, 'booked', booked.total
        FROM payments_bankline line JOIN payments_lineoutcome outcome ON outcome.line_id = line.id
        LEFT JOIN payments_suspenseitem item ON item.line_id = line.id
        CROSS JOIN LATERAL (SELECT coalesce(sum(amount_minor), 0) AS total FROM payments_allocation
                            WHERE line_id = line.id) given
        CROSS JOIN LATERAL (SELECT coalesce(sum(amount_minor), 0) AS total FROM payments_transfer
            WHERE key IN ('line_' || line.id || ':suspense_in', 'line_' || line.id || ':gateway_cost',
                          'line_' || line.id || ':settlement')) booked
        CROSS JOIN LATERAL (SELECT coalesce(sum(amount_minor), 0) AS total FROM payments_transfer
            WHERE key = 'line_' || line.id || ':desk_return') back
        CROSS JOIN LATERAL (SELECT coalesce(max(abs(amount_minor - line.amount_minor)), -1) AS minor
            FROM payments_bankorder
            WHERE item.state = 'TRANSFER' AND (debit_line_id = line.id OR credit_line_id = line.id)) charge
        WHERE %(all)s AND NOT CASE outcome.outcome
            WHEN 'DUPLICATE' THEN line.repeats_id IS NOT NULL AND given.total + booked.total = 0 AND item.id IS NULL
            WHEN 'DIFFERS' THEN line.repeats_id IS NOT NULL AND given.total + booked.total = 0 AND item.id IS NULL
            WHEN 'ALLOCATED' THEN given.total = line.amount_minor AND booked.total = 0 AND item.id IS NULL
            WHEN 'SUSPENSE' THEN item.direction = 'in'
                 AND booked.total = line.amount_minor + CASE item.state WHEN 'TRANSFER' THEN charge.minor ELSE 0 END
                 AND back.total = CASE item.state WHEN 'TRANSFER' THEN line.amount_minor ELSE 0 END
                 AND given.total = CASE item.state WHEN 'MATCHED' THEN line.amount_minor ELSE 0 END
            WHEN 'UNORDERED' THEN given.total = 0 AND item.direction = 'out'
                 AND back.total = CASE WHEN item.state = 'TAKEN_BACK' AND item.payment_id IS NULL
                                  THEN line.amount_minor ELSE 0 END
                 AND booked.total = CASE item.state WHEN 'OURS' THEN line.amount_minor
                                    WHEN 'TRANSFER' THEN charge.minor ELSE 0 END
            WHEN 'ORDER' THEN given.total + booked.total = 0 AND item.id IS NULL
            ELSE booked.total = line.amount_minor AND given.total = 0 AND item.id IS NULL END""",
    "allocations_are_received": """
        SELECT allocation.reference, allocation.amount_minor, 'received', receipt.amount_minor
        FROM payments_allocation allocation
        JOIN payments_gatewayevent hint
            ON hint.gateway = 'bank' AND hint.event_id = 'allocation:' || allocation.reference
        LEFT JOIN payments_receipt receipt ON receipt.gateway = 'bank'
            AND receipt.gateway_receipt_id = allocation.reference AND receipt.payment_id = allocation.payment_id
            AND receipt.item_id IS NOT DISTINCT FROM allocation.item_id
        WHERE %(all)s AND hint.processed_at IS NOT NULL
          AND (receipt.id IS NULL OR receipt.amount_minor <> allocation.amount_minor)
        UNION ALL
        SELECT receipt.gateway_receipt_id, receipt.amount_minor, 'without an allocation', 0
        FROM payments_receipt receipt
        WHERE %(all)s AND receipt.gateway = 'bank'
          AND NOT EXISTS (SELECT FROM payments_allocation WHERE reference = receipt.gateway_receipt_id)""",
    "suspense_is_undecided_money": """
        SELECT account.code, 'holds', account.balance_minor, 'the desk says', item.state, coalesce(item.amount_minor, 0)
        FROM payments_account account
        LEFT JOIN payments_suspenseitem item ON account.code = 'suspense:' || item.reference AND item.direction = 'in'
        CROSS JOIN LATERAL (SELECT coalesce(sum(amount_minor), 0) AS total FROM payments_receipt
                            WHERE item_id = item.id) received
        CROSS JOIN LATERAL (SELECT coalesce(sum(amount_minor), 0) AS total FROM payments_refund
                            WHERE item_id = item.id AND state = 'PAID') gone
        WHERE %(all)s AND account.kind = 'SUSPENSE' AND account.balance_minor IS DISTINCT FROM CASE item.state
            WHEN 'OPEN' THEN item.amount_minor
            WHEN 'MATCHED' THEN item.amount_minor - received.total
            WHEN 'SENT_BACK' THEN item.amount_minor - gone.total
            WHEN 'OURS' THEN 0
            WHEN 'SETTLEMENT' THEN 0 WHEN 'TRANSFER' THEN 0 WHEN 'REPAYMENT' THEN 0
            WHEN 'TAKEN_BACK' THEN 0 END
        UNION ALL
        SELECT item.reference, item.state, item.amount_minor, 'has no account', '', 0
        FROM payments_suspenseitem item
        WHERE %(all)s AND item.direction = 'in'
          AND NOT EXISTS (SELECT FROM payments_account WHERE code = 'suspense:' || item.reference)""",
    "recalls_are_charged_back": """
        SELECT item.reference, item.amount_minor, 'of payment', item.payment_id, 'charged back', taken.amount_minor,
               'of payment', taken.payment_id
        FROM payments_suspenseitem item
        LEFT JOIN payments_gatewayevent hint ON hint.gateway = 'bank' AND hint.event_id = 'recall:' || item.reference
        LEFT JOIN payments_chargeback taken ON taken.gateway = 'bank' AND taken.gateway_dispute_id = item.reference
        WHERE %(all)s AND (hint.processed_at IS NOT NULL OR taken.id IS NOT NULL)
          AND (taken.id IS NULL OR taken.amount_minor <> item.amount_minor OR taken.currency <> item.currency
               OR taken.payment_id IS DISTINCT FROM item.payment_id)
        UNION ALL
        SELECT item.reference, item.amount_minor, 'of payment', item.payment_id, 'has neither hint nor charge-back', 0,
               '', 0
        FROM payments_suspenseitem item
        WHERE %(all)s AND item.payment_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM payments_gatewayevent WHERE gateway = 'bank' AND event_id = 'recall:' || item.reference)
          AND NOT EXISTS (
            SELECT FROM payments_chargeback WHERE gateway = 'bank' AND gateway_dispute_id = item.reference)
        UNION ALL
        SELECT item.reference, item.amount_minor, 'of payment', item.payment_id, 'and no two said so', 0, '', 0
        FROM payments_suspenseitem item
        WHERE %(all)s AND item.payment_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM payments_deskproposal WHERE item_id = item.id AND decision = 'TAKEN_BACK'
              AND confirmed_by_id <> proposed_by_id AND (terms ->> 'payment_id')::bigint = item.payment_id)
        UNION ALL
        SELECT taken.reference, taken.amount_minor, 'of payment', taken.payment_id, 'without a case on the desk', 0,
               '', 0
        FROM payments_chargeback taken
        WHERE %(all)s AND taken.gateway = 'bank' AND NOT EXISTS (
            SELECT FROM payments_suspenseitem
            WHERE reference = taken.gateway_dispute_id AND payment_id = taken.payment_id)""",
    "suspense_has_clock": """
        SELECT item.reference, item.state, 'has no live deadline' FROM payments_suspenseitem item
        WHERE %(all)s AND item.state = 'OPEN' AND NOT EXISTS (
            SELECT FROM core_deadline WHERE subject_type = 'payments.suspenseitem' AND subject_id = item.id
            AND state IN ('WAITING', 'PAUSED') AND NOT is_reminder)
        UNION ALL
        SELECT file.reference, file.state, 'has no live deadline' FROM payments_statementfile file
        WHERE %(all)s AND file.state IN ('RECEIVED', 'UNCONFIRMED', 'READ')
          AND NOT EXISTS (
            SELECT FROM core_deadline WHERE subject_type = 'payments.statementfile' AND subject_id = file.id
            AND state IN ('WAITING', 'PAUSED') AND NOT is_reminder)""",
    "statements_add_up": """
        WITH moved AS (
            SELECT statement_id, count(*) AS lines,
                   sum(CASE direction WHEN 'in' THEN amount_minor ELSE -amount_minor END) AS total
            FROM payments_bankline WHERE %(all)s GROUP BY statement_id)
        SELECT 'statement', statement.id, statement.opening_minor, 'and its lines', coalesce(moved.total, 0),
               'do not make', statement.closing_minor
        FROM payments_bankstatement statement LEFT JOIN moved ON moved.statement_id = statement.id
        WHERE %(all)s AND (statement.opening_minor + coalesce(moved.total, 0) <> statement.closing_minor
                           OR statement.lines <> coalesce(moved.lines, 0))""",
    "bank_is_its_statements": """
        WITH read AS (
            SELECT currency, sum(CASE direction WHEN 'in' THEN amount_minor ELSE -amount_minor END) AS total
            FROM payments_bankline WHERE %(all)s AND repeats_id IS NULL GROUP BY currency
        ), undecided AS (
            SELECT currency, -sum(amount_minor) AS total FROM payments_suspenseitem
            WHERE %(all)s AND direction = 'out' AND state = 'OPEN' GROUP BY currency
        ), on_its_way AS (
            SELECT (SELECT count(*) FROM payments_statementfile WHERE state = 'READ')
                 + (SELECT count(*) FROM payments_gatewayevent WHERE gateway = 'bank' AND processed_at IS NULL) AS count
        ), booked AS (
            SELECT account.currency, coalesce((SELECT sum(amount_minor) FROM payments_transfer
                                               WHERE debit_id = account.id), 0)
                                   - coalesce((SELECT sum(amount_minor) FROM payments_transfer
                                               WHERE credit_id = account.id), 0) AS total
            FROM payments_account account WHERE %(all)s AND account.code LIKE 'clearing:bank:%%'
        )
        SELECT currency, 'our books', coalesce(booked.total, 0), 'the statements', coalesce(read.total, 0),
               'of it undecided', coalesce(undecided.total, 0)
        FROM read FULL JOIN booked USING (currency) LEFT JOIN undecided USING (currency), on_its_way
        WHERE on_its_way.count = 0
          AND coalesce(booked.total, 0) <> coalesce(read.total, 0) - coalesce(undecided.total, 0)""",
    "bank_ends_where_its_statements_end": """
        WITH days AS (
            SELECT account, currency, min(opened_on) AS first_on, max(closed_on) AS last_on
            FROM payments_bankstatement WHERE %(all)s GROUP BY account, currency
        ), read AS (
            SELECT statement.account, statement.currency,
                   sum(CASE direction WHEN 'in' THEN amount_minor ELSE -amount_minor END) AS total
            FROM payments_bankline line JOIN payments_bankstatement statement ON statement.id = line.statement_id
            WHERE %(all)s AND repeats_id IS NULL GROUP BY statement.account, statement.currency
        )
        SELECT days.account, days.currency, 'no first opening of', days.first_on, 'and', coalesce(read.total, 0),
               'make a last closing of', days.last_on
        FROM days LEFT JOIN read USING (account, currency)
        WHERE NOT EXISTS (
            SELECT FROM core_alarm alarm JOIN payments_bankstatement gap ON gap.id = alarm.subject_id
            WHERE alarm.kind = 'statement_gap' AND alarm.cleared_at IS NULL
              AND gap.account = days.account AND gap.currency = days.currency)
          AND NOT EXISTS (
            SELECT FROM payments_bankstatement first JOIN payments_bankstatement last USING (account, currency)
            WHERE first.account = days.account AND first.currency = days.currency
              AND first.opened_on = days.first_on AND last.closed_on = days.last_on
              AND first.opening_minor + coalesce(read.total, 0) = last.closing_minor)""",
}
