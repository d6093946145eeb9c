"""What must be true before real money may move. `wsgi` and `celery` ask before they serve; one problem stops both."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections

from core.database_roles import tables_owned_by_web_role
from payments.exchanges.answers import why_no_gateway
from payments.models import Method

MOST_NAMED = 3


def refuse_unsafe_start() -> None:
    """Does nothing in the sandbox. Live: raises ImproperlyConfigured, with every problem in words. Reads the database.

    Each gateway must be one that this installation can build, and the web role must own no table: an owner could switch
    off every guard of the ledger and of history.
    """
    if settings.SANDBOX:
        return
    problems = [*_gateway_problems(), *_role_problems()]
    if problems:
        raise ImproperlyConfigured("live mode does not start: " + "; ".join(problems))


def _gateway_problems() -> list[str]:
    """The custodian and every gateway that money is routed by can be built, and the custodian is one of those."""
    routed = {f"PAYMENT_GATEWAYS, {method}": name for method, name in settings.PAYMENT_GATEWAYS.items()}
    named = {"CUSTODIAN_GATEWAY": settings.CUSTODIAN_GATEWAY, "PAYOUT_GATEWAY": settings.PAYOUT_GATEWAY, **routed}
    problems = [f"{setting}: {why}" for setting, name in named.items() if (why := why_no_gateway(name))]
    if not routed:
        problems.append("PAYMENT_GATEWAYS: nothing can be paid; name a gateway for each method")
    problems += [
        f"PAYMENT_GATEWAYS: {method!r} is no method" for method in settings.PAYMENT_GATEWAYS if method not in Method
    ]
    if routed and settings.CUSTODIAN_GATEWAY not in routed.values():
        problems.append("CUSTODIAN_GATEWAY: no payment is routed by it, so that it would hold nothing")
    return problems


def _role_problems() -> list[str]:
    try:
        owned = tables_owned_by_web_role()
    except DatabaseError as error:
        return [f"DATABASE_URL: whether its role owns a table can't be read ({type(error).__name__})"]
    finally:
        connections["default"].close()  # A worker forks after this, and no two processes may share a connection.
    named = ", ".join(sorted(owned)[:MOST_NAMED])
    return [f"DATABASE_URL: its role owns {len(owned)} tables ({named}...); it may own none"] if owned else []
