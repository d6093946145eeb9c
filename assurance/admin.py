"""Staff's look at the platform's own loops: alarms, deadlines, news on its way, history; and at the books."""

from typing import Any, get_args

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.decorators import action, display

from assurance.actions import check_can_clear, clear_alarm, retry_delivery
from companies.admin_offers import OfferingModelAdmin
from companies.queries import staff_actor_of
from core import clock, deadlines
from core.actors import ActorKind, Door
from core.admin_ask import ask_first
from core.admin_base import ReadOnlyModelAdmin, named, one_of
from core.models import Alarm, Deadline, DeadlineState, Delivery, DeliveryState, Event, Heartbeat, Transition
from core.states import GUARDED
from payments.actions.books import SELF_CHECK
from payments.actions.sending import BOOKS_ALARM


@admin.register(Alarm)
class AlarmAdmin(OfferingModelAdmin):
    list_display = ("kind", "standing", "subject_type", "subject_id", "short", "seen", "raised_at", "last_at")
    list_filter = (("cleared_at", admin.EmptyFieldListFilter),)
    search_fields = ("kind", "message")
    ordering = ("-id",)
    actions_detail = ("clear",)
    offered = {"clear": check_can_clear}

    @display(description=_("standing"), label={"live": "danger", "cleared": "success"})
    def standing(self, alarm: Alarm) -> tuple[str, Any]:
        return ("cleared", _("cleared")) if alarm.cleared_at else ("live", _("live"))

    @admin.display(description=_("message"))
    def short(self, alarm: Alarm) -> str:
        return alarm.message[:120]

    @action(description=pgettext_lazy("an alarm", "Clear"))
    def clear(self, request: HttpRequest, object_id: int) -> HttpResponse:
        alarm = get_object_or_404(Alarm, pk=object_id)
        by = staff_actor_of(request)
        return ask_first(
            request,
            question=_("Clear this alarm?"),
            subject=str(alarm),
            back=reverse("admin:core_alarm_change", args=[alarm.pk]),
            run=lambda why: clear_alarm(alarm_id=alarm.pk, why=why, by=by, at=clock.wall()),
        )


@admin.register(Deadline)
class DeadlineAdmin(ReadOnlyModelAdmin):
    list_display = ("kind", "subject_type", "subject_id", "standing", "due_at", "attempts", "last_error")
    list_filter = (
        "state",
        "is_reminder",
        one_of("kind", _("kind"), lambda: named(deadlines.registered_kinds())),
    )
    search_fields = ("=subject_id",)
    ordering = ("-id",)

    @display(
        description=_("state"),
        label={"overdue": "danger", "WAITING": "info", "PAUSED": "warning", "DONE": "success"},
    )
    def standing(self, deadline: Deadline) -> tuple[str, Any]:
        if deadline.state == DeadlineState.WAITING and deadline.due_at < clock.now():
            return "overdue", _("overdue")
        return deadline.state, deadline.state


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyModelAdmin):
    """The outbox: one event on its way to one reaction."""

    list_display = ("event", "reaction", "standing", "attempts", "due_at", "done_at", "last_error")
    list_filter = ("state",)
    list_select_related = ("event",)
    search_fields = ("reaction", "event__name")
    ordering = ("-id",)
    actions_detail = ("retry",)

    @display(description=_("state"), label={"failing": "danger", "WAITING": "info", "DONE": "success"})
    def standing(self, delivery: Delivery) -> tuple[str, Any]:
        if delivery.state == DeliveryState.WAITING and delivery.attempts:
            return "failing", _("failing")
        return delivery.state, delivery.state

    @action(description=_("Try again now"))
    def retry(self, request: HttpRequest, object_id: int) -> HttpResponse:
        delivery, by = get_object_or_404(Delivery, pk=object_id), staff_actor_of(request)
        return ask_first(
            request,
            question=_("Deliver this news again now?"),
            subject=str(delivery),
            back=reverse("admin:core_delivery_change", args=[delivery.pk]),
            run=lambda why: retry_delivery(delivery_id=delivery.pk, why=why, by=by, at=clock.wall()),
        )


@admin.register(Event)
class EventAdmin(ReadOnlyModelAdmin):
    list_display = ("name", "payload", "at", "recorded_at")
    search_fields = ("=name",)
    ordering = ("-id",)


@admin.register(Transition)
class TransitionAdmin(ReadOnlyModelAdmin):
    """Every step of every state machine."""

    list_display = (
        "subject_type",
        "subject_id",
        "verb",
        "source",
        "target",
        "at",
        "actor_kind",
        "door",
        "user_id",
        "why",
    )
    list_filter = (
        one_of("subject_type", _("subject type"), lambda: named(model._meta.label_lower for model, _field in GUARDED)),
        one_of("door", _("door"), lambda: named(get_args(Door))),
        one_of("actor_kind", _("actor kind"), lambda: named(get_args(ActorKind))),
    )
    search_fields = ("=subject_id", "=verb")
    ordering = ("-id",)


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the admin's first page says: the mode of payments, the books, and what is wrong now. Four statements."""
    live = Alarm.objects.filter(cleared_at__isnull=True)
    context["status"] = {
        "mode": settings.PAYMENTS_MODE,
        "now": clock.now(),
        "checked_at": Heartbeat.objects.filter(name=SELF_CHECK).values_list("beat_at", flat=True).first(),
        "books_alarm": live.filter(kind=BOOKS_ALARM).first(),
        "alarms": list(live.order_by("-last_at")[:10]),
        "swept_at": Heartbeat.objects.filter(name="sweep").values_list("beat_at", flat=True).first(),
    }
    return context
