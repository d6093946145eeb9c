from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from companies.queries import actor_of
from core import clock
from core.actions import carry_out
from core.actors import Actor
from core.errors import NotAllowed, NotFound, Refused
from core.form_fields import add_refusal
from evidence import exchanges, queries
from evidence.actions import record_view
from evidence.forms import UploadForm
from evidence.models import Document, DocumentState, Folder

Page = Callable[..., HttpResponse]


def strangers_find_nothing(page: Page) -> Page:
    """What one may not see does not exist."""

    @wraps(page)
    def answer(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        try:
            return page(request, *args, **kwargs)
        except NotFound as refusal:
            raise Http404 from refusal
        except NotAllowed as refusal:
            raise PermissionDenied from refusal

    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@strangers_find_nothing
def document_list(request: HttpRequest) -> HttpResponse:
    """GET: the list of a folder; a part of a page for the script that asks so, a page by itself. POST: plain upload."""
    by = actor_of(request, "page")
    if request.method == "POST":
        return upload(request, by)
    folder = queries.get_folder_for(by, request.GET.get("folder", ""))
    documents = queries.list_documents_for(by, folder.pk)
    template = "evidence/_documents.html" if "part" in request.GET else "evidence/list.html"
    return render(request, template, {"folder": folder, "documents": documents})


def upload(request: HttpRequest, by: Actor) -> HttpResponse:
    """Keep every file that is right, and say of the others why they aren't."""
    folder = queries.get_folder_for(by, request.POST.get("folder", ""))
    form = UploadForm(request.POST, request.FILES)
    stored = store_files(form, folder, by) if form.is_valid() else []
    say_what_became_of(request, stored)
    if form.errors:
        context = {"form": form, "back_url": safe_next(request), "some_stored": bool(stored)}
        return render(request, "evidence/upload.html", context, status=422)
    return HttpResponseRedirect(safe_next(request))


def store_files(form: UploadForm, folder: Folder, by: Actor) -> list[Document]:
    stored = []
    for file in form.cleaned_data["file"]:
        try:
            stored.append(
                exchanges.store_file(
                    folder_id=folder.pk,
                    kind=form.cleaned_data["kind"],
                    file_name=file.name,
                    file=file,
                    by=by,
                    at=clock.now(),
                )
            )
        except NotAllowed:
            raise
        except Refused as refusal:
            add_refusal(form, refusal)
    return stored


def say_what_became_of(request: HttpRequest, documents: list[Document]) -> None:
    sealed = [each for each in documents if each.is_sealed]
    waiting = [each for each in documents if each.state == DocumentState.RECEIVED]
    if sealed:
        said = ngettext("%(n)d document is sealed.", "%(n)d documents are sealed.", len(sealed))
        messages.success(request, said % {"n": len(sealed)})
    if waiting:
        messages.info(request, _("The file has arrived and will be checked in a moment."))
    for each in documents:
        if each.state == DocumentState.REJECTED:
            messages.error(request, f"{each.file_name}: {each.get_reason_display()}")


def safe_next(request: HttpRequest) -> str:
    back = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return back
    return reverse("home")


@require_safe
@login_required
@strangers_find_nothing
def document_download(request: HttpRequest, reference: str) -> HttpResponse:
    """To the store, which gives it as an attachment. Recorded first: who sees, is seen."""
    by = actor_of(request, "page")
    document = queries.get_document_for(by, reference)
    try:
        carry_out(record_view, document_id=document.pk, by=by, at=clock.now())
    except Refused as refusal:
        return render(request, "evidence/not_open.html", {"document": document, "words": refusal.words}, status=409)
    return HttpResponseRedirect(queries.download_url(document), headers={"Cache-Control": "no-store"})
