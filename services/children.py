"""The processes of the platform itself: started with their output in one prefixed stream, restarted when they die."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from services.processes import Identity, stop

ROOT = Path(__file__).resolve().parent.parent
LIVED_WELL_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 30.0
COLOURS = {"web": 36, "worker": 32, "gateways": 32, "beat": 33, "demo": 35, "prepare": 34, "services": 1}
_stream = threading.Lock()


def say(name: str, line: str) -> None:
    """One line of the common stream."""
    label = f"{name:8} |"
    if sys.stdout.isatty():
        label = f"\033[{COLOURS.get(name, 0)}m{label}\033[0m"
    with _stream, contextlib.suppress(OSError):  # A closed terminal must not keep us from stopping in order.
        print(label, line, flush=True)


class Child:
    """One process of the platform."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str],
        *,
        heard: Callable[[str], None] | None = None,
    ) -> None:
        self.name = name
        self.command = list(command)
        self.env = dict(env)
        self.heard = heard or (lambda line: say(name, line))
        self.process: subprocess.Popen[str] | None = None
        self.pause_seconds = 1.0
        self.begun = 0.0
        self.again_at: float | None = None

    def start(self) -> None:
        self.again_at = None
        self.begun = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 (our own programs)
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env=self.env,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self._read, args=[self.process], daemon=True)
        self.reader.start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.heard(line.rstrip("\n"))

    def identity(self) -> Identity | None:
        if self.process is None or self.process.poll() is not None:
            return None
        return Identity.of(self.process.pid)

    def wait(self) -> int:
        """Wait for the end, and for the last line of output; answers the exit code."""
        assert self.process is not None
        code = self.process.wait()
        self.reader.join(2)
        return code

    def keep_alive(self) -> bool:
        """Restart the process if it has died and its pause is over. True when a new one was started."""
        if self.process is None or self.process.poll() is None:
            return False
        now = time.monotonic()
        if self.again_at is None:
            if now - self.begun > LIVED_WELL_SECONDS:
                self.pause_seconds = 1.0
            self.again_at = now + self.pause_seconds
            say(self.name, f"ended with code {self.process.returncode}; starting again in {self.pause_seconds:.0f} s")
            self.pause_seconds = min(self.pause_seconds * 2, LONGEST_PAUSE_SECONDS)
        if now < self.again_at:
            return False
        self.start()
        return True

    def stop(self, seconds: float = 20) -> None:
        identity = self.identity()
        if identity is not None:
            stop(identity, seconds=seconds)
        if self.process is not None:
            self.wait()


def django_environment(home: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """What every process of the platform is started with; folders that the environment does not name lie in `home`."""
    folders = {"MAIL_FOLDER": str(home / "mail"), "CELERY_BEAT_SCHEDULE_FILENAME": str(home / "beat-schedule")}
    fixed = {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT), "SERVICES_HOME": str(home)}
    return folders | os.environ | fixed | dict(settings)


def without_the_owner(env: Mapping[str, str]) -> dict[str, str]:
    """For what only serves and works: the role that owns the tables is for migrations alone.

    Empty and not left out, so that it is not read from the state file either.
    """
    return {**env, "MIGRATION_DATABASE_URL": ""}


def web_command(host: str, port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "gunicorn", "assurance.wsgi:application"),
        *("--bind", f"{host}:{port}", "--worker-class", "gthread", "--threads", "8"),
        *("--workers", os.environ.get("WEB_CONCURRENCY", "1"), "--graceful-timeout", "10", "--no-control-socket"),
        *("--access-logfile", "-", "--access-logformat", "%(m)s %(U)s %(s)s %(L)s s"),
        *("--logger-class", "core.log_paths.AccessLogger"),
    ]


def worker_command(queue: str) -> list[str]:
    """A worker for clocks, news and mail (`celery`), or for what waits for gateways (`gateways`)."""
    celery = (sys.executable, "-m", "celery", "-A", "assurance.celery:app", "worker")
    name = ("--queues", queue, "--hostname", f"{queue}@%h")
    return [*celery, *name, "--concurrency", "2", "--loglevel", "INFO", "--without-gossip", "--without-mingle"]


def beat_command() -> list[str]:
    return [sys.executable, "-m", "celery", "-A", "assurance.celery:app", "beat", "--loglevel", "WARNING"]


def manage_command(*words: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), *words]
