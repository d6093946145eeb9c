from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from companies.queries import actor_of
from core import clock
from core.actions import carry_out
from core.errors import NotFound
from messaging.actions import mark_read
from messaging.queries import mail_by_reference, newest_mail, notice_for, notices_of


def page_number(request: HttpRequest) -> int:
    """From `?page=`; 1 for anything that is no page."""
    asked = request.GET.get("page", "1")
    return int(asked) if asked.isascii() and asked.isdigit() and 0 < int(asked[:6]) <= 100_000 and len(asked) < 7 else 1


def paging(page: int, more: bool, query: str = "") -> dict[str, Any]:
    extra = f"&{query}" if query else ""
    return {
        "previous_url": f"?page={page - 1}{extra}" if page > 1 else "",
        "next_url": f"?page={page + 1}{extra}" if more else "",
    }


@login_required
@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    page = page_number(request)
    shown, more = notices_of(user, page=page)
    context = {"notices": shown, "unread": any(notice.read_at is None for notice in shown), **paging(page, more)}
    return render(request, "messaging/notices.html", context)


@login_required
@require_GET
def notice_open(request: HttpRequest, ref: str) -> HttpResponse:
    """To the page that the notice is about. Opening it is reading it."""
    user: Any = request.user
    try:
        notice = notice_for(user, ref)
    except NotFound:
        raise Http404 from None
    carry_out(mark_read, by=actor_of(request), at=clock.now(), reference=ref)
    return redirect(notice.url or "notice-list")


@login_required
@require_POST
def notices_read(request: HttpRequest) -> HttpResponse:
    """Mark one notice (`reference`), or all, as read."""
    reference = request.POST.get("reference") or None
    carry_out(mark_read, by=actor_of(request), at=clock.now(), reference=reference)
    if reference is None:
        messages.success(request, _("All notices are marked as read."))
    return redirect("notice-list")


@require_GET
def sandbox_mail(request: HttpRequest) -> HttpResponse:
    """Every mail of the sandbox, newest first. Not there in live mode."""
    if not settings.SANDBOX:
        raise Http404
    page, to = page_number(request), request.GET.get("to", "").strip()[:254]
    mails, more = newest_mail(to=to, page=page)
    context = {
        "mails": mails,
        "to": to,
        "folder": settings.MAIL_FOLDER,
        **paging(page, more, urlencode({"to": to}) if to else ""),
    }
    return render(request, "messaging/sandbox_mail_list.html", context)


@require_GET
def sandbox_mail_view(request: HttpRequest, ref: str) -> HttpResponse:
    """One mail as text, its links clickable. Not there in live mode."""
    if not settings.SANDBOX:
        raise Http404
    try:
        mail = mail_by_reference(ref)
    except NotFound:
        raise Http404 from None
    return render(request, "messaging/sandbox_mail.html", {"mail": mail})
