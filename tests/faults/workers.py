"""Real worker processes, to be killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from payments.exchanges.checkpoints import KILL_AT

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60


def wait_for(what: str, true: object, *, seconds: float = PATIENCE_SECONDS) -> None:
    """Poll `true()` until it is; fail with `what` when it takes too long."""
    assert callable(true)
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, f"waited {seconds} s in vain: {what}"
        time.sleep(0.05)


class Worker:
    """One Celery worker at a time, in a process of its own, with the settings of this test process (and `env`)."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, kill_at: str = "", env: dict[str, str] | None = None) -> None:
        """Start and wait until it takes work. `kill_at` names the checkpoint at which it dies."""
        self.log.write_bytes(b"")
        command = [sys.executable, "-m", "celery", "-A", "assurance.celery:app", "-q", "worker", "--pool=solo"]
        command += ["--include=tests.faults.chores", "--loglevel=INFO", "--without-gossip", "--without-mingle"]
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(  # noqa: S603 (our own program)
                command, cwd=ROOT, env=os.environ | {KILL_AT: kill_at} | (env or {}), stdout=out, stderr=out
            )
        wait_for("the worker's start", lambda: b" ready." in self.log.read_bytes() or self._died())

    def _died(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text("utf-8")[-4000:]
        return False

    def wait_until_killed(self) -> None:
        """By its own hand, at the checkpoint."""
        assert self.process is not None
        try:
            code = self.process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still alive: {self.log.read_text('utf-8')[-4000:]}") from None
        assert code == -signal.SIGKILL, self.log.read_text("utf-8")[-4000:]

    def kill(self) -> None:
        """By SIGKILL, with all its children, wherever it is."""
        assert self.process is not None
        for child in psutil.Process(self.process.pid).children(recursive=True):
            child.kill()
        self.process.kill()
        assert self.process.wait(10) == -signal.SIGKILL

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()
