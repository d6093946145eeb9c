from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from companies.queries import active_membership, gave_second_factor

Answerer = Callable[[HttpRequest], HttpResponse]


class ActiveCompanyMiddleware:
    """Sets `request.membership` and `request.company`: what this browser session acts for, or None."""

    def __init__(self, get_response: Answerer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked: Any = request
        known = settings.SESSION_COOKIE_NAME in request.COOKIES
        asked.membership = active_membership(request) if known else None
        asked.company = asked.membership.company if asked.membership else None
        return self.get_response(request)


class StaffSecondFactorMiddleware:
    """Nobody enters the admin without a second factor given in this very session; others don't see that it exists."""

    def __init__(self, get_response: Answerer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(reverse("admin:index")):
            elsewhere = self._way_to_second_factor(request)
            if elsewhere:
                return redirect(elsewhere)
        return self.get_response(request)

    def _way_to_second_factor(self, request: HttpRequest) -> str:
        """Where to go first, or an empty string if nothing is missing."""
        back = urlencode({"next": request.get_full_path()})
        if not request.user.is_authenticated:
            return f"{reverse('account_login')}?{back}"
        if not request.user.is_staff:
            raise Http404
        if not Authenticator.objects.filter(user_id=request.user.pk, type=Authenticator.Type.TOTP).exists():
            return f"{reverse('mfa_activate_totp')}?{back}"
        if not gave_second_factor(request):
            return f"{reverse('mfa_reauthenticate')}?{back}"
        return ""
