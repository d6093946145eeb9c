from django import template

from catalog.quantities import format_quantity

register = template.Library()


@register.filter
def quantity(thousandths: int) -> str:
    """`{{ product.min_quantity|quantity }}`: thousandths as "1,200" units in the reader's digits."""
    return format_quantity(thousandths)
