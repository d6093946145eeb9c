"""What every embedded service has in common: find it running, else start it on a free port, and stop it."""

import os
import secrets
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

from services.processes import Identity, ServiceFailed, end_of, free_port, port_is_free, start, stop, wait_until

Say = Callable[[str], None]


class Service(ABC):
    """One embedded service. `memory` is its part of the state file: port(s), process, secrets."""

    name: str
    replaced_by: str
    stop_signal = signal.SIGTERM
    patience_seconds = 40.0
    stop_seconds = 20.0

    def __init__(self, home: Path, memory: dict[str, Any], say: Say) -> None:
        self.home = home / self.name
        self.log = home / "log" / f"{self.name}.log"
        self.memory = memory
        self.say = say
        self.child: subprocess.Popen[bytes] | None = None

    # each service says these
    def prepare(self) -> None:  # noqa: B027  (not every service needs it)
        """Make folders and configuration; called before each start."""

    @abstractmethod
    def command(self) -> list[str | Path]:
        """What to start."""

    @abstractmethod
    def healthy(self) -> bool:
        """Whether it answers now."""

    def ready(self) -> None:  # noqa: B027  (not every service needs it)
        """Set up inside the running service what must exist: roles, buckets. Safe to repeat."""

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """The settings by which others find it."""

    def process_user(self) -> str | None:
        return None

    # and has these
    @property
    def port(self) -> int:
        return self.port_named("port")

    def port_named(self, name: str) -> int:
        if name not in self.memory:
            self.memory[name] = free_port()
        return int(self.memory[name])

    def secret(self, name: str) -> str:
        """A random word, made once and kept with the state."""
        kept: dict[str, str] = self.memory.setdefault("secrets", {})
        return kept.setdefault(name, secrets.token_urlsafe(32))

    def identity(self) -> Identity | None:
        return Identity.load(self.memory.get("process"))

    def alive(self) -> bool:
        if self.child is not None and self.child.poll() is not None:
            return False
        identity = self.identity()
        return identity is not None and identity.process() is not None

    def ensure(self) -> None:
        """Leave the service running and set up: the one an earlier run left if it is healthy, else a new one.

        Raises ServiceFailed with the end of its log.
        """
        if self.alive():
            if self.healthy():
                self.say(f"{self.name}: found running on port {self.port}")
                self.ready()
                return
            self.say(f"{self.name}: the one an earlier run left does not answer, replacing it")
        self.stop()
        for _attempt in range(3):
            self.move_from_taken_ports()
            self.prepare()
            if self.launch():
                self.ready()
                return
            self.stop()
        raise ServiceFailed(f"{self.name} does not start; the end of {self.log}:\n{end_of(self.log)}")

    def launch(self) -> bool:
        self.child = start(
            self.command(), log=self.log, cwd=self.home, env=self.process_environment(), user=self.process_user()
        )
        self.memory["process"] = Identity.of(self.child.pid).dump()
        return wait_until(self.healthy, alive=self.alive, seconds=self.patience_seconds)

    def process_environment(self) -> dict[str, str]:
        return dict(os.environ)

    def move_from_taken_ports(self) -> None:
        for name, port in list(self.memory.items()):
            if name.startswith("port") and not port_is_free(int(port)):
                self.memory[name] = free_port()
                self.say(f"{self.name}: {name} {port} is taken, using {self.memory[name]}")

    def stop(self) -> None:
        identity = self.identity()
        if identity is not None:
            stop(identity, by=self.stop_signal, seconds=self.stop_seconds)
        if self.child is not None:
            self.child.wait(10)
            self.child = None
        self.memory.pop("process", None)
