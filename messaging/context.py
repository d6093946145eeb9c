from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from messaging.queries import unread_count


def bell(request: HttpRequest) -> dict[str, Any]:
    """`unread_notices`, counted only where a page shows the bell."""
    user: Any = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"unread_notices": SimpleLazyObject(lambda: shown(unread_count(user)))}


def shown(count: int) -> str:
    """Empty for none."""
    return "99+" if count > 99 else str(count or "")
