"""The admin's base classes, re-exported in one place: the theme can be changed here."""

from typing import Any

from django.http import HttpRequest
from unfold.admin import ModelAdmin, StackedInline, TabularInline

__all__ = ["ModelAdmin", "ReadOnlyModelAdmin", "ReadOnlyTabularInline", "StackedInline", "TabularInline"]


class _ReadOnly:
    """Looks, never touches: rows are changed by actions only."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and getattr(request.user, "is_staff", False))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and getattr(request.user, "is_staff", False))


class ReadOnlyModelAdmin(_ReadOnly, ModelAdmin):
    """Every staff member may look; nobody adds, changes or deletes. Buttons call actions."""

    show_full_result_count = False


class ReadOnlyTabularInline(_ReadOnly, TabularInline):
    extra = 0
    can_delete = False
