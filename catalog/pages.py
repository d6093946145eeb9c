from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.actions import archive_product, create_product, restore_product, update_product
from catalog.forms import (
    BLANK_ROWS,
    ProductForm,
    RequirementForm,
    entry_of,
    formset_class,
    initial_of,
    requirements_of,
    show_refusal,
    tell_of_rows,
)
from catalog.models import Product
from catalog.queries import get_product_for, products_page
from companies.gates import member_required
from companies.policies import may
from companies.queries import actor_of
from core import clock
from core.actions import carry_out
from core.actors import Actor
from core.errors import NotAllowed, NotFound, Refused, Stale
from core.idempotency import KeyReused, once

Page = Callable[..., HttpResponseBase]


def of_a_company(page: Page) -> Page:
    """Pages of members: a stranger finds nothing, a role without the right is told so."""

    @member_required
    @wraps(page)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        by = actor_of(request, "page")
        try:
            return page(request, by, *args, **kwargs)
        except NotFound as refusal:
            raise Http404 from refusal
        except NotAllowed as refusal:
            raise PermissionDenied from refusal

    return answer


@require_safe
@of_a_company
def product_list(request: HttpRequest, by: Actor) -> HttpResponse:
    assert by.company_id is not None
    search = " ".join(request.GET.get("q", "")[:100].split())
    archived = request.GET.get("archived") == "1"
    cursor = request.GET.get("after", "")[:40]
    products, following = products_page(by.company_id, search=search, archived=archived, cursor=cursor)
    kept = {"q": search} if search else {}
    kept |= {"archived": "1"} if archived else {}
    context = {
        "nav": "products",
        "products": products,
        "search": search,
        "archived": archived,
        "may_edit": may(by, "draft", by.company_id),
        "next_url": "?" + urlencode(kept | {"after": following}) if following else "",
        "previous_url": "?" + urlencode(kept) if cursor else "",
    }
    return render(request, "catalog/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@of_a_company
def product_new(request: HttpRequest, by: Actor) -> HttpResponse:
    if not may(by, "draft", by.company_id or 0):
        raise NotAllowed
    return edit(request, by, None)


@require_http_methods(["GET", "HEAD", "POST"])
@of_a_company
def product_edit(request: HttpRequest, by: Actor, reference: str) -> HttpResponse:
    return edit(request, by, get_product_for(by, reference))


def edit(request: HttpRequest, by: Actor, product: Product | None) -> HttpResponse:
    """The form of a new or a known product; `more` adds blank rows and keeps what was typed."""
    if request.method != "POST":
        initial = initial_of(product) if product else None
        rows = requirements_of(product) if product else []
        return show(request, by, product, ProductForm(initial=initial), formset_class(BLANK_ROWS)(initial=rows))
    form = ProductForm(request.POST)
    if "more" in request.POST:
        wider = request.POST.copy()
        asked = wider.get("form-TOTAL_FORMS", "0")
        wider["form-TOTAL_FORMS"] = str(int(asked) + BLANK_ROWS if asked.isdigit() and len(asked) < 4 else BLANK_ROWS)
        typed = ProductForm(initial=request.POST.dict())
        return show(request, by, product, typed, formset_class(0)(wider), seen=request.POST.get("version"))
    rows = formset_class(0)(request.POST)
    if form.is_valid() & rows.is_valid():
        kept = rows.kept()
        try:
            saved = save(request, by, product, form, kept)
        except NotAllowed:
            raise
        except Refused as refusal:
            show_refusal(form, kept, refusal)
        else:
            messages.success(request, _("Saved. Orders that were drafted before keep what they had."))
            return redirect("product", saved)
    else:
        tell_of_rows(form, rows)
    return show(request, by, product, form, rows, seen=request.POST.get("version"), status=422)


def save(
    request: HttpRequest, by: Actor, product: Product | None, form: ProductForm, kept: list[RequirementForm]
) -> str:
    """Carry out the one action, once per key of the form; returns the product's reference."""
    entry, at = entry_of(form, kept), clock.now()
    seen = request.POST.get("version", "")

    def run() -> tuple[int, Any]:
        if product is None:
            assert by.company_id is not None
            return 201, create_product(company_id=by.company_id, entry=entry, by=by, at=at).reference
        version = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else None
        changed = update_product(product_id=product.pk, entry=entry, seen_version=version, by=by, at=at)
        return 200, changed.reference

    key = request.POST.get("idempotency_key", "")[:100] or str(uuid4())
    body = {name: values for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"}
    scope = f"{by.company_id} page {request.path}"
    try:
        return str(carry_out(once, scope=scope, key=key, body=body, run=run).body)
    except KeyReused as refusal:
        # Back, edit, send again: the page that was gone back to shows an older state.
        raise Stale from refusal


def show(
    request: HttpRequest,
    by: Actor,
    product: Product | None,
    form: ProductForm,
    rows: Any,
    *,
    seen: str | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "nav": "products",
        "product": product,
        "form": form,
        "rows": rows,
        "version": seen or (product.version if product else 0),
        "may_edit": may(by, "draft", by.company_id or 0),
    }
    return render(request, "catalog/edit.html", context, status=status)


@require_POST
@of_a_company
def product_archive(request: HttpRequest, by: Actor, reference: str) -> HttpResponse:
    product = get_product_for(by, reference)
    carry_out(archive_product, product_id=product.pk, by=by, at=clock.now())
    messages.success(request, _("Archived. New drafts don't offer it any more."))
    return redirect("product-list")


@require_POST
@of_a_company
def product_restore(request: HttpRequest, by: Actor, reference: str) -> HttpResponse:
    product = get_product_for(by, reference)
    carry_out(restore_product, product_id=product.pk, by=by, at=clock.now())
    messages.success(request, _("Restored. New drafts offer it again."))
    return redirect("product", reference)
