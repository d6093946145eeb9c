from datetime import datetime

from django.db import models
from django_fsm import transition

from core.models.append_only import frozen
from core.states import guard_states
from payments.models.approval import guard_approvals, large_is_approved
from payments.models.escrow import Escrow
from payments.models.payment import Payment
from payments.models.sending import Sending, SendState


@guard_states("state")
@guard_approvals("refund_id")
@frozen("reference", "escrow", "payment", "item", "owed_from", "idempotency_key")
class Refund(Sending):
    """Money back to the payer, over the payment it came by. A failed or returned one is replaced by a new one.

    Money that nobody could match has no payment: it goes back from its `item` on the desk to the account it came from.
    """

    reference = models.CharField(max_length=30, unique=True)
    escrow = models.ForeignKey(Escrow, on_delete=models.PROTECT, related_name="+", null=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="+", null=True)
    item = models.ForeignKey("payments.SuspenseItem", on_delete=models.PROTECT, related_name="+", null=True)
    owed_from = models.ForeignKey("payments.Account", on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=60)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="refund_above_zero"),
            models.CheckConstraint(
                condition=models.Q(escrow__isnull=False, payment__isnull=False, item__isnull=True)
                | models.Q(escrow__isnull=True, payment__isnull=True, item__isnull=False),
                name="refund_of_a_payment_or_an_item",
            ),
            models.UniqueConstraint(
                fields=["gateway", "gateway_id"], condition=~models.Q(gateway_id=""), name="one_refund_per_gateway_id"
            ),
            large_is_approved("refund_large_is_approved"),
        ]
        indexes = [
            models.Index(
                fields=["ask_at", "id"],
                condition=models.Q(state__in=["REQUESTED", "APPROVED", "SENDING", "SENT", "UNKNOWN"]),
                name="refund_to_ask",
            )
        ]

    def __str__(self) -> str:
        return self.reference

    @transition(
        "state",
        source=[SendState.REQUESTED, SendState.APPROVED, SendState.FAILED, SendState.RETURNED],
        target=SendState.STOPPED,
    )
    def stop(self, at: datetime) -> None:
        """Not owed any more: the payer's bank took the money back by itself."""
        self.ended_at = at
