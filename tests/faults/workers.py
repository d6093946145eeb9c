"""Real worker processes, to be killed."""

import os
import signal
import time
from pathlib import Path

import psutil

from tests.faults.nursery import Nursery

PATIENCE_SECONDS = 60


def wait_for(what: str, true: object, *, seconds: float = PATIENCE_SECONDS) -> None:
    """Poll `true()` until it is; fail with `what` when it takes too long."""
    assert callable(true)
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, f"waited {seconds} s in vain: {what}"
        time.sleep(0.05)


class Worker:
    """One Celery worker at a time, in a process of its own, with the settings of this test process."""

    def __init__(self, log: Path, nursery: Nursery) -> None:
        self.log, self._nursery = log, nursery
        self._pid: int | None = None

    def start(self, *, kill_at: str = "") -> None:
        """Start and wait until it takes work. `kill_at` names the checkpoint at which it dies."""
        self.log.write_bytes(b"")
        self._pid = self._nursery.bear(log=self.log, kill_at=kill_at)
        wait_for("the worker's start", lambda: b" ready." in self.log.read_bytes() or self._died())

    def _died(self) -> bool:
        assert self._nursery.exit_code(0) is None, self.log.read_text("utf-8")[-4000:]
        return False

    def wait_until_killed(self) -> None:
        """By its own hand, at the checkpoint."""
        code = self._nursery.exit_code(PATIENCE_SECONDS)
        assert code is not None, f"still alive: {self.log.read_text('utf-8')[-4000:]}"
        self._pid = None
        assert code == -signal.SIGKILL, self.log.read_text("utf-8")[-4000:]

    def kill(self) -> None:
        """By SIGKILL, with all its children, wherever it is."""
        assert self._pid is not None
        for child in psutil.Process(self._pid).children(recursive=True):
            child.kill()
        os.kill(self._pid, signal.SIGKILL)
        self._pid = None
        assert self._nursery.exit_code(10) == -signal.SIGKILL

    def end(self) -> None:
        if self._pid is not None:
            self.kill()
