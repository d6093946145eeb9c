"""`python -m services run`, which is `make run`: the whole platform in processes, from the first line to the last."""

import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from companies.models import User
from services.embedded import Embedded
from services.processes import free_port
from services.state import read_state

pytestmark = [pytest.mark.faults, pytest.mark.slow]
ROOT = Path(__file__).resolve().parent.parent.parent
OF_TESTS = re.compile(
    "DATABASE_URL|MIGRATION_DATABASE_URL|REDIS_URL|S3_.*|SANDBOX_.*|SECRET_KEY|SITE_URL|MAIL_FOLDER|CELERY_.*|DJANGO_.*"
)


class Run:
    """One run of the platform and what it has said."""

    def __init__(self, home: Path, port: int, given: dict[str, str] | None = None) -> None:
        own = {name: value for name, value in os.environ.items() if not OF_TESTS.fullmatch(name)}
        self.env = own | {"SERVICES_HOME": str(home)} | (given or {})
        self.process = subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, "-m", "services", "run", "--port", str(port)],
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said: list[str] = []
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)

    def wait_for(self, words: str, seconds: float = 180) -> str:
        """The first line with these words. Fails with everything said until then."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                line = self.lines.get(timeout=0.2)
            except queue.Empty:
                if self.process.poll() is not None and self.lines.empty():
                    break
                continue
            self.said.append(line)
            if words in line:
                return line
        raise AssertionError(f"never said {words!r}:\n{''.join(self.said)}")

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="assurance-run-"))
    folder.chmod(0o711)
    yield folder
    embedded = Embedded(folder, given={}, say=lambda line: None)
    embedded.stop()
    shutil.rmtree(embedded.postgres.place, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def processes_of(home: Path) -> list[psutil.Process]:
    """Every living process that was started for this home."""
    found = []
    for process in psutil.process_iter():
        try:
            words = " ".join([*process.cmdline(), process.environ().get("SERVICES_HOME", "")])
            if str(home) in words and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def answer(url: str) -> int:
    with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 (http, our own)
        return int(response.status)


def test_a_whole_life(home: Path) -> None:
    """Taken port, first page, services found by commands, a child killed, the run killed, a second run, a clean end."""
    with socket.create_server(("127.0.0.1", 0)) as squatter:
        taken = squatter.getsockname()[1]
        run = Run(home, taken)
        run.wait_for(f"port {taken} is taken")
        site = run.wait_for("the site answers at").split("answers at ")[1].split()[0]
        assert answer(f"{site}/healthz") == 200

    found = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--check"], cwd=ROOT, env=run.env, capture_output=True, check=False
    )
    assert found.returncode == 0, found.stderr

    busy = Run(home, free_port())
    assert busy.process.wait(60) == 1
    busy.wait_for(f"already runs at {site}")

    children = read_state(home)["children"]
    assert set(children) >= {"web", "worker", "gateways", "beat"}
    for name in ("web", "worker", "gateways", "beat"):
        assert psutil.Process(children[name]["pid"]).environ()["MIGRATION_DATABASE_URL"] == "", name
    web = children["web"]["pid"]
    os.kill(web, signal.SIGKILL)
    run.wait_for("starting again in")

    run.end(signal.SIGKILL)
    assert processes_of(home), "a killed run leaves its processes behind"
    second = Run(home, free_port())
    second.wait_for("postgres: found running")
    again = second.wait_for("the site answers at").split("answers at ")[1].split()[0]
    assert answer(f"{again}/healthz") == 200

    assert second.end(signal.SIGINT) == 0
    second.wait_for("stopped")
    assert processes_of(home) == []
    assert "children" not in read_state(home)


def test_a_signal_during_the_start_ends_everything(home: Path) -> None:
    run = Run(home, free_port())
    run.wait_for("bringing the database up to date")
    assert run.end() == 0
    assert processes_of(home) == []


REPLACES = (
    *("DATABASE_URL", "MIGRATION_DATABASE_URL", "REDIS_URL", "S3_ENDPOINT_URL", "S3_ACCESS_KEY", "S3_SECRET_KEY"),
    *("SANDBOX_GATEWAY_URL", "SANDBOX_GATEWAY_KEY", "SANDBOX_WEBHOOK_SECRET"),
)


def test_services_given_by_url_are_used_and_none_is_started(
    home: Path, buyer_owner: User, transactional_db: None
) -> None:
    """As `make run PORT=...` on a server with managed services. Somebody is in the database: no demo is loaded."""
    port = free_port()
    run = Run(home, port, {name: os.environ[name] for name in REPLACES})
    site = run.wait_for("the site answers at").split("answers at ")[1].split()[0]
    assert site == f"http://127.0.0.1:{port}"
    assert answer(f"{site}/readyz") == 200
    names = {name for process in processes_of(home) for name in SERVERS if name in " ".join(process.cmdline())}
    assert names == set()
    assert run.end() == 0
    end = time.monotonic() + 10
    while processes_of(home) and time.monotonic() < end:
        time.sleep(0.1)  # A worker's own children may outlive it by a moment.
    assert processes_of(home) == []


SERVERS = ("postgres ", "bin/postgres", "valkey-server", "weed", "-m sandbox")
