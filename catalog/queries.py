"""Every read that a door, or an app above, needs of the catalogue."""

from catalog.models import Product
from companies.models import Company
from core.actors import Actor
from core.errors import NotFound

PAGE = 50
MOST_LISTED = 100


def list_products_for(company: Company, *, search: str = "") -> list[Product]:
    """The live products of a company by name; at most 100, so that more are found by `search`. For drafts."""
    rows = Product.objects.filter(company=company, archived_at__isnull=True)
    if search:
        rows = rows.filter(name__icontains=search)
    return list(rows.order_by("name", "id")[:MOST_LISTED])


def products_page(
    company_id: int, *, search: str = "", archived: bool = False, cursor: str = "", most: int = PAGE
) -> tuple[list[Product], str]:
    """One page of a company's products, newest first, and the cursor of the next one (empty: that was all).

    A cursor is the reference of the last product shown: primary keys never leave. Of any other: the first page.
    """
    rows = Product.objects.filter(company_id=company_id, archived_at__isnull=not archived)
    if search:
        rows = rows.filter(name__icontains=search)
    last = Product.objects.filter(company_id=company_id, reference=cursor).first() if cursor else None
    if last is not None:
        rows = rows.filter(pk__lt=last.pk)
    found = list(rows.order_by("-id")[: most + 1])
    return found[:most], found[most - 1].reference if len(found) > most else ""


def get_product_for(by: Actor, reference: str) -> Product:
    """A product of the actor's company, archived ones too. Raises NotFound for every other one."""
    product = Product.objects.filter(reference=reference).first()
    if product is None or not (by.is_platform or product.company_id == by.company_id):
        raise NotFound
    return product
