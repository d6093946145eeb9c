# ruff: noqa: S608  (put together from the fixed words of this file)
"""What must be true of money on its way out, in the shape of `books_sql.CHECKS`."""

from payments.books_sql import IN_SCOPE, TOUCHED
from payments.limits import TREASURERS, VERSIONS

LIMITS = ", ".join(
    f"({version}, '{currency}', {over_minor}::bigint)"
    for version, limits in VERSIONS.items()
    for currency, over_minor in limits.over_minor.items()
)

CHECKS_OUT: dict[str, str] = {
    "large_ones_are_approved": f"""
        WITH {TOUCHED}, limits (version, currency, over_minor) AS (VALUES {LIMITS}), rows AS (
            SELECT payout.reference, payout.state, payout.amount_minor, payout.currency, payout.limits_version,
                   payout.approvals_needed, payout.sending_at,
                   (SELECT count(DISTINCT user_id) FROM payments_approval WHERE payout_id = payout.id) AS approvals
            FROM payments_payout payout JOIN payments_account account ON account.payout_id = payout.id
            WHERE account.id IN (SELECT id FROM touched)
            UNION ALL
            SELECT refund.reference, refund.state, refund.amount_minor, refund.currency, refund.limits_version,
                   refund.approvals_needed, refund.sending_at,
                   (SELECT count(DISTINCT user_id) FROM payments_approval WHERE refund_id = refund.id)
            FROM payments_refund refund LEFT JOIN payments_escrow escrow ON escrow.id = refund.escrow_id
            WHERE {IN_SCOPE}
        )
        SELECT rows.reference, rows.state, rows.amount_minor, 'needs', rows.approvals_needed, 'has', rows.approvals
        FROM rows LEFT JOIN limits ON limits.version = rows.limits_version AND limits.currency = rows.currency
        WHERE rows.approvals_needed <> CASE WHEN rows.amount_minor > limits.over_minor THEN {TREASURERS} ELSE 0 END
           OR ((rows.state = 'APPROVED' OR rows.sending_at IS NOT NULL) AND rows.approvals < rows.approvals_needed)""",
}
