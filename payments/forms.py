from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.form_fields import PlainDateField


class PeriodForm(forms.Form):
    """Which days of a statement: both may be left out."""

    since = PlainDateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = PlainDateField(label=_("To and with"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        since, until = found.get("since"), found.get("until")
        if since and until and since > until:
            self.add_error("until", _("The last day is before the first."))
        return found
