"""The libraries' own pages of the admin let rows be typed into. Here staff look, as everywhere."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from core.admin_base import ReadOnlyModelAdmin


class GroupAdmin(ReadOnlyModelAdmin):
    list_display = ("name",)
    fields = ("name",)
    search_fields = ("name",)


class EmailAddressAdmin(ReadOnlyModelAdmin):
    list_display = ("email", "user", "verified", "primary")
    list_filter = ("verified", "primary")
    list_select_related = ("user",)
    search_fields = ("email",)
    ordering = ("-id",)


class AuthenticatorAdmin(ReadOnlyModelAdmin):
    """Second factors, without their secrets. A superuser takes one away from somebody who lost it."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    list_select_related = ("user",)
    exclude = ("data",)
    ordering = ("-id",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user: Any = request.user
        return bool(user.is_active and user.is_superuser)


def take_over_pages_of_libraries() -> None:
    """After the libraries have registered theirs: called once, by the URL conf."""
    ours = {Group: GroupAdmin, EmailAddress: EmailAddressAdmin, Authenticator: AuthenticatorAdmin}
    for model, page in ours.items():
        if not isinstance(admin.site._registry.get(model), page):
            admin.site.unregister(model)
            admin.site.register(model, page)
