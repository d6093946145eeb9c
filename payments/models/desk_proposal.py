"""What one treasurer says about a case on the desk, where the word of one is not enough."""

import pgtrigger
from django.conf import settings
from django.db import models

from core.models.append_only import frozen
from payments.models.suspense import SuspenseItem, SuspenseState


@frozen("item", "decision", "terms", "why", "proposed_by", "proposed_at")
@pgtrigger.register(
    pgtrigger.Protect(name="ended_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__ended_at__isnull=False))
)
class DeskProposal(models.Model):
    """`decision` is the state that the case comes to; `terms` name the shares of a match, whose transfer or debt, or an
    account to send it back to, of which there may be another when the first one refused the money.

    A second treasurer confirms exactly that, or any of them withdraws it. At most one stands open per case.
    """

    item = models.ForeignKey(SuspenseItem, on_delete=models.PROTECT, related_name="+", db_index=False)
    decision = models.CharField(max_length=20, choices=SuspenseState)
    terms = models.JSONField(default=dict, blank=True)
    why = models.CharField(max_length=500)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"], condition=models.Q(ended_at__isnull=True), name="one_open_proposal_per_case"
            ),
            models.UniqueConstraint(
                fields=["item"],
                condition=models.Q(confirmed_by__isnull=False) & ~models.Q(decision=SuspenseState.SENT_BACK),
                name="one_confirmed_proposal_per_case",
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_by__isnull=True) | ~models.Q(confirmed_by=models.F("proposed_by")),
                name="proposal_needs_another",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True, confirmed_by__isnull=True, withdrawn_by__isnull=True)
                | (
                    models.Q(ended_at__isnull=False)
                    & (models.Q(confirmed_by__isnull=True) ^ models.Q(withdrawn_by__isnull=True))
                ),
                name="proposal_ends_one_way",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.decision}"
