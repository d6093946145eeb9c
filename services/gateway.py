"""The sandbox gateway: a bank and card processor of its own, with its own record, in its own process."""

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path

from services.service import Service

ROOT = Path(__file__).resolve().parent.parent
WEBHOOK_PATH = "/gateways/sandbox/webhook/"


class SandboxGateway(Service):
    """Started as any outside service would be: it shares no code and no database with the platform."""

    name = "sandbox"
    replaced_by = "SANDBOX_GATEWAY_URL"

    def prepare(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)

    def command(self) -> list[str | Path]:
        options = {
            "--host": "127.0.0.1",
            "--port": str(self.port),
            "--database": str((self.home / "gateway.sqlite3").resolve()),
            "--key": self.secret("key"),
            "--webhook-url": self.memory.get("webhook_url", ""),
            "--webhook-secret": self.secret("webhook"),
        }
        return [sys.executable, "-m", "sandbox", *[f"{name}={value}" for name, value in options.items()]]

    def process_environment(self) -> dict[str, str]:
        return super().process_environment() | {"PYTHONPATH": str(ROOT)}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:  # noqa: S310 (http, our own)
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def send_webhooks_to(self, site_url: str) -> None:
        """Tell where the site now listens; kept for the next start."""
        self.memory["webhook_url"] = site_url + WEBHOOK_PATH
        if self.alive() and self.healthy():
            self.ready()

    def ready(self) -> None:
        if not self.memory.get("webhook_url"):
            return
        request = urllib.request.Request(  # noqa: S310 (http, our own)
            f"{self.url}/v1/webhook-endpoint",
            data=json.dumps({"url": self.memory["webhook_url"]}).encode(),
            method="PUT",
            headers={"Authorization": f"Bearer {self.secret('key')}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=5):  # noqa: S310 (http, our own)
            pass

    def environment(self) -> dict[str, str]:
        return {
            "SANDBOX_GATEWAY_URL": self.url,
            "SANDBOX_GATEWAY_KEY": self.secret("key"),
            "SANDBOX_WEBHOOK_SECRET": self.secret("webhook"),
        }
