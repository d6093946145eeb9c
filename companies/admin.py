"""Staff's desk for people and companies: looking is free, every switch is an action with its own history row."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
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
from companies.places import country_choices
from companies.queries import staff_actor_of
from core import clock
from core.admin_ask import ask_first
from core.admin_base import BY_CURRENCY, ReadOnlyModelAdmin, ReadOnlyTabularInline, one_of

BY_COUNTRY = one_of("country", _("country"), country_choices)


class MembershipInline(ReadOnlyTabularInline):
    model = Membership
    fields = ("user", "role", "created_at")


class PayoutAccountInline(ReadOnlyTabularInline):
    model = PayoutAccount
    fields = ("currency", "holder", "number", "bank_name", "usable_from", "verified_at", "removed_at")


@admin.register(Company)
class CompanyAdmin(ReadOnlyModelAdmin):
    list_display = ("name", "country", "city", "standing", "created_at", "verified_at", "enrolled_at")
    list_filter = (
        BY_COUNTRY,
        ("verified_at", admin.EmptyFieldListFilter),
        ("suspended_at", admin.EmptyFieldListFilter),
    )
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
        return self._ask(request, object_id, _("Verify this company?"), verify_company)

    @action(description=_("Enrol"))
    def enrol(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._ask(request, object_id, _("Let this company sell under trade assurance?"), enrol_company)

    @action(description=_("Suspend"))
    def suspend(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._ask(request, object_id, _("Suspend this company?"), suspend_company)

    @action(description=_("Reinstate"))
    def reinstate(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._ask(request, object_id, _("Lift the suspension?"), reinstate_company)

    def _ask(self, request: HttpRequest, object_id: int, question: Any, switch: Any) -> HttpResponse:
        company = get_object_or_404(Company, pk=object_id)
        by, at = staff_actor_of(request), clock.now()
        return ask_first(
            request,
            question=question,
            subject=f"{company.name}, {company.country}",
            back=reverse("admin:companies_company_change", args=[company.pk]),
            run=lambda why: switch(company_id=company.pk, why=why, by=by, at=at),
        )


@admin.register(PayoutAccount)
class PayoutAccountAdmin(ReadOnlyModelAdmin):
    list_display = ("company", "currency", "holder", "number", "bank_name", "usable_from", "verified_at", "removed_at")
    list_filter = (BY_CURRENCY, ("verified_at", admin.EmptyFieldListFilter), ("removed_at", admin.EmptyFieldListFilter))
    search_fields = ("holder", "number", "company__name", "reference")
    list_select_related = ("company",)
    ordering = ("-id",)
    actions_detail = ("verify",)

    @action(description=_("Verify"))
    def verify(self, request: HttpRequest, object_id: int) -> HttpResponse:
        account = get_object_or_404(PayoutAccount, pk=object_id)
        by, at = staff_actor_of(request), clock.now()
        return ask_first(
            request,
            question=_("Verify this payout account?"),
            subject=f"{account.company.name}: {account.currency} {account.number}, {account.holder}",
            back=reverse("admin:companies_payoutaccount_change", args=[account.pk]),
            run=lambda why: verify_payout_account(reference=account.reference, why=why, by=by, at=at),
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
