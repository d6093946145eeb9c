from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.money import digits_of as digits
from core.money import format_money

register = template.Library()
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


@register.simple_tag
def money(amount_minor: int | None, currency: str) -> SafeString:
    """`{% money order.total_minor order.currency %}`: "USD 12,500.00" that never breaks over two lines.

    `amount_minor` is in minor units; None (not known yet) becomes a dash.
    """
    if amount_minor is None:
        return format_html('<span class="money text-secondary">{}</span>', "\N{EN DASH}")
    words = format_money(amount_minor, currency).replace(" ", NO_BREAK_SPACE)
    return format_html('<span class="money">{}</span>', words)


@register.simple_tag
def money_text(amount_minor: int, currency: str) -> str:
    """The same without markup, for buttons, titles and mail: `{% money_text 1250000 "USD" as amount %}`."""
    return format_money(amount_minor, currency).replace(" ", NO_BREAK_SPACE)


@register.simple_tag
def digits_of(currency: str) -> int:
    """Digits after the point, for scripts that draw amounts."""
    return digits(currency)
