"""Rows that are written once.

The database refuses UPDATE, DELETE and TRUNCATE, whoever asks through the application.
"""

from collections.abc import Callable
from typing import TypeVar

import pgtrigger
from django.db import models

M = TypeVar("M", bound=type[models.Model])
APPEND_ONLY: list[type[models.Model]] = []


def append_only(model: M) -> M:
    """Class decorator: triggers refuse every change but INSERT, and `grant_web_role` revokes the right as well."""
    APPEND_ONLY.append(model)
    pgtrigger.register(
        pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        # Protect can't be used for TRUNCATE: on a statement it wants the changed rows, and TRUNCATE has none.
        pgtrigger.Trigger(
            name="no_truncate",
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            level=pgtrigger.Statement,
            func="RAISE EXCEPTION 'Cannot truncate table %', TG_TABLE_NAME;",
        ),
    )(model)
    return model


def frozen(*columns: str) -> Callable[[M], M]:
    """Class decorator: what is written into these columns stays; a trigger refuses every change of them."""

    def decorate(model: M) -> M:
        return pgtrigger.register(pgtrigger.ReadOnly(name="frozen", fields=list(columns)))(model)

    return decorate


def append_only_tables() -> list[str]:
    return [model._meta.db_table for model in APPEND_ONLY]
