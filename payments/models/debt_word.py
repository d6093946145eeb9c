"""Who said that a company's debt is lost to the platform."""

from django.conf import settings
from django.db import models

from core.models.append_only import append_only
from payments.models.ledger import Account


@append_only
class DebtWord(models.Model):
    """One treasurer's word that what a company owes is written off. Two about the same debt, and it is booked.

    `version` is that of the account when it was said: a debt that changed since is another one. Minor units of the
    account's currency.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    version = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    why = models.CharField(max_length=500)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "version", "user"], name="one_word_per_debt_and_person"),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="debt_word_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} about {self.account_id} v{self.version}"
