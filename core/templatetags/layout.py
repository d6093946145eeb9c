"""The pieces that pages are made of. Their markup lies in `templates/components/`; its README shows each."""

import uuid
from datetime import datetime
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

COLOURS = {"grey", "blue", "amber", "green", "red", "purple"}
ALERTS = {
    "info": "info-circle",
    "success": "circle-check",
    "warning": "alert-triangle",
    "danger": "alert-circle",
}


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A Tabler icon of `static/vendor/tabler-icons/icons.svg`. Decorative unless it gets a label."""
    sheet = static("vendor/tabler-icons/icons.svg")
    if label:
        return format_html(
            '<svg class="icon" width="20" height="20" role="img" aria-label="{}"><use href="{}#{}"/></svg>',
            label,
            sheet,
            name,
        )
    return format_html(
        '<svg class="icon" width="20" height="20" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        sheet,
        name,
    )


@register.simple_tag
def badge(label: Any, colour: str = "grey") -> SafeString:
    """A state in the words of the rules. grey: rest or ended; blue: running; amber: someone must act; green: money is
    safe or done; red: wrong or late; purple: on hold.
    """
    assert colour in COLOURS, f"no such badge colour: {colour}"
    return format_html('<span class="badge state state-{}">{}</span>', colour, label)


@register.simple_block_tag
def page_header(content: str, title: Any, subtitle: Any = "", back_url: str = "", back_label: Any = "") -> str:
    """The page's h1; what stands inside is its one primary button (or nothing)."""
    return render(
        "_page_header.html", content, title=title, subtitle=subtitle, back_url=back_url, back_label=back_label
    )


@register.simple_block_tag
def card(content: str, title: Any = "", icon: str = "", id: str = "", flush: bool = False) -> str:
    """A titled box. `flush=True` lets a table or list reach its edges."""
    return render("_card.html", content, title=title, icon=icon, id=id, flush=flush)


@register.simple_block_tag
def alert(content: str, kind: str, title: Any = "") -> str:
    """kind: info, success, warning, danger."""
    return render("_alert.html", content, kind=kind, title=title, icon=ALERTS[kind])


@register.simple_block_tag
def empty_state(content: str, title: Any, icon: str = "file-text") -> str:
    """What to say when a list is empty; inside: a sentence and the way on."""
    return render("_empty_state.html", content, title=title, icon=icon)


@register.simple_block_tag
def facts(content: str) -> SafeString:
    """A key-value list, made of `fact`s."""
    return format_html('<dl class="facts">{}</dl>', content)


@register.simple_block_tag
def fact(content: str, label: Any) -> SafeString:
    return format_html('<div class="fact"><dt>{}</dt><dd>{}</dd></div>', label, content)


@register.simple_block_tag
def next_step(
    content: str,
    title: Any,
    who: Any,
    mine: bool = False,
    due: datetime | None = None,
    zone_a: str = "UTC",
    label_a: str = "",
    zone_b: str = "",
    label_b: str = "",
    silence: Any = "",
) -> str:
    """Who must do what, by when in both zones, and what silence does. Inside: the buttons, the primary one first."""
    return render(
        "_next_step.html",
        content,
        title=title,
        who=who,
        mine=mine,
        due=due,
        zone_a=zone_a,
        label_a=label_a,
        zone_b=zone_b,
        label_b=label_b,
        silence=silence,
    )


@register.simple_tag
def copyable(text: Any, label: Any) -> str:
    """A value to be typed elsewhere (account number, reference) with a button that copies it where scripts run."""
    return render_to_string("components/_copyable.html", {"text": text, "label": label})


@register.simple_tag
def submit_key() -> SafeString:
    """The hidden idempotency key of a form that writes: a double click sends the same one twice."""
    return format_html('<input type="hidden" name="idempotency_key" value="{}">', uuid.uuid4())


@register.simple_tag
def seen_version(version: int | str) -> SafeString:
    """The hidden version that the page showed, so that a stale tab is refused."""
    return format_html('<input type="hidden" name="version" value="{}">', version)


@register.filter
def sum_of(rows: list[Any], name: str) -> int:
    """Total of one integer field over rows: `{{ rows|sum_of:"due_minor" }}`; dicts and objects alike."""
    return sum(row[name] if isinstance(row, dict) else getattr(row, name) for row in rows)


def render(name: str, content: str, **values: Any) -> str:
    return render_to_string(f"components/{name}", {"content": content, **values})
