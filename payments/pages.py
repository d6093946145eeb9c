"""The seller's payouts: what is payable, what is on its way, what was paid and under which reference."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from companies.gates import member_required
from companies.policies import may
from companies.queries import actor_of, usable_payout_account
from core import clock
from core.actions import carry_out
from core.actors import Actor
from core.errors import Refused
from core.idempotency import once
from payments.actions.payout import request_payout
from payments.queries import list_payouts, payable_by_currency
from payments.sending_words import payout_note, payout_words


@require_safe
@member_required
def payout_list(request: HttpRequest) -> HttpResponse:
    by = actor_of(request)
    assert by.company_id is not None
    if not may(by, "statements", by.company_id):
        raise PermissionDenied
    at = clock.now()
    payable = [
        (currency, amount_minor, usable_payout_account(by.company_id, currency, at))
        for currency, amount_minor in payable_by_currency(by.company_id).items()
    ]
    context = {
        "nav": "payouts",
        "payable": payable,
        "payouts": [(payout, *payout_words(payout), payout_note(payout)) for payout in list_payouts(by.company_id)],
        "may_pay_out": may(by, "payout", by.company_id),
    }
    return render(request, "payments/payouts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def payout_request(request: HttpRequest, currency: str) -> HttpResponse:
    """A page between the click and the money: how much, to which account."""
    by = actor_of(request)
    assert by.company_id is not None
    if not may(by, "payout", by.company_id):
        raise PermissionDenied
    if request.method == "POST":  # Before the amount is looked at: a second click finds none, and gets its answer.
        try:
            _request_once(request, by, currency)
        except Refused as refusal:
            messages.error(request, str(refusal.words))
        return redirect("payout-list")
    amount_minor = payable_by_currency(by.company_id).get(currency)
    if amount_minor is None:
        raise Http404
    context = {
        "nav": "payouts",
        "question": _("Pay out now?"),
        "confirm_label": _("Pay out"),
        "amount_minor": amount_minor,
        "currency": currency,
        "account": usable_payout_account(by.company_id, currency, clock.now()),
        "back_url": reverse("payout-list"),
    }
    return render(request, "payments/payout_request.html", context)


def _request_once(request: HttpRequest, by: Actor, currency: str) -> None:
    assert by.company_id is not None
    company_id, at = by.company_id, clock.now()

    def run() -> tuple[int, Any]:
        payout = request_payout(company_id=company_id, currency=currency, by=by, at=at)
        return 200, payout.reference if payout else None

    key = request.POST.get("idempotency_key", "")[:100] or str(uuid4())
    answer = carry_out(once, scope=f"{company_id} page payout {currency}", key=key, body=currency, run=run)
    if answer.body:
        messages.success(request, _("The payout is requested and will be sent in a moment."))
    else:
        messages.info(request, _("Nothing could be paid out: add a payout account, or wait until it may be used."))
