"""A program that uses the API through every failure: the same request under the same key, until it is answered."""

import hashlib
import threading
import time
from collections import Counter
from typing import Any
from uuid import uuid4

import requests

TOKEN = "a" * 32
PAUSE_SECONDS = 0.25
TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}
BUSY = {"busy", "request_in_flight", "in_flight"}


class GivenUp(Exception):
    """The storm is over its time, or the platform refused what it must not refuse."""


class Tally:
    """What was counted, by any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()

    def add(self, name: str, count: int = 1) -> None:
        with self._lock:
            self.counts[name] += count


class Caller:
    """One person's browser session as a program. Every call is repeated until it is answered or `until` is past."""

    def __init__(self, site: str, session_key: str, tally: Tally, until: float) -> None:
        self.site, self.tally, self.until = site, tally, until
        self.session = requests.Session()
        self.session.cookies.update({"sessionid": session_key, "csrftoken": TOKEN})
        self.session.headers["X-CSRFToken"] = TOKEN

    def get(self, path: str) -> Any:
        return self._insist("GET", path, None, {})

    def post(self, path: str, body: Any = None) -> Any:
        return self._insist("POST", path, body or {}, {"Idempotency-Key": str(uuid4())})

    def patch(self, path: str, body: Any) -> Any:
        return self._insist("PATCH", path, body, {})

    def do(self, ref: str, verb: str, body: Any = None) -> Any:
        return self.post(f"orders/{ref}/{verb}/", body)

    def order(self, ref: str, what: str = "") -> Any:
        return self.get(f"orders/{ref}/{what}/" if what else f"orders/{ref}/")

    def wait_for_state(self, ref: str, *states: str) -> Any:
        while True:
            order = self.order(ref)
            if order["state"] in states:
                return order
            self._rest(f"order {ref} is {order['state']}, and should become {states}")

    def upload(self, folder: str, kind: str, name: str, data: bytes) -> str:
        """Begin, PUT the parts to the store itself, complete. Returns the sealed document's reference."""
        begun = self.post(
            "documents/",
            {
                "folder": folder,
                "kind": kind,
                "file_name": name,
                "size_bytes": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
            },
        )
        ref = begun["reference"]
        for part in self.post(f"documents/{ref}/parts/")["missing"]:
            self._put(part["url"], data[part["offset"] : part["offset"] + part["size_bytes"]])
        while True:
            done = self.post(f"documents/{ref}/complete/")
            if done["state"] == "SEALED":
                return str(ref)
            self._rest(f"document {ref} is {done['state']}")

    def _put(self, url: str, piece: bytes) -> None:
        while True:
            try:
                if requests.put(url, data=piece, timeout=20).ok:
                    return
            except requests.RequestException:
                self.tally.add("uploads repeated")
            self._rest("the store does not take a file")

    def _insist(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        while True:
            answer = self._once(method, path, body, headers)
            if answer is not None:
                return answer
            self.tally.add("requests repeated")
            self._rest(f"{method} {path} is not answered")

    def _once(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        """The answer, or None where the same request is to be sent again."""
        self.tally.add("requests")
        try:
            answer = self.session.request(method, f"{self.site}/api/v1/{path}", json=body, headers=headers, timeout=15)
        except requests.RequestException:
            return None
        if answer.status_code in TRY_AGAIN:
            return None
        found = answer.json()
        if answer.ok:
            return found
        if answer.status_code == 409 and found.get("code") in BUSY:
            return None
        raise GivenUp(f"{method} {path}: {answer.status_code} {answer.text[:500]}")

    def _rest(self, why: str) -> None:
        if time.monotonic() > self.until:
            raise GivenUp(f"out of time: {why}")
        time.sleep(PAUSE_SECONDS)
