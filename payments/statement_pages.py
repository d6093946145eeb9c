"""The statement of account: a page with the newest lines first, and the same as CSV and PDF."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from companies.gates import member_required
from companies.policies import may
from companies.queries import actor_of
from core import clock
from core.errors import NotFound, Refused
from core.typesetting import LANGUAGES
from payments.account_statement_files import csv_rows, fee_words, file_stem, signed_money, statement_pdf
from payments.account_statements import PAGE, Statement, newest_lines, open_statement, statement_balances
from payments.forms import PeriodForm

REFUSED = 422


@require_safe
@member_required
def statement_home(request: HttpRequest) -> HttpResponse:
    """To the statement of the first currency; where there is none yet, the page says so."""
    balances = statement_balances(_company_id(request))
    if balances:
        return redirect("statement", currency=next(iter(balances)))
    return render(request, "payments/statement.html", {"nav": "payouts"})


@require_safe
@member_required
def statement_page(request: HttpRequest, currency: str) -> HttpResponse:
    form = PeriodForm(request.GET)
    statement = _statement(request, currency, form)
    before = _before(request)
    lines = newest_lines(statement, before=before)
    last = lines[-1].number if lines else statement.first
    context = {
        "nav": "payouts",
        "form": form,
        "statement": statement,
        "tabs": _tabs(request, currency),
        "rows": [(line, fee_words(line, currency), signed_money(line.change_minor, currency)) for line in lines],
        "query": _period_query(form),
        "previous_url": _newer(statement, before, form) if before else "",
        "next_url": _page_url(form, last) if lines and last > statement.first else "",
    }
    return render(request, "payments/statement.html", context, status=REFUSED if form.errors else 200)


@require_safe
@member_required
def statement_csv(request: HttpRequest, currency: str) -> HttpResponseBase:
    """Streamed: a statement of any length takes no memory."""
    form = PeriodForm(request.GET)
    statement = _statement(request, currency, form)
    if form.errors:
        return redirect(f"{reverse('statement', args=[currency])}?{request.GET.urlencode()}")
    rows = csv_rows(statement, zone=_company(request).time_zone, language=_language())
    answer = StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{file_stem(statement)}.csv"'
    return answer


@require_safe
@member_required
def statement_paper(request: HttpRequest, currency: str) -> HttpResponse:
    form = PeriodForm(request.GET)
    statement = _statement(request, currency, form)
    back = f"{reverse('statement', args=[currency])}?{request.GET.urlencode()}"
    if form.errors:
        return redirect(back)
    try:
        paper = statement_pdf(statement, _company(request), language=_language(), at=clock.now())
    except Refused as refusal:
        messages.error(request, str(refusal.words))
        return redirect(back)
    answer = HttpResponse(paper, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{file_stem(statement)}.pdf"'
    return answer


def _company(request: HttpRequest) -> Any:
    return request.company  # type: ignore[attr-defined]


def _company_id(request: HttpRequest) -> int:
    """The company whose statements this person may see."""
    by = actor_of(request)
    assert by.company_id is not None
    if not may(by, "statements", by.company_id):
        raise PermissionDenied
    return by.company_id


def _statement(request: HttpRequest, currency: str, form: PeriodForm) -> Statement:
    """Of the period asked for; of all time where the form is wrong."""
    company_id = _company_id(request)
    days = form.cleaned_data if form.is_valid() else {}
    period = {"since": days.get("since"), "until": days.get("until")}
    try:
        return open_statement(company_id, currency, **period, zone=_company(request).time_zone)
    except NotFound:
        raise Http404 from None


def _language() -> str:
    language = get_language() or "en"
    return language if language in LANGUAGES else "en"


def _before(request: HttpRequest) -> int | None:
    """`before` of the address: the number of a line. None for what is none."""
    asked = request.GET.get("before", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 16 and int(asked) > 0 else None


def _period_query(form: PeriodForm) -> str:
    if not form.is_valid():
        return ""
    return urlencode({name: day.isoformat() for name, day in form.cleaned_data.items() if day})


def _page_url(form: PeriodForm, before: int | None) -> str:
    parts = [part for part in (f"before={before}" if before else "", _period_query(form)) if part]
    return f"?{'&'.join(parts)}"


def _newer(statement: Statement, before: int, form: PeriodForm) -> str:
    """Numbers have no gaps: the page above ends a page higher, or is the first."""
    above = before + PAGE
    return _page_url(form, above if above <= statement.last else None)


def _tabs(request: HttpRequest, currency: str) -> list[dict[str, Any]]:
    return [
        {"label": each, "url": reverse("statement", args=[each]), "current": each == currency}
        for each in statement_balances(_company_id(request))
    ]
