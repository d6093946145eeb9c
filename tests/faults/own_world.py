"""A platform of a test's own, on services of its own that may be killed: everything about it runs in processes."""

import os
import subprocess
import sys
from pathlib import Path
from typing import IO
from uuid import uuid4

from services.embedded import Embedded
from services.postgres import Postgres
from tests.faults.nursery import ROOT
from tests.plugins.database import fill_from_template

NO_FILES = "http://127.0.0.1:9"
"""No file is stored in these tests, so that no S3 server is needed."""


class OwnWorld:
    """`start` brings up PostgreSQL (durable), Valkey and the sandbox gateway; `run` a program on them."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.services = Embedded(home, given={"S3_ENDPOINT_URL": NO_FILES}, say=lambda line: None)
        self.running: list[subprocess.Popen[bytes]] = []
        self._logs: list[IO[bytes]] = []

    def start(self, like: Postgres) -> None:
        """`like`: a server of the tests, whose migrated database is copied."""
        self.services.start()
        fill_from_template(like, self.services.postgres)

    @property
    def env(self) -> dict[str, str]:
        folders = {
            "SERVICES_HOME": str(self.home),
            "MAIL_FOLDER": str(self.home / "mail"),
            "CELERY_BEAT_SCHEDULE_FILENAME": str(self.home / "beat-schedule"),
        }
        return os.environ | self.services.environment() | folders

    def run(self, arguments: list[str], *, env: dict[str, str] | None = None) -> str:
        """Run to its end; its output. Fails unless it exits with 0."""
        result = subprocess.run(  # noqa: S603 (our own program)
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.env | (env or {}),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert result.returncode == 0, f"{arguments}\n{result.stdout[-2000:]}{result.stderr[-6000:]}"
        return result.stdout

    def launch(self, arguments: list[str]) -> subprocess.Popen[bytes]:
        """Start and let it run; ended by `end_processes` at the latest."""
        log = (self.home / f"process-{uuid4()}.log").open("ab")
        process = subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, *arguments], cwd=ROOT, env=self.env, stdout=log, stderr=log
        )
        self._logs.append(log)
        self.running.append(process)
        return process

    def launch_platform(self) -> None:
        """A worker and the clock that gives it work, as in production."""
        celery = ["-m", "celery", "-A", "assurance.celery:app"]
        self.launch([*celery, "worker", "--pool=solo", "--loglevel=WARNING", "--without-gossip", "--without-mingle"])
        self.launch([*celery, "beat", "--loglevel=WARNING"])

    def logs(self) -> str:
        return "\n".join(path.read_text("utf-8")[-3000:] for path in sorted(self.home.glob("process-*.log")))

    def end_processes(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.wait(10)
        for log in self._logs:
            log.close()
        self.running, self._logs = [], []

    def stop(self) -> None:
        self.end_processes()
        self.services.stop()
