"""The admin's base classes, re-exported in one place: the theme can be changed here."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, StackedInline, TabularInline

from core.money import CURRENCIES

__all__ = ["ModelAdmin", "ReadOnlyModelAdmin", "ReadOnlyTabularInline", "StackedInline", "TabularInline", "one_of"]

MOST_COUNTED = 10_000


def is_staff_of(request: HttpRequest, groups: tuple[str, ...]) -> bool:
    """Active staff, and in one of the groups if any are named; a superuser is in all. One query per request."""
    user: Any = request.user
    if not (user.is_active and getattr(user, "is_staff", False)):
        return False
    if not groups or user.is_superuser:
        return True
    if not hasattr(user, "_group_names"):
        user._group_names = set(user.groups.values_list("name", flat=True))
    return bool(user._group_names & set(groups))


class CappedPaginator(Paginator):
    """Counts so far and no farther: a table without bound is never counted whole. Filters reach the rest."""

    @cached_property
    def count(self) -> int:
        return int(self.object_list.order_by().values("pk")[:MOST_COUNTED].count())  # type: ignore[attr-defined]


def one_of(
    field_name: str, label: Any, values: Callable[[], Iterable[tuple[str, Any]]]
) -> type[admin.SimpleListFilter]:
    """A filter by fixed values. Without it Django looks for the values of a plain text field in the whole table."""

    class OneOf(admin.SimpleListFilter):
        title = label
        parameter_name = field_name

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
            return list(values())

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            return queryset.filter(**{field_name: self.value()}) if self.value() else queryset

    return OneOf


def named(names: Iterable[str]) -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(names)]


BY_CURRENCY = one_of("currency", _("currency"), lambda: named(CURRENCIES))


def check_is_id(object_id: str) -> None:
    """A page of our own in the place of Django's is asked for whatever follows the list's address. Raises Http404."""
    if not object_id.isdecimal():
        raise Http404


class _ReadOnly:
    """Looks, never touches: rows are changed by actions only. `seen_by`: staff groups; empty for all staff."""

    seen_by: ClassVar[tuple[str, ...]] = ()

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_staff_of(request, self.seen_by)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_staff_of(request, self.seen_by)


class ReadOnlyModelAdmin(_ReadOnly, ModelAdmin):
    """Staff may look; nobody adds, changes or deletes. Buttons call actions."""

    show_full_result_count = False
    paginator = CappedPaginator

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """What is worked out comes first, the row's own columns after it."""
        columns = [name for name in super().get_fields(request, obj) if name not in self.readonly_fields]
        return [*self.readonly_fields, *columns]


class ReadOnlyTabularInline(_ReadOnly, TabularInline):
    extra = 0
    can_delete = False
