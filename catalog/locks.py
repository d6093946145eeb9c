from catalog.models import Product
from core.errors import NotFound


def lock_product(product_id: int) -> Product:
    """Locked until commit. Raises NotFound."""
    product = Product.objects.select_for_update(no_key=True).filter(pk=product_id).first()
    if product is None:
        raise NotFound
    return product
