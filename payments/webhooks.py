"""The gateways' doors: check the signature, store the event, answer, and only then think."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core import clock
from payments.exchanges.answers import why_no_gateway
from payments.exchanges.events import BadSignature, receive_webhook
from payments.nudges import nudge

MAX_BODY_BYTES = 262_144


@csrf_exempt
@require_POST
def sandbox_webhook(request: HttpRequest) -> HttpResponse:
    """As `_receive`. Not there in live mode."""
    if not settings.SANDBOX:
        raise Http404
    return _receive(request, "sandbox")


@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """As `_receive`. Not there where Stripe is not set up."""
    if why_no_gateway("stripe"):
        raise Http404
    return _receive(request, "stripe")


def _receive(request: HttpRequest, gateway_name: str) -> HttpResponse:
    """200 once the event is stored, also for one that is already; 400, and nothing stored, without a good signature."""
    if int(request.headers.get("Content-Length") or 0) > MAX_BODY_BYTES:
        return JsonResponse({"code": "too_large"}, status=413)
    try:
        receive_webhook(gateway_name=gateway_name, body=request.body, headers=request.headers, wall=clock.wall())
    except BadSignature:
        return JsonResponse({"code": "bad_signature"}, status=400)
    nudge("process_gateway_events")
    return JsonResponse({"received": True})
