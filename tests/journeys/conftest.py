"""The whole platform under the journeys: the live server, a real worker and beat, and the bank's webhooks."""

import contextlib
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pytest
from django.test import override_settings
from playwright.sync_api import BrowserContext

from services.children import Child, beat_command, django_environment, web_command, worker_command
from services.gateway import SandboxGateway
from services.processes import free_port
from tests.journeys.desk import Desk

READY_SECONDS = 60


@pytest.fixture(scope="module")
def site(services: Any, django_db_setup: None, live_server: Any, sandbox_gateway: SandboxGateway) -> Iterator[str]:
    """The live server's address; worker and beat run as processes of their own on the database under test."""
    sandbox_gateway.send_webhooks_to(live_server.url)
    env = django_environment(services.home, {"SITE_URL": live_server.url})
    heard: list[str] = []
    gateways: list[str] = []
    children = [
        Child("worker", worker_command("celery"), env, heard=heard.append),
        Child("gateways", worker_command("gateways"), env, heard=gateways.append),
        Child("beat", beat_command(), env, heard=heard.append),
    ]
    # The test runner put a mailbox of its own in the place of the platform's mail.
    with override_settings(SITE_URL=live_server.url, EMAIL_BACKEND="messaging.queue_backend.QueueBackend"):
        try:
            for child in children:
                child.start()
            _wait_for(lambda: any(line.endswith(" ready.") for line in heard), "worker", heard)
            _wait_for(lambda: any(line.endswith(" ready.") for line in gateways), "worker for gateways", gateways)
            yield live_server.url
        finally:
            for child in reversed(children):
                child.stop()


def _wait_for(came: Callable[[], bool], name: str, heard: Sequence[str] = ()) -> None:
    end = time.monotonic() + READY_SECONDS
    while not came():
        if time.monotonic() > end:
            pytest.fail(f"the {name} did not come up:\n" + "\n".join(heard[-30:]))
        time.sleep(0.05)


@pytest.fixture
def desk(site: str, browsers: Callable[..., Desk]) -> Callable[..., Desk]:
    """`desk(email)`: a person's own browser, while everything works behind the site."""
    return browsers


@pytest.fixture
def quiet_desk(live_server: Any, sandbox_gateway: SandboxGateway, browsers: Callable[..., Desk]) -> Callable[..., Desk]:
    """The same while no worker runs: what the pages do by themselves."""
    sandbox_gateway.send_webhooks_to(live_server.url)
    return browsers


@pytest.fixture
def web_desk(services: Any, transactional_db: None, browsers: Callable[..., Desk]) -> Iterator[Callable[..., Desk]]:
    """The same at the web server of production, which compresses what it sends."""
    port = free_port()
    web = Child("web", web_command("127.0.0.1", port), django_environment(services.home, {}), heard=lambda _line: None)
    try:
        web.start()
        _wait_for(partial(_answers, port), web.name)
        yield partial(browsers, base_url=f"http://127.0.0.1:{port}")
    finally:
        web.stop()


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
        return True
    return False


@pytest.fixture
def browsers(live_server: Any, new_context: Callable[..., BrowserContext]) -> Iterator[Callable[..., Desk]]:
    """What breaks the content policy, or throws, fails the test."""
    said: list[str] = []

    def sit(email: str, base_url: str = live_server.url, **options: Any) -> Desk:
        context = new_context(base_url=base_url, locale="en-US", **options)
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text) if "Content Security" in message.text else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        return Desk(page, email)

    yield sit
    assert said == []
