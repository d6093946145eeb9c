"""What must be true before real money may move. `wsgi` and `celery` ask before they serve; one problem stops both."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections

from core.database_roles import tables_owned_by_web_role
from payments.exchanges.answers import why_no_gateway

MOST_NAMED = 3


def refuse_unsafe_start() -> None:
    """Does nothing in the sandbox. Live: raises ImproperlyConfigured, with every problem in words. Reads the database.

    The gateway must be one that this installation can build, and the web role must own no table: an owner could switch
    off every guard of the ledger and of history.
    """
    if settings.SANDBOX:
        return
    problems = [*_gateway_problems(), *_role_problems()]
    if problems:
        raise ImproperlyConfigured("live mode does not start: " + "; ".join(problems))


def _gateway_problems() -> list[str]:
    why = why_no_gateway(settings.CUSTODIAN_GATEWAY)
    return [f"CUSTODIAN_GATEWAY: {why}"] if why else []


def _role_problems() -> list[str]:
    try:
        owned = tables_owned_by_web_role()
    except DatabaseError as error:
        return [f"DATABASE_URL: whether its role owns a table can't be read ({type(error).__name__})"]
    finally:
        connections["default"].close()  # A worker forks after this, and no two processes may share a connection.
    named = ", ".join(sorted(owned)[:MOST_NAMED])
    return [f"DATABASE_URL: its role owns {len(owned)} tables ({named}...); it may own none"] if owned else []
