"""All components on one page with sample data, for those who write pages and for the tests that look at them."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import clock
from core.form_renderer import show_unit


class SampleForm(forms.Form):
    company = forms.CharField(label=_("Company"), help_text=_("As in the business licence."))
    amount = forms.CharField(label=_("Amount"))
    days = forms.IntegerField(label=_("Time to inspect"), min_value=1, max_value=30)
    mode = forms.ChoiceField(label=_("Transport"), choices=[("", "—"), ("sea", _("Sea")), ("air", _("Air"))])
    charges = forms.ChoiceField(
        label=_("Bank charges are borne by"),
        choices=[("buyer", _("Buyer")), ("seller", _("Seller"))],
        widget=forms.RadioSelect,
    )
    methods = forms.MultipleChoiceField(
        label=_("Methods"),
        choices=[("card", _("Card")), ("wire", _("Bank wire"))],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    ship_date = forms.DateField(label=_("Ship date"), widget=forms.DateInput(attrs={"type": "date"}), required=False)
    note = forms.CharField(
        label=pgettext_lazy("a remark", "Note"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    agree = forms.BooleanField(label=_("I have read the terms"), help_text=_("Signing seals their fingerprint."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        show_unit(self.fields["amount"], before="USD")
        show_unit(self.fields["days"], after=_("days"))


def components(request: HttpRequest) -> HttpResponse:
    return render(request, "public/components.html", sample_context())


def sample_context() -> dict[str, Any]:
    now = clock.now()
    return {
        "nav": "orders",
        "due": now + timedelta(days=6, hours=3),
        "soon": now + timedelta(hours=20, minutes=5),
        "past": now - timedelta(days=1, hours=5),
        "form": SampleForm({"company": "Gốm Sứ Minh Long", "amount": "twelve", "days": "45", "charges": "nobody"}),
        "rows": [sample_row(_("Deposit"), 375_000, 375_000, "green"), sample_row(_("Balance"), 875_000, 0, "amber")],
        "entries": [
            {"at": now - timedelta(hours=2), "title": _("Goods ready"), "who": "Lan Nguyễn", "icon": "package"},
            {"at": now - timedelta(days=9), "title": _("Money held"), "icon": "lock", "colour": "green"},
            {
                "at": now - timedelta(days=12),
                "title": _("Signed by the buyer"),
                "who": "Anke Voss",
                "icon": "signature",
            },
        ],
        "steps": [
            {"label": _("Parties"), "state": "done", "url": "#1"},
            {"label": _("Products"), "state": "problem", "url": "#2"},
            {"label": _("Delivery time"), "state": "current"},
            {"label": _("Trade term"), "state": "todo", "url": "#4"},
            {"label": _("Payment"), "state": "todo", "url": "#5"},
            {"label": _("Review and send"), "state": "todo", "url": "#6"},
        ],
        "tabs": [
            {"label": _("Needs me"), "url": "#a", "current": True, "count": 3},
            {"label": _("Running"), "url": "#b", "count": 12},
            {"label": _("Ended"), "url": "#c"},
        ],
    }


def sample_row(label: Any, due_minor: int, held_minor: int, colour: str) -> dict[str, Any]:
    return {
        "label": label,
        "state_label": _("Received and held") if held_minor else _("Not yet received"),
        "state_colour": colour,
        "due_minor": due_minor,
        "held_minor": held_minor,
        "released_minor": 0,
        "refunded_minor": 0,
    }
