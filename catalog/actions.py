"""Every write of the catalogue. Orders copy what they need: nothing here changes an order."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from catalog.entries import ProductEntry, check_entry
from catalog.locks import lock_product
from catalog.models import Product, ProductRequirement
from companies.policies import check_may
from core.actions import action
from core.actors import Actor
from core.errors import Refused, Stale
from core.references import new_reference

MOST_PRODUCTS = 10_000


class CatalogueFull(Refused):
    code = "catalogue_full"
    message = _("This catalogue holds as many products as it can. Edit one of them instead.")


@action
def create_product(*, company_id: int, entry: ProductEntry, by: Actor, at: datetime) -> Product:
    """Add a product. Raises NotAllowed, Invalid by field, CatalogueFull."""
    check_may(by, "draft", company_id)
    values, requirements = check_entry(entry)
    if Product.objects.filter(company_id=company_id).count() >= MOST_PRODUCTS:
        raise CatalogueFull
    product = Product.objects.create(
        reference=new_reference("prd"), company_id=company_id, created_at=at, updated_at=at, **values
    )
    write_requirements(product, requirements)
    return product


@action
def update_product(
    *, product_id: int, entry: ProductEntry, seen_version: int | None, by: Actor, at: datetime
) -> Product:
    """Write a product anew, requirements and all. Locks: the product.

    Raises NotFound, NotAllowed, Invalid by field, Stale when `seen_version` is not the present one (None: don't ask).
    """
    product = lock_product(product_id)
    check_may(by, "draft", product.company_id)
    if seen_version is not None and seen_version != product.version:
        raise Stale
    values, requirements = check_entry(entry)
    for name, value in values.items():
        setattr(product, name, value)
    product.version += 1
    product.updated_at = at
    product.save()
    ProductRequirement.objects.filter(product=product).delete()
    write_requirements(product, requirements)
    return product


@action
def archive_product(*, product_id: int, by: Actor, at: datetime) -> Product:
    """Offer it no longer: drafts don't list it. Repeating it changes nothing. Raises NotFound, NotAllowed."""
    product = lock_product(product_id)
    check_may(by, "draft", product.company_id)
    if product.archived_at is None:
        product.archived_at = product.updated_at = at
        product.version += 1
        product.save()
    return product


@action
def restore_product(*, product_id: int, by: Actor, at: datetime) -> Product:
    """Offer it again. Repeating it changes nothing. Raises NotFound, NotAllowed."""
    product = lock_product(product_id)
    check_may(by, "draft", product.company_id)
    if product.archived_at is not None:
        product.archived_at = None
        product.updated_at = at
        product.version += 1
        product.save()
    return product


def write_requirements(product: Product, rows: list[dict[str, Any]]) -> None:
    ProductRequirement.objects.bulk_create(
        ProductRequirement(product=product, position=place, **values) for place, values in enumerate(rows, start=1)
    )
