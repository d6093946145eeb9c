from datetime import datetime

from django.db import models
from django_fsm import transition

from core.models.append_only import frozen
from core.states import guard_states
from payments.models.approval import guard_approvals, large_is_approved
from payments.models.sending import Sending, SendState


@guard_states("state")
@guard_approvals("payout_id")
@frozen("reference", "company", "account", "idempotency_key")
class Payout(Sending):
    """Money to a company's own bank account. The money stands in its own in-transit account until it is paid."""

    reference = models.CharField(max_length=30, unique=True)
    company = models.ForeignKey("companies.Company", on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey("companies.PayoutAccount", on_delete=models.PROTECT, related_name="+")
    advice = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="payout_above_zero"),
            models.UniqueConstraint(
                fields=["gateway", "gateway_id"], condition=~models.Q(gateway_id=""), name="one_payout_per_gateway_id"
            ),
            large_is_approved("payout_large_is_approved"),
        ]
        indexes = [
            models.Index(fields=["company", "-id"], name="payout_of_company"),
            models.Index(
                fields=["ask_at", "id"],
                condition=models.Q(state__in=["REQUESTED", "APPROVED", "SENDING", "SENT", "UNKNOWN"]),
                name="payout_to_ask",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @transition("state", source=[SendState.REQUESTED, SendState.APPROVED], target=SendState.FAILED)
    def give_up(self, at: datetime) -> None:
        """Never sent: its account may not be used any more."""
        self.ended_at = at
