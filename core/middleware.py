from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

from core import clock


class ClockMiddleware:
    """One request sees one offset of the sandbox clock."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with clock.read_once():
            return self.get_response(request)


class NulMiddleware:
    """400 for a NUL in the address, a cookie or a form: no person types one, and no text of PostgreSQL may hold one.

    Bodies of views that are exempt from the CSRF check (JSON, webhooks) are theirs to read: their parsers check.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        refuse_nul([request.path, *request.COOKIES.values()])
        refuse_nul(text for name, values in request.GET.lists() for text in (name, *values))
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if request.method == "POST" and not getattr(view, "csrf_exempt", False):
            refuse_nul(text for name, values in request.POST.lists() for text in (name, *values))


def refuse_nul(texts: Iterable[str]) -> None:
    """Raises BadRequest."""
    if any("\0" in text for text in texts):
        raise BadRequest("a NUL in the request")
