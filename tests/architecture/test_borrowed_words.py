"""An English word of ours that a library's catalogue knows is shown in the library's sense: each was looked at."""

import gettext
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from django.apps import apps
from django.conf import settings
from django.utils.translation import to_locale
from django.utils.translation.template import templatize

from tests.architecture.test_words import APPS, ROOT, TEMPLATES

KEYWORDS = {**DEFAULT_KEYWORDS, "gettext_lazy": None, "_now": None, "ngettext_lazy": (1, 2)}
KEYWORDS["pgettext_lazy"] = DEFAULT_KEYWORDS["pgettext"]
SAME_SENSE = frozenset({
    "Accounts", "Add", "All", "Cancel", "Change", "Change password", "Confirm", "Download", "Edit", "File", "Log in",
    "Log in again", "Log out", "Messages", "New password", "None", "Recovery codes", "Remove", "Save", "Search",
    "Show all", "Verified", "active", "name", "sent", "verified",
})  # fmt: skip
"""Where another sense is meant ("Change" of a balance, a "Note" that somebody wrote) the word has a context."""


def words_in(source: bytes) -> Iterator[tuple[str, str | None]]:
    """(word or sentence, context) of everything that goes through gettext."""
    for _line, found, _comments, context in extract("python", io.BytesIO(source), keywords=KEYWORDS):
        yield (found if isinstance(found, str) else found[0]), context


def all_words() -> set[tuple[str, str | None]]:
    found = set()
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            found |= set(words_in(path.read_bytes()))
    for path in TEMPLATES:
        lines = templatize(path.read_text("utf-8"), origin=str(path)).splitlines()
        found |= set(words_in("\n".join(line.strip() for line in lines).encode()))
    return found


def catalogues() -> Iterator[Any]:
    """Those of Django and of every installed app but ours."""
    places = [Path(django.__file__).parent / "conf" / "locale"]
    places += [Path(app.path) / "locale" for app in apps.get_app_configs() if app.label not in APPS]
    for language, _name in settings.LANGUAGES:
        for place in places:
            yield gettext.translation("django", place, [to_locale(language)], fallback=True)


def test_no_word_is_shown_in_another_sense_than_ours():
    borrowed = set()
    words = all_words()
    assert len(words) > 1_500 and ("Change", "of a balance") in words
    for catalogue in catalogues():
        for word, context in words:
            shown = catalogue.gettext(word) if context is None else catalogue.pgettext(context, word)
            if word and shown != word:
                borrowed.add(word)
    assert borrowed - SAME_SENSE == set(), "give it a context, or put it here if the library means the same"
    assert SAME_SENSE - borrowed <= {"File"}, "not borrowed any more"
