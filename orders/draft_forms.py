"""The shape of what a seller types into the six steps. What is right or wrong is the actions' and the lint's to say."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from catalog.forms import BASES, BLANK_ROWS, BaseRequirementFormSet
from catalog.models import Severity
from catalog.quantities import plain_quantity, to_thousandths
from core.errors import Invalid
from core.form_fields import LongTextField, NameField, PlainDateField, PlainDecimalField, PlainIntegerField
from core.form_renderer import say_optional, show_unit
from core.money import CURRENCIES, to_major, to_minor
from orders.drafting import (
    Delivery,
    InstalmentInput,
    LineInput,
    Parties,
    PaymentTerms,
    RequirementInput,
    TradeTermInput,
)
from orders.methods import OFFERS, offers_here
from orders.models import Order, OrderLine, PlannedInstalment
from orders.trade_terms import DOCUMENT_WORDS, Incoterm, TransportMode
from payments.models import Method

WHO = [("buyer", _("Buyer")), ("seller", _("Seller")), ("shared", _("Both")), ("none", _("Nobody"))]
DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class DraftForm(forms.Form):
    """A step is saved as it stands; what the lint asks for before sending is said to be needed then."""

    needed_to_send: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.needed_to_send:
            say_optional(self.fields[name], _("needed to send"))


class PartiesForm(DraftForm):
    needed_to_send = ("buyer_email",)
    buyer_email = forms.EmailField(label=_("Buyer's e-mail"), required=False, help_text=_("The offer goes there."))
    buyer_company_name = NameField(label=_("Buyer's company"), limit=200, required=False)
    seller_ref = NameField(label=_("Your own reference"), limit=60, required=False)
    buyer_ref = NameField(
        label=_("Buyer's reference"), limit=60, required=False, help_text=_("For example a PO number.")
    )
    language = forms.ChoiceField(label=_("Language of the contract"), choices=settings.LANGUAGES)
    governing_law = NameField(
        label=_("Governing law"), limit=200, required=False, help_text=_("For example: CISG and the law of Singapore.")
    )

    def content(self) -> Parties:
        return Parties(**self.cleaned_data)


class LineForm(forms.Form):
    """One product of the order: quantity in units, price in major units."""

    name = NameField(label=_("Product"), limit=200)
    specification = LongTextField(label=_("Specification"), limit=5000, required=False)
    size = NameField(label=_("Size"), limit=200, required=False)
    quantity = forms.CharField(label=_("Quantity"), max_length=30)
    unit = NameField(label=_("Unit"), limit=20, help_text=_("For example piece, set, kg, m²."))
    price = forms.CharField(label=_("Price"), max_length=30)
    price_basis = forms.TypedChoiceField(label=_("Price is for"), choices=BASES, coerce=int)
    tolerance = NameField(label=_("Quantity tolerance"), limit=100, required=False, help_text=_("For example ± 3 %."))
    packing = NameField(label=_("Packing"), limit=500, required=False)
    sample_number = NameField(
        label=_("Number of the sealed sample"), limit=60, required=False, help_text=_("If one is sealed by both.")
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        show_unit(self.fields["price"], before=currency)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._parse("quantity", to_thousandths)
        self._parse("price", to_minor, self.currency)
        return cleaned

    def _parse(self, name: str, parse: Any, *args: Any) -> None:
        if name not in self.cleaned_data:
            return
        try:
            self.cleaned_data[name] = parse(self.cleaned_data[name], *args, field=name)
        except Invalid as refusal:
            self.add_error(name, next(iter(refusal.fields.values())))

    def content(self, requirements: list[RequirementInput], product_ref: str) -> LineInput:
        values = dict(self.cleaned_data)
        return LineInput(
            quantity_thousandths=values.pop("quantity"),
            unit_price_minor=values.pop("price"),
            product_ref=product_ref,
            requirements=requirements,
            **values,
        )


class LineRequirementForm(forms.Form):
    """One testable requirement; a row that nobody filled in is left out."""

    attribute = forms.CharField(label=_("What is tested"), max_length=200, required=False)
    target = forms.CharField(label=_("Target"), max_length=200, required=False)
    tolerance = forms.CharField(label=_("Tolerance"), max_length=100, required=False)
    unit = forms.CharField(label=_("Unit of measure"), max_length=40, required=False)
    test_method = forms.CharField(label=_("How it is tested"), max_length=300, required=False)
    sample_plan = forms.CharField(
        label=_("Sample plan"), max_length=200, required=False, initial="ISO 2859-1, level II"
    )
    severity = forms.ChoiceField(label=_("Severity"), choices=Severity.choices, initial=Severity.MAJOR)
    remedy = forms.CharField(label=_("Remedy if it fails"), max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("attribute", "target", "test_method"):
            say_optional(self.fields[name], "")

    def is_blank(self) -> bool:
        told = ("attribute", "target", "tolerance", "unit", "test_method", "remedy")
        return not any(self.cleaned_data.get(name, "").strip() for name in told)

    def content(self) -> RequirementInput:
        return RequirementInput(**{name: self.cleaned_data[name] for name in self.base_fields})


def requirement_rows(extra: int = BLANK_ROWS) -> Any:
    return forms.formset_factory(
        LineRequirementForm, formset=BaseRequirementFormSet, extra=extra, max_num=40, absolute_max=42, can_delete=True
    )


class DeliveryForm(DraftForm):
    needed_to_send = ("ship_date", "ship_days")
    basis = forms.ChoiceField(
        label=_("When do the goods leave?"),
        choices=[("date", _("By a date")), ("days", _("So many days after the first payment is held"))],
        widget=forms.RadioSelect,
    )
    ship_date = PlainDateField(
        label=_("Ship date"), required=False, widget=DATE, help_text=_("It ends at 18:00 where you are.")
    )
    ship_days = PlainIntegerField(label=_("Days after the first payment"), required=False, min_value=1, max_value=730)
    price_valid_until = PlainDateField(
        label=_("Price valid until"),
        required=False,
        widget=DATE,
        help_text=_("Left empty, the buyer has 7 days to sign."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        show_unit(self.fields["ship_days"], after=_("days"))

    def content(self) -> Delivery:
        return Delivery(**self.cleaned_data)


class TradeTermForm(DraftForm):
    needed_to_send = ("incoterm", "named_place", "transport_mode")
    incoterm = forms.ChoiceField(
        label=_("Trade term (Incoterms 2020)"), choices=[("", _("Choose")), *Incoterm.choices], required=False
    )
    named_place = NameField(
        label=_("Named place"),
        limit=200,
        required=False,
        help_text=_("As exact as you can: port, terminal or address."),
    )
    transport_mode = forms.ChoiceField(
        label=_("Transport"), choices=[("", _("Choose")), *TransportMode.choices], required=False
    )
    freight_note = NameField(label=_("Freight and booking"), limit=500, required=False)
    consignee = LongTextField(label=_("Consignee"), limit=500, required=False)
    documents_promised = forms.MultipleChoiceField(
        label=_("Documents the seller promises"),
        choices=list(DOCUMENT_WORDS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    inspection_booked_by = forms.ChoiceField(label=_("Inspection is booked by"), choices=WHO)
    inspection_paid_by = forms.ChoiceField(label=_("Inspection is paid by"), choices=WHO)
    inspection_passes = LongTextField(label=_("It passes when"), limit=2000, required=False)
    inspection_days = PlainIntegerField(
        label=_("Days to inspect after arrival"), min_value=1, max_value=30, help_text=_("1 to 30; 15 is usual.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        show_unit(self.fields["inspection_days"], after=_("days"))

    def content(self) -> TradeTermInput:
        return TradeTermInput(**self.cleaned_data)


class PaymentForm(DraftForm):
    needed_to_send = ("methods",)
    currency = forms.ChoiceField(label=_("Currency"), choices=[(code, code) for code in CURRENCIES])
    deposit_percent = PlainDecimalField(
        label=_("Share due on confirmation"),
        min_value=1,
        max_value=100,
        decimal_places=2,
        max_digits=5,
        help_text=_("The rest falls due when the goods are ready. 100 means all at once."),
    )
    methods = forms.MultipleChoiceField(
        label=_("Accepted methods"),
        choices=[],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    bank_charges = forms.ChoiceField(
        label=_("Bank charges of wires are borne by"),
        choices=[("payer", _("Buyer")), ("payee", _("Seller")), ("shared", _("Both, each their bank's"))],
    )

    def __init__(self, *args: Any, notes: Sequence[Any] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        show_unit(self.fields["deposit_percent"], after="%")
        self.show_methods(notes)

    def show_methods(self, notes: Sequence[Any]) -> None:
        """Those that somebody takes here, and what was chosen before; `notes` say why one isn't offered."""
        chosen = self.initial.get("methods", ())
        here = [each.method for each in offers_here()]
        methods: Any = self.fields["methods"]
        methods.choices = [
            (each.method, each.label) for each in OFFERS.values() if each.method in here or each.method in chosen
        ]
        methods.help_text = " ".join(str(note) for note in notes)

    def content(self) -> PaymentTerms:
        first = int(self.cleaned_data["deposit_percent"] * 100)
        parts = [InstalmentInput(basis_points=first, due_on="confirmation")]
        if first < 10_000:
            parts.append(InstalmentInput(basis_points=10_000 - first, due_on="readiness"))
        return PaymentTerms(
            currency=self.cleaned_data["currency"],
            methods=self.cleaned_data["methods"],
            bank_charges=self.cleaned_data["bank_charges"],
            instalments=parts,
        )


