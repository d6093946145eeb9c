"""Start, recognise and end operating-system processes."""

import contextlib
import os
import pwd
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil


class ServiceFailed(Exception):
    """A service did not come up; the message carries the end of its log."""


@dataclass(frozen=True)
class Identity:
    """A process id and its start, which together never name another process."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> "Identity":
        return cls(pid, psutil.Process(pid).create_time())

    @classmethod
    def load(cls, data: dict[str, Any] | None) -> "Identity | None":
        return cls(int(data["pid"]), float(data["started"])) if data else None

    def dump(self) -> dict[str, Any]:
        return {"pid": self.pid, "started": self.started}

    def process(self) -> psutil.Process | None:
        """The living process, or None if it has ended or its id now belongs to another."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < 0.05
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port nobody listens on, below those that the kernel gives to outgoing connections.

    One of the kernel's own choosing may be taken by any client of a busy machine before the server binds it.
    """
    for _attempt in range(200):
        port = 15_000 + secrets.randbelow(17_000)
        if port_is_free(port):
            return port
    raise ServiceFailed("no free port between 15000 and 32000")


def start(
    command: Sequence[str | Path],
    *,
    log: Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own (a Ctrl-C of ours must not reach it), its output appended to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    as_user: dict[str, Any] = {"user": user, "group": _group_of(user), "extra_groups": []} if user else {}
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 (fixed programs of this checkout)
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=dict(os.environ if env is None else env),
            start_new_session=True,
            **as_user,
        )


def _group_of(user: str) -> int:
    return pwd.getpwnam(user).pw_gid


def wait_until(healthy: Callable[[], bool], *, alive: Callable[[], bool], seconds: float) -> bool:
    """Poll until healthy (True), or until the process has ended or the time is over (False)."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if healthy():
            return True
        if not alive():
            return False
        time.sleep(0.05)
    return False


def stop(identity: Identity, *, by: signal.Signals = signal.SIGTERM, seconds: float = 15) -> None:
    """End a process and what is left of its session: politely, and after `seconds` by force."""
    for number, patience_seconds in ((by, seconds), (signal.SIGKILL, 5.0)):
        process = identity.process()
        if process is None:
            break
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)
        _wait_for_end(identity, patience_seconds)
    for straggler in session_of(identity):
        with contextlib.suppress(psutil.NoSuchProcess):
            straggler.kill()


def _wait_for_end(identity: Identity, seconds: float) -> None:
    """A process counts as ended when only its parent's reading of the exit code is outstanding."""
    end = time.monotonic() + seconds
    while identity.process() is not None and time.monotonic() < end:
        time.sleep(0.02)


def session_of(identity: Identity) -> list[psutil.Process]:
    """Living processes of the session that `identity` led and that began after it."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, ProcessLookupError, PermissionError):
            ours = os.getsid(process.pid) == identity.pid and process.create_time() >= identity.started - 0.05
            if ours and process.pid != identity.pid and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def end_of(log: Path, lines: int = 15) -> str:
    """The last lines of a log file."""
    try:
        return "\n".join(log.read_text("utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
