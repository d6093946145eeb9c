"""Form fields that hold text to the rules of `core.text_rules`, and refusals of actions put beside their fields."""

from typing import Any

from django import forms

from core.errors import Invalid, Refused
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
