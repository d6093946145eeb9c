from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.money import CURRENCIES
from core.references import new_reference


def _account_reference() -> str:
    return new_reference("pac")


class PayoutAccount(models.Model):
    """A company's bank account for one currency. Usable 72 hours after it was added, once staff verified it."""

    reference = models.CharField(max_length=40, unique=True, default=_account_reference, editable=False)
    company = models.ForeignKey("companies.Company", on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(_("currency"), max_length=3, choices=[(code, code) for code in CURRENCIES])
    holder = models.CharField(_("account holder"), max_length=200)
    number = models.CharField(_("account number or IBAN"), max_length=40)
    bic = models.CharField(_("BIC (SWIFT code)"), max_length=11)
    bank_name = models.CharField(_("bank"), max_length=200)
    country = models.CharField(_("country of the bank"), max_length=2)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    added_at = models.DateTimeField()
    usable_from = models.DateTimeField()
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True)
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True)

    class Meta:
        verbose_name = _("payout account")
        verbose_name_plural = _("payout accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["company", "currency", "number"],
                condition=models.Q(removed_at__isnull=True),
                name="one_live_payout_account",
            ),
            models.CheckConstraint(
                condition=models.Q(usable_from__gt=models.F("added_at")), name="payout_account_waits"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.masked_number}"

    @property
    def masked_number(self) -> str:
        return f"…{self.number[-4:]}"

    def is_usable(self, at: datetime) -> bool:
        return self.removed_at is None and self.verified_at is not None and self.usable_from <= at
