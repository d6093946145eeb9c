"""What the sandbox shows on log-in pages, and live mode never: demo log-ins and their one-time codes."""

import time

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django import template
from django.http import HttpRequest

from companies.demo_logins import DemoLogin, existing_demo_logins, is_demo_address
from companies.models import User

register = template.Library()


@register.simple_tag
def demo_logins() -> list[DemoLogin]:
    return existing_demo_logins()


@register.simple_tag
def code_for(user: User, secret: str) -> str:
    """The code of this half minute for a secret that a demo account is about to set up; empty for all others."""
    if not (user.is_authenticated and is_demo_address(user.email)):
        return ""
    return format_hotp_value(hotp_value(secret, int(time.time()) // app_settings.TOTP_PERIOD))


@register.simple_tag
def code_of(user: User) -> str:
    """The same for a demo account whose second factor is set up."""
    if not (user.is_authenticated and is_demo_address(user.email)):
        return ""
    factor = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).first()
    return code_for(user, decrypt(factor.data["secret"])) if factor else ""


@register.simple_tag
def code_at_login(request: HttpRequest) -> str:
    """The same for whoever has given their password and is asked for the second factor."""
    stage = getattr(request, "_login_stage", None)
    return code_of(stage.login.user) if stage else ""
