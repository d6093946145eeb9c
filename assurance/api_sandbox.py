"""The sandbox's clock for programs: an integrator lives through sixty days in a minute."""

from datetime import timedelta

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import clock
from core.errors import NotFound
from core.sandbox_clock import move_clock


class ClockSerializer(serializers.Serializer):
    advance_seconds = serializers.IntegerField(min_value=1, max_value=400 * 86400, write_only=True)
    now = serializers.DateTimeField(read_only=True)
    deadlines_run = serializers.IntegerField(read_only=True)


class SandboxClockView(APIView):
    """Read or move forward the sandbox clock. Not there in live mode."""

    @extend_schema(responses=ClockSerializer)
    def get(self, request: Request) -> Response:
        if not settings.SANDBOX:
            raise NotFound
        return Response({"now": clock.now(), "deadlines_run": 0})

    @extend_schema(request=ClockSerializer, responses=ClockSerializer)
    def post(self, request: Request) -> Response:
        if not settings.SANDBOX:
            raise NotFound
        form = ClockSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        ran = move_clock(by=timedelta(seconds=form.validated_data["advance_seconds"]))
        return Response({"now": clock.now(), "deadlines_run": ran})
