"""Client of the sandbox gateway, over HTTP."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import urllib3
from django.db import connection

from payments.gateways.base import (
    Absent,
    BadSignature,
    BankAccount,
    GatewayDispute,
    GatewayPayment,
    GatewayReceipt,
    GatewayTransfer,
    Movement,
    Rejected,
    Unanswered,
    WebhookEvent,
)
from payments.packets import EvidencePacket

T = TypeVar("T")

MAX_ANSWER_BYTES = 2_000_000
MAX_WEBHOOK_AGE_SECONDS = 300


class SandboxGateway:
    """Keeps the promises of `Gateway`. One connection per call: calls are few, and a stale one is a false doubt."""

    name = "sandbox"

    def __init__(self, *, url: str, key: str, secret: str, timeout_seconds: float) -> None:
        self._url = url.rstrip("/")
        self._key = key
        self._secret = secret.encode()
        self._timeout_seconds = timeout_seconds

    # --- payments -----------------------------------------------------------------------------------------------------
    def create_payment(
        self,
        *,
        key: str,
        amount_minor: int,
        currency: str,
        method: str,
        reference: str,
        return_url: str,
        description: str,
    ) -> GatewayPayment:
        body = {
            "amount_minor": amount_minor,
            "currency": currency,
            "method": method,
            "reference": reference,
            "return_url": return_url,
            "description": description,
        }
        return _read(_payment, self._create("payments", body, key))

    def cancel_payment(self, *, key: str, payment_id: str) -> GatewayPayment:
        path = _path("payments", payment_id)
        return _read(_payment, self._create(f"{path}/cancel", {}, key, read=path))

    def read_payment(self, payment_id: str) -> GatewayPayment:
        return _read(_payment, self._call("GET", _path("payments", payment_id))[0])

    def find_payment(self, key: str) -> GatewayPayment | None:
        found = self._find("payments", key)
        return _read(_payment, found) if found else None

    # --- refunds ------------------------------------------------------------------------------------------------------
    def create_refund(
        self, *, key: str, payment_id: str, amount_minor: int, currency: str, reference: str
    ) -> GatewayTransfer:
        body = {"payment_id": payment_id, "amount_minor": amount_minor, "currency": currency, "reference": reference}
        return _read(_transfer, self._create("refunds", body, key))

    def read_refund(self, refund_id: str) -> GatewayTransfer:
        return _read(_transfer, self._call("GET", _path("refunds", refund_id))[0])

    def find_refund(self, key: str) -> GatewayTransfer | None:
        found = self._find("refunds", key)
        return _read(_transfer, found) if found else None

    # --- payouts ------------------------------------------------------------------------------------------------------
    def create_payout(
        self, *, key: str, amount_minor: int, currency: str, reference: str, account: BankAccount
    ) -> GatewayTransfer:
        body = {"amount_minor": amount_minor, "currency": currency, "reference": reference, "account": asdict(account)}
        return _read(_transfer, self._create("payouts", body, key))

    def read_payout(self, payout_id: str) -> GatewayTransfer:
        return _read(_transfer, self._call("GET", _path("payouts", payout_id))[0])

    def find_payout(self, key: str) -> GatewayTransfer | None:
        found = self._find("payouts", key)
        return _read(_transfer, found) if found else None

    # --- disputes -----------------------------------------------------------------------------------------------------
    def read_dispute(self, dispute_id: str) -> GatewayDispute:
        return _read(_dispute, self._call("GET", _path("disputes", dispute_id))[0])

    def submit_evidence(self, *, key: str, dispute_id: str, packet: EvidencePacket) -> GatewayDispute:
        path = _path("disputes", dispute_id)
        contents = [base64.b64encode(file.content).decode() for file in packet.files]
        files = [said | {"content": content} for said, content in zip(packet.manifest(), contents, strict=True)]
        body = {"text": packet.text, "files": files}
        return _read(_dispute, self._create(f"{path}/evidence", body, key, read=path))

    # --- its record, its webhooks -------------------------------------------------------------------------------------
    def list_movements(self, *, since: int = 0) -> Iterator[Movement]:
        has_more = True
        while has_more:
            page, _replayed = self._call("GET", f"ledger?{urlencode({'since': since, 'limit': 1000})}")
            yield from (_read(_movement, line) for line in page["data"])
            since, has_more = page["next_since"], page["has_more"]

    def read_webhook(self, *, body: bytes, headers: Mapping[str, str], at: datetime) -> WebhookEvent:
        signed_at, signatures = _signature_parts(headers.get("X-Sandbox-Signature", ""))
        expected = hmac.new(self._secret, f"{signed_at}.".encode() + body, hashlib.sha256).hexdigest()
        if not any(hmac.compare_digest(expected.encode(), given.encode()) for given in signatures):
            raise BadSignature("the signature is not the gateway's")
        if abs(at.timestamp() - signed_at) > MAX_WEBHOOK_AGE_SECONDS:
            raise BadSignature("signed too long ago")
        return _webhook(body)

    # --- HTTP ---------------------------------------------------------------------------------------------------------
    def _create(self, path: str, body: dict[str, Any], key: str, *, read: str = "") -> dict[str, Any]:
        """POST under an idempotency key; a replayed answer is as old as the first call, so the object is read again."""
        answer, replayed = self._call("POST", path, body=body, key=key)
        if replayed:
            answer, _again = self._call("GET", read or _path(path, answer["id"]))
        return answer

    def _find(self, path: str, key: str) -> dict[str, Any] | None:
        answer, _replayed = self._call("GET", f"{path}?{urlencode({'idempotency_key': key})}")
        return answer["data"][0] if answer["data"] else None

    def _call(
        self, method: str, path: str, *, body: dict[str, Any] | None = None, key: str = ""
    ) -> tuple[dict[str, Any], bool]:
        assert not connection.in_atomic_block, "a gateway is never called inside a transaction"
        headers = {"Authorization": f"Bearer {self._key}", "Accept": "application/json", "Connection": "close"}
        if body is not None:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": key}
        timeout = urllib3.Timeout(connect=min(self._timeout_seconds, 3.0), read=self._timeout_seconds)
        try:
            with urllib3.PoolManager(num_pools=1, maxsize=1) as pool:
                response = pool.request(
                    method,
                    f"{self._url}/v1/{path}",
                    body=None if body is None else json.dumps(body).encode(),
                    headers=headers,
                    timeout=timeout,
                    retries=False,
                    redirect=False,
                    preload_content=False,
                )
                raw = response.read(MAX_ANSWER_BYTES + 1, decode_content=True)
        except urllib3.exceptions.HTTPError as error:
            raise Unanswered(f"{method} {_without_query(path)}: {type(error).__name__}") from error
        answer = _json_object(raw, f"{method} {_without_query(path)}: {response.status}")
        if response.status not in (200, 201):
            raise _refusal(method, response.status, answer)
        return answer, response.headers.get("Idempotent-Replayed") == "true"


def _path(*parts: str) -> str:
    return "/".join(quote(part, safe="") for part in parts)


def _without_query(path: str) -> str:
    return path.split("?")[0]


def _json_object(raw: bytes, what: str) -> dict[str, Any]:
    """An answer that can't be read is no answer: whatever it meant may have happened."""
    try:
        answer = json.loads(raw) if len(raw) <= MAX_ANSWER_BYTES else None
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Unanswered(f"{what} without a readable answer")
    return answer


