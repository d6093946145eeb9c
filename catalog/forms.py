from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.entries import MOST_REQUIREMENTS, ProductEntry, RequirementEntry
from catalog.models import Product, Severity
from catalog.quantities import plain_quantity, to_thousandths
from core.errors import Invalid, Refused
from core.form_fields import LongTextField, NameField, add_refusal
from core.money import CURRENCIES, to_major, to_minor

BASES = [(1, _("1 unit")), (100, _("100 units")), (1000, _("1,000 units"))]
BLANK_ROWS = 2


class ProductForm(forms.Form):
    """A product as its seller types it: the price in major units, quantities in units."""

    name = NameField(label=_("Name"), help_text=_("As it should stand in the contract."))
    category = NameField(label=_("Category"), limit=100, required=False)
    specification = LongTextField(
        label=_("Specification"), limit=5000, required=False, help_text=_("Material, size, colour, standard.")
    )
    unit = NameField(label=_("Unit"), limit=20, help_text=_("For example piece, set, kg, m²."))
    currency = forms.ChoiceField(label=_("Currency"), choices=[(code, code) for code in CURRENCIES], initial="USD")
    price = forms.CharField(label=_("Price"), max_length=30)
    price_basis = forms.TypedChoiceField(
        label=_("Price is for"), choices=BASES, coerce=int, help_text=_("Small parts are priced per 100 or 1,000.")
    )
    min_quantity = forms.CharField(label=_("Least quantity of an order, in units"), max_length=30, initial="1")
    hs_code = forms.CharField(
        label=_("HS code"),
        max_length=20,
        required=False,
        help_text=_("The customs tariff number, for example 9401.61."),
    )
    packing = NameField(label=_("Packing"), limit=500, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "price" in cleaned and "currency" in cleaned:
            self._parse("price", to_minor, cleaned["price"], cleaned["currency"])
        if "min_quantity" in cleaned:
            self._parse("min_quantity", to_thousandths, cleaned["min_quantity"])
        return cleaned

    def _parse(self, name: str, parse: Any, *args: Any) -> None:
        try:
            self.cleaned_data[name] = parse(*args, field=name)
        except Invalid as refusal:
            self.add_error(name, refusal.fields[name])


class RequirementForm(forms.Form):
    """One line of the quality requirements; one without an attribute is left out."""

    attribute = forms.CharField(label=_("What is tested"), max_length=200, required=False)
    target = forms.CharField(label=_("Target"), max_length=200, required=False)
    tolerance = forms.CharField(label=_("Tolerance"), max_length=100, required=False)
    unit = forms.CharField(label=_("Unit of measure"), max_length=40, required=False)
    method = forms.CharField(label=_("How it is tested"), max_length=300, required=False)
    sample_plan = forms.CharField(
        label=_("Sample plan"), max_length=200, required=False, initial="ISO 2859-1, level II"
    )
    severity = forms.ChoiceField(label=_("Severity"), choices=Severity.choices, initial=Severity.MAJOR)
    remedy = forms.CharField(label=_("Remedy if it fails"), max_length=300, required=False)

    def is_blank(self) -> bool:
        """Whether nobody wrote anything that matters into this row."""
        told = ("attribute", "target", "tolerance", "unit", "method", "remedy")
        return not any(self.cleaned_data.get(name, "").strip() for name in told)


class BaseRequirementFormSet(forms.BaseFormSet):
    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["DELETE"].label = _("Remove this requirement")

    def kept(self) -> list[RequirementForm]:
        """The rows that were filled in and not marked for removal."""
        return [form for form in self.forms if not form.cleaned_data.get("DELETE") and not form.is_blank()]


def formset_class(extra: int) -> Any:
    return forms.formset_factory(
        RequirementForm,
        formset=BaseRequirementFormSet,
        extra=extra,
        max_num=MOST_REQUIREMENTS,
        absolute_max=MOST_REQUIREMENTS + BLANK_ROWS,
        can_delete=True,
    )


def initial_of(product: Product) -> dict[str, Any]:
    """What the form shows of a product."""
    same = ("name", "category", "specification", "unit", "currency", "price_basis", "hs_code", "packing")
    return {name: getattr(product, name) for name in same} | {
        "price": str(to_major(product.price_minor, product.currency)),
        "min_quantity": plain_quantity(product.min_quantity),
    }


def requirements_of(product: Product) -> list[dict[str, Any]]:
    names = [name for name in RequirementForm.base_fields]
    return [{name: getattr(row, name) for name in names} for row in product.requirements.all()]


def entry_of(form: ProductForm, kept: list[RequirementForm]) -> ProductEntry:
    """What the action takes, from two valid forms."""
    names = list(RequirementForm.base_fields)
    rows = [RequirementEntry(**{name: row.cleaned_data[name] for name in names}) for row in kept]
    values = dict(form.cleaned_data)
    return ProductEntry(price_minor=values.pop("price"), requirements=rows, **values)


def show_refusal(form: ProductForm, kept: list[RequirementForm], refusal: Refused) -> None:
    """Put an action's words beside the field, be it the product's or a requirement's ('requirements.0.target')."""
    named = dict(refusal.fields) if isinstance(refusal, Invalid) else {}
    for name in [name for name in named if name.startswith("requirements.")]:
        _word, place, field = name.split(".")
        kept[int(place)].add_error(field, named.pop(name))
        form.add_error(None, _("Look at the marked requirements."))
    if named or not isinstance(refusal, Invalid):
        add_refusal(form, Invalid(refusal.words, fields=named) if named else refusal)


def tell_of_rows(form: forms.Form, rows: Any) -> None:
    """Say on top what is wrong with the rows, where the summary and the focus are. Both were looked at already."""
    if any(rows.errors):
        form.add_error(None, _("Look at the marked requirements."))
    for words in rows.non_form_errors():
        form.add_error(None, words)
