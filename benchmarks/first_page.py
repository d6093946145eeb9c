"""From `make run` to the first answered page: on an empty database, and on a migrated one."""

import os
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from services.processes import free_port

ROOT = Path(__file__).resolve().parents[1]
LONGEST_S = 240.0
GREETING = "arbiter@"
"""Of the log-ins, printed when the demo is loaded and that is noted: a run that ends before begins anew."""


def first_page_figures() -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="bench-run-", dir=os.environ.get("BENCH_DIR")) as home:
        empty = _seconds_to_first_page(Path(home), until_loaded=True)
        migrated = _seconds_to_first_page(Path(home), until_loaded=False)
    return {"first_page_empty_s": empty, "first_page_s": migrated}


def _seconds_to_first_page(home: Path, *, until_loaded: bool) -> float:
    port = free_port()
    environment = {**os.environ, "SERVICES_HOME": str(home)}
    began = time.perf_counter()
    log = home / "make-run.log"
    with log.open("w") as stream:
        running = subprocess.Popen(  # noqa: S603
            ["make", "-C", str(ROOT), "run", f"PORT={port}"],  # noqa: S607
            env=environment,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for(lambda: _answers(port), running)
        seconds = time.perf_counter() - began
        if until_loaded:
            _wait_for(lambda: GREETING in log.read_text(), running)
        return seconds
    finally:
        os.killpg(running.pid, signal.SIGTERM)
        running.wait(timeout=60)


def _wait_for(happened: object, running: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + LONGEST_S
    while not happened():  # type: ignore[operator]
        assert running.poll() is None and time.monotonic() < end, "make run did not come up"
        time.sleep(0.1)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
            return bool(page.status == 200)
    except (urllib.error.URLError, OSError):
        return False
