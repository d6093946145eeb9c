"""A real sandbox process for one test, spoken to by HTTP, and a real endpoint that hears its webhooks."""

import hashlib
import hmac
import itertools
import json
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
KEY, SECRET = "key-of-the-tests", "secret-of-the-tests"
RETURN_URL = "http://127.0.0.1:9/back?order=7"
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
KEYS = itertools.count(1)
GIVEN = ("--key", KEY, "--webhook-secret", SECRET)


class StayHere(urllib.request.HTTPRedirectHandler):
    """Shows a redirect instead of following it."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


BROWSER = urllib.request.build_opener(urllib.request.ProxyHandler({}), StayHere)


@dataclass(frozen=True)
class Reply:
    status: int
    text: str
    headers: dict[str, str]

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        return self.json["error"]["code"]

    def __getitem__(self, name: str) -> Any:
        return self.json[name]


def fetch(opener: urllib.request.OpenerDirector, request: urllib.request.Request, timeout: float = 15) -> Reply:
    """Any status is a reply; no answer at all is an OSError or HTTPException."""
    try:
        answer = opener.open(request, timeout=timeout)
    except urllib.error.HTTPError as refusal:
        answer = refusal
    with answer:
        return Reply(answer.status, answer.read().decode(), dict(answer.headers))


class RunningSandbox:
    module = "sandbox"

    def __init__(self, database: Path, *options: str) -> None:
        self.database = database
        self.options = options
        self.start()

    def start(self, *more: str) -> None:
        command = [sys.executable, "-m", self.module, *GIVEN, "--database", str(self.database), *self.options, *more]
        self.log = open(self.database.with_suffix(".log"), "a")
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=self.log, text=True)  # noqa: S603
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:"), line
        self.url = line.split()[-1]

    def stop(self) -> int:
        self.process.terminate()
        return self._ended()

    def kill(self) -> int:
        self.process.send_signal(signal.SIGKILL)
        return self._ended()

    def _ended(self) -> int:
        code = self.process.wait(timeout=10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.log.close()
        return code

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        timeout: float = 15,
        bearer: str = KEY,
    ) -> Reply:
        headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        return fetch(DIRECT, urllib.request.Request(self.url + path, data, headers, method=method), timeout)  # noqa: S310

    def get(self, path: str) -> Reply:
        return self.call("GET", path)

    def post(self, path: str, body: Any = None, *, key: str | None = None, timeout: float = 15) -> Reply:
        """A POST with an effect: a fresh key unless one is given."""
        return self.call("POST", path, body or {}, key=key or f"key-{next(KEYS)}", timeout=timeout)

    def open_page(self, url: str, form: dict[str, str] | None = None) -> Reply:
        data = None if form is None else urllib.parse.urlencode(form).encode()
        address = url if url.startswith("http") else self.url + url
        return fetch(BROWSER, urllib.request.Request(address, data))  # noqa: S310

    def new_payment(self, method: str = "card", **changes: Any) -> dict[str, Any]:
        reply = self.post("/v1/payments", payment_body(method, **changes))
        assert reply.status == 201, reply.text
        return reply.json

    def payment(self, payment_id: str) -> dict[str, Any]:
        return self.get(f"/v1/payments/{payment_id}").json

    def pay_by_card(self, payment: dict[str, Any], number: str) -> Reply:
        return self.open_page(payment["checkout_url"], {"test_card": number})

    def paid_by_card(self, number: str = "4242424242424242", **changes: Any) -> dict[str, Any]:
        payment = self.new_payment(**changes)
        self.pay_by_card(payment, number)
        return self.payment(payment["id"])

    def wire(self, payment: dict[str, Any], amount_minor: int, **changes: Any) -> Reply:
        body = {
            "account_number": payment["bank_details"]["account_number"],
            "amount_minor": amount_minor,
            "currency": payment["currency"],
            "remitter_name": "Nordlicht GmbH",
            "remitter_account": "DE001122334455",
        }
        return self.call("POST", "/v1/control/wires", body | changes)

    def new_payout(self, number: str = "001100220033", **changes: Any) -> dict[str, Any]:
        reply = self.post("/v1/payouts", payout_body(number, **changes))
        assert reply.status == 201, reply.text
        return reply.json

    def settle(self, **body: Any) -> Reply:
        return self.call("POST", "/v1/control/settle", body)

    def movements(self) -> list[tuple[str, str, int, str]]:
        rows = self.get("/v1/ledger").json["data"]
        return [(row["direction"], row["kind"], row["amount_minor"], row["currency"]) for row in rows]

    def totals(self) -> dict[str, dict[str, Any]]:
        return {row["currency"]: row for row in self.get("/v1/ledger/totals").json["data"]}

    def break_next(self, operation: str, fault: str, **more: Any) -> None:
        reply = self.call("POST", "/v1/control/faults", {"operation": operation, "fault": fault, **more})
        assert reply.status == 201, reply.text


def payment_body(method: str = "card", **changes: Any) -> dict[str, Any]:
    body = {
        "amount_minor": 125_000,
        "currency": "USD",
        "method": method,
        "reference": "TA-2026-000123",
        "return_url": RETURN_URL,
        "description": "Deposit",
    }
    return body | changes


def payout_body(number: str = "001100220033", **changes: Any) -> dict[str, Any]:
    account = {"holder": "Mekong Textile", "number": number, "bic": "BFTVVNVX", "country": "VN"}
    return {"amount_minor": 90_000, "currency": "USD", "reference": "PO-1", "account": account} | changes


@dataclass
class Listener:
    """An endpoint on a free port; `answers` are the statuses to give, the last one for ever."""

    answers: list[int] = field(default_factory=lambda: [204])
    heard: list[dict[str, Any]] = field(default_factory=list)
    badly_signed: int = 0
    signature_header: str = "X-Sandbox-Signature"

    def __enter__(self) -> "Listener":
        listener = self

        class Ear(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(listener.hear(raw, self.headers[listener.signature_header]))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """The test's output stays quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?from=sandbox"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def hear(self, raw: bytes, signature: str) -> int:
        at, _, given = signature.removeprefix("t=").partition(",v1=")
        expected = hmac.new(SECRET.encode(), f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
        fresh = abs(time.time() - int(at)) < 60
        self.badly_signed += not (fresh and hmac.compare_digest(given, expected))
        self.heard.append(json.loads(raw))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def about(self, object_id: str) -> list[str]:
        return [event["type"] for event in self.heard if event["object_id"] == object_id]


def wait_for(is_so: Callable[[], Any], seconds: float = 8) -> Any:
    """Ask again until the answer is true; fail when it never is."""
    until = time.monotonic() + seconds
    while not (answer := is_so()):
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.03)
    return answer
