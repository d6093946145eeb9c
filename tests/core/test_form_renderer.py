"""A refused form keeps what was typed, with the reason beside the field and tied to it."""

import re

from django import forms
from django.utils.safestring import SafeString

from core.form_renderer import show_unit


class PaymentForm(forms.Form):
    days = forms.IntegerField(label="Days", max_value=30, help_text="Up to 30.")
    mode = forms.ChoiceField(label="Mode", choices=[("", "-"), ("sea", "Sea")])
    charges = forms.ChoiceField(label="Charges", choices=[("b", "Buyer")], widget=forms.RadioSelect)
    agree = forms.BooleanField(label="Agree")
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea(attrs={"class": "tall"}))
    secret = forms.CharField(widget=forms.HiddenInput, required=False)


def refused() -> SafeString:
    return PaymentForm({"days": "45", "note": "<b>kept</b>"}).render()


def tag_of(html: str, id_: str) -> str:
    found = re.search(rf'<(?:input|select|textarea)[^>]*id="{id_}"[^>]*>', html)
    assert found
    return found[0]


def test_keeps_what_was_typed_escaped() -> None:
    html = refused()
    assert 'value="45"' in html
    assert "&lt;b&gt;kept&lt;/b&gt;" in html


def test_ties_help_and_error_to_the_field() -> None:
    html = refused()
    days = tag_of(html, "id_days")
    assert 'aria-describedby="id_days_helptext id_days_error"' in days
    assert 'aria-invalid="true"' in days
    assert 'id="id_days_helptext"' in html and 'id="id_days_error"' in html


def test_lists_every_error_with_a_link_to_its_field() -> None:
    html = refused()
    assert 'href="#id_days"' in html and 'href="#id_charges_0"' in html and 'href="#id_agree"' in html
    assert 'id="id_charges_0"' in html


def test_dresses_each_kind_of_widget() -> None:
    html = refused()
    assert 'class="form-control is-invalid"' in tag_of(html, "id_days")
    assert 'class="form-select is-invalid"' in tag_of(html, "id_mode")
    assert 'class="form-control tall"' in tag_of(html, "id_note")
    assert "form-check-input" in tag_of(html, "id_agree")
    assert "form-check-input" in tag_of(html, "id_charges_0")
    assert "class=" not in tag_of(html, "id_secret")


def test_shows_no_error_before_anything_was_sent() -> None:
    html = PaymentForm().render()
    assert "error-summary" not in html and "is-invalid" not in html


def test_puts_the_unit_at_the_field() -> None:
    form = PaymentForm()
    show_unit(form.fields["days"], after="days")
    assert '<span class="input-group-text">days</span>' in form.render()
