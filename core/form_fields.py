"""Form fields that hold text to the rules of `core.text_rules` and numbers to plain digits, and refusals of actions
put beside their fields."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.errors import Invalid, Refused
from core.money import read_decimal
from core.text_rules import NAME_LIMIT, check_name, check_text


class NameField(forms.CharField):
    """One line: a person's, a company's or a product's name."""

    def __init__(self, *, limit: int = NAME_LIMIT, **kwargs: Any) -> None:
        self.limit = limit
        super().__init__(**kwargs)
        self.widget.attrs.setdefault("maxlength", str(limit))

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        try:
            return check_name(text, "field", self.limit)
        except Invalid as refusal:
            raise forms.ValidationError(refusal.fields["field"], code="invalid") from None


class LongTextField(forms.CharField):
    """Several lines."""

    widget = forms.Textarea(attrs={"rows": 3})

    def __init__(self, *, limit: int = 4000, **kwargs: Any) -> None:
        self.limit = limit
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        try:
            return check_text(text, "field", self.limit)
        except Invalid as refusal:
            raise forms.ValidationError(refusal.fields["field"], code="invalid") from None


class PlainDecimalField(forms.DecimalField):
    """A number as `core.money.read_decimal` reads it."""

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        found = read_decimal(value)
        if found is None:
            raise forms.ValidationError(_("Write the number in digits, for example 30 or 12.5."), code="invalid")
        return found


class PlainIntegerField(forms.IntegerField):
    """A whole number in plain digits."""

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        found = read_decimal(value)
        if found is None or found != found.to_integral_value():
            raise forms.ValidationError(_("Write a whole number in digits, for example 30."), code="invalid")
        return int(found)


class PlainDateField(forms.DateField):
    """A day in plain digits, as a browser's own calendar sends it."""

    def to_python(self, value: Any) -> date | None:
        if isinstance(value, str) and not value.isascii():
            words = _("Write the date in plain digits: year, month and day, for example 2026-03-31.")
            raise forms.ValidationError(words, code="invalid")
        return super().to_python(value)


def add_refusal(form: forms.BaseForm, refusal: Refused) -> None:
    """Show an action's refusal in the form: beside the fields it names, else on top. What was typed stays."""
    named = dict(refusal.fields) if isinstance(refusal, Invalid) else {}
    if refusal.field:
        named.setdefault(refusal.field, refusal.words)
    elsewhere = [words for name, words in named.items() if name not in form.fields]
    for name, words in named.items():
        if name in form.fields:
            form.add_error(name, words)
    for words in elsewhere or ([] if named else [refusal.words]):
        form.add_error(None, words)
