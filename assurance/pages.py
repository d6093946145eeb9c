"""Pages of no app: the home page and the pages that say what went wrong."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from orders.process import CLOCKS, EARNED_BASIS_POINTS, Stage
from payments import fees

EXAMPLE_MINOR = 1_250_000
EXAMPLE_DEPOSIT_MINOR = 375_000
EXAMPLE_CURRENCY = "USD"
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
    schedule = fees.CURRENT
    fee_minor = fees.fee_up_to(
        EXAMPLE_MINOR, basis_points=schedule.payee_basis_points, cap_minor=schedule.cap_minor[EXAMPLE_CURRENCY]
    )
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


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    context = {
        "example": example_order(),
        "payee_percent": fees.CURRENT.payee_basis_points / 100,
        "payer_percent": fees.CURRENT.payer_basis_points / 100,
        "caps": [(currency, fees.CURRENT.cap_minor[currency]) for currency in ("USD", "EUR", "CNY", "VND")],
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
    return HttpResponseServerError(render_to_string("errors/500.html", {"site_name": settings.SITE_NAME}))
