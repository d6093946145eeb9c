"""The API's doors that act for a company: who asks, and whose keys they use."""

from datetime import datetime

from django.utils.functional import cached_property

from companies.queries import actor_of
from core import clock
from core.actors import Actor
from core.api import ApiView
from core.errors import NotFound


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
