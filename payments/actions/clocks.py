"""The deadlines of payments, as data: what each kind locks, and what silence does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from payments.actions.bank_orders import alarm_about_batch
from payments.actions.desk import alarm_about_item
from payments.actions.differences import alarm_about_difference
from payments.actions.evidence import watch_chargeback
from payments.actions.overdue import (
    alarm_about_payout,
    alarm_about_refund,
    give_up_payment,
    try_waiting_payout,
)
from payments.actions.statements import alarm_about_statement
from payments.locks import (
    lock_account,
    lock_bank_batch,
    lock_chargeback,
    lock_difference,
    lock_payment,
    lock_payout,
    lock_refund,
    lock_statement_file,
    lock_suspense_item,
)
from payments.timing import (
    BATCH_WAITS,
    CHARGEBACK_OPEN,
    DIFFERENCE_UNOWNED,
    PAYMENT_OPEN,
    PAYOUT_OVERDUE,
    PAYOUT_WAITS,
    REFUND_OVERDUE,
    STATEMENT_OPEN,
    SUSPENSE_OPEN,
)


@dataclass(frozen=True)
class Clock:
    lock: Callable[[int], Any]
    act: Callable[..., None]
    silence: Any


CLOCKS: dict[str, Clock] = {
    PAYMENT_OPEN: Clock(lock_payment, give_up_payment, _("The attempt is cancelled; what arrives later goes back.")),
    REFUND_OVERDUE: Clock(lock_refund, alarm_about_refund, _("Staff are alarmed; nothing is sent twice.")),
    PAYOUT_OVERDUE: Clock(lock_payout, alarm_about_payout, _("Staff are alarmed; nothing is sent twice.")),
    BATCH_WAITS: Clock(lock_bank_batch, alarm_about_batch, _("Staff are alarmed; nothing is sent twice.")),
    STATEMENT_OPEN: Clock(lock_statement_file, alarm_about_statement, _("Staff are alarmed; nothing is booked twice.")),
    SUSPENSE_OPEN: Clock(lock_suspense_item, alarm_about_item, _("Staff are alarmed; the money stays where it is.")),
    DIFFERENCE_UNOWNED: Clock(lock_difference, alarm_about_difference, _("Staff are alarmed.")),
    CHARGEBACK_OPEN: Clock(lock_chargeback, watch_chargeback, _("The evidence is sent; later, staff are alarmed.")),
    PAYOUT_WAITS: Clock(lock_account, try_waiting_payout, _("The payout is tried again.")),
}
