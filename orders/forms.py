"""The shape of what people type about an order after it was confirmed.

What is right or wrong is the actions' to say.
"""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.form_fields import PlainDateField, PlainIntegerField
from core.money import to_major, to_minor
from evidence.models import Kind
from orders.process import Stage
from orders.trade_terms import DOCUMENT_WORDS

DATE = forms.DateInput(attrs={"type": "date"})


class DocumentsField(forms.MultipleChoiceField):
    """References of documents in the order's folder. `kind`: what new ones sent from this field show.

    Whether each is sealed and of this folder is the action's to judge, in words that say what to do.
    """

    def __init__(self, *, kind: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind = kind

    def valid_value(self, value: Any) -> bool:
        return len(str(value)) <= 40


class ProgressForm(forms.Form):
    stage = forms.ChoiceField(label=_("Stage reached"), choices=Stage.choices)
    note = forms.CharField(
        label=_("Note to the buyer"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    documents = DocumentsField(
        kind=Kind.PRODUCT_PHOTO, label=_("Proof"), help_text=_("Photos, invoices or reports that show the stage.")
    )


class ReadyForm(forms.Form):
    packed = DocumentsField(
        kind=Kind.PRODUCT_PHOTO, label=_("Proof of the packed goods"), help_text=_("Photos of the packed goods.")
    )
    packing_list = DocumentsField(kind=Kind.TRANSPORT, label=_("Packing list"))


class ShipForm(forms.Form):
    carrier = forms.CharField(label=_("Carrier or forwarder"), max_length=120)
    transport_number = forms.CharField(
        label=_("Transport document number"),
        max_length=60,
        help_text=_("Of the bill of lading, air waybill or consignment note."),
    )
    dispatched_on = PlainDateField(label=_("Handed over on"), widget=DATE)
    eta = PlainDateField(label=_("Expected arrival (ETA)"), widget=DATE)
    container = forms.CharField(label=_("Container number"), max_length=60, required=False)
    seal = forms.CharField(label=_("Seal number"), max_length=60, required=False)

    def __init__(self, *args: Any, roles: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.roles = list(roles)
        for role in self.roles:
            kind = Kind.BILL if role == "invoice" else Kind.TRANSPORT
            self.fields[role] = DocumentsField(kind=kind, label=DOCUMENT_WORDS[role])


class ArrivalForm(forms.Form):
    """The seller needs a proof of delivery, the buyer's word is enough."""

    def __init__(self, *args: Any, needs_proof: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if needs_proof:
            self.fields["proof"] = DocumentsField(
                kind=Kind.TRANSPORT,
                label=_("Proof of delivery"),
                help_text=_("The carrier's signed proof of delivery."),
            )


class NotArrivedForm(forms.Form):
    new_eta = PlainDateField(label=_("The carrier's new date of arrival"), widget=DATE)

    def __init__(self, *args: Any, needs_date: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_eta"].required = needs_date


class NothingToType(forms.Form):
    """A confirmation: the question is on the page."""


class AcceptForm(forms.Form):
    seen_minor = PlainIntegerField(widget=forms.HiddenInput, min_value=0, max_value=10**12)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason, for the other side"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    cause = forms.CharField(widget=forms.HiddenInput, max_length=20)
    seller_keeps_minor = PlainIntegerField(widget=forms.HiddenInput, min_value=0, max_value=10**12)


class CarriageForm(forms.Form):
    note = forms.CharField(
        label=_("Carrier and booking"), max_length=500, help_text=_("Carrier, booking number, and when it collects.")
    )


class DeclareWireForm(forms.Form):
    sent_on = PlainDateField(label=_("Sent on"), widget=DATE)
    amount = forms.CharField(label=_("Amount sent"), max_length=30)
    bank_reference = forms.CharField(
        label=_("Your bank's reference"), max_length=140, help_text=_("Or the number of the transfer, from the slip.")
    )

    def __init__(self, *args: Any, currency: str, due_minor: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.fields["amount"].label = _("Amount sent, in %(currency)s") % {"currency": currency}
        if due_minor:
            self.fields["amount"].initial = to_major(due_minor, currency)

    def amount_minor(self) -> int:
        """Raises Invalid beside the field."""
        return to_minor(self.cleaned_data["amount"], self.currency)


class PayForm(forms.Form):
    method = forms.ChoiceField(label=_("How do you pay?"), widget=forms.RadioSelect)
    instead_of = forms.CharField(widget=forms.HiddenInput, max_length=30, required=False)

    def __init__(self, *args: Any, methods: Iterable[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["method"].choices = list(methods)  # type: ignore[attr-defined]
