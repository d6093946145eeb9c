"""The JSON door: who calls, which planned fault strikes, and the answer as JSON."""

import hmac
import json
import re
from typing import Any

from sandbox import faults, pages, routes, views
from sandbox.faults import Struck
from sandbox.gateway import Gateway, Request, Response
from sandbox.idempotency import Answer
from sandbox.problems import Problem, not_found
from sandbox.routes import Call, Route

STRUCK = {
    409: Problem(409, "conflict", "Another call holds this object (planned fault)."),
    429: Problem(429, "rate_limited", "Too many calls (planned fault)."),
    500: Problem(500, "internal_error", "Something broke (planned fault)."),
}


def answer(gateway: Gateway, request: Request) -> Response:
    """The API, or a hosted page. Raises HangUp when a time-out was planned for this call."""
    return _answer(gateway, request) if request.path.startswith("/v1/") else pages.answer(gateway, request)


def _answer(gateway: Gateway, request: Request) -> Response:
    try:
        _check_key(gateway, request)
        route, thing = _find_route(request)
        return _as_json(gateway, _call(gateway, route, Call(gateway, request, thing)))
    except (Problem, Struck) as refusal:
        problem = STRUCK[refusal.status] if isinstance(refusal, Struck) else refusal
        headers = {"Retry-After": "1"} if problem.status == 429 else {}
        return Response(problem.status, json.dumps(problem.as_dict()).encode(), headers=headers)


def _check_key(gateway: Gateway, request: Request) -> None:
    expected = f"Bearer {gateway.config.key}".encode()
    if not hmac.compare_digest(request.headers.get("authorization", "").encode("utf-8", "replace"), expected):
        raise Problem(401, "unauthorized", "Give the key as 'Authorization: Bearer KEY'.")


def _find_route(request: Request) -> tuple[Route, str]:
    known_path = False
    for route in routes.ROUTES:
        if match := re.fullmatch(route.path, request.path):
            if route.method == request.method:
                return route, match.groupdict().get("thing", "")
            known_path = True
    if known_path:
        raise Problem(405, "method_not_allowed", "This address does not know that method.")
    raise not_found("There is nothing at this address.")


def _call(gateway: Gateway, route: Route, call: Call) -> Answer:
    """Do the call; a fault planned for after the effect strikes whether the call was refused or not."""
    fault = faults.take(gateway.store, route.operation, routes.OPERATIONS) if route.operation else None
    if fault and not fault.strikes_after_effect:
        faults.strike(gateway, fault)
    try:
        return route.do(call)
    finally:
        if fault and fault.strikes_after_effect:
            faults.strike(gateway, fault)


def _as_json(gateway: Gateway, answer: Answer) -> Response:
    if answer.status == 204:
        return Response(204)
    body: Any = views.with_addresses(answer.body, gateway.base_url)
    headers = {"Idempotent-Replayed": "true"} if answer.replayed else {}
    return Response(answer.status, json.dumps(body).encode(), headers=headers)