def _refusal(method: str, status: int, answer: dict[str, Any]) -> Exception:
    """Only a judgement of the request itself proves that nothing happened; any other answer leaves it in doubt."""
    error = answer.get("error") or {}
    code, message = str(error.get("code", "")), str(error.get("message", ""))
    if status in (400, 422):
        return Rejected(code, message)
    if status == 404 and method == "GET":
        return Absent(code, message)
    return Unanswered(f"{status} {code}")


def _read(convert: Callable[[dict[str, Any]], T], answer: dict[str, Any]) -> T:
    try:
        return convert(answer)
    except (KeyError, TypeError, ValueError) as error:
        raise Unanswered("an answer of another shape") from error


def _payment(answer: dict[str, Any]) -> GatewayPayment:
    return GatewayPayment(
        id=answer["id"],
        status=answer["status"],
        reference=answer["reference"],
        method=answer["method"],
        amount_minor=answer["amount_minor"],
        currency=answer["currency"],
        received_minor=answer["received_minor"],
        receipts=tuple(map(_receipt, answer["receipts"])),
        checkout_url=answer.get("checkout_url") or "",
        bank_details=answer.get("bank_details"),
        bank_page_url=answer.get("bank_page_url") or "",
        failure_code=answer.get("failure_code") or "",
    )


def _receipt(answer: dict[str, Any]) -> GatewayReceipt:
    return GatewayReceipt(
        id=answer["id"],
        amount_minor=answer["amount_minor"],
        currency=answer["currency"],
        remitter_name=answer["remitter_name"],
        remitter_account=answer["remitter_account"],
        received_at=datetime.fromisoformat(answer["received_at"]),
    )


def _transfer(answer: dict[str, Any]) -> GatewayTransfer:
    return GatewayTransfer(
        id=answer["id"],
        status=answer["status"],
        reference=answer["reference"],
        amount_minor=answer["amount_minor"],
        currency=answer["currency"],
        failure_code=answer.get("failure_code") or "",
    )


def _dispute(answer: dict[str, Any]) -> GatewayDispute:
    return GatewayDispute(
        id=answer["id"],
        payment_id=answer["payment_id"],
        status=answer["status"],
        amount_minor=answer["amount_minor"],
        currency=answer["currency"],
        reason=answer["reason"],
        fee_minor=answer["fee_minor"],
        evidence_due_at=datetime.fromisoformat(answer["evidence_due_at"]),
        has_evidence=answer["evidence_at"] is not None,
    )


def _movement(answer: dict[str, Any]) -> Movement:
    return Movement(
        sequence=answer["seq"],
        kind=answer["kind"],
        object_id=answer["object_id"],
        payment_id=answer.get("payment_id") or "",
        amount_minor=answer["amount_minor"],
        currency=answer["currency"],
        at=datetime.fromisoformat(answer["at"]),
    )


def _signature_parts(header: str) -> tuple[int, list[str]]:
    """'t=1764000000,v1=hex[,v1=hex]' -> the time and the signatures; several while a secret is being changed."""
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _equals, value in parts if name == "t"]
    signatures = [value for name, _equals, value in parts if name == "v1"]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit() and len(times[0]) <= 12) or not signatures:
        raise BadSignature("no readable signature")
    return int(times[0]), signatures


def _webhook(body: bytes) -> WebhookEvent:
    try:
        payload = json.loads(body)
        event = WebhookEvent(id=payload["id"], type=payload["type"], object_id=payload["object_id"], payload=payload)
    except (ValueError, KeyError, TypeError) as error:
        raise BadSignature("signed, but not an event") from error
    if not all(isinstance(word, str) and 0 < len(word) <= 100 for word in (event.id, event.type, event.object_id)):
        raise BadSignature("signed, but not an event")
    return event
