"""The test's hand at the sandbox gateway: plans faults, plays the buyer's bank and card, reads the gateway's record."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

GOOD_CARD = "4242424242424242"
DECLINED_CARD = "4000000000000002"
SECOND_STEP_CARD = "4000002500003155"
TWICE_CARD = "4000000000000226"
LATE_CARD = "4000000000000333"
SILENT_CARD = "4000000000000119"
REFUND_FAILS_CARD = "4000000000005126"
NO_TIME = 600
"""Seconds that a planned time-out may hold a connection; the client gives up long before."""
PATIENCE_SECONDS = 1.0
"""How long a client waits that is about to meet a planned time-out, or an answer that is slower."""


class Control:
    def __init__(self, url: str, key: str, be_impatient: Callable[[], None] = lambda: None) -> None:
        """`be_impatient`: called before a time-out is planned, so that its test needn't wait for long."""
        self.url, self._key, self._be_impatient = url, key, be_impatient

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 (http, our own)
            f"{self.url}/v1/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 (http, our own)
            raw = answer.read()
        return dict(json.loads(raw)) if raw else {}

    # --- what goes wrong ----------------------------------------------------------------------------------------------
    def plan(self, operation: str, fault: str, *, times: int = 1, seconds: float = 3) -> None:
        if fault.startswith("timeout") or (fault == "slow" and seconds > PATIENCE_SECONDS):
            self._be_impatient()
        self.call(
            "POST", "control/faults", {"operation": operation, "fault": fault, "times": times, "seconds": seconds}
        )

    def planned(self) -> list[dict[str, Any]]:
        return list(self.call("GET", "control/faults")["data"])

    def clear_faults(self) -> None:
        self.call("DELETE", "control/faults")

    def webhooks(self, mode: str) -> None:
        self.call("POST", "control/webhooks", {"mode": mode})

    def delivered(self, object_id: str) -> int:
        """How many webhooks about one object were answered by us."""
        since, count = 0, 0
        while page := self.call("GET", f"events?since={since}&limit=1000")["data"]:
            since = page[-1]["seq"]
            for event in page:
                if event["object_id"] == object_id:
                    count += sum(each["state"] == "delivered" for each in event["deliveries"])
        return count

    # --- what people and banks do -------------------------------------------------------------------------------------
    def pay_by_card(self, gateway_id: str, card: str = GOOD_CARD) -> None:
        """Press a test card's button on the hosted page."""
        self._post(f"checkout/{gateway_id}", test_card=card)

    def give_code(self, gateway_id: str, code: str) -> None:
        """The second step that the card's bank asks for, on the hosted page."""
        self._post(f"checkout/{gateway_id}/verify", code=code)

    def _post(self, page: str, **form: str) -> None:
        opener = urllib.request.build_opener(_StayHere)
        try:
            opener.open(f"{self.url}/{page}", data=urllib.parse.urlencode(form).encode(), timeout=10)
        except urllib.error.HTTPError as answer:
            assert answer.code in (303, 422), answer.read()  # Gone on, or shown again with what is wrong.

    def wire(self, reference: str, amount_minor: int, *, currency: str = "USD", account: str = "77001122") -> None:
        wire = {
            "reference": reference,
            "amount_minor": amount_minor,
            "currency": currency,
            "remitter_name": "Lakeside Furniture Inc.",
            "remitter_account": account,
        }
        self.call("POST", "control/wires", wire)

    def settle(self, object_id: str = "", outcome: str = "") -> None:
        self.call("POST", "control/settle", {"object_id": object_id, "outcome": outcome} if object_id else {})

    # --- what the gateway knows ---------------------------------------------------------------------------------------
    def list_by(self, noun: str, reference: str) -> list[dict[str, Any]]:
        return list(self.call("GET", f"{noun}?{urllib.parse.urlencode({'reference': reference})}")["data"])

    def events(self) -> list[dict[str, Any]]:
        """All news that the gateway ever had, oldest first."""
        found: list[dict[str, Any]] = []
        while page := self.call("GET", f"events?since={found[-1]['seq'] if found else 0}")["data"]:
            found += page
        return found

    def last_movement(self) -> int:
        since, more = 0, True
        while more:
            page = self.call("GET", f"ledger?since={since}&limit=1000")
            since, more = page["next_since"], page["has_more"]
        return int(since)

    def movements(self, since: int = 0) -> list[tuple[str, int]]:
        """(kind, minor units), in their order."""
        page = self.call("GET", f"ledger?since={since}&limit=1000")
        assert not page["has_more"]
        return [(line["kind"], line["amount_minor"]) for line in page["data"]]


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None
