from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from core import clock


class ClockMiddleware:
    """One request sees one offset of the sandbox clock."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with clock.read_once():
            return self.get_response(request)
