"""Pages of no app: the home page and the pages that say what went wrong."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from orders.process import CLOCKS, EARNED_BASIS_POINTS, Stage
from payments.fees import Rate, Schedule
from payments.models import Method
from payments.schedules import current_schedule, list_schedules, schedule

EXAMPLE_MINOR = 1_250_000
EXAMPLE_DEPOSIT_MINOR = 375_000
EXAMPLE_CURRENCY = "USD"
CURRENCIES_SHOWN = ("USD", "EUR", "CNY", "VND")
CLOCKS_SHOWN = ("offer_open", "first_payment", "ship_date", "ready_payment", "arrival", "inspection")


@dataclass(frozen=True)
class Example:
    """The order of the home page, in minor units: what a real one of that size would cost."""

    total_minor: int
    deposit_minor: int
    balance_minor: int
    fee_minor: int
    net_minor: int
    currency: str


def example_order() -> Example:
    fee_minor = current_schedule().payee[EXAMPLE_CURRENCY].up_to(EXAMPLE_MINOR)
    return Example(
        total_minor=EXAMPLE_MINOR,
        deposit_minor=EXAMPLE_DEPOSIT_MINOR,
        balance_minor=EXAMPLE_MINOR - EXAMPLE_DEPOSIT_MINOR,
        fee_minor=fee_minor,
        net_minor=EXAMPLE_MINOR - fee_minor,
        currency=EXAMPLE_CURRENCY,
    )


def earned_shares() -> list[tuple[Any, int]]:
    """(what the seller has proven, percent of the price that it earned), for an order that the buyer cancels."""
    named = [
        (Stage(stage).label if stage else _("Nothing yet"), share // 100)
        for stage, share in EARNED_BASIS_POINTS.items()
    ]
    return sorted(named, key=lambda row: row[1])


def payer_rates(fees: Schedule, currency: str) -> list[tuple[Any, Rate]]:
    """(method, what the buyer pays on top) of the methods that cost something in this currency."""
    rates = [(Method(method).label, by_currency.get(currency)) for method, by_currency in fees.payer.items()]
    return [(label, rate) for label, rate in rates if rate]


@require_safe
def fees_published(request: HttpRequest) -> HttpResponse:
    """Every version of the fees that was ever published, newest first, in all currencies."""
    versions = [(row, schedule(row.version)) for row in list_schedules()]
    shown = [
        {
            "row": row,
            "in_force": place == 0,
            "payee": sorted(fees.payee.items()),
            "payer": [(Method(method).label, sorted(rates.items())) for method, rates in fees.payer.items()],
        }
        for place, (row, fees) in enumerate(versions)
    ]
    return render(request, "public/fees.html", {"versions": shown})


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    in_force = current_schedule()
    context = {
        "example": example_order(),
        "payee_percent": in_force.payee[EXAMPLE_CURRENCY].basis_points / 100,
        "payee_rates": [(currency, in_force.payee[currency]) for currency in CURRENCIES_SHOWN],
        "payer_rates": payer_rates(in_force, EXAMPLE_CURRENCY),
        "example_currency": EXAMPLE_CURRENCY,
        "clocks": [CLOCKS[kind] for kind in CLOCKS_SHOWN],
        "shares": earned_shares(),
    }
    return render(request, "public/home.html", context)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/403.html", status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "errors/403_csrf.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/404.html", status=404)


def too_many_requests(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "errors/429.html", status=429)


def server_error(request: HttpRequest) -> HttpResponse:
    """Without the request's context: the database may be what failed."""
    shown = {"site_name": settings.SITE_NAME, "sandbox": settings.SANDBOX, "csrf_token": get_token(request)}
    return HttpResponseServerError(render_to_string("errors/500.html", shown))
