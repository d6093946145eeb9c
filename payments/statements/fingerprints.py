"""What makes two bookings the same one, whatever file they come in."""

import hashlib

from payments.bank_references import squeezed
from payments.statements.lines import StatementLine


def fingerprint(account: str, line: StatementLine) -> str:
    """32 hex digits. Account, date, amount, direction and the bank's reference; all that is said where it gives none.

    Formats differ in how they break and punctuate text, so words count squeezed.
    """
    parts = [squeezed(account), line.booked_on.isoformat(), line.direction, line.currency, str(line.amount_minor)]
    own = squeezed(line.bank_reference)
    said = [line.end_to_end, line.remittance, line.counterparty_name, line.counterparty_account, line.code]
    parts += ["ref", own] if own else ["all", *map(squeezed, said), str(line.value_on), str(line.is_return)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
