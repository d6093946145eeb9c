"""`make run`: services, database, web, worker and beat, from the first line of output to the last."""

import json
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from functools import partial
from pathlib import Path
from types import FrameType

from services.children import (
    ROOT,
    Child,
    beat_command,
    django_environment,
    manage_command,
    say,
    web_command,
    without_the_owner,
    worker_command,
)
from services.embedded import Embedded
from services.processes import Identity, ServiceFailed, port_is_free, stop
from services.state import LOADING_FILE, hold

FIRST_PAGE_SECONDS = 90
UNFINISHED = "unfinished"
tell = partial(say, "services")


class Stopped(BaseException):
    """Ctrl-C or a signal to end: passes through every handler of ordinary errors."""


def run(home: Path, *, host: str, port: int) -> int:
    """Run everything until a signal. Raises AlreadyRunning, ServiceFailed."""
    with hold(home):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _raise_stopped)
        supervisor = Supervisor(home, host, port)
        try:
            supervisor.start()
            supervisor.watch()
        except Stopped:
            tell("stopping")
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, lambda *_: tell("still stopping"))
            supervisor.stop()
            tell("stopped")
    return 0


def _raise_stopped(number: int, frame: FrameType | None) -> None:
    raise Stopped


class Supervisor:
    def __init__(self, home: Path, host: str, port: int) -> None:
        self.home = home
        self.host = host
        self.embedded = Embedded(home, say=tell)
        self.end_leftovers()
        self.port = self.find_port(port)
        shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 (compared, not bound)
        self.site = f"http://{shown}:{self.port}"
        self.children: list[Child] = []
        self.demo: Child | None = None
        self.ending = False

    def find_port(self, wished: int) -> int:
        """The wished port of the site or the next free one."""
        for port in range(wished, min(wished + 100, 65536)):
            if port_is_free(port, self.host):
                if port != wished:
                    tell(f"port {wished} is taken, the site uses {port}")
                return port
        raise ServiceFailed(f"no free port from {wished} on")

    def end_leftovers(self) -> None:
        """End web, worker and beat of a run that crashed: they can't be listened to any more."""
        for name, data in self.embedded.state.pop("children", {}).items():
            left = Identity.load(data)
            if left is not None:
                if left.process() is not None:
                    tell(f"ending the {name} that an earlier run left")
                stop(left, seconds=10)
        (self.home / LOADING_FILE).unlink(missing_ok=True)

    def start(self) -> None:
        began = time.monotonic()
        tell("starting PostgreSQL, Valkey, S3 and the sandbox gateway")
        (ROOT / "staticfiles").mkdir(exist_ok=True)
        self.embedded.tell_site_url(self.site)
        self.begin_services()
        todo = self.prepare()
        self.embedded.finish()
        self.env = without_the_owner(django_environment(self.home, self.embedded.environment()))
        web = Child("web", web_command(self.host, self.port), self.env)
        self.children = [
            web,
            Child("worker", worker_command("celery"), self.env),
            Child("gateways", worker_command("gateways"), self.env),
            Child("beat", beat_command(), self.env),
        ]
        web.start()
        self.remember()
        self.wait_for_page(web)
        tell(f"first page after {time.monotonic() - began:.1f} s")
        for child in self.children[1:]:
            child.start()
        self.remember()
        if todo["empty"] and todo["load_demo"]:
            self.load_demo()
        self.greeting = threading.Thread(target=self.greet, args=[todo["demo_logins"]], daemon=True)
        self.greeting.start()

    def begin_services(self) -> None:
        if self.embedded.state.get("demo") != UNFINISHED:
            self.embedded.begin()
        elif self.embedded.postgres in self.embedded.wanted:
            tell("an earlier run ended while it loaded demo data: beginning again with an empty database")
            self.embedded.start_empty()
        else:
            tell("an earlier run ended while it loaded demo data into a database that is not ours to empty")
            self.embedded.begin()

    def prepare(self) -> dict[str, bool]:
        tell("bringing the database up to date")
        lines: list[str] = []
        env = django_environment(self.home, self.embedded.environment())
        preparing = Child("prepare", [sys.executable, "-m", "services.preparation"], env, heard=lines.append)
        self.children = [preparing]
        preparing.start()
        if preparing.wait():
            raise ServiceFailed("\n".join(["the database could not be prepared:", *lines[-25:]]))
        for line in lines[:-1]:
            if "Applying" in line:
                say("prepare", line.strip())
        todo: dict[str, bool] = json.loads(lines[-1])
        return todo

    def wait_for_page(self, web: Child) -> None:
        """Until the site answers anything at all. A web that keeps dying has said why in the stream."""
        end = time.monotonic() + FIRST_PAGE_SECONDS
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"{self.site}/healthz", timeout=5):  # noqa: S310 (http, our own)
                    return
            except urllib.error.HTTPError:
                return
            except OSError:
                web.keep_alive()
                time.sleep(0.05)
        raise ServiceFailed(f"the site did not answer within {FIRST_PAGE_SECONDS} s")

    def load_demo(self) -> None:
        tell("the database is empty: loading demo data while the site already answers")
        (self.home / LOADING_FILE).write_text("…", encoding="utf-8")
        self.embedded.state["demo"] = UNFINISHED
        self.demo = Child("demo", manage_command("load_demo"), self.env, heard=self.note_progress)
        self.demo.start()
        self.remember()

    def note_progress(self, line: str) -> None:
        say("demo", line)
        (self.home / LOADING_FILE).write_text(line, encoding="utf-8")

    def greet(self, with_logins: bool) -> None:
        """Print address and log-ins; after the demo data, which makes the log-ins."""
        tell(f"the site answers at {self.site}  (Ctrl-C stops everything)")
        if self.demo is not None:
            code = self.demo.wait()
            if self.ending:
                return
            (self.home / LOADING_FILE).unlink(missing_ok=True)
            if code == 0:
                del self.embedded.state["demo"]
                self.embedded.remember()
                tell("demo data loaded")
            else:
                tell(f"demo data could not be loaded (code {code}), see above; the next run begins anew")
        if with_logins:
            logins = Child("demo", manage_command("demo_logins"), self.env)
            logins.start()
            logins.wait()
            tell(f"the site answers at {self.site}")

    def watch(self) -> None:
        """Keep children and services alive until a signal."""
        while True:
            time.sleep(0.3)
            if any([child.keep_alive() for child in self.children]):
                self.remember()
            for service in self.embedded.wanted:
                if not service.alive():
                    tell(f"{service.name} has died, starting it again")
                    try:
                        service.ensure()
                    except ServiceFailed as failure:
                        tell(str(failure))
                        time.sleep(5)
                    self.embedded.remember()

    def remember(self) -> None:
        """Note who runs, for a run that finds this one crashed."""
        living = [*self.children, *([self.demo] if self.demo else [])]
        identities = {child.name: child.identity() for child in living}
        self.embedded.state["children"] = {name: known.dump() for name, known in identities.items() if known}
        self.embedded.state["site_url"] = self.site
        self.embedded.remember()

    def stop(self) -> None:
        """Beat first, so that nothing new begins; services last, so that what runs can finish."""
        self.ending = True
        for child in (*([self.demo] if self.demo else []), *reversed(self.children)):
            child.stop()
        self.embedded.state.pop("children", None)
        self.embedded.state.pop("site_url", None)
        (self.home / LOADING_FILE).unlink(missing_ok=True)
        self.embedded.stop()
