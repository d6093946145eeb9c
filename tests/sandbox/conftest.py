"""A sandbox of its own for each test, and one shared by tests that look only at what they made."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.running import Listener, RunningSandbox

FAST = ("--payout-seconds", "0.2", "--late-seconds", "0.6")


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[RunningSandbox]:
    running = RunningSandbox(tmp_path / "sandbox.db", *FAST)
    yield running
    assert running.stop() == 0
    assert "Traceback" not in running.database.with_suffix(".log").read_text()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    running = RunningSandbox(tmp_path_factory.mktemp("sandbox") / "shared.db", *FAST)
    yield running
    assert running.stop() == 0
    assert "Traceback" not in running.database.with_suffix(".log").read_text()


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as ear:
        yield ear


@pytest.fixture
def heard_sandbox(sandbox: RunningSandbox, listener: Listener) -> RunningSandbox:
    """A sandbox that tells `listener` its news."""
    assert sandbox.call("PUT", "/v1/webhook-endpoint", {"url": listener.url}).status == 200
    return sandbox
