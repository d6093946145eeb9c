"""What payments do when they hear news. Each re-reads what it acts on, and may run twice."""

from companies.events import PayoutAccountAdded, PayoutAccountVerified
from companies.models import PayoutAccount
from core.actors import platform
from payments.actions.chargebacks import cover_chargeback
from payments.actions.payout import request_payout
from payments.events import EscrowReleased, RefundFailed
from payments.models import Chargeback, ChargebackState, Refund
from payments.queries import payee_and_currency


def pay_out_after_release(event: EscrowReleased) -> None:
    """What is released goes to the payee's account by itself; without a usable one a clock waits for it."""
    company_id, currency = payee_and_currency(event.escrow_id)
    request_payout(company_id=company_id, currency=currency, by=platform(), at=event.at)


def pay_out_when_account_is_ready(event: PayoutAccountAdded | PayoutAccountVerified) -> None:
    """Try what waits for an account; while the new one's own wait lasts, the clock is set to its end."""
    account = PayoutAccount.objects.get(pk=event.payout_account_id)
    request_payout(company_id=account.company_id, currency=account.currency, by=platform(), at=event.at)


def cover_what_was_taken_back(event: RefundFailed) -> None:
    """A refund came to nothing as the payer's bank was faster: its money covers the charge-back instead."""
    payment_id = Refund.objects.values_list("payment_id", flat=True).get(pk=event.refund_id)
    for chargeback in Chargeback.objects.filter(payment_id=payment_id, state=ChargebackState.OPEN).order_by("pk"):
        cover_chargeback(chargeback_id=chargeback.pk, by=platform(), at=event.at)
