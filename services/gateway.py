"""The gateways of the sandbox, each a process with its own record: a bank and card processor, and a Stripe."""

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from services.service import Service

ROOT = Path(__file__).resolve().parent.parent


class SandboxGateway(Service):
    """Started as any outside service would be: it shares no code and no database with the platform."""

    name = "sandbox"
    replaced_by = "SANDBOX_GATEWAY_URL"
    module = "sandbox"
    webhook_path = "/gateways/sandbox/webhook/"
    key_prefix = ""
    webhook_prefix = ""

    def prepare(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)

    def command(self) -> list[str | Path]:
        options = {
            "--host": "127.0.0.1",
            "--port": str(self.port),
            "--database": str((self.home / "gateway.sqlite3").resolve()),
            "--webhook-url": self.memory.get("webhook_url", ""),
        }
        return [sys.executable, "-m", self.module, *[f"{name}={value}" for name, value in options.items()]]

    def process_environment(self) -> dict[str, str]:
        """Its secrets, too: what stands in a command line, everybody on the machine can read."""
        secrets = {"SANDBOX_KEY": self.key, "SANDBOX_WEBHOOK_SECRET": self.webhook_secret}
        return super().process_environment() | {"PYTHONPATH": str(ROOT)} | secrets

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def key(self) -> str:
        return self.key_prefix + self.secret("key")

    @property
    def webhook_secret(self) -> str:
        return self.webhook_prefix + self.secret("webhook")

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:  # noqa: S310 (http, our own)
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def send_webhooks_to(self, site_url: str) -> None:
        """Tell where the site now listens; kept for the next start."""
        self.memory["webhook_url"] = site_url + self.webhook_path
        if self.alive() and self.healthy():
            self.ready()

    def ready(self) -> None:
        if not self.memory.get("webhook_url"):
            return
        self._tell_endpoint("PUT", "/v1/webhook-endpoint")

    def _tell_endpoint(self, method: str, path: str) -> None:
        request = urllib.request.Request(  # noqa: S310 (http, our own)
            self.url + path,
            data=json.dumps({"url": self.memory["webhook_url"]}).encode(),
            method=method,
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=5):  # noqa: S310 (http, our own)
            pass

    def environment(self) -> dict[str, str]:
        return {
            "SANDBOX_GATEWAY_URL": self.url,
            "SANDBOX_GATEWAY_KEY": self.key,
            "SANDBOX_WEBHOOK_SECRET": self.webhook_secret,
        }


class StripeStandIn(SandboxGateway):
    """A stand-in of Stripe, where some money is to go by Stripe and nobody gave a key of the real one."""

    name = "stripe"
    replaced_by = "STRIPE_SECRET_KEY"
    module = "sandbox.stripe"
    webhook_path = "/gateways/stripe/webhook/"
    key_prefix = "sk_test_"
    webhook_prefix = "whsec_"

    @staticmethod
    def is_asked_for(given: Mapping[str, str]) -> bool:
        routed = [route.partition("=")[2] for route in given.get("PAYMENT_GATEWAYS", "").split(",")]
        by_stripe = StripeStandIn.name in (*(name.strip() for name in routed), given.get("PAYOUT_GATEWAY", ""))
        is_replaced = given.get("STRIPE_SECRET_KEY") or given.get("STRIPE_API_URL")
        return by_stripe and not is_replaced and given.get("PAYMENTS_MODE", "sandbox") == "sandbox"

    def ready(self) -> None:
        if self.memory.get("webhook_url"):
            self._tell_endpoint("POST", "/control/webhook-endpoint")

    def environment(self) -> dict[str, str]:
        return {
            "STRIPE_API_URL": self.url,
            "STRIPE_SECRET_KEY": self.key,
            "STRIPE_WEBHOOK_SECRET": self.webhook_secret,
        }
