"""Pages of a company: its data, its people, its way into trade assurance."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from companies.actions import enrol_company, found_company, update_company, update_profile
from companies.forms import CompanyForm, CompanySettingsForm, ProfileForm
from companies.gates import member_required
from companies.models import User
from companies.policies import may
from companies.queries import (
    SESSION_KEY,
    actor_of,
    get_company_for,
    invitations_for,
    payout_accounts_of,
)
from companies.tabs import company_tabs
from core import clock
from core.actions import carry_out
from core.errors import NotFound, Refused
from core.form_fields import add_refusal

REFUSED = 422


def safe_next(request: HttpRequest, default: str) -> str:
    """`next` of this request if it leads to this site."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if asked and safe else default


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def company_new(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    if user.is_staff:
        return redirect("admin:index")
    form = CompanyForm(request.POST or None, initial={"full_name": user.full_name})
    if request.method == "POST" and form.is_valid():
        try:
            company = carry_out(
                found_company, **form.cleaned_data, language=user.language, by=actor_of(request), at=clock.now()
            )
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            request.session[SESSION_KEY] = company.reference
            messages.success(request, _("Your company is set up."))
            return redirect(safe_next(request, "dashboard"))
    context = {
        "form": form,
        "next": safe_next(request, ""),
        "invitations": invitations_for(user.email, clock.now()),
    }
    return render(request, "companies/company_new.html", context, status=REFUSED if form.errors else 200)


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def company_detail(request: HttpRequest) -> HttpResponse:
    company: Any = request.company  # type: ignore[attr-defined]
    by = actor_of(request)
    form = CompanySettingsForm(request.POST or None, company=company)
    if request.method == "POST" and form.is_valid():
        try:
            carry_out(update_company, company_id=company.pk, **form.cleaned_data, by=by, at=clock.now())
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("company-detail")
    context = {
        "nav": "company",
        "tabs": company_tabs("company"),
        "company": company,
        "form": form,
        "may_change": may(by, "company", company.pk),
        "accounts": payout_accounts_of(company.pk),
    }
    return render(request, "companies/company.html", context, status=REFUSED if form.errors else 200)


@member_required
@require_POST
def company_enrol(request: HttpRequest) -> HttpResponse:
    company: Any = request.company  # type: ignore[attr-defined]
    try:
        carry_out(enrol_company, company_id=company.pk, by=actor_of(request), at=clock.now())
    except Refused as refusal:
        messages.error(request, str(refusal.words))
    else:
        messages.success(request, _("Trade assurance is on. You can send orders to your buyers."))
    return redirect("company-detail")


@login_required
@require_POST
def company_switch(request: HttpRequest) -> HttpResponse:
    """Act for another of one's companies from now on, in this browser."""
    user: Any = request.user
    try:
        company = get_company_for(user, request.POST.get("company", ""))
    except NotFound:
        raise Http404 from None
    request.session[SESSION_KEY] = company.reference
    messages.success(request, _("You now act for %(company)s.") % {"company": company.name})
    return redirect("dashboard")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account_settings(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = ProfileForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            changed = carry_out(update_profile, **form.cleaned_data, by=actor_of(request), at=clock.now())
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return _speak(redirect("account-settings"), changed)
    context = {"form": form}
    return render(request, "companies/account_settings.html", context, status=REFUSED if form.errors else 200)


def _speak(response: HttpResponse, user: User) -> HttpResponse:
    """The site in the person's language from the next page on."""
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language, samesite="Lax", httponly=True)
    return response
