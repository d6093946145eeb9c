"""The API's errors: RFC 9457 problem documents with our `code`."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

from core.errors import Invalid, Refused

CONTENT_TYPE = "application/problem+json"


def problem(*, code: str, status_code: int, title: str, **more: Any) -> Response:
    body = {"type": f"urn:assurance:problem:{code}", "title": title, "status": status_code, "code": code, **more}
    return Response(body, status=status_code, content_type=CONTENT_TYPE)


def refusal_problem(refusal: Refused) -> Response:
    more: dict[str, Any] = {}
    if refusal.details:
        more["details"] = {name: str(value) for name, value in refusal.details.items() if not name.endswith("_id")}
    if isinstance(refusal, Invalid):
        more["errors"] = {name: str(words) for name, words in refusal.fields.items()}
    return problem(code=refusal.code, status_code=refusal.status, title=str(refusal.words), **more)


def answer_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """The handler of Django REST framework: refusals, validation and its own errors, all in one form."""
    if isinstance(error, Refused):
        return refusal_problem(error)
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        return problem(code="invalid", status_code=422, title=str(Invalid.message), errors=flat_errors(error.detail))
    if isinstance(error, Http404 | exceptions.NotFound):
        return problem(code="not_found", status_code=status.HTTP_404_NOT_FOUND, title=_("Nothing is here."))
    code = getattr(error, "default_code", "error")
    made = problem(code=code, status_code=response.status_code, title=str(getattr(error, "detail", error)))
    for name in ("WWW-Authenticate", "Retry-After"):
        if response.has_header(name):
            made[name] = response[name]
    return made


def flat_errors(detail: Any, at: str = "") -> dict[str, str]:
    """Nested errors of a serializer as 'lines.0.name' -> words: the form that actions use, too."""
    if isinstance(detail, dict):
        rows = [(str(name), inner) for name, inner in detail.items()]
    elif isinstance(detail, list) and any(isinstance(inner, dict | list) for inner in detail):
        rows = [(str(place), inner) for place, inner in enumerate(detail)]
    else:
        words = detail if isinstance(detail, list) else [detail]
        return {at or "body": " ".join(str(each) for each in words)} if words else {}
    found: dict[str, str] = {}
    for name, inner in rows:
        own = name == api_settings.NON_FIELD_ERRORS_KEY
        found |= flat_errors(inner, at if own else f"{at}.{name}" if at else name)
    return found
