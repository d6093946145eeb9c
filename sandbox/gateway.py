"""What every door needs: the settings, the record, the public address, and whether the process is stopping."""

import threading
from dataclasses import dataclass, field

from sandbox.config import Config
from sandbox.store import Store


@dataclass
class Gateway:
    config: Config
    store: Store
    base_url: str = ""
    stopping: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Request:
    """`path` has no query; `headers` have lower-case names."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Response:
    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


class HangUp(Exception):
    """Close the connection without an answer."""
