"""How forms look: `{{ form }}` and `{{ field.as_field_group }}` come out with Tabler's classes and errors

beside the field.
"""

from typing import Any

from django.forms import Field
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest

CHECKS = {"checkbox", "radio"}
BARE = {"hidden", "submit", "image"}


class TablerRenderer(TemplatesSetting):
    form_template_name = "components/forms/form.html"
    field_template_name = "components/forms/field.html"

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        if "widget" in context:
            dress(context["widget"])
        return super().render(template_name, context, request)


def show_unit(field: Field, *, before: Any = "", after: Any = "") -> None:
    """Put a unit at a field: "USD" before an amount, "days" after a number."""
    vars(field).update(prefix=before, suffix=after)


def say_optional(field: Field, words: Any) -> None:
    """Instead of "optional" beside the label of a field that may stay empty; nothing for empty words."""
    vars(field).update(optional_words=words, unmarked=not words)


def dress(widget: dict[str, Any]) -> None:
    """Add the class that Tabler expects to a widget's context, and to the widgets inside it."""
    for part in widget.get("subwidgets", ()):
        dress(part)
    for _group, options, _index in widget.get("optgroups", ()):
        for option in options:
            dress(option)
    css_class = class_of(widget)
    if not css_class:
        return
    attrs = widget["attrs"]
    classes = [css_class, *([] if attrs.get("aria-invalid") != "true" else ["is-invalid"]), attrs.get("class", "")]
    attrs["class"] = " ".join(dict.fromkeys(" ".join(classes).split()))


def class_of(widget: dict[str, Any]) -> str:
    template, kind = widget["template_name"], widget.get("type")
    if not template.startswith("django/forms/widgets/") or "subwidgets" in widget:
        return ""
    if kind in CHECKS:
        return "form-check-input"
    if template.endswith(("/radio.html", "/checkbox_select.html", "/select_option.html")) or kind in BARE:
        return ""
    return "form-select" if template.endswith("/select.html") else "form-control"
