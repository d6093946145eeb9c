"""The API's door: who calls, in which shape, under which key, which planned fault strikes, and the answer."""

import hmac
import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl

from sandbox import faults
from sandbox.faults import Fault, Struck
from sandbox.gateway import Gateway, Request, Response
from sandbox.stripe import control, files, keys, pages, params, record
from sandbox.stripe.keys import InFlight, Kept, Keyed
from sandbox.stripe.record import Document
from sandbox.stripe.refusals import Refusal, broken, malformed, missing
from sandbox.stripe.routes import FILES, OPERATIONS, ROUTES, Call, Route

IN_FLIGHT = InFlight()
STRUCK = {
    409: Refusal(409, "invalid_request_error", "lock_timeout", "The object is locked (planned fault)."),
    429: Refusal(429, "invalid_request_error", "rate_limit", "Too many requests (planned fault)."),
    500: broken("Something broke (planned fault)."),
}
VERSION = r"20[0-9]{2}-[0-9]{2}-[0-9]{2}(\.[a-z]+)?"


def answer(gateway: Gateway, request: Request) -> Response:
    """The API, the test's own controls, or a hosted page. Raises HangUp where a time-out was planned."""
    if not request.path.startswith(("/v1/", "/control/")):
        return pages.answer(gateway, request)
    request_id = f"req_{secrets.token_hex(7)}"
    try:
        check_bearer(gateway, request)
        if request.path.startswith("/control/"):
            return control.answer(gateway, request)
        return _api(gateway, request, request_id)
    except (Refusal, Struck) as refusal:
        told = STRUCK[refusal.status] if isinstance(refusal, Struck) else refusal
        return _response(request, told.status, json.dumps(told.as_dict()), request_id)


def check_bearer(gateway: Gateway, request: Request) -> None:
    expected = f"Bearer {gateway.config.key}".encode()
    if not hmac.compare_digest(request.headers.get("authorization", "").encode("utf-8", "replace"), expected):
        raise Refusal(401, "invalid_request_error", "", "Invalid API Key provided.")


def _api(gateway: Gateway, request: Request, request_id: str) -> Response:
    if not re.fullmatch(VERSION, request.headers.get("stripe-version", "")):
        raise malformed("", f"Invalid Stripe API version: {request.headers.get('stripe-version')}")
    route, thing = _find_route(request)
    given = params.read(params.decode(_pairs(request)), route.shape)
    fault = faults.take(gateway.store, route.operation, OPERATIONS) if route.operation else None
    if fault and not fault.strikes_after_effect:
        faults.strike(gateway, fault)
    if route.method == "GET":
        with gateway.store.read() as db:
            body = _as_text(gateway, _do(route, Call(db, gateway.config, request.path, thing, given)))
        done = _response(request, 200, body, request_id)
    else:
        done = _once(gateway, request, route, thing, given, fault, request_id)
    if fault and fault.name == "timeout_after_effect":
        faults.strike(gateway, fault)
    return done


def _find_route(request: Request) -> tuple[Route, str]:
    for route in ROUTES:
        match = re.fullmatch(route.path, request.path)
        if match and route.method == request.method:
            return route, match.groupdict().get("thing", "")
    raise missing("route", f"{request.method} {request.path}")


def _pairs(request: Request) -> list[tuple[str, str]]:
    if request.method == "GET":
        return list(request.query.items())
    if request.path == FILES:
        return files.pairs(request)
    if request.body and not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise malformed("", "Invalid content type: send application/x-www-form-urlencoded.")
    return parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)


def _do(route: Route, call: Call) -> Document:
    document = route.do(call)
    for path in call.given.get("expand", []):
        record.expand(call.db, document, path)
    return document


def _once(
    gateway: Gateway,
    request: Request,
    route: Route,
    thing: str,
    given: dict[str, Any],
    fault: Fault | None,
    request_id: str,
) -> Response:
    """The effect and its answer under the caller's key; an effect whose answer is to be a 500 keeps that 500."""
    key = request.headers.get("idempotency-key", "") or f"none-{secrets.token_hex(16)}"
    if len(key) > 255:
        raise malformed("", "Idempotency keys may have 255 characters.")
    keyed = Keyed(key, request.path, given)
    with IN_FLIGHT.holding(key):
        with gateway.store.read() as db:
            first = keys.kept(db, keyed)
        if first:
            return _response(request, first.status, first.body, request_id, original=first.request_id)
        with _refusal_kept(gateway, keyed, request_id), gateway.store.write() as db:
            document = _do(route, Call(db, gateway.config, request.path, thing, given))
            answer = Kept(200, _as_text(gateway, document), request_id)
            if fault and fault.name == "error_500_after_effect":
                answer = Kept(500, json.dumps(STRUCK[500].as_dict()), request_id)
            keys.keep(db, keyed, answer)
    return _response(request, answer.status, answer.body, request_id)


@contextmanager
def _refusal_kept(gateway: Gateway, keyed: Keyed, request_id: str) -> Iterator[None]:
    """A refusal undoes the effect, and is the key's answer from now on."""
    try:
        yield
    except Refusal as refusal:
        if refusal.kept:
            with gateway.store.write() as db:
                keys.keep(db, keyed, Kept(refusal.status, json.dumps(refusal.as_dict()), request_id))
        raise


def _as_text(gateway: Gateway, document: Document) -> str:
    return json.dumps(_with_addresses(document, gateway.base_url))


def _with_addresses(value: Any, base_url: str) -> Any:
    """Hosted pages are kept as paths, so that a moved port never lies."""
    if isinstance(value, list):
        return [_with_addresses(each, base_url) for each in value]
    if not isinstance(value, dict):
        return value
    found = {name: _with_addresses(each, base_url) for name, each in value.items()}
    if found.get("object") == "checkout.session" and found.get("url"):
        found["url"] = base_url + found["url"]
    return found


def _response(request: Request, status: int, body: str, request_id: str, *, original: str = "") -> Response:
    headers = {"Request-Id": request_id, "Stripe-Version": request.headers.get("stripe-version", "")}
    if key := request.headers.get("idempotency-key"):
        headers["Idempotency-Key"] = key
    if original:
        headers |= {"Idempotent-Replayed": "true", "Original-Request": original}
    if status in (409, 429, 500):
        headers["Stripe-Should-Retry"] = "true"
    return Response(status, body.encode(), headers=headers)
