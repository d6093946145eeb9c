"""The whole platform as processes of its own: web, worker, beat and the services below, any of which may be killed."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

import psutil
import requests

from services.children import beat_command, web_command, worker_command
from services.embedded import Embedded
from services.postgres import Postgres
from services.processes import free_port
from tests.faults.nursery import ROOT
from tests.faults.workers import wait_for
from tests.plugins.database import fill_from_template

OWN = ("web", "worker", "gateways", "beat")
VICTIMS = (*OWN, "postgres", "valkey")


class World:
    """`start`, then `kill(victim)` and `revive(victim)`; the gateway's process is never touched."""

    def __init__(self, home: Path, like: Postgres | None = None) -> None:
        """`like`: a server of the tests, whose migrated database is copied; without one it is migrated here."""
        self.home, self.like = home, like
        self.services = Embedded(home, given={}, say=lambda line: None)
        self.port = free_port()
        self.site = f"http://127.0.0.1:{self.port}"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.changing = threading.Lock()
        self._logs: list[IO[bytes]] = []

    def start(self) -> None:
        self.services.start()
        self.services.tell_site_url(self.site)
        self.services.gateway.send_webhooks_to(self.site)
        if self.like is None:
            self.run("manage.py", "migrate", "--no-input", "--verbosity", "0")
        else:
            fill_from_template(self.like, self.services.postgres)
        for name in OWN:
            self.launch(name)
        wait_for("the site", self.is_up)

    @property
    def env(self) -> dict[str, str]:
        folders = {
            "SERVICES_HOME": str(self.home),
            "MAIL_FOLDER": str(self.home / "mail"),
            "CELERY_BEAT_SCHEDULE_FILENAME": str(self.home / "beat-schedule"),
            "GATEWAY_TIMEOUT_SECONDS": "2",
            "SITE_URL": self.site,
            "LOG_LEVEL": "WARNING",
        }
        return os.environ | self.services.environment() | folders

    def run(self, *arguments: str, seconds: float = 300) -> str:
        """A program on this world, to its end; its output. Fails unless it exits with 0."""
        result = subprocess.run(  # noqa: S603 (our own program)
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert result.returncode == 0, f"{arguments}\n{result.stdout[-2000:]}{result.stderr[-6000:]}"
        return result.stdout

    def launch(self, name: str) -> None:
        commands = {
            "web": web_command("127.0.0.1", self.port),
            "worker": worker_command("celery"),
            "gateways": worker_command("gateways"),
            "beat": beat_command(),
        }
        log = (self.home / f"{name}.log").open("ab")
        self._logs.append(log)
        self.processes[name] = subprocess.Popen(  # noqa: S603 (our own program)
            commands[name], cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True
        )

    def is_up(self) -> bool:
        try:
            return requests.get(f"{self.site}/readyz", timeout=5).ok
        except requests.RequestException:
            return False

    def kill(self, victim: str) -> None:
        """By SIGKILL, the process and all its children at once."""
        if victim in self.processes:
            _kill_tree(self.processes[victim].pid)
            self.processes[victim].wait(10)
        else:
            service = getattr(self.services, victim)
            _kill_tree(service.memory["process"]["pid"])

    def revive(self, victim: str) -> None:
        if victim in self.processes:
            self.launch(victim)
        else:
            service = getattr(self.services, victim)
            service.stop()
            service.ensure()

    def start_again(self) -> list[str]:
        """What ended by itself starts again, as any supervisor does; not what is being killed. Returns the names."""
        with self.changing:
            ended = [name for name, process in self.processes.items() if process.poll() is not None]
            for name in ended:
                self.launch(name)
        return ended

    def stop(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                _kill_tree(process.pid)
            process.wait(10)
        for log in self._logs:
            log.close()
        self.services.stop()


def _kill_tree(pid: int) -> None:
    try:
        root = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return
    family = [root, *root.children(recursive=True)]
    for process in family:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(family, timeout=10)
    time.sleep(0.05)
