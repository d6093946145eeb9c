"""Staff's desk for people and companies: looking is free, every switch is an action with its own history row."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from companies.actions import (
    enrol_company,
    reinstate_company,
    suspend_company,
    verify_company,
    verify_payout_account,
)
from companies.history import history_of
from companies.models import Company, Identity, Invitation, Membership, PayoutAccount, User
from companies.queries import staff_actor_of
from core import clock
from core.actions import carry_out
from core.admin_base import ReadOnlyModelAdmin, ReadOnlyTabularInline
from core.errors import Refused
from core.form_fields import LongTextField, add_refusal


class WhyForm(forms.Form):
    why = LongTextField(label=_("Why"), limit=500, help_text=_("Kept in the history, with your name."))


class MembershipInline(ReadOnlyTabularInline):
    model = Membership
    fields = ("user", "role", "created_at")


class PayoutAccountInline(ReadOnlyTabularInline):
    model = PayoutAccount
    fields = ("currency", "holder", "number", "bank_name", "usable_from", "verified_at", "removed_at")


def answer(request: HttpRequest, back: str, object_id: Any, switch: Any, **given: Any) -> HttpResponse:
    """Carry out one action from a button and go back, with its words."""
    try:
        carry_out(switch, **given, by=staff_actor_of(request), at=clock.now())
    except Refused as refusal:
        messages.error(request, str(refusal.words))
    else:
        messages.success(request, str(_("Done.")))
    return redirect(back, object_id)


@admin.register(Company)
class CompanyAdmin(ReadOnlyModelAdmin):
    list_display = ("name", "country", "city", "standing", "created_at", "verified_at", "enrolled_at")
    list_filter = ("country", ("verified_at", admin.EmptyFieldListFilter), ("suspended_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "reference")
    ordering = ("-id",)
    readonly_fields = ("history",)
    inlines = (MembershipInline, PayoutAccountInline)
    actions_detail = ("verify", "enrol", "suspend", "reinstate")

    @display(
        description=_("standing"),
        label={"suspended": "danger", "enrolled": "success", "verified": "info", "new": "warning"},
    )
    def standing(self, company: Company) -> tuple[str, Any]:
        if company.suspended_at:
            return "suspended", _("suspended")
        if company.enrolled_at:
            return "enrolled", _("enrolled")
        return ("verified", _("verified")) if company.verified_at else ("new", _("not verified"))

    @admin.display(description=_("history"))
    def history(self, company: Company) -> str:
        lines = [
            f"{row.at:%Y-%m-%d %H:%M} {row.verb} ({row.actor_kind} {row.user_id or ''}, {row.door}) {row.why}"
            for row in history_of(company)
        ]
        return "\n".join(lines) or "–"

    @action(description=_("Verify"))
    def verify(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._with_reason(request, object_id, _("Verify this company?"), verify_company)

    @action(description=_("Enrol"))
    def enrol(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return answer(request, "admin:companies_company_change", object_id, enrol_company, company_id=int(object_id))

    @action(description=_("Suspend"))
    def suspend(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._with_reason(request, object_id, _("Suspend this company?"), suspend_company)

    @action(description=_("Reinstate"))
    def reinstate(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._with_reason(request, object_id, _("Lift the suspension?"), reinstate_company)

    def _with_reason(self, request: HttpRequest, object_id: int, question: Any, switch: Any) -> HttpResponse:
        """Ask why, then carry it out."""
        form = WhyForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                carry_out(
                    switch,
                    company_id=int(object_id),
                    why=form.cleaned_data["why"],
                    by=staff_actor_of(request),
                    at=clock.now(),
                )
            except Refused as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, str(_("Done.")))
                return redirect("admin:companies_company_change", object_id)
        company = Company.objects.get(pk=object_id)
        context = {**self.admin_site.each_context(request), "form": form, "question": question, "company": company}
        return render(request, "companies/admin_why.html", context)


@admin.register(PayoutAccount)
class PayoutAccountAdmin(ReadOnlyModelAdmin):
    list_display = ("company", "currency", "holder", "number", "bank_name", "usable_from", "verified_at", "removed_at")
    list_filter = ("currency", ("verified_at", admin.EmptyFieldListFilter), ("removed_at", admin.EmptyFieldListFilter))
    search_fields = ("holder", "number", "company__name", "reference")
    list_select_related = ("company",)
    ordering = ("-id",)
    actions_detail = ("verify",)

    @action(description=_("Verify"))
    def verify(self, request: HttpRequest, object_id: int) -> HttpResponse:
        reference = PayoutAccount.objects.values_list("reference", flat=True).get(pk=object_id)
        return answer(
            request, "admin:companies_payoutaccount_change", object_id, verify_payout_account, reference=reference
        )


@admin.register(User)
class UserAdmin(ReadOnlyModelAdmin):
    list_display = ("email", "full_name", "language", "is_staff", "is_active", "date_joined", "last_login")
    list_filter = ("is_staff", "is_active", "groups")
    search_fields = ("email", "full_name")
    exclude = ("password", "user_permissions")
    ordering = ("-id",)


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyModelAdmin):
    list_display = ("email", "company", "role", "invited_by", "created_at", "expires_at", "accepted_at", "revoked_at")
    list_select_related = ("company", "invited_by")
    search_fields = ("email", "company__name")
    ordering = ("-id",)


@admin.register(Identity)
class IdentityAdmin(ReadOnlyModelAdmin):
    list_display = ("full_name", "company_name", "email", "created_at", "erased_at")
    search_fields = ("full_name", "company_name", "email")
    ordering = ("-id",)
