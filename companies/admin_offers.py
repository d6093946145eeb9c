"""Buttons of staff that stand only where they can do something. The action's own check says where, and for whom."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.http import HttpRequest

from companies.queries import staff_actor_of
from core.actions import lets_pass
from core.actors import Actor
from core.admin_base import ReadOnlyModelAdmin

Check = Callable[[Any, Actor], object]


class OfferingModelAdmin(ReadOnlyModelAdmin):
    """`offered`: name of a button of the row's page -> the check by which its action refuses.

    A page that was open before still has its buttons: there the action refuses, as ever.
    """

    offered: ClassVar[Mapping[str, Check]] = {}

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        found = super().get_actions_detail(request, object_id)
        row = self.get_object(request, str(object_id)) if self.offered else None
        if row is None:
            return found
        by = staff_actor_of(request)
        return [each for each in found if self._is_offered(each.method.__name__, row, by)]

    def _is_offered(self, name: str, row: Any, by: Actor) -> bool:
        return name not in self.offered or lets_pass(self.offered[name], row, by)
