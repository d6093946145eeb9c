"""The site, and addresses at which something goes wrong: for the error pages in a browser."""

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_BAD_ORIGIN
from django.urls import path

from assurance.pages import csrf_failure, too_many_requests
from assurance.urls import handler400, handler403, handler404, handler429, handler500
from assurance.urls import urlpatterns as real_urls

__all__ = ["handler400", "handler403", "handler404", "handler429", "handler500"]


def fail(request: HttpRequest, status: int) -> HttpResponse:
    if status == 400:
        raise SuspiciousOperation
    if status == 403:
        raise PermissionDenied
    if status == 429:
        return too_many_requests(request)
    raise ZeroDivisionError


def forged(request: HttpRequest) -> HttpResponse:
    return csrf_failure(request, REASON_BAD_ORIGIN)


urlpatterns = [path("fails/403/csrf/", forged), path("fails/<int:status>/", fail), *real_urls]
FAILING = ("/fails/400/", "/fails/403/", "/fails/403/csrf/", "/fails/429/", "/fails/500/")
