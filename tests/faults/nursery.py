"""Where workers are born: a process that has read the whole platform, and forks a real Celery worker when asked to.

Line in: {"log": path, "kill_at": checkpoint or ""}. Lines out: the process id, and once it ended, its exit code.
One worker at a time. Nothing here opens a connection: each child opens its own.
"""

import json
import os
import select
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from payments.exchanges.checkpoints import KILL_AT

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ["-q", "worker", "--pool=solo", "--loglevel=INFO", "--without-gossip", "--without-mingle"]
READ_BEFORE = ("celery.apps.worker", "celery.bin.worker", "celery.concurrency.solo", "kombu.transport.redis")


class Nursery:
    """The test's hand at it."""

    def __init__(self, log: Path) -> None:
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.nursery"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=out,
                text=True,
                bufsize=1,
            )

    def bear(self, *, log: Path, kill_at: str) -> int:
        """Returns the process id of a new worker, which may not take work yet."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"log": str(log), "kill_at": kill_at}) + "\n")
        self._process.stdin.flush()
        said = self._read(60)
        assert said is not None, "the nursery does not answer"
        return said

    def exit_code(self, seconds: float) -> int | None:
        """Of the worker; minus the signal that ended it. None while it lives."""
        return self._read(seconds)

    def _read(self, seconds: float) -> int | None:
        assert self._process.stdout is not None
        ready, _write, _errors = select.select([self._process.stdout], [], [], seconds)
        return int(self._process.stdout.readline()) if ready else None

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)


def _live_as_a_worker(log: str, kill_at: str) -> None:
    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for place in (1, 2):
        os.dup2(out, place)
    os.environ[KILL_AT] = kill_at
    import_module("assurance.celery").app.worker_main(COMMAND)


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def main() -> None:
    app = import_module("assurance.celery").app
    app.loader.import_default_modules()
    for name in ("tests.faults.chores", *READ_BEFORE):
        import_module(name)
    for line in sys.stdin:
        wanted = json.loads(line)
        if not (pid := os.fork()):
            try:
                _live_as_a_worker(wanted["log"], wanted["kill_at"])
            finally:
                os._exit(1)
        _say(pid)
        _pid, status = os.waitpid(pid, 0)
        _say(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
