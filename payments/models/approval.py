"""Who approved large money before it went out. The database counts, so that no code can forget to."""

from collections.abc import Callable
from typing import Any, TypeVar

import pgtrigger
from django.conf import settings
from django.db import models

from core.models.append_only import append_only

M = TypeVar("M", bound=type[models.Model])

COUNT_SQL = """
IF (SELECT count(DISTINCT user_id) FROM payments_approval WHERE {column} = NEW.id) < NEW.approvals_needed THEN
    RAISE EXCEPTION 'too few approvals of % %', TG_TABLE_NAME, NEW.id USING ERRCODE = 'check_violation';
END IF;
RETURN NEW;
"""


def guard_approvals(column: str) -> Callable[[M], M]:
    """Class decorator: nothing large becomes APPROVED without its approvals, and nobody makes it small.

    `column`: that of `Approval` which names the rows of this model.
    """

    def decorate(model: M) -> M:
        return pgtrigger.register(
            pgtrigger.Trigger(
                name="approvals_counted",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__state="APPROVED", old__state="REQUESTED"),
                func=COUNT_SQL.format(column=column),
            ),
            pgtrigger.ReadOnly(
                name="amount_stays", fields=["amount_minor", "currency", "approvals_needed", "limits_version"]
            ),
        )(model)

    return decorate


def large_is_approved(name: str) -> Any:
    """The constraint that keeps an unapproved large row from being sent. What waits, or never left, is free."""
    free = models.Q(state__in=["REQUESTED", "FAILED", "STOPPED"]) | models.Q(approvals_needed=0)
    return models.CheckConstraint(condition=free | models.Q(approved_at__isnull=False), name=name)


@append_only
class Approval(models.Model):
    """One treasurer's yes to one large payout or refund: once per person."""

    payout = models.ForeignKey("payments.Payout", on_delete=models.PROTECT, related_name="+", null=True)
    refund = models.ForeignKey("payments.Refund", on_delete=models.PROTECT, related_name="+", null=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    why = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payout", "user"], name="one_approval_per_payout_and_person"),
            models.UniqueConstraint(fields=["refund", "user"], name="one_approval_per_refund_and_person"),
            models.CheckConstraint(
                condition=models.Q(payout__isnull=True) ^ models.Q(refund__isnull=True), name="approval_of_one_thing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} approved {self.payout_id or self.refund_id}"
