"""Finite-state machines: the library says which moves exist, PostgreSQL refuses all others, history keeps every one.

The library's own protection leaks and queryset updates bypass it, so the guard is a trigger, derived from the
transitions when the model is defined.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import pgtrigger
from django.db import models
from django_fsm import can_proceed

from core.actors import Actor
from core.errors import IllegalMove
from core.models import Transition

M = TypeVar("M", bound=type[models.Model])
GUARDED: list[tuple[type[models.Model], str]] = []


def moves_of(model: type[models.Model], field_name: str) -> list[tuple[str, str]]:
    """Every allowed (from, to) of a state field, sorted."""
    field: Any = model._meta.get_field(field_name)
    moves = sorted({(str(step.source), str(step.target)) for step in field.get_all_transitions(model)})
    for move_ in moves:
        assert all(word.replace("_", "").isalpha() and word.isupper() for word in move_), f"{move_}: no *, + or dynamic"
    return moves


def guard_states(field_name: str = "state") -> Callable[[M], M]:
    """Class decorator: PostgreSQL refuses a change that no transition makes, and an INSERT in any but the

    first state.
    """

    def decorate(model: M) -> M:
        field: Any = model._meta.get_field(field_name)
        GUARDED.append((model, field_name))
        return pgtrigger.register(
            pgtrigger.FSM(name=f"{field_name}_moves", field=field_name, transitions=moves_of(model, field_name)),
            pgtrigger.Protect(
                name=f"{field_name}_starts",
                operation=pgtrigger.Insert,
                condition=~pgtrigger.Q(**{f"new__{field_name}": str(field.default)}),
            ),
        )(model)

    return decorate


def move(step: Callable[..., Any], *, by: Actor, at: datetime, why: str = "", **kwargs: Any) -> None:
    """Make one transition of a locked row, save the row whole, and write the transition's row.

    `step` is the bound transition method; it gets `at` and `kwargs`. Raises IllegalMove when the state forbids it.
    Locks: the caller holds the row.
    """
    subject: Any = getattr(step, "__self__")  # noqa: B009
    verb = step.__name__
    if not can_proceed(step):
        raise IllegalMove(verb=verb, state=subject.state)
    source = subject.state
    step(at=at, **kwargs)
    subject.save()
    Transition.objects.create(
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        verb=verb,
        source=source,
        target=subject.state,
        at=at,
        actor_kind=by.kind,
        door=by.door,
        user_id=by.user_id,
        company_id=by.company_id,
        why=why,
    )


def final_states(model: type[models.Model], field_name: str = "state") -> set[str]:
    """States without an exit."""
    moves = moves_of(model, field_name)
    field: Any = model._meta.get_field(field_name)
    return {str(value) for value, _label in field.choices} - {source for source, _target in moves}
