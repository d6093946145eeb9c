"""Buttons of the admin ask before they act: a link alone changes nothing, and the reason is kept."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from core.actions import carry_out
from core.errors import Refused
from core.form_fields import LongTextField, add_refusal


class WhyForm(forms.Form):
    why = LongTextField(label=_("Why"), limit=500, required=False, help_text=_("Kept in the history, with your name."))


class WordsForm(WhyForm):
    why = LongTextField(label=_("Your words"), limit=4000, required=False, help_text=_("Put in front of what is sent."))


def ask_first(
    request: HttpRequest,
    *,
    question: Any,
    subject: Any,
    back: str,
    run: Callable[[str], Any],
    form_class: type[WhyForm] = WhyForm,
    facts: Sequence[tuple[Any, Any]] = (),
    done: Callable[[Any], Any] = lambda _result: _("Done."),
) -> HttpResponse:
    """GET asks `question` about `subject` and for the reason; POST calls `run(why)` and goes `back`.

    `facts`: what must be looked at before, each with its name. `done`: what is said of what `run` returned.
    A refusal of the action is shown on the page, which keeps what was typed. `run` is called outside transactions.
    """
    form = form_class(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            result = carry_out(run, form.cleaned_data["why"])
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, str(done(result)))
            return redirect(back)
    context = {
        **admin.site.each_context(request),
        "form": form,
        "question": question,
        "subject": subject,
        "facts": facts,
        "back": back,
    }
    return render(request, "admin/ask_first.html", context, status=422 if form.errors else 200)
