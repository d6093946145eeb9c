"""Stripe's webhooks: the library checks the signature; of the body we keep what happened to which object."""

from collections.abc import Mapping

import stripe

from payments.gateways.base import UNCONCERNED, BadSignature, WebhookEvent

MAX_AGE_SECONDS = 300
NOUNS = {"checkout.session": "payment", "refund": "refund", "transfer": "payout", "dispute": "dispute"}
"""Stripe's object -> ours. What happens to charges and intents is told of their session too."""


def read_webhook(*, body: bytes, headers: Mapping[str, str], secret: str) -> WebhookEvent:
    """Raises BadSignature for what Stripe did not sign with our secret, or longer than five minutes ago."""
    try:
        given = headers.get("Stripe-Signature")
        event = stripe.Webhook.construct_event(body, given, secret, tolerance=MAX_AGE_SECONDS).to_dict()
        subject = event["data"]["object"]
        noun = NOUNS.get(subject["object"], UNCONCERNED)
        told = {"type": f"{noun}.{event['type']}", "object_id": str(subject.get("id") or "none")}
        event_id = event["id"]
    except stripe.SignatureVerificationError as error:
        raise BadSignature("the signature is not the gateway's, or too old") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadSignature("signed, but not an event") from error
    if not all(isinstance(word, str) and 0 < len(word) <= 100 for word in (event_id, *told.values())):
        raise BadSignature("signed, but not an event")
    return WebhookEvent(id=event_id, type=told["type"], object_id=told["object_id"], payload=dict(told))
