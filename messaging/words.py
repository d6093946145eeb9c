"""Words that are put into a reader's language and time only when that reader is known."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.functional import Promise

from core.templatetags.when import offset_of, words_of

Words: TypeAlias = str | Promise | Callable[[], str]
"""A string, a lazy translation, or a function that is called once per reader, in their language and time zone."""


def say(words: Words) -> str:
    """In the language that is active now."""
    return words() if callable(words) and not isinstance(words, Promise) else str(words)


@contextmanager
def as_read_by(language: str, time_zone: str = "UTC") -> Iterator[None]:
    """The reader's language and zone, inside the block."""
    with translation.override(language), timezone.override(ZoneInfo(time_zone)):
        yield


def moment_words(moment: datetime) -> str:
    """For lines of mail: a moment in the reader's zone, which is named by its distance from UTC."""
    local = timezone.localtime(moment)
    return f"{words_of(local)} ({offset_of(local)})"


def date_words(moment: datetime) -> str:
    """For subjects: the day of a moment in the reader's zone, '2026-12-01', the same in each language."""
    return f"{timezone.localtime(moment):%Y-%m-%d}"
