"""What payers' banks took back, as actions and the apps above read it. Amounts in minor units of the escrow."""

from collections.abc import Collection, Iterable

from django.db.models import QuerySet, Sum

from payments.models import (
    LOST_PAYMENT_STATES,
    Account,
    Chargeback,
    ChargebackState,
    Instalment,
    Payment,
    PaymentState,
    SuspenseItem,
)
from payments.models.account_codes import frozen
from payments.routing import BANK


def list_lost(escrow_id: int) -> list[Instalment]:
    """Instalments that were secured and whose money the payer's bank took back, in their order."""
    return list(list_lost_of([escrow_id]).order_by("sequence"))


def list_lost_of(escrow_ids: Iterable[int]) -> QuerySet[Instalment]:
    """The same of several escrows, in no order."""
    lost = Payment.objects.filter(escrow_id__in=escrow_ids, state__in=LOST_PAYMENT_STATES).values("instalment_id")
    return Instalment.objects.filter(pk__in=lost, secured_at__isnull=True)


def kept_of_lost(instalment_id: int) -> int:
    """What payments that were charged back in part, and those that needed them, still bring to their instalment."""
    lost = Payment.objects.filter(instalment_id=instalment_id, state__in=LOST_PAYMENT_STATES)
    return sum(payment.price_left_minor for payment in lost)


def brought_minor(instalment_id: int) -> int:
    """What an instalment has, without fees: of the payment that secures it, and what is left of lost ones."""
    counting = [PaymentState.SECURED, *LOST_PAYMENT_STATES]
    rows = Payment.objects.filter(instalment_id=instalment_id, state__in=counting)
    return sum(payment.price_left_minor for payment in rows)


def lacking_minor(instalment: Instalment) -> int:
    """What is still to come for an instalment that is not secured, beside what a live attempt brought."""
    return instalment.to_bring_minor - kept_of_lost(instalment.pk)


def is_charged_back(payment_id: int) -> bool:
    """Whether a charge-back of this payment is open, or a wire of it was taken back and that is not booked yet: nothing
    of it is sent back meanwhile.
    """
    return bool(charged_back_among([payment_id]))


def charged_back_among(payment_ids: Collection[int]) -> set[int]:
    """Those payments of which `is_charged_back` is so. Two statements for any number."""
    booked = Chargeback.objects.filter(payment__in=payment_ids)
    recalls = SuspenseItem.objects.filter(payment__in=payment_ids)
    unbooked = recalls.exclude(reference__in=booked.values("gateway_dispute_id")).values_list("payment_id", flat=True)
    still_open = booked.filter(state=ChargebackState.OPEN).values_list("payment_id", flat=True)
    return {*still_open, *(pk for pk in unbooked if pk is not None)}


def is_lost(payment_id: int) -> bool:
    """Whether a charge-back took money of this payment that had left: it is booked as a loss, and the payer has it."""
    return Chargeback.objects.filter(payment_id=payment_id, state=ChargebackState.LOST, loss_minor__gt=0).exists()


def is_recall(chargeback: Chargeback) -> bool:
    """Whether it is a wire that the bank took back: lost from the start, and nobody takes evidence about it."""
    return chargeback.gateway == BANK


def not_taken_back_minor(payment: Payment) -> int:
    """What a payment by wire brought, held or gone since, and no treasurers said yet that the bank took it back."""
    recalls = SuspenseItem.objects.filter(payment=payment).aggregate(total=Sum("amount_minor"))["total"] or 0
    return int(payment.received_minor - recalls)


def frozen_minor_of(escrow_id: int) -> int:
    """What of an escrow may go neither way for now."""
    return Account.objects.filter(code=frozen(escrow_id)).values_list("balance_minor", flat=True).first() or 0
