from typing import Any

from django.conf import settings
from django.http import HttpRequest

from core import clock, sandbox_clock


def site(request: HttpRequest) -> dict[str, Any]:
    """What every page shows: the site's name and, in the sandbox, its clock."""
    shown: dict[str, Any] = {"site_name": settings.SITE_NAME, "sandbox": settings.SANDBOX}
    if settings.SANDBOX:
        shown["sandbox_now"] = clock.now
        shown["sandbox_next_deadline"] = sandbox_clock.next_deadline_at
    return shown
