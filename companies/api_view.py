"""The API's doors that act for a company: who asks, and whose keys they use."""

from datetime import datetime
from typing import Any, ClassVar

from django.utils.functional import cached_property
from rest_framework.request import Request

from companies.models import StaffGroup
from companies.policies import check_staff
from companies.queries import actor_of, gave_second_factor, staff_actor_of
from core import clock
from core.actors import Actor
from core.api import ApiView
from core.errors import NotAllowed, NotFound


class StaffApiView(ApiView):
    """For staff of one group who gave their second factor in this session; for everybody else it does not exist."""

    group: ClassVar[StaffGroup]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        try:
            check_staff(self.by, self.group)
        except NotAllowed:
            raise NotFound from None
        if not gave_second_factor(request):  # type: ignore[arg-type]
            raise NotFound

    @cached_property
    def by(self) -> Actor:
        return staff_actor_of(self.request, "api")  # type: ignore[arg-type]

    @cached_property
    def at(self) -> datetime:
        """One time for the whole request."""
        return clock.now()

    def scope(self) -> str:
        return f"staff {self.by.user_id}"


class CompanyApiView(ApiView):
    """Acts for the active company of the browser session."""

    @cached_property
    def by(self) -> Actor:
        return actor_of(self.request, "api")  # type: ignore[arg-type]

    @cached_property
    def at(self) -> datetime:
        """One time for the whole request."""
        return clock.now()

    @cached_property
    def company_id(self) -> int:
        """Raises NotFound for somebody without a company."""
        if self.by.company_id is None:
            raise NotFound
        return self.by.company_id

    def scope(self) -> str:
        """The company's, so that two colleagues can't do one thing twice; a person's own while they have none."""
        return f"company {self.by.company_id}" if self.by.company_id is not None else f"user {self.by.user_id}"
