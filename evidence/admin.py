"""Staff's look at documents: what was uploaded, by whom, and why it was rejected. No file is shown here."""

from typing import Any, ClassVar

from django.contrib import admin
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from companies.models import StaffGroup
from core.admin_base import ReadOnlyModelAdmin
from evidence.models import Document, DocumentView

SEEN_BY = (StaffGroup.ARBITER, StaffGroup.VERIFIER)


@admin.register(Document)
class DocumentAdmin(ReadOnlyModelAdmin):
    seen_by: ClassVar[tuple[str, ...]] = SEEN_BY
    list_display = ("reference", "kind", "file_name", "standing", "reason", "size", "uploaded_by_company", "at")
    list_filter = ("state", "kind", "reason")
    search_fields = ("reference", "file_name", "=sha256", "folder__reference")
    list_select_related = ("uploaded_by_company",)
    ordering = ("-id",)
    exclude = ("upload_id",)

    @display(
        description=_("state"),
        label={"UPLOADING": "info", "RECEIVED": "warning", "SEALED": "success", "REJECTED": "danger"},
    )
    def standing(self, document: Document) -> tuple[str, Any]:
        return document.state, document.get_state_display()

    @admin.display(description=_("size"))
    def size(self, document: Document) -> str:
        return filesizeformat(document.size_bytes)


@admin.register(DocumentView)
class DocumentViewAdmin(ReadOnlyModelAdmin):
    """Who opened which document."""

    seen_by: ClassVar[tuple[str, ...]] = SEEN_BY
    list_display = ("document", "user", "company", "at")
    list_select_related = ("document", "user", "company")
    search_fields = ("document__reference",)
    ordering = ("-id",)
