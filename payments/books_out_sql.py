# ruff: noqa: S608  (put together from the fixed words of this file)
"""What must be true of money on its way out, in the shape of `books_sql.CHECKS`."""

from payments.books_sql import IN_SCOPE, LIVE_CLOCK, TOUCHED
from payments.limits import TREASURERS, VERSIONS
from payments.models.gateway_line import EXPLAINED
from payments.movements import MONEY_IN

LIMITS = ", ".join(
    f"({version}, '{currency}', {over_minor}::bigint)"
    for version, limits in VERSIONS.items()
    for currency, over_minor in limits.over_minor.items()
)

OWN_NEEDS_TWO = ", ".join(str(version) for version, limits in VERSIONS.items() if limits.own_needs_two)

BATCH_CLOCK = LIVE_CLOCK.replace("{label}", "payments.bankbatch").replace("{row}", "batch")

CAME_IN = ", ".join(f"'{kind}'" for kind in sorted(MONEY_IN))

CHECKS_OUT: dict[str, str] = {
    "explained_by_two": f"""
        SELECT transfer.key, transfer.amount_minor, transfer.currency, debit.code, credit.code, 'words', said.people
        FROM payments_transfer transfer
        JOIN payments_account debit ON debit.id = transfer.debit_id
        JOIN payments_account credit ON credit.id = transfer.credit_id
        CROSS JOIN LATERAL (
            SELECT 'clearing:' || split_part(transfer.key, ':', 2) || ':' || transfer.currency AS there,
                   CASE transfer.kind WHEN 'SETTLEMENT' THEN 'clearing:settling:' WHEN 'GATEWAY_COST' THEN 'costs:'
                       ELSE '' END || transfer.currency AS other,
                   split_part(transfer.key, ':', 3) IN ({CAME_IN}) AS came_in) line
        CROSS JOIN LATERAL (
            SELECT count(DISTINCT user_id) AS people FROM payments_lineexplanation word
            WHERE word.key = transfer.key AND word.amount_minor = transfer.amount_minor
              AND word.currency = transfer.currency
              AND word.booked_into = CASE transfer.kind WHEN 'SETTLEMENT' THEN 'SETTLING' ELSE 'COSTS' END) said
        WHERE %(all)s AND transfer.key LIKE '{EXPLAINED}:%%' AND (said.people < 2 OR (debit.code, credit.code) <> (
            CASE WHEN line.came_in THEN line.there ELSE line.other END,
            CASE WHEN line.came_in THEN line.other ELSE line.there END))""",
    "large_ones_are_approved": f"""
        WITH {TOUCHED}, limits (version, currency, over_minor) AS (VALUES {LIMITS}), rows AS (
            SELECT payout.reference, payout.state, payout.amount_minor, payout.currency, payout.limits_version,
                   payout.approvals_needed, payout.sending_at, false AS goes_another_way,
                   (SELECT count(DISTINCT user_id) FROM payments_approval WHERE payout_id = payout.id) AS approvals
            FROM payments_payout payout JOIN payments_account account ON account.payout_id = payout.id
            WHERE account.id IN (SELECT id FROM touched)
            UNION ALL
            SELECT refund.reference, refund.state, refund.amount_minor, refund.currency, refund.limits_version,
                   refund.approvals_needed, refund.sending_at, coalesce(refund.gateway <> payment.gateway, false),
                   (SELECT count(DISTINCT user_id) FROM payments_approval WHERE refund_id = refund.id)
            FROM payments_refund refund LEFT JOIN payments_escrow escrow ON escrow.id = refund.escrow_id
            LEFT JOIN payments_payment payment ON payment.id = refund.payment_id
            WHERE {IN_SCOPE}
        )
        SELECT rows.reference, rows.state, rows.amount_minor, 'needs', rows.approvals_needed, 'has', rows.approvals
        FROM rows LEFT JOIN limits ON limits.version = rows.limits_version AND limits.currency = rows.currency
        WHERE rows.approvals_needed <> CASE WHEN rows.amount_minor > limits.over_minor OR rows.goes_another_way
                                            THEN {TREASURERS} ELSE 0 END
           OR ((rows.state = 'APPROVED' OR rows.sending_at IS NOT NULL) AND rows.approvals < rows.approvals_needed)""",
    "desk_decisions_have_two": f"""
        WITH limits (version, currency, over_minor) AS (VALUES {LIMITS})
        SELECT item.reference, item.state, item.amount_minor, 'needs', item.approvals_needed, 'confirmed', said.times
        FROM payments_suspenseitem item
        LEFT JOIN limits ON limits.version = item.limits_version AND limits.currency = item.currency
        CROSS JOIN LATERAL (SELECT count(*) AS times FROM payments_deskproposal
                            WHERE item_id = item.id AND decision = item.state
                              AND confirmed_by_id <> proposed_by_id) said
        WHERE %(all)s AND (
            (item.limits_version > 0 AND item.approvals_needed
                <> CASE WHEN item.direction = 'out' OR item.amount_minor > limits.over_minor
                        THEN {TREASURERS} ELSE 0 END)
            OR (said.times = 0 AND (item.state IN ('TRANSFER', 'REPAYMENT', 'TAKEN_BACK')
                OR (item.state = 'OURS' AND item.limits_version IN ({OWN_NEEDS_TWO}))
                OR (item.approvals_needed > 0 AND item.state NOT IN ('OPEN', 'SENT_BACK')))))""",
    "bank_orders_agree": """
        SELECT ordered.reference, ordered.state, 'of', coalesce(payout.reference, refund.reference),
               coalesce(payout.state, refund.state)
        FROM payments_bankorder ordered
        LEFT JOIN payments_payout payout ON payout.id = ordered.payout_id
        LEFT JOIN payments_refund refund ON refund.id = ordered.refund_id
        WHERE %(all)s AND (
            ordered.amount_minor <> coalesce(payout.amount_minor, refund.amount_minor)
            OR ordered.currency <> coalesce(payout.currency, refund.currency)
            OR ordered.idempotency_key <> coalesce(payout.idempotency_key, refund.idempotency_key)
            OR (ordered.debit_line_id IS NOT NULL) <> (ordered.state = 'CONFIRMED'
                OR (ordered.state = 'RETURNED' AND ordered.debit_line_id IS NOT NULL))
            OR (ordered.credit_line_id IS NOT NULL) <> (ordered.state = 'RETURNED')
            OR CASE coalesce(payout.state, refund.state)
                WHEN 'PAID' THEN ordered.state NOT IN ('CONFIRMED', 'RETURNED')
                WHEN 'RETURNED' THEN ordered.state <> 'RETURNED'
                WHEN 'FAILED' THEN ordered.state NOT IN ('REJECTED', 'CANCELLED')
                WHEN 'REQUESTED' THEN true WHEN 'APPROVED' THEN true ELSE false END)""",
    "order_lines_belong": """
        SELECT 'line', line.id, line.direction, line.amount_minor, 'is our transfer', coalesce(left_by.id, back_by.id)
        FROM payments_lineoutcome outcome JOIN payments_bankline line ON line.id = outcome.line_id
        LEFT JOIN payments_bankorder left_by ON left_by.debit_line_id = line.id
        LEFT JOIN payments_bankorder back_by ON back_by.credit_line_id = line.id
        LEFT JOIN payments_suspenseitem item ON item.line_id = line.id AND item.state = 'TRANSFER'
        WHERE %(all)s AND (outcome.outcome = 'ORDER' OR left_by.id IS NOT NULL OR back_by.id IS NOT NULL
                           OR item.id IS NOT NULL)
          AND NOT ((outcome.outcome = 'ORDER' OR item.id IS NOT NULL)
            AND (line.direction = 'out') = (left_by.id IS NOT NULL)
            AND (line.direction = 'in') = (back_by.id IS NOT NULL)
            AND CASE WHEN item.id IS NULL THEN line.amount_minor = coalesce(left_by.amount_minor, back_by.amount_minor)
                     ELSE line.amount_minor >= left_by.amount_minor OR line.amount_minor <= back_by.amount_minor END
            AND line.currency = coalesce(left_by.currency, back_by.currency))""",
    "batches_add_up": """
        SELECT batch.message_id, batch.orders, batch.total_minor, 'its orders', own.orders, own.total
        FROM payments_bankbatch batch
        CROSS JOIN LATERAL (SELECT count(*) AS orders, coalesce(sum(amount_minor), 0) AS total FROM payments_bankorder
                            WHERE batch_id = batch.id AND currency = batch.currency) own
        WHERE %(all)s AND (batch.orders <> own.orders OR batch.total_minor <> own.total)
        UNION ALL
        SELECT batch.message_id, batch.orders, batch.total_minor, 'of it not', count(*), sum(ordered.amount_minor)
        FROM payments_bankbatch batch JOIN payments_bankorder ordered ON ordered.batch_id = batch.id
        WHERE %(all)s AND batch.state = 'REJECTED' AND ordered.state <> 'REJECTED'
        GROUP BY batch.id""",
    "batches_have_clocks": f"""
        SELECT batch.message_id, batch.state, 'has no live deadline' FROM payments_bankbatch batch
        WHERE %(all)s AND batch.state NOT IN ('HANDED_OVER', 'REJECTED')
          AND NOT {BATCH_CLOCK}""",
}
