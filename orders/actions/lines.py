"""The lines of a draft: copied from the catalogue or typed, always written whole."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from core.errors import Invalid
from orders.drafting import LineInput, RequirementInput
from orders.models import Order, OrderLine, Requirement


def lines_from_products(company_id: int, refs: Sequence[str]) -> tuple[list[LineInput], str]:
    """Lines as the catalogue has them, in the order asked, each with the least quantity; and their one currency.

    Raises Invalid for a product that isn't this company's live one, and for products in several currencies.
    """
    refs = list(dict.fromkeys(refs))
    rows = Product.objects.filter(company_id=company_id, reference__in=refs, archived_at__isnull=True)
    products = {product.reference: product for product in rows.prefetch_related("requirements")}
    if len(products) != len(refs):
        raise Invalid(fields={"product_refs": _("One of these products is not in your catalogue any more.")})
    currencies = {product.currency for product in products.values()}
    if len(currencies) > 1:
        raise Invalid(fields={"product_refs": _("One order has one currency. Choose products priced in the same one.")})
    return [_line_of(products[ref]) for ref in refs], next(iter(currencies), "")


def _line_of(product: Product) -> LineInput:
    return LineInput(
        name=product.name,
        quantity_thousandths=product.min_quantity,
        unit=product.unit,
        unit_price_minor=product.price_minor,
        price_basis=product.price_basis,
        product_ref=product.reference,
        specification=product.specification,
        packing=product.packing,
        requirements=[
            RequirementInput(
                attribute=row.attribute,
                target=row.target,
                tolerance=row.tolerance,
                unit=row.unit,
                test_method=row.method,
                sample_plan=row.sample_plan,
                severity=row.severity,
                remedy=row.remedy,
            )
            for row in product.requirements.all()
        ],
    )


def set_lines(order: Order, lines: Sequence[LineInput]) -> None:
    """Replace all lines of a draft. The caller holds the order locked and has checked the lines."""
    OrderLine.objects.filter(order=order).delete()
    write_lines(order, lines, order.seller_id)


def write_lines(order: Order, lines: Sequence[LineInput], company_id: int) -> None:
    """Write checked lines with their requirements: two INSERTs. Raises Invalid for a product of another company."""
    refs = {line.product_ref for line in lines if line.product_ref}
    products = {each.reference: each for each in Product.objects.filter(company_id=company_id, reference__in=refs)}
    if set(products) != refs:
        raise Invalid(fields={"lines": _("One of these products is not in your catalogue any more.")})
    rows = OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            position=place,
            product=products.get(line.product_ref),
            name=line.name,
            specification=line.specification,
            size=line.size,
            quantity_thousandths=line.quantity_thousandths,
            unit=line.unit,
            unit_price_minor=line.unit_price_minor,
            price_basis=line.price_basis,
            tolerance=line.tolerance,
            packing=line.packing,
            sample_number=line.sample_number,
        )
        for place, line in enumerate(lines, start=1)
    )
    Requirement.objects.bulk_create(
        Requirement(line=row, position=place, **requirement.__dict__)
        for row, line in zip(rows, lines, strict=True)
        for place, requirement in enumerate(line.requirements, start=1)
    )
