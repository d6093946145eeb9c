"""What staff type about statements and the suspense desk."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.admin_ask import WhyForm
from core.errors import Invalid
from core.form_fields import LongTextField
from core.money import to_major, to_minor
from payments.actions.desk import Share
from payments.bank_queries import Candidate
from payments.models import SuspenseItem


class StatementUploadForm(forms.Form):
    file = forms.FileField(
        label=_("Statement file"),
        allow_empty_file=True,
        help_text=_("MT940, camt.053 or the platform's CSV, as it came. The same file twice changes nothing."),
    )


class CreditorForm(WhyForm):
    """The account that a payer gave for money that goes back."""

    name = forms.CharField(label=_("Holder of the account"), max_length=70)
    account = forms.CharField(label=_("Account number or IBAN"), max_length=50)
    bic = forms.CharField(label=_("BIC (SWIFT code)"), max_length=11, required=False)

    field_order = ("name", "account", "bic", "why")


class MatchForm(forms.Form):
    """An amount per payment that may be meant, and why; the parts must make the whole."""

    why = LongTextField(label=_("Why"), limit=300, help_text=_("Kept with the decision, with your name."))

    def __init__(self, *args: Any, item: SuspenseItem, candidates: Sequence[Candidate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.item, self.candidates = item, candidates
        only = len(candidates) == 1
        for candidate in candidates:
            self.fields[self._name(candidate)] = forms.CharField(
                label=_("Amount for %(order)s") % {"order": candidate.deal.title},
                required=False,
                max_length=30,
                initial=to_major(item.amount_minor, item.currency) if only else "",
            )

    def rows(self) -> list[tuple[Candidate, Any]]:
        """Each candidate with its field."""
        return [(candidate, self[self._name(candidate)]) for candidate in self.candidates]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        shares = []
        for candidate in self.candidates:
            name = self._name(candidate)
            if cleaned.get(name):
                try:
                    amount_minor = to_minor(cleaned[name], self.item.currency, field=name)
                except Invalid as refusal:
                    self.add_error(name, refusal.fields[name])
                else:
                    shares.append(Share(candidate.payment.pk, amount_minor))
        if not self.errors and sum(share.amount_minor for share in shares) != self.item.amount_minor:
            self.add_error(None, _("The parts must add up to the whole amount."))
        cleaned["shares"] = shares
        return cleaned

    def chosen(self) -> list[tuple[Candidate, int]]:
        """The payments that get something, with how much."""
        given = {share.payment_id: share.amount_minor for share in self.cleaned_data["shares"]}
        return [
            (candidate, given[candidate.payment.pk]) for candidate in self.candidates if candidate.payment.pk in given
        ]

    def fingerprint(self) -> str:
        """What was shown before it is done: the second step takes the same parts and no others."""
        parts = [[share.payment_id, share.amount_minor] for share in self.cleaned_data["shares"]]
        return hashlib.sha256(json.dumps([self.item.pk, parts]).encode()).hexdigest()

    @staticmethod
    def _name(candidate: Candidate) -> str:
        return f"amount_{candidate.payment.pk}"
