"""Staff publish fees: the form begins from the version in force, and shows what changes before it counts."""

import hashlib
import json
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from companies.models import StaffGroup
from companies.policies import check_staff
from companies.queries import staff_actor_of
from core import clock
from core.actions import carry_out
from core.admin_base import ReadOnlyModelAdmin
from core.errors import Invalid, Refused
from core.form_fields import LongTextField, PlainDecimalField, add_refusal
from core.money import CURRENCIES, digits_of, read_decimal, to_major
from payments.actions.fee_schedule import publish_schedule
from payments.fee_words import rate_words
from payments.fees import Rate, Schedule, rates_as_rules
from payments.models import Method
from payments.schedules import current_schedule

LINE = _("One line per currency: the code, the fixed part, the most. For example: USD 0.30 5000.00")


class ScheduleForm(forms.Form):
    """A percentage and a table of amounts for the seller, and for the buyer by each method."""

    note = LongTextField(label=_("What changes, and why"), limit=500, help_text=_("Published with the fees."))

    def __init__(self, *args: Any, begin: Schedule, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._add("payee", _("The seller, on what is released"), begin.payee)
        for method in Method:
            words = _("The buyer, paying by %(method)s") % {"method": method.label}
            self._add(method.value, words, begin.payer.get(method.value, {}))

    def _add(self, name: str, label: Any, rates: Any) -> None:
        points = {rate.basis_points for rate in rates.values()} or {0}
        self.fields[f"{name}_percent"] = PlainDecimalField(
            label=_("%(who)s: per cent") % {"who": label},
            min_value=0,
            decimal_places=2,
            initial=Decimal(max(points)) / 100,
        )
        lines = [
            f"{currency} {to_major(rate.fixed_minor, currency)} {to_major(rate.cap_minor, currency)}"
            for currency, rate in sorted(rates.items())
        ]
        self.fields[f"{name}_amounts"] = LongTextField(
            label=_("%(who)s: amounts") % {"who": label},
            initial="\n".join(lines),
            required=name == "payee",
            help_text=LINE,
        )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in ("payee", *Method.values):
            percent, amounts = cleaned.get(f"{name}_percent"), cleaned.get(f"{name}_amounts")
            if percent is not None and amounts is not None:
                try:
                    cleaned[name] = read_rates(int(percent * 100), amounts)
                except Invalid as refusal:
                    self.add_error(f"{name}_amounts", refusal.fields["amounts"])
        return cleaned

    def rates(self) -> tuple[dict[str, Rate], dict[str, dict[str, Rate]]]:
        return self.cleaned_data["payee"], {method: self.cleaned_data[method] for method in Method.values}


def read_rates(basis_points: int, text: str) -> dict[str, Rate]:
    """Lines of "USD 0.30 5000.00" as rates. Raises Invalid beside `amounts`, naming the line."""
    found: dict[str, Rate] = {}
    for place, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        currency, *numbers = line.split()
        amounts = [_minor(number, currency) for number in numbers]
        if len(amounts) != 2 or None in amounts or currency in found:
            words = _("Line %(place)s can't be read: %(line)s") % {"place": place, "line": line.strip()[:60]}
            raise Invalid(fields={"amounts": words})
        fixed_minor, cap_minor = amounts
        found[currency] = Rate(basis_points=basis_points, fixed_minor=fixed_minor or 0, cap_minor=cap_minor or 0)
    return found


def _minor(text: str, currency: str) -> int | None:
    value = read_decimal(text) if currency in CURRENCIES else None
    if value is None or value < 0:
        return None
    minor = value.scaleb(digits_of(currency))
    return int(minor) if minor == minor.to_integral_value() else None


def fingerprint(form: ScheduleForm) -> str:
    """What was checked on the page: publishing takes the same figures and no others."""
    payee, payer = form.rates()
    rules = [rates_as_rules(payee), {method: rates_as_rules(rates) for method, rates in payer.items()}]
    return hashlib.sha256(json.dumps(rules, sort_keys=True).encode()).hexdigest()


def preview(form: ScheduleForm, now: Schedule) -> list[tuple[Any, str, str, str]]:
    """(who, currency, now, then) of every rate that changes."""
    payee, payer = form.rates()
    pairs = [(_("seller"), now.payee, payee)]
    pairs += [(Method(method).label, now.payer.get(method, {}), rates) for method, rates in payer.items()]
    return [
        (who, currency, _words(old.get(currency), currency), _words(new.get(currency), currency))
        for who, old, new in pairs
        for currency in sorted({*old, *new})
        if old.get(currency) != new.get(currency)
    ]


def _words(rate: Rate | None, currency: str) -> str:
    return rate_words(rate, currency) if rate else "—"


class FeeScheduleAdmin(ReadOnlyModelAdmin):
    """Every version that was ever published; the newest is quoted."""

    seen_by: ClassVar[tuple[str, ...]] = (StaffGroup.TREASURER,)
    list_display = ("version", "published_at", "published_by", "note")
    list_select_related = ("published_by",)
    ordering: ClassVar = ("-version",)
    actions_list = ("publish_next",)

    @action(description=_("Publish new fees"))
    def publish_next(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:payments_feeschedule_publish")

    def get_urls(self) -> list[URLPattern]:
        own = path("publish/", self.admin_site.admin_view(self.publish), name="payments_feeschedule_publish")
        return [own, *super().get_urls()]

    def publish(self, request: HttpRequest) -> HttpResponse:
        """The form; the first POST shows what changes, the second one publishes exactly that."""
        by = staff_actor_of(request)
        check_staff(by, StaffGroup.TREASURER)
        now = current_schedule()
        form = ScheduleForm(request.POST or None, begin=now)
        checked = ""
        if request.method == "POST" and form.is_valid():
            checked = fingerprint(form)
            if request.POST.get("checked") == checked:
                answer = self._publish(request, form, by)
                if answer is not None:
                    return answer
        context = {
            **admin.site.each_context(request),
            "title": _("Publish fees"),
            "form": form,
            "version": request.POST.get("version", str(now.version)),
            "checked": checked,
            "changes": preview(form, now) if checked else [],
            "back": reverse("admin:payments_feeschedule_changelist"),
        }
        return render(request, "admin/publish_fees.html", context, status=422 if form.errors else 200)

    def _publish(self, request: HttpRequest, form: ScheduleForm, by: Any) -> HttpResponse | None:
        payee, payer = form.rates()
        try:
            carry_out(
                publish_schedule,
                payee=payee,
                payer=payer,
                note=form.cleaned_data["note"],
                seen_version=int(request.POST.get("version") or 0),
                by=by,
                at=clock.now(),
            )
        except Refused as refusal:
            add_refusal(form, refusal)
            return None
        words = _("Published. New offers quote these fees; what was sent or signed keeps its own.")
        messages.success(request, str(words))
        return redirect("admin:payments_feeschedule_changelist")
