"""Who may see a page at all. What they may do there is decided by the actions."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

Page = Callable[..., HttpResponseBase]


def member_required(page: Page) -> Page:
    """For people who act for a company: others log in first, or tell about their company first, and come back."""

    @wraps(page)
    def gate(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if getattr(request, "company", None) is None:
            return redirect(f"{reverse('company-new')}?{urlencode({'next': request.get_full_path()})}")
        return page(request, *args, **kwargs)

    return gate
