"""Staff and the bank: statements uploaded, confirmed and followed. Every button asks first."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from companies.models import StaffGroup
from companies.queries import staff_actor_of
from core import clock
from core.actions import carry_out, lets_pass
from core.admin_ask import ask_first
from core.admin_base import BY_CURRENCY, ReadOnlyModelAdmin, check_is_id
from core.errors import Refused
from core.form_fields import add_refusal
from core.money import format_money
from payments.actions.statements import (
    check_can_confirm,
    check_can_read_again,
    check_can_refuse,
    confirm_statement_file,
    read_statement_file_again,
    receive_statement_file,
    refuse_statement_file,
)
from payments.bank_forms import StatementUploadForm
from payments.bank_queries import FINAL, payments_of_lines, statements_of, tally_of
from payments.confirming_queries import Refusal, ahead_page_of, ahead_totals_of, refusals_of
from payments.models import (
    BankLine,
    Direction,
    Outcome,
    StatementFile,
    StatementState,
    SuspenseItem,
)
from payments.statements.chunks import open_stored

LINES_PER_PAGE = 100
REFRESH_SECONDS = "3"
FILE_COLOURS = {
    "RECEIVED": "info",
    "READ": "info",
    "BOOKED": "success",
    "UNCONFIRMED": "warning",
    "QUARANTINED": "danger",
}


OFFERED = {"confirm": check_can_confirm, "refuse": check_can_refuse, "read_again": check_can_read_again}


class StatementFileAdmin(ReadOnlyModelAdmin):
    """Files of the bank's statements: how far each is, and what became of its lines."""

    seen_by: ClassVar[tuple[str, ...]] = (StaffGroup.TREASURER,)
    list_display = ("file_name", "standing", "progress", "received_at", "uploaded_by", "door", "problem_words")
    list_filter = ("state", "door")
    search_fields = ("file_name", "=reference", "=sha256")
    list_select_related = ("uploaded_by",)
    ordering: ClassVar = ("-id",)
    actions_list = ("upload_file",)

    @display(description=_("state"), label=FILE_COLOURS)
    def standing(self, file: StatementFile) -> tuple[str, Any]:
        return file.state, file.get_state_display()

    @admin.display(description=_("lines"))
    def progress(self, file: StatementFile) -> str:
        return f"{file.lines_booked} / {file.lines}"

    @action(description=_("Upload a statement"))
    def upload_file(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:payments_statementfile_upload")

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "payments_statementfile"
        return [
            path("upload/", wrap(self.upload), name=f"{name}_upload"),
            path("<int:object_id>/confirm/", wrap(self.confirm), name=f"{name}_confirm"),
            path("<int:object_id>/download/", wrap(self.download), name=f"{name}_download"),
            path("<int:object_id>/refuse/", wrap(self.refuse), name=f"{name}_refuse"),
            path("<int:object_id>/read-again/", wrap(self.read_again), name=f"{name}_read_again"),
            *super().get_urls(),
        ]

    def upload(self, request: HttpRequest) -> HttpResponse:
        """Choose or drag a file; it is read and booked in the background, and its page shows how far it is."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = StatementUploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            source, by = form.cleaned_data["file"], staff_actor_of(request)
            try:
                received = carry_out(
                    receive_statement_file, source=source, file_name=source.name, by=by, at=clock.now()
                )
            except Refused as refusal:
                add_refusal(form, refusal)
            else:
                is_read = received.is_new or received.file.state == StatementState.RECEIVED
                words = _("Received.") if is_read else _("This file came before. Nothing was changed.")
                messages.success(request, str(words))
                return redirect("admin:payments_statementfile_change", received.file.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Upload a statement"),
            "form": form,
            "back": reverse("admin:payments_statementfile_changelist"),
        }
        return render(request, "admin/upload_statement.html", context, status=422 if form.errors else 200)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The result of one file, line by line; while it is on its way, how far it is."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        check_is_id(object_id)
        file, by = get_object_or_404(StatementFile, pk=object_id), staff_actor_of(request)
        outcome = request.GET.get("outcome", "")
        rows = BankLine.objects.filter(file=file).select_related("outcome").order_by("place")
        if outcome in Outcome.values:
            rows = rows.filter(outcome__outcome=outcome)
        page = Paginator(rows, LINES_PER_PAGE).get_page(request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request),
            "title": file.file_name,
            "file": file,
            "is_final": file.state in FINAL,
            "percent": 100 * file.lines_booked // file.lines if file.lines else 0,
            "statements": statements_of(file),
            "refusals": refusals_of(file),
            **(_ahead(request, file) if file.state == StatementState.UNCONFIRMED else {}),
            "may": {name: lets_pass(check, file, by) for name, check in OFFERED.items()},
            "tallies": tally_of(file),
            "outcome": outcome,
            "page": page,
            "rows": _rows(list(page.object_list)),
            "back": reverse("admin:payments_statementfile_changelist"),
        }
        response = render(request, "admin/statement_file.html", context)
        if file.state not in FINAL:
            response["Refresh"] = REFRESH_SECONDS
        return response

    def download(self, request: HttpRequest, object_id: int) -> HttpResponseBase:
        """The file as it came, under a name of ours: whoever sent it chose the other. No browser shows it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        file = get_object_or_404(StatementFile, pk=object_id)
        name = f"{file.reference}.txt"
        answer = FileResponse(
            open_stored(file.pk), as_attachment=True, filename=name, content_type="application/octet-stream"
        )
        answer["Content-Length"] = str(file.size_bytes)
        return answer

    def confirm(self, request: HttpRequest, object_id: int) -> HttpResponse:
        question = _(
            "Is every line of this file in the bank's own pages, with the same account, name, references and text, and"
            " are the balances the same?"
        )
        return self._ask(request, object_id, question, confirm_statement_file)

    def refuse(self, request: HttpRequest, object_id: int) -> HttpResponse:
        question = _("Refuse this file? Nothing of it is booked.")
        return self._ask(request, object_id, question, refuse_statement_file)

    def read_again(self, request: HttpRequest, object_id: int) -> HttpResponse:
        question = _("Read this file again? Do so when the reason why it was refused is mended.")
        return self._ask(request, object_id, question, read_statement_file_again)

    def _ask(self, request: HttpRequest, object_id: int, question: Any, decide: Any) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        file = get_object_or_404(StatementFile, pk=object_id)
        by, at = staff_actor_of(request), clock.now()
        return ask_first(
            request,
            question=question,
            subject=file.file_name,
            facts=[(_refused_words(refusal), refusal.why) for refusal in refusals_of(file)],
            back=reverse("admin:payments_statementfile_change", args=[file.pk]),
            run=lambda why: decide(file_id=file.pk, why=why, by=by, at=at),
        )


def _ahead(request: HttpRequest, file: StatementFile) -> dict[str, Any]:
    """What another treasurer compares with the bank's own pages, of a file that waits for it."""
    page, blocks = ahead_page_of(file, request.GET.get("page"))
    return {
        "ahead_page": page,
        "blocks": blocks,
        "totals": ahead_totals_of(file),
        "is_mine": file.uploaded_by_id == request.user.pk,
    }


def _refused_words(refusal: Refusal) -> str:
    words = _("Refused by %(who)s on %(day)s")
    if refusal.is_other:
        words = _("%(file)s, of the same day, was refused by %(who)s on %(day)s")
    return str(words) % {"file": refusal.file, "who": refusal.by, "day": f"{refusal.at:%Y-%m-%d}"}


def _rows(lines: list[BankLine]) -> list[dict[str, Any]]:
    """Lines as the page shows them: with the payments they went to, or their case on the desk."""
    given = payments_of_lines(lines)
    items = {item.line_id: item for item in SuspenseItem.objects.filter(line__in=[line.pk for line in lines])}
    return [
        {
            "line": line,
            "sign": "+" if line.direction == Direction.IN else "−",
            "outcome": line.outcome.get_outcome_display() if hasattr(line, "outcome") else "",
            "why": line.outcome.why if hasattr(line, "outcome") else "",
            "allocations": given.get(line.pk, []),
            "item": items.get(line.pk),
        }
        for line in lines
    ]


class BankLineAdmin(ReadOnlyModelAdmin):
    """Every line of every statement, to be searched."""

    seen_by: ClassVar[tuple[str, ...]] = (StaffGroup.TREASURER,)
    list_display = ("booked_on", "direction", "amount", "counterparty_name", "remittance", "became", "file")
    list_filter = ("direction", BY_CURRENCY, "outcome__outcome")
    search_fields = ("=bank_reference", "=end_to_end", "counterparty_name", "remittance")
    list_select_related = ("file", "outcome")
    ordering: ClassVar = ("-id",)

    @admin.display(description=_("amount"))
    def amount(self, line: BankLine) -> str:
        return format_money(line.amount_minor, line.currency)

    @admin.display(description=_("outcome"))
    def became(self, line: BankLine) -> str:
        return f"{line.outcome.get_outcome_display()}: {line.outcome.why}" if hasattr(line, "outcome") else ""
