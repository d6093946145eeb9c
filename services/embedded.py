"""All embedded services of one home, together: started side by side, stopped in order, remembered in the state file."""

import os
import secrets
import shutil
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from services import GROUPS
from services.gateway import SandboxGateway, StripeStandIn
from services.postgres import Postgres
from services.seaweedfs import SeaweedFS
from services.service import Say, Service
from services.state import read_state, write_state
from services.valkey import Valkey


class Embedded:
    """The services that `given` (an environment) does not replace. `home` is a folder that survives restarts."""

    def __init__(
        self, home: Path, *, given: Mapping[str, str] | None = None, say: Say = print, durable: bool = True
    ) -> None:
        self.home = home
        self.given = dict(os.environ if given is None else given)
        self.say = say
        self.state = read_state(home)
        self.begun: dict[str, Future[None]] = {}
        memories: dict[str, Any] = self.state.setdefault("services", {})

        def memory(name: str) -> dict[str, Any]:
            kept: dict[str, Any] = memories.setdefault(name, {})
            return kept

        self.postgres = Postgres(home, memory("postgres"), say, durable=durable)
        self.valkey = Valkey(home, memory("valkey"), say)
        self.seaweedfs = SeaweedFS(home, memory("seaweedfs"), say)
        self.gateway = SandboxGateway(home, memory("sandbox"), say)
        self.stripe = StripeStandIn(home, memory("stripe"), say)
        self.all: tuple[Service, ...] = (self.postgres, self.valkey, self.seaweedfs, self.gateway, self.stripe)

    @property
    def wanted(self) -> list[Service]:
        left_out = () if self.stripe.is_asked_for(self.given) else (self.stripe,)
        return [service for service in self.all if service not in left_out and not self.given.get(service.replaced_by)]

    def start(self) -> None:
        """Start or find every wanted service; on failure stop those that came up. Raises ServiceFailed."""
        self.begin()
        self.finish()

    def begin(self) -> None:
        """Start all side by side, and wait for PostgreSQL only: what needs nothing else can go on meanwhile.

        Raises ServiceFailed.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        self.environment()  # Every port is chosen before the threads begin.
        pool = ThreadPoolExecutor(len(self.all))
        self.begun = {service.name: pool.submit(service.ensure) for service in self.wanted}
        pool.shutdown(wait=False)
        if self.postgres.name in self.begun:
            self._collect([self.begun[self.postgres.name]])

    def finish(self) -> None:
        """Wait for what `begin` began; on failure stop those that came up. Raises ServiceFailed."""
        self._collect(list(self.begun.values()))
        self.remember()

    def _collect(self, begun: list[Future[None]]) -> None:
        failures = [failure for failure in (future.exception() for future in begun) if failure]
        if failures:
            self.stop()
            raise failures[0]

    def start_empty(self) -> None:
        """Start with nothing of what embedded PostgreSQL, Valkey and the gateways held. Raises ServiceFailed.

        Valkey keeps how far a gateway's record was read: of the new record that would be wrong.
        """
        for gateway in (self.gateway, self.stripe):
            gateway.stop()
            shutil.rmtree(gateway.home, ignore_errors=True)
        self.begin()
        if self.postgres in self.wanted:
            self.postgres.recreate_database()
        self.finish()
        if self.valkey in self.wanted:
            self.valkey.empty()

    def remember(self) -> None:
        """Write the state file: what runs now, and what `services.environment` hands to every command."""
        self.state["environment"] = self.environment()
        write_state(self.home, self.state)

    def environment(self) -> dict[str, str]:
        """Every setting in force: of the embedded services, and of those that replace them."""
        known = {"SECRET_KEY": self.state.setdefault("secret_key", secrets.token_urlsafe(50))}
        if "site_url" in self.state:
            known["SITE_URL"] = self.state["site_url"]
        for service in self.wanted:
            known |= service.environment()
        names = [name for group in GROUPS.values() for name in group]
        return known | {name: self.given[name] for name in names if self.given.get(name)}

    def tell_site_url(self, url: str) -> None:
        """The site listens here from now on."""
        self.state["site_url"] = url
        for gateway in (self.gateway, self.stripe):
            gateway.memory["webhook_url"] = url + gateway.webhook_path

    def stop(self) -> None:
        """Stop what runs, PostgreSQL last, and forget what replaced the others."""
        wait(self.begun.values())
        for service in reversed(self.all):
            service.stop()
        self.given = {}
        kept = self.state.get("environment", {})
        own = {name for service in self.all if service.memory for name in service.environment()}
        self.state["environment"] = {name: value for name, value in kept.items() if name in own | {"SECRET_KEY"}}
        write_state(self.home, self.state)
