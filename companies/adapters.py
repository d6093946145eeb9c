import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.models import EmailAddress
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language

from companies.queries import active_membership


class AccountAdapter(DefaultAccountAdapter):
    """Where people go after log-in, and how their account's mail looks."""

    def is_reauthentication_required(self, *, app: str = "") -> bool:
        """A password or code given in this session within the last minutes is enough; log-in counts."""
        given = get_authentication_records(self.request, self.request.user)
        return not any(time.time() - each["at"] < app_settings.REAUTHENTICATION_TIMEOUT for each in given)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Staff to the admin, people without a company to the company form, all others to their dashboard."""
        user: Any = request.user
        if active_membership(request) is None:
            return reverse("admin:index") if user.is_staff else reverse("company-new")
        return reverse(settings.LOGIN_REDIRECT_URL)

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return reverse("company-new")

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        if self.request.user.is_authenticated:
            return self.get_login_redirect_url(self.request)
        return reverse("account_login")

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        user.language = get_language() or settings.LANGUAGE_CODE
        return super().save_user(request, user, form, commit)

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """The site speaks the person's language from now on, in this browser."""
        response = super().post_login(request, user, **kwargs)
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language, samesite="Lax", httponly=True)
        return response

    def format_email_subject(self, subject: str) -> str:
        return f"{settings.SITE_NAME}: {subject}"
