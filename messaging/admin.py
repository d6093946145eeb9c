from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from companies.queries import staff_actor_of
from core import clock
from core.admin_ask import ask_first
from core.admin_base import ReadOnlyModelAdmin, one_of
from messaging.actions import retry_mail
from messaging.models import Mail, Notice


@admin.register(Mail)
class MailAdmin(ReadOnlyModelAdmin):
    """Mail on its way; what failed can be sent again. The text of account mail is shown to nobody here."""

    list_display = ("to", "subject", "kind", "state", "attempts", "due_at", "created_at", "sent_at")
    list_filter = ("state", one_of("language", _("language"), lambda: settings.LANGUAGES))
    search_fields = ("to", "subject", "reference")
    ordering = ("-id",)
    exclude = ("body_html", "body_text", "user")
    actions_detail = ("send_again",)

    @action(description=_("Send again"))
    def send_again(self, request: HttpRequest, object_id: int) -> HttpResponse:
        mail = get_object_or_404(Mail, pk=object_id)
        by = staff_actor_of(request)
        return ask_first(
            request,
            question=_("Send this mail again?"),
            subject=f"{mail.to}: {mail.subject}",
            back=reverse("admin:messaging_mail_change", args=[mail.pk]),
            run=lambda why: retry_mail(mail_id=mail.pk, why=why, by=by, at=clock.wall()),
        )


@admin.register(Notice)
class NoticeAdmin(ReadOnlyModelAdmin):
    list_display = ("user", "title", "kind", "created_at", "read_at")
    search_fields = ("user__email", "title")
    list_select_related = ("user",)
    ordering = ("-id",)
