"""Pages of payout accounts. A new one is looked at twice: as typed, and on a page that asks once more."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from companies.actions import add_payout_account, remove_payout_account
from companies.actions.payout_accounts import WAIT, bank_can_write, check_bic, check_holder, check_number
from companies.forms import PayoutAccountForm
from companies.gates import member_required
from companies.pages import REFUSED
from companies.places import country_name
from companies.policies import check_may, may
from companies.queries import actor_by_link, actor_of, payout_account_of, payout_accounts_of
from companies.stop_links import behind_stop_token
from companies.tabs import company_tabs
from core import clock
from core.actions import carry_out
from core.errors import Invalid, NotAllowed, NotFound, Refused
from core.form_fields import add_refusal


@member_required
@require_safe
def payout_accounts(request: HttpRequest) -> HttpResponse:
    company: Any = request.company  # type: ignore[attr-defined]
    now = clock.now()
    accounts = payout_accounts_of(company.pk)
    context = {
        "nav": "company",
        "tabs": company_tabs("accounts"),
        "company": company,
        "rows": [
            {
                "account": each,
                "usable": each.is_usable(now),
                "rests": each.usable_from > now,
                "can_be_written": bank_can_write(each.holder),
            }
            for each in accounts
        ],
        "may_change": may(actor_of(request), "payout_account", company.pk),
    }
    return render(request, "companies/payout_accounts.html", context)


@member_required
@reauthentication_required
@require_http_methods(["GET", "HEAD", "POST"])
def payout_account_new(request: HttpRequest) -> HttpResponse:
    """Typed, then shown once more (`step=check`), then added (`step=confirm`). Asks for the password anew."""
    company: Any = request.company  # type: ignore[attr-defined]
    by = actor_of(request)
    try:
        check_may(by, "payout_account", company.pk)
    except NotAllowed as refusal:
        messages.error(request, str(refusal.words))
        return redirect("payout-accounts")
    form = PayoutAccountForm(request.POST or None, initial={"holder": company.name, "country": company.country})
    if request.method == "POST" and form.is_valid():
        step = request.POST.get("step")
        if step == "confirm":
            try:
                carry_out(add_payout_account, company_id=company.pk, **form.cleaned_data, by=by, at=clock.now())
            except Refused as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("Added. It rests for 72 hours, and every owner was told."))
                return redirect("payout-accounts")
        elif step != "edit" and _looks_right(form):
            return render(request, "companies/payout_account_confirm.html", _asked_once_more(form))
    context = {"nav": "company", "company": company, "form": form}
    return render(request, "companies/payout_account_new.html", context, status=REFUSED if form.errors else 200)


def _looks_right(form: PayoutAccountForm) -> bool:
    """The bank's own check digits, before anybody is asked to compare."""
    for name, check in (
        ("holder", lambda data: check_holder(data["holder"])),
        ("number", lambda data: check_number(data["number"])),
        ("bic", lambda data: check_bic(data["bic"], data["country"])),
    ):
        try:
            form.cleaned_data[name] = check(form.cleaned_data)
        except Invalid as refusal:
            add_refusal(form, refusal)
    return not form.errors


def _asked_once_more(form: PayoutAccountForm) -> dict[str, Any]:
    data = form.cleaned_data
    return {
        "question": _("Is this the account for your %(currency)s?") % {"currency": data["currency"]},
        "confirm_label": _("Yes, add this account"),
        "back_url": reverse("payout-accounts"),
        "data": data,
        "country_name": country_name(data["country"]),
        "usable_from": clock.now() + WAIT,
        "typed": [{"name": name, "value": value} for name, value in data.items()],
    }


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def payout_account_remove(request: HttpRequest, ref: str) -> HttpResponse:
    """Asks once, then removes."""
    company: Any = request.company  # type: ignore[attr-defined]
    if request.method == "POST":
        try:
            carry_out(remove_payout_account, reference=ref, company_id=company.pk, by=actor_of(request), at=clock.now())
        except NotFound:
            raise Http404 from None
        except Refused as refusal:
            messages.error(request, str(refusal.words))
        else:
            messages.success(request, _("The account is removed. Every owner was told."))
        return redirect("payout-accounts")
    try:
        account = payout_account_of(company.pk, ref)
    except NotFound:
        raise Http404 from None
    context = {
        "question": _("Remove this payout account?"),
        "confirm_label": _("Remove the account"),
        "danger": True,
        "back_url": reverse("payout-accounts"),
        "account": account,
    }
    return render(request, "companies/payout_account_remove.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def payout_account_stop(request: HttpRequest, token: str) -> HttpResponse:
    """From an owner's mail, without a log-in: looks at an account, and takes it out of use."""
    try:
        account, owner = behind_stop_token(token)
        if request.method == "POST":
            carry_out(
                remove_payout_account,
                reference=account.reference,
                company_id=account.company_id,
                by=actor_by_link(owner, request),
                at=clock.now(),
            )
            return redirect(request.path)
    except Refused:
        raise Http404 from None
    return render(request, "companies/payout_account_stop.html", {"account": account})
