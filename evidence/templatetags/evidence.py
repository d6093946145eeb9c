"""What pages need to take and to show documents. `templates/evidence/`; needs `static/upload.js` on the page."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.template.context import Context
from django.utils.translation import gettext_lazy as _

from evidence.file_types import ACCEPT, MAX_BYTES
from evidence.models import Document, DocumentState, Folder, Kind

register = template.Library()


@register.inclusion_tag("evidence/_upload.html", takes_context=True)
def document_upload(
    context: Context, folder: Folder, kind: str = "", label: Any = "", next_url: str = "", id: str = "upload"
) -> dict[str, Any]:
    """A form of its own that takes files into a folder. Without `kind` the sender says what the files show.

    `next_url` is where the plain form goes back to; this page, if empty. Not inside another form.
    """
    request = context["request"]
    return shared(context, folder) | {
        "kind": kind,
        "kinds": Kind.choices,
        "label": label or _("Add documents"),
        "next_url": next_url or request.get_full_path(),
        "id": id,
    }


@register.inclusion_tag("evidence/_picker.html", takes_context=True)
def document_picker(
    context: Context,
    folder: Folder,
    documents: Iterable[Document],
    name: str,
    kind: str,
    label: Any,
    help: Any = "",
    chosen: Iterable[str] = (),
    errors: Iterable[Any] = (),
) -> dict[str, Any]:
    """Inside a form: tick sealed documents of the folder, or send new ones of `kind`, which are ticked when sealed.

    Posts references as `name`. `chosen` are the references that were ticked, `errors` the words beside the field.
    """
    picked = set(chosen)
    sealed = [each for each in documents if each.is_sealed]
    fitting = [each for each in sealed if each.kind == kind or each.reference in picked]
    others = [each for each in sealed if each not in fitting]
    return shared(context, folder) | {
        "name": name,
        "kind": kind,
        "label": label,
        "help": help,
        "fitting": fitting,
        "others": others,
        "picked": picked,
        "errors": list(errors),
        "id": f"id_{name}",
    }


@register.inclusion_tag("evidence/_documents.html", takes_context=True)
def document_list(context: Context, folder: Folder, documents: Iterable[Document]) -> dict[str, Any]:
    """The documents of `evidence.queries.list_documents_for`; upload.js keeps it fresh."""
    return {"request": context["request"], "folder": folder, "documents": list(documents)}


@register.filter
def any_being_checked(documents: Iterable[Document]) -> bool:
    """Whether a list of documents will soon be another."""
    return any(each.state == DocumentState.RECEIVED for each in documents)


def shared(context: Context, folder: Folder) -> dict[str, Any]:
    return {
        "request": context["request"],
        "csrf_token": context.get("csrf_token", ""),
        "folder": folder,
        "accept": ACCEPT,
        "max_bytes": MAX_BYTES,
    }
