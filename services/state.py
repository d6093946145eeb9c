"""The state file: ports, process ids and credentials of this checkout's services, readable by its owner only."""

import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

STATE_FILE = "services.json"
LOCK_FILE = "services.lock"
LOADING_FILE = "loading"


class AlreadyRunning(Exception):
    """Another live supervisor holds this home."""


def default_home() -> Path:
    """Where data and state of the services lie: SERVICES_HOME, or var/ of this checkout."""
    named = os.environ.get("SERVICES_HOME")
    return Path(named) if named else Path(__file__).resolve().parent.parent / "var"


def read_state(home: Path) -> dict[str, Any]:
    """The last written state; empty if there is none."""
    try:
        return dict(json.loads((home / STATE_FILE).read_text("utf-8")))
    except FileNotFoundError:
        return {}


def write_state(home: Path, state: dict[str, Any]) -> None:
    """Replace the state in one step, so that a reader never sees half of it."""
    write_private(home / STATE_FILE, json.dumps(state, indent=2, sort_keys=True) + "\n")


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody but its owner can read, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(temporary, path)


@contextlib.contextmanager
def hold(home: Path) -> Iterator[None]:
    """Keep other supervisors out until the end; the kernel lets go when this process dies in any way.

    Raises AlreadyRunning.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / LOCK_FILE).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as refusal:
            raise AlreadyRunning(str(home)) from refusal
        yield
