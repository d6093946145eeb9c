"""One shape for every page that does something to an order: a form, one action, an answer in words."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from companies.gates import member_required
from companies.models import Company
from companies.queries import actor_of
from core import clock
from core.actions import carry_out
from core.actors import Actor
from core.errors import IllegalMove, NotAllowed, NotFound, Refused, Stale
from core.form_fields import add_refusal
from core.idempotency import KeyReused, is_answered, once
from orders.actions.versions import check_seen_version
from orders.models import Order
from orders.policies import check_may
from orders.queries import get_order_for


def find_order(request: HttpRequest, ref: str) -> tuple[Order, Actor]:
    """The order and who asks; a stranger gets the page that says that nothing is here."""
    by = actor_of(request)
    try:
        return get_order_for(by=by, ref=ref), by
    except NotFound as refusal:
        raise Http404 from refusal


def zones_of(order: Order, by: Actor | None = None) -> dict[str, str]:
    """Both parties' zones and names, for `when`. Before the buyer signed others read what the seller typed, no more.

    Whose an e-mail address is, is not for the seller to learn by naming it, nor for whoever holds the link. `by`: who
    reads; the one whom an offer went to reads it in their own zone.
    """
    buyer = order.buyer
    if buyer is None and by is not None and by.company_id not in (None, order.seller_id):
        buyer = Company.objects.get(pk=by.company_id)
    return {
        "zone_a": order.seller.time_zone,
        "label_a": order.seller.name,
        "zone_b": buyer.time_zone if buyer else "",
        "label_b": buyer.name if buyer else order.buyer_company_name,
    }


def seen_version_of(request: HttpRequest) -> int | None:
    typed = request.POST.get("version", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None


def do_once(request: HttpRequest, order: Order, verb: str, run: Callable[[], Any]) -> bool:
    """Carry out `run` once per key of the form, on the version that the page showed. Raises Refused.

    False when this very form was carried out before: nothing was done now.
    """
    seen = seen_version_of(request)

    def checked() -> tuple[int, Any]:
        check_seen_version(order_id=order.pk, seen_version=seen)
        run()
        return 200, None

    scope, key = scope_of(request, order, verb), key_of(request)
    try:
        return not carry_out(once, scope=scope, key=key, body=body_of_form(request), run=checked).replayed
    except KeyReused as refusal:
        # Back, edit, send again: the page that was gone back to shows an older state.
        raise Stale from refusal


def begin_once(request: HttpRequest, by: Actor, what: str, run: Callable[[], Order]) -> str:
    """Begin an order once per key of the form; a second click finds the same one. Returns its reference."""
    scope = f"{by.company_id} page begin {what}"
    begun = lambda: (201, run().reference)  # noqa: E731
    try:
        answer = carry_out(once, scope=scope, key=key_of(request), body=body_of_form(request), run=begun)
    except KeyReused as refusal:
        raise Stale from refusal
    return str(answer.body)


def was_done(request: HttpRequest, order: Order, verb: str) -> bool:
    """This very form was sent before and carried out: a second click finds the order in its new state."""
    return is_answered(scope=scope_of(request, order, verb), key=key_of(request), body=body_of_form(request))


def body_of_form(request: HttpRequest) -> dict[str, list[str]]:
    """What was typed, without what the page itself adds."""
    added = ("csrfmiddlewaretoken", "version", "idempotency_key")
    return {name: [str(value) for value in values] for name, values in request.POST.lists() if name not in added}


def key_of(request: HttpRequest) -> str:
    return request.POST.get("idempotency_key", "")[:100] or str(uuid4())


def scope_of(request: HttpRequest, order: Order, verb: str) -> str:
    company_id = getattr(request, "company", None) and request.company.pk  # type: ignore[attr-defined]
    return f"{company_id} page {order.reference} {verb}"


class OrderVerbPage(View):
    """GET shows the form, POST carries out one action and goes back to the order. Refused: what was typed stays."""

    verb: ClassVar[str]
    form_class: ClassVar[type[forms.Form]]
    template_name: ClassVar[str] = "orders/verb.html"
    question: ClassVar[Any]
    explanation: ClassVar[Any] = ""
    confirm_label: ClassVar[Any]
    done: ClassVar[Any]
    danger: ClassVar[bool] = False
    seen_again: int | None = None
    """The version that the form goes on with after it was refused as stale; None: the present one."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return member_required(self.open)(request, *args, **kwargs)

    def open(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """For a member of one side."""
        self.order, self.by = find_order(request, kwargs["ref"])
        self.at: datetime = clock.now()
        try:
            refused = self.refuse_early() if request.method == "POST" else None
            return refused or super().dispatch(request, *args, **kwargs)
        except NotFound as refusal:
            raise Http404 from refusal

    def refuse_early(self) -> HttpResponse | None:
        """Before the form is built, which shows and needs what only this side, in this state, has."""
        try:
            check_may(self.by, self.verb, self.order)
        except IllegalMove as refusal:
            if was_done(self.request, self.order, self.verb):
                return self.finish()
            return self.turn_back(refusal) if self.over_words() else self.turn_away(refusal)
        except NotAllowed as refusal:
            return self.turn_away(refusal)
        return None

    def turn_away(self, refusal: Refused) -> HttpResponse:
        messages.error(self.request, str(refusal.words))
        return redirect("order", ref=self.order.reference)

    def turn_back(self, refusal: IllegalMove) -> HttpResponse:
        """Somebody looked, by "Back" perhaps, and did nothing wrong: the order as it is, and why it isn't the form."""
        messages.info(self.request, str(self.over_words() or refusal.words))
        return redirect("order", ref=self.order.reference)

    def over_words(self) -> Any:
        """What became of this step, where it was done; empty for the general words."""
        return ""

    def finish(self) -> HttpResponse:
        messages.success(self.request, str(self.done))
        return redirect(self.next_url())

    def finish_again(self) -> HttpResponse:
        """This very form was carried out before; what it did then may have been undone since."""
        messages.info(self.request, _("This was done before. The page shows how things stand now."))
        return redirect(self.next_url())

    def get(self, request: HttpRequest, ref: str, **kwargs: Any) -> HttpResponse:
        try:
            check_may(self.by, self.verb, self.order)
        except IllegalMove as refusal:
            return self.turn_back(refusal)
        except Refused as refusal:
            return self.turn_away(refusal)
        return self.show(self.make_form())

    def post(self, request: HttpRequest, ref: str, **kwargs: Any) -> HttpResponse:
        form = self.make_form(request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        try:
            done_now = do_once(request, self.order, self.verb, lambda: self.act(form.cleaned_data))
        except Stale as refusal:
            return self.show_stale(form, refusal)
        except Refused as refusal:
            add_refusal(form, refusal)
            return self.show(form, status=refusal.status)
        return self.finish() if done_now else self.finish_again()

    def show_stale(self, form: forms.Form, refusal: Stale) -> HttpResponse:
        """The page as it is now, with what was typed, and nothing agreed to: the reader has not seen it yet."""
        self.order.refresh_from_db()
        try:
            check_may(self.by, self.verb, self.order)
        except (IllegalMove, NotAllowed):
            return self.turn_away(refusal)
        renewed = self.make_form(self.renewed_data())
        renewed.full_clean()
        renewed.errors.clear()
        add_refusal(renewed, refusal)
        return self.show(renewed, status=refusal.status)

    def renewed_data(self) -> QueryDict:
        """What was typed; what the page itself put in is what is true now."""
        data, fresh = self.request.POST.copy(), self.make_form()
        for name, field in fresh.fields.items():
            if field.widget.is_hidden:
                data[name] = str(fresh.get_initial_for_field(field, name))
            elif isinstance(field, forms.BooleanField):
                data.pop(name, None)
        return data

    def next_url(self) -> str:
        """Where to go once it is done."""
        return reverse("order", kwargs={"ref": self.order.reference})

    def make_form(self, data: Any = None) -> forms.Form:
        return self.form_class(data, **self.form_arguments())

    def form_arguments(self) -> dict[str, Any]:
        """What the form's constructor needs beyond the data."""
        return {}

    def act(self, data: dict[str, Any]) -> None:
        """Call ONE action."""
        raise AssertionError("each page names its action")

    def context(self) -> dict[str, Any]:
        """More for the template."""
        return {}

    def show(self, form: forms.Form, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "order": self.order,
            "side": "seller" if self.by.company_id == self.order.seller_id else "buyer",
            "nav": "orders",
            "question": self.question,
            "explanation": self.explanation,
            "confirm_label": self.confirm_label,
            "danger": self.danger,
            "version": self.order.version if self.seen_again is None else self.seen_again,
            "stale": self.seen_again is not None,
            "back_url": reverse("order", kwargs={"ref": self.order.reference}),
            **zones_of(self.order, self.by),
            **self.context(),
        }
        return render(self.request, self.template_name, context, status=status)
