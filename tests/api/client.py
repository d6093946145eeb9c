"""A program that uses the API in one person's browser session: JSON, CSRF token, a fresh key for each POST."""

import itertools
import json
from typing import Any

from django.test import Client

from companies.models import User

TOKEN = "a" * 32
KEYS = itertools.count(1)
OWN_KEY = object()


def fresh_key() -> str:
    return f"key-{next(KEYS)}"


class Answer:
    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.headers = response.headers
        self.type: str = response.headers.get("Content-Type", "")
        self.json: Any = json.loads(response.content) if response.content and "json" in self.type else None
        self.text: str = response.content.decode(errors="replace")

    def __getitem__(self, name: str) -> Any:
        return self.json[name]

    @property
    def code(self) -> str:
        assert self.type == "application/problem+json", self.text
        return str(self.json["code"])

    @property
    def errors(self) -> dict[str, str]:
        return self.json.get("errors", {})

    def ok(self) -> "Answer":
        assert self.status < 300, f"{self.status}: {self.text[:2000]}"
        return self


class Api:
    """`order` shortens '/api/v1/orders/<ref>/<what>/'."""

    def __init__(self, user: User | None = None) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.client.cookies["csrftoken"] = TOKEN
        if user is not None:
            self.client.force_login(user)

    def get(self, path: str, **query: Any) -> Answer:
        return Answer(self.client.get(f"/api/v1/{path}", query))

    def post(self, path: str, body: Any = None, *, key: Any = OWN_KEY, **headers: str) -> Answer:
        if key is not None:
            headers["Idempotency-Key"] = fresh_key() if key is OWN_KEY else key
        return self._send("post", path, body, headers)

    def patch(self, path: str, body: Any, **headers: str) -> Answer:
        return self._send("patch", path, body, headers)

    def order(self, ref: str, what: str = "") -> Answer:
        return self.get(f"orders/{ref}/{what}/" if what else f"orders/{ref}/")

    def do(self, ref: str, verb: str, body: Any = None, **more: Any) -> Answer:
        return self.post(f"orders/{ref}/{verb}/", body, **more)

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        data = body if isinstance(body, str) else json.dumps({} if body is None else body)
        headers = {"X-CSRFToken": TOKEN} | {name.replace("_", "-"): value for name, value in headers.items()}
        call = getattr(self.client, method)
        return Answer(call(f"/api/v1/{path}", data, content_type="application/json", headers=headers))
