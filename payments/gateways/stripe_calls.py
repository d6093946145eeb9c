"""Calls of Stripe's official library: never in a transaction, never repeated behind our back, errors in our words."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import stripe
from django.db import connection

from payments.gateways.base import KEY_REUSED, Absent, Rejected, Unanswered

Document = dict[str, Any]
Answer = Any
"""An object of the library, or a page of a list."""

PAGE = 100
CONNECT_SECONDS = 3.0
STRIPE_URL = "https://api.stripe.com"
STRIPE_FILES_URL = "https://files.stripe.com"


class Broken(Unanswered):
    """Stripe answered with an error of its own. It keeps that answer for the key: what was done is looked for."""


def make_client(*, url: str, key: str, timeout_seconds: float) -> stripe.StripeClient:
    """A client that asks once, and waits no longer than is said. The library's own repeats would hide a doubt."""
    stripe.enable_telemetry = False
    files_url = STRIPE_FILES_URL if url == STRIPE_URL else url
    waits = (min(timeout_seconds, CONNECT_SECONDS), timeout_seconds)
    return stripe.StripeClient(
        key,
        base_addresses={"api": url, "files": files_url},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=waits),
    )


def read(call: Callable[[], Answer]) -> Document:
    """One object as Stripe has it now. Raises Unanswered, Absent."""
    try:
        return document(ask(call))
    except Rejected as refusal:
        if refusal.code == "resource_missing":
            raise Absent(refusal.code, refusal.message) from refusal
        raise


def ask(call: Callable[[], Answer]) -> Answer:
    """Raises Unanswered, Rejected: only a judgement of the request itself proves that nothing happened."""
    assert not connection.in_atomic_block, "a gateway is never called inside a transaction"
    try:
        return call()
    except stripe.IdempotencyError as error:
        raise Rejected(KEY_REUSED, _words_of(error)) from error
    except (stripe.InvalidRequestError, stripe.CardError) as error:
        raise Rejected(error.code or "refused", _words_of(error)) from error
    except stripe.APIConnectionError as error:
        raise Unanswered("no connection, or no answer in time") from error
    except stripe.StripeError as error:
        told = Broken if (error.http_status or 0) >= 500 else Unanswered
        raise told(f"{error.http_status} {error.code or ''}") from error


def _words_of(error: stripe.StripeError) -> str:
    return (error.user_message or "")[:500]


def document(answer: Answer) -> Document:
    """A plain dict, whatever is in it."""
    return dict(answer.to_dict())


def was_replayed(answer: Answer) -> bool:
    """Whether this is a stored answer, as old as the first call under its key."""
    told = answer.last_response
    return bool(told and told.headers.get("Idempotent-Replayed") == "true")


def pages(fetch: Callable[[Mapping[str, Any]], Answer], **params: Any) -> Iterator[Document]:
    """A list to its end, newest first. Raises Unanswered."""
    after: dict[str, Any] = {}
    while True:
        page = document(ask(lambda after=after: fetch({"limit": PAGE, **params, **after})))  # type: ignore[misc]
        yield from page["data"]
        if not page["has_more"]:
            return
        after = {"starting_after": page["data"][-1]["id"]}
