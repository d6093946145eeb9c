"""The sandbox's clock for programs: an integrator lives through sixty days in a minute."""

from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from companies.api_view import CompanyApiView
from core import clock
from core.api import StrictSerializer
from core.errors import NotFound
from core.sandbox_clock import move_clock


class MoveClockSerializer(StrictSerializer):
    advance_seconds = serializers.IntegerField(min_value=1, max_value=400 * 86400)


class ClockSerializer(serializers.Serializer):
    """`deadlines_run`: how many fell due on the way, and were carried out."""

    now = serializers.DateTimeField()
    deadlines_run = serializers.IntegerField()


class SandboxClockView(CompanyApiView):
    """Not there in live mode."""

    tag: ClassVar[str] = "sandbox"
    input_serializer = MoveClockSerializer
    answers: ClassVar = {"GET": {200: ClockSerializer}, "POST": {200: ClockSerializer}}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if not settings.SANDBOX:
            raise NotFound
        super().initial(request, *args, **kwargs)

    def get(self, request: Request) -> Response:
        """The sandbox's present time."""
        return Response(ClockSerializer({"now": clock.now(), "deadlines_run": 0}).data)

    def post(self, request: Request) -> Response:
        """Move the sandbox clock forward. Every deadline on the way runs in order, at its own due time."""
        seconds = self.read_input()["advance_seconds"]

        def run() -> tuple[int, dict[str, Any]]:
            ran = move_clock(by=timedelta(seconds=seconds))
            return 200, dict(ClockSerializer({"now": clock.now(), "deadlines_run": ran}).data)

        return self.answer_once_alone(run)
