"""The JSON door: who calls, which planned fault strikes, and the answer as JSON."""

import hmac
import json
import re
from typing import Any

from sandbox import faults, routes, views
from sandbox.faults import Fault
from sandbox.gateway import Gateway, HangUp, Request, Response
from sandbox.idempotency import Answer
from sandbox.problems import Problem, not_found
from sandbox.routes import Call, Route


def answer(gateway: Gateway, request: Request) -> Response:
    """Raises HangUp when a time-out was planned for this call."""
    try:
        _check_key(gateway, request)
        route, thing = _find_route(request)
        return _as_json(gateway, _call(gateway, route, Call(gateway, request, thing)))
    except Problem as problem:
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
    fault = faults.take(gateway.store, route.operation) if route.operation else None
    if fault and not fault.strikes_after_effect:
        _strike(gateway, fault)
    try:
        return route.do(call)
    finally:
        if fault and fault.strikes_after_effect:
            _strike(gateway, fault)


def _strike(gateway: Gateway, fault: Fault) -> None:
    match fault.name:
        case "timeout_before_effect" | "timeout_after_effect":
            gateway.stopping.wait(gateway.config.hold_seconds if fault.seconds is None else fault.seconds)
            raise HangUp
        case "slow":
            gateway.stopping.wait(faults.SLOW_SECONDS if fault.seconds is None else fault.seconds)
        case "error_429":
            raise Problem(429, "rate_limited", "Too many calls (planned fault).")
        case _:
            raise Problem(500, "internal_error", "Something broke (planned fault).")


def _as_json(gateway: Gateway, answer: Answer) -> Response:
    if answer.status == 204:
        return Response(204)
    body: Any = views.with_addresses(answer.body, gateway.base_url)
    headers = {"Idempotent-Replayed": "true"} if answer.replayed else {}
    return Response(answer.status, json.dumps(body).encode(), headers=headers)
