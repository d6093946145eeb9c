"""The sandbox bar: moving the clock from any page. In live mode these pages do not exist."""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from core import clock
from core.errors import Refused
from core.sandbox_clock import move_clock, next_deadline_at

STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}


class MoveClockForm(forms.Form):
    step = forms.ChoiceField(choices=[*((name, name) for name in STEPS), ("deadline", "deadline")])
    next = forms.CharField(required=False, max_length=500)


def distance_of(step: str) -> timedelta | None:
    """How far a button moves the clock; None when no deadline is waiting."""
    if step != "deadline":
        return STEPS[step]
    due_at = next_deadline_at()
    return None if due_at is None else due_at - clock.now() + timedelta(seconds=1)


@require_POST
def sandbox_clock(request: HttpRequest) -> HttpResponse:
    form = MoveClockForm(request.POST)
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    if not form.is_valid():
        messages.error(request, _("Choose how far the sandbox clock should move."))
        return redirect(back)
    distance = distance_of(form.cleaned_data["step"])
    if distance is None:
        messages.info(request, _("No deadline is waiting."))
        return redirect(back)
    try:
        ran = move_clock(by=distance)
    except Refused as refusal:
        messages.error(request, str(refusal.words))
        return redirect(back)
    said = ngettext(
        "The sandbox clock moved; %(n)d deadline ran.", "The sandbox clock moved; %(n)d deadlines ran.", ran
    )
    messages.success(request, said % {"n": ran})
    return redirect(back)
