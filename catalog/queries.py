"""Every read that a door, or an app above, needs of the catalogue."""

from catalog.models import Product
from companies.models import Company
from core.actors import Actor
from core.errors import NotFound

PAGE = 50
MOST_LISTED = 500


def list_products_for(company: Company, *, search: str = "") -> list[Product]:
    """The live products of a company by name, with their requirements; at most 500. For drafts to start from."""
    rows = Product.objects.filter(company=company, archived_at__isnull=True)
    if search:
        rows = rows.filter(name__icontains=search)
    return list(rows.order_by("name", "id").prefetch_related("requirements")[:MOST_LISTED])


def products_page(
    company_id: int, *, search: str = "", archived: bool = False, older_than: int | None = None, most: int = PAGE
) -> tuple[list[Product], int | None]:
    """One page of a company's products, newest first, and the cursor of the next one (None: that was all)."""
    rows = Product.objects.filter(company_id=company_id, archived_at__isnull=not archived)
    if search:
        rows = rows.filter(name__icontains=search)
    if older_than is not None:
        rows = rows.filter(pk__lt=older_than)
    found = list(rows.order_by("-id")[: most + 1])
    return found[:most], found[most - 1].pk if len(found) > most else None


def get_product_for(by: Actor, reference: str) -> Product:
    """A product of the actor's company, archived ones too. Raises NotFound for every other one."""
    product = Product.objects.filter(reference=reference).first()
    if product is None or not (by.is_platform or product.company_id == by.company_id):
        raise NotFound
    return product
