"""A lie told to the books as the superuser, looked at through the checks, and taken back by the rollback."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import connection, transaction

from services.postgres import SUPERUSER

T = TypeVar("T")


def looked_at_after(sql: str, look: Callable[[], T], services: Any) -> T:
    """What `look` returns while the lie stands. Needs a transactional test."""
    web = connection.settings_dict
    url = services.postgres.url(SUPERUSER, services.database)
    user, password = url.split("//")[1].split("@")[0].split(":")
    connection.close()
    before = web["USER"], web["PASSWORD"]
    web["USER"], web["PASSWORD"] = user, password
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica")
                cursor.execute(sql)
                assert cursor.rowcount > 0, "the lie changed nothing"
            found = look()
            transaction.set_rollback(True)
    finally:
        connection.close()
        web["USER"], web["PASSWORD"] = before
    return found