class ChangesForm(forms.Form):
    """A comment per part of the offer; at least one."""

    products = LongTextField(label=_("Products, quantities or prices"), limit=2000, required=False)
    requirements = LongTextField(label=_("Quality requirements"), limit=2000, required=False)
    delivery = LongTextField(label=_("Delivery time"), limit=2000, required=False)
    trade_term = LongTextField(label=_("Trade term, transport or inspection"), limit=2000, required=False)
    payment = LongTextField(label=_("Payment"), limit=2000, required=False)
    other = LongTextField(label=_("Anything else"), limit=2000, required=False)

    def comments(self) -> dict[str, str]:
        return {name: text for name, text in self.cleaned_data.items() if text}


class ConfirmForm(forms.Form):
    terms_sha256 = forms.CharField(widget=forms.HiddenInput, max_length=64)
    agreed = forms.BooleanField(label=_("I have read these terms and sign them for my company."))


def initial_parties(order: Order) -> dict[str, Any]:
    return {name: getattr(order, name) for name in PartiesForm.base_fields}


def initial_delivery(order: Order) -> dict[str, Any]:
    return {
        "basis": order.delivery_basis,
        "ship_date": order.ship_date,
        "ship_days": order.ship_days,
        "price_valid_until": order.price_valid_until,
    }


def initial_trade_term(order: Order) -> dict[str, Any]:
    return {name: getattr(order, name) for name in TradeTermForm.base_fields}


def initial_payment(order: Order) -> dict[str, Any]:
    first = PlannedInstalment.objects.filter(order=order, due_on="confirmation").first()
    points = first.basis_points if first else 3000
    return {
        "currency": order.currency,
        "deposit_percent": f"{points / 100:g}",
        "methods": order.methods or [each.method for each in offers_here() if each.method != Method.TRANSFER],
        "bank_charges": order.bank_charges,
    }


def initial_line(line: OrderLine, currency: str) -> dict[str, Any]:
    same = ("name", "specification", "size", "unit", "price_basis", "tolerance", "packing", "sample_number")
    return {name: getattr(line, name) for name in same} | {
        "quantity": plain_quantity(line.quantity_thousandths),
        "price": str(to_major(line.unit_price_minor, currency)),
    }


def initial_requirements(line: OrderLine) -> list[dict[str, Any]]:
    return [{name: getattr(row, name) for name in LineRequirementForm.base_fields} for row in line.requirements.all()]
