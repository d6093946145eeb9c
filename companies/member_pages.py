"""Pages of a company's people: who they are, what their roles allow, whom it invited."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from companies.actions import accept_invitation, change_role, invite_colleague, remove_member, revoke_invitation
from companies.forms import AcceptForm, InviteForm, RoleForm
from companies.gates import member_required
from companies.models import Role
from companies.pages import REFUSED
from companies.policies import VERBS, may
from companies.queries import (
    SESSION_KEY,
    actor_of,
    invitation_by_reference,
    members_of,
    open_invitations_of,
)
from companies.tabs import company_tabs
from core import clock
from core.actions import carry_out
from core.errors import NotFound, Refused
from core.form_fields import add_refusal

ROLE_TABLE = [
    (gettext_lazy("Draft, send, report progress, declare ready, ship"), "send"),
    (gettext_lazy("Ask for changes, confirm, report arrival"), "confirm"),
    (gettext_lazy("Pay, declare a wire"), "pay"),
    (gettext_lazy("Accept (releases money), settle, cancel"), "accept"),
    (gettext_lazy("See payouts and statements of account"), "statements"),
    (gettext_lazy("Add and remove payout accounts, ask for payouts"), "payout"),
    (gettext_lazy("Open and answer disputes, upload evidence"), "evidence"),
    (gettext_lazy("Read orders and their documents"), "read"),
    (gettext_lazy("Company data and people"), "members"),
]
"""A row of the page -> one verb that stands for it."""


def role_table() -> list[dict[str, Any]]:
    """What each role may do, for people."""
    return [{"label": label, "cells": [role in VERBS[verb] for role in Role]} for label, verb in ROLE_TABLE]


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def members(request: HttpRequest) -> HttpResponse:
    """The list; a POST invites."""
    company: Any = request.company  # type: ignore[attr-defined]
    by = actor_of(request)
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            invitation = carry_out(invite_colleague, company_id=company.pk, **form.cleaned_data, by=by, at=clock.now())
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Invited: %(email)s.") % {"email": invitation.email})
            return redirect("members")
    people = list(members_of(company.pk)[:200])
    context = {
        "nav": "company",
        "tabs": company_tabs("members"),
        "company": company,
        "people": people,
        "roles": Role.choices,
        "role_table": role_table(),
        "invitations": open_invitations_of(company.pk, clock.now()),
        "form": form,
        "may_change": may(by, "members", company.pk),
    }
    return render(request, "companies/members.html", context, status=REFUSED if form.errors else 200)


@member_required
@require_POST
def member_role(request: HttpRequest, ref: str) -> HttpResponse:
    company: Any = request.company  # type: ignore[attr-defined]
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose a role from the list."))
        return redirect("members")
    try:
        carry_out(
            change_role,
            reference=ref,
            company_id=company.pk,
            role=form.cleaned_data["role"],
            by=actor_of(request),
            at=clock.now(),
        )
    except NotFound:
        raise Http404 from None
    except Refused as refusal:
        messages.error(request, str(refusal.words))
    else:
        messages.success(request, _("The role is changed."))
    return redirect("members")


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def member_remove(request: HttpRequest, ref: str) -> HttpResponse:
    """Asks once, then ends the membership."""
    company: Any = request.company  # type: ignore[attr-defined]
    membership = members_of(company.pk).filter(reference=ref).first()
    if membership is None:
        raise Http404
    if request.method == "POST":
        try:
            carry_out(remove_member, reference=ref, company_id=company.pk, by=actor_of(request), at=clock.now())
        except Refused as refusal:
            messages.error(request, str(refusal.words))
        else:
            messages.success(request, _("Removed. What they did and signed stays."))
        return redirect("dashboard" if membership.user_id == request.user.pk else "members")
    context = {
        "question": _("Remove %(who)s from %(company)s?") % {"who": membership.user, "company": company.name},
        "confirm_label": _("Remove"),
        "danger": True,
        "back_url": reverse("members"),
        "membership": membership,
    }
    return render(request, "companies/member_remove.html", context)


@member_required
@require_POST
def invitation_revoke(request: HttpRequest, ref: str) -> HttpResponse:
    company: Any = request.company  # type: ignore[attr-defined]
    try:
        carry_out(revoke_invitation, reference=ref, company_id=company.pk, by=actor_of(request), at=clock.now())
    except NotFound:
        raise Http404 from None
    except Refused as refusal:
        messages.error(request, str(refusal.words))
    else:
        messages.success(request, _("The invitation is withdrawn."))
    return redirect("members")


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, ref: str) -> HttpResponse:
    """The page behind the mailed link. Readable without an account; accepting needs the invited address."""
    try:
        invited = invitation_by_reference(ref)
    except NotFound:
        raise Http404 from None
    user: Any = request.user
    form = AcceptForm(request.POST or None, initial={"full_name": getattr(user, "full_name", "")})
    if request.method == "POST" and user.is_authenticated and form.is_valid():
        try:
            membership = carry_out(
                accept_invitation, reference=ref, **form.cleaned_data, by=actor_of(request), at=clock.now()
            )
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            request.session[SESSION_KEY] = membership.company.reference
            messages.success(request, _("Welcome to %(company)s.") % {"company": membership.company.name})
            return redirect("dashboard")
    over = invited.accepted_at or invited.revoked_at or invited.expires_at <= clock.now()
    context = {
        "invitation": invited,
        "form": form,
        "over": bool(over),
        "right_address": user.is_authenticated and user.email == invited.email,
    }
    return render(request, "companies/invitation.html", context, status=REFUSED if form.errors else 200)
