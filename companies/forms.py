from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from companies.models import Company, Role, User
from companies.places import country_choices, guess_zone, zone_choices
from core.form_fields import NameField
from core.money import CURRENCIES

EMPTY = ("", "—")


class CountryField(forms.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=lambda: [EMPTY, *country_choices()], **kwargs)


class ZoneField(forms.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=lambda: [EMPTY, *zone_choices()], **kwargs)


class CompanyForm(forms.Form):
    """A new company, and the name of whoever founds it here."""

    full_name = NameField(label=_("Your full name"), help_text=_("It stands under what you sign."))
    name = NameField(label=_("Company name"), help_text=_("As on its licence."))
    country = CountryField(label=_("Country"))
    city = NameField(label=_("City"), limit=100, required=False)
    address = NameField(label=_("Street and number"), limit=300, required=False)
    time_zone = ZoneField(
        label=_("Time zone"), required=False, help_text=_("Left empty: the one most people of the country live in.")
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("country") and not found.get("time_zone") and "time_zone" not in self.errors:
            found["time_zone"] = guess_zone(found["country"])
        return found


class CompanySettingsForm(forms.Form):
    name = NameField(label=_("Company name"))
    country = CountryField(label=_("Country"))
    city = NameField(label=_("City"), limit=100, required=False)
    address = NameField(label=_("Street and number"), limit=300, required=False)
    time_zone = ZoneField(label=_("Time zone"), help_text=_("Days of your duties end at 18:00 there."))
    calendar_country = CountryField(
        label=_("Holidays kept"),
        help_text=_("A duty that would end on one of its holidays ends on the next working day."),
    )

    def __init__(self, *args: Any, company: Company, **kwargs: Any) -> None:
        names = ("name", "country", "city", "address", "time_zone", "calendar_country")
        kwargs.setdefault("initial", {name: getattr(company, name) for name in names})
        super().__init__(*args, **kwargs)
        if company.verified_at:
            for name in ("name", "country"):
                self.fields[name].disabled = True
                self.fields[name].help_text = _("Verified by our staff. To change it, write to them.")


class ProfileForm(forms.Form):
    full_name = NameField(label=_("Your full name"), help_text=_("It stands under what you sign."))
    language = forms.ChoiceField(
        label=_("Language"), choices=settings.LANGUAGES, help_text=_("Of pages, notices and mail.")
    )
    time_zone = ZoneField(label=_("Time zone"), help_text=_("Moments in your mail are given in it."))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        names = ("full_name", "language", "time_zone")
        kwargs.setdefault("initial", {name: getattr(user, name) for name in names})
        super().__init__(*args, **kwargs)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class InviteForm(forms.Form):
    email = forms.EmailField(label=_("E-mail of your colleague"), max_length=254)
    role = forms.ChoiceField(label=_("Role"), choices=[EMPTY, *Role.choices])


class AcceptForm(forms.Form):
    full_name = NameField(label=_("Your full name"), help_text=_("It stands under what you sign."))


class PayoutAccountForm(forms.Form):
    currency = forms.ChoiceField(
        label=_("Currency"),
        choices=[EMPTY, *((code, code) for code in CURRENCIES)],
        help_text=_("Money of orders in this currency goes here; it is never converted."),
    )
    holder = NameField(label=_("Account holder"), help_text=_("The company itself, as the bank writes it."))
    number = forms.CharField(label=_("Account number or IBAN"), max_length=60)
    country = CountryField(label=_("Country of the bank"))
    bank_name = NameField(label=_("Bank"))
    bic = forms.CharField(label=_("BIC (SWIFT code)"), max_length=20)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if settings.PAYOUT_GATEWAY == "bank":
            self.fields["holder"].help_text = _("The company itself, in Latin letters as the bank writes it.")
