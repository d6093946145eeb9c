"""The API's errors: RFC 9457 problem documents with our `code`."""

from typing import Any

from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from core.errors import Invalid, Refused

CONTENT_TYPE = "application/problem+json"


def problem(*, code: str, status_code: int, title: str, **more: Any) -> Response:
    body = {"type": f"urn:assurance:problem:{code}", "title": title, "status": status_code, "code": code, **more}
    return Response(body, status=status_code, content_type=CONTENT_TYPE)


def refusal_problem(refusal: Refused) -> Response:
    more: dict[str, Any] = {}
    if refusal.details:
        more["details"] = {name: str(value) for name, value in refusal.details.items()}
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
        return problem(code="invalid", status_code=422, title="The input is not valid.", errors=error.detail)
    if isinstance(error, Http404 | exceptions.NotFound):
        return problem(code="not_found", status_code=status.HTTP_404_NOT_FOUND, title="Nothing is here.")
    code = getattr(error, "default_code", "error")
    return problem(code=code, status_code=response.status_code, title=str(getattr(error, "detail", error)))
