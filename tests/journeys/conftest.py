"""The whole platform under the journeys: the live server, a real worker and beat, and the bank's webhooks."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import override_settings
from playwright.sync_api import BrowserContext

from services.children import Child, beat_command, django_environment, worker_command
from services.gateway import SandboxGateway
from tests.journeys.desk import Desk

READY_SECONDS = 60


@pytest.fixture(scope="module")
def site(services: Any, django_db_setup: None, live_server: Any, sandbox_gateway: SandboxGateway) -> Iterator[str]:
    """The live server's address; worker and beat run as processes of their own on the database under test."""
    sandbox_gateway.send_webhooks_to(live_server.url)
    env = django_environment(services.home, {"SITE_URL": live_server.url})
    heard: list[str] = []
    children = [
        Child("worker", worker_command(), env, heard=heard.append),
        Child("beat", beat_command(), env, heard=heard.append),
    ]
    # The test runner put a mailbox of its own in the place of the platform's mail.
    with override_settings(SITE_URL=live_server.url, EMAIL_BACKEND="messaging.queue_backend.QueueBackend"):
        try:
            for child in children:
                child.start()
            _wait_for_worker(heard)
            yield live_server.url
        finally:
            for child in reversed(children):
                child.stop()


def _wait_for_worker(heard: list[str]) -> None:
    end = time.monotonic() + READY_SECONDS
    while not any(line.endswith(" ready.") for line in heard):
        if time.monotonic() > end:
            pytest.fail("the worker did not come up:\n" + "\n".join(heard[-30:]))
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
def browsers(live_server: Any, new_context: Callable[..., BrowserContext]) -> Iterator[Callable[..., Desk]]:
    """What breaks the content policy, or throws, fails the test."""
    said: list[str] = []

    def sit(email: str, **options: Any) -> Desk:
        context = new_context(base_url=live_server.url, locale="en-US", **options)
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text) if "Content Security" in message.text else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        return Desk(page, email)

    yield sit
    assert said == []
