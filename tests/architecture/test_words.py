"""Every word that people read goes through gettext: in templates, and in the labels of forms, models and the admin."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ("core", "companies", "messaging", "catalog", "evidence", "payments", "orders", "assurance")
TEMPLATES = sorted((ROOT / "templates").rglob("*.html")) + sorted((ROOT / "templates").rglob("*.txt"))
DROPPED = (
    r"{% comment %}.*?{% endcomment %}",
    r"{% blocktranslate[^%]*%}.*?{% endblocktranslate %}",
    r"{% blocktrans[^%]*%}.*?{% endblocktrans %}",
    r"{% block (?:main|body)_class %}.*?{% endblock %}",
    r"<(script|style)\b.*?</\1>",
    r"{%.*?%}",
    r"{{.*?}}",
    r"{#.*?#}",
)
READ_ALOUD = re.compile(r"""\b(?:aria-label|title|placeholder|alt|data-label)=(["'])(.*?)\1""", re.DOTALL)
LETTERS = re.compile(r"[^\W\d_]{2,}")
NAMES = frozenset({"Assurance", "English", "简体中文", "Tiếng Việt", "UTC", "(Incoterms 2020)", "FOB Hải Phòng"})
"""Names stay as they are in each language."""


def bare_words(source: str) -> list[str]:
    """Text between tags, and attributes that are read aloud, which no translation made."""
    for pattern in DROPPED:
        source = re.sub(pattern, "", source, flags=re.DOTALL)
    read = [match[2] for match in READ_ALOUD.finditer(source)]
    text = re.sub(r"<!--.*?-->|<[^>]*>", "\n", source, flags=re.DOTALL)
    lines = [line.strip() for line in [*read, *text.splitlines()]]
    return [line for line in lines if LETTERS.search(line) and line not in NAMES]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_template(path):
    assert bare_words(path.read_text("utf-8")) == []


FOR_PROGRAMS = re.compile(r"[/_](api|serializers)(/|\.py$)|books_sql\.py$")
"""The API is described in English, for those who write programs; the books' SQL names tables."""
SHOWN = frozenset({"label", "help_text", "verbose_name", "verbose_name_plural", "description", "short_description"})


def plain_labels(tree: ast.AST) -> Iterator[str]:
    """Keyword arguments and attributes that name things to people, given as plain strings."""
    for node in ast.walk(tree):
        named: list[tuple[str | None, ast.expr]] = []
        if isinstance(node, ast.Call):
            named = [(keyword.arg, keyword.value) for keyword in node.keywords]
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            named = [(node.targets[0].id, node.value)]
        for name, value in named:
            is_words = isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value.strip()
            if name in SHOWN and is_words:
                yield f"line {value.lineno}: {name}={value.value!r}"


@pytest.mark.parametrize("app", APPS)
def test_labels_of(app):
    found = [
        f"{path.relative_to(ROOT)} {words}"
        for path in sorted((ROOT / app).rglob("*.py"))
        if "migrations" not in path.parts and not FOR_PROGRAMS.search(str(path))
        for words in plain_labels(ast.parse(path.read_text("utf-8")))
    ]
    assert found == []


def test_the_reader_of_templates_sees_what_is_bare():
    assert bare_words('<p>{% translate "Yes" %} now</p><img alt="A box">{# no #}') == ["A box", "now"]
    assert bare_words("{% blocktranslate with n=1 %}{{ n }} box{% endblocktranslate %} · <b>{{ n }}</b>") == []
