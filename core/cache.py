"""A cache that may be lost at any moment: with Redis down the site goes on without it."""

import logging
from typing import Any

import redis
from django.core.cache.backends.redis import RedisCache

log = logging.getLogger(__name__)


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache, where an unreachable server means 'not in the cache' and is logged."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        options = params.setdefault("OPTIONS", {})
        options.setdefault("socket_connect_timeout", 0.2)
        options.setdefault("socket_timeout", 0.5)
        super().__init__(server, params)

    def add(self, key: str, value: Any, timeout: Any = None, version: int | None = None) -> bool:  # type: ignore[override]
        return self._or_default(super().add, True, key, value, timeout, version)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self._or_default(super().get, default, key, default, version)

    def set(self, key: str, value: Any, timeout: Any = None, version: int | None = None) -> None:
        self._or_default(super().set, None, key, value, timeout, version)

    def delete(self, key: str, version: int | None = None) -> bool:
        return self._or_default(super().delete, False, key, version)

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        return self._or_default(super().incr, delta, key, delta, version)

    @staticmethod
    def _or_default(call: Any, default: Any, *args: Any) -> Any:
        try:
            return call(*args)
        except redis.ConnectionError as error:
            log.warning("cache unreachable: %s", error)
        except redis.TimeoutError as error:
            log.warning("cache too slow: %s", error)
        return default
