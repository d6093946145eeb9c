"""Finite-state machines: the library says which moves exist, PostgreSQL refuses all others, history keeps every one.

The library's own protection leaks and queryset updates bypass it, so the guard is a trigger, derived from the
transitions when the model is defined.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import pgtrigger
from django.db import connection, models
from django_fsm import FSMField, can_proceed

from core.actors import Actor
from core.errors import IllegalMove
from core.models.transition import Transition

M = TypeVar("M", bound=type[models.Model])
GUARDED: list[tuple[type[models.Model], str]] = []


class StateField(FSMField):
    """The state of a row. Migrations see a plain text field: the library's own field listens to every class that is
    made after it, and migrations make thousands of classes.
    """

    def deconstruct(self) -> tuple[str, str, Any, dict[str, Any]]:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


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


HISTORY_SQL = """
INSERT INTO core_transition (subject_type, subject_id, field, verb, source, target, at, recorded_at,
                             actor_kind, door, user_id, company_id, why)
VALUES (%s, %s, 'state', %s, %s, %s, %s, clock_timestamp(), %s, %s, %s, %s, %s)
"""


def check_move(step: Callable[..., Any]) -> None:
    """Raises IllegalMove when the state of its row forbids a transition, given as its bound method."""
    if not can_proceed(step):
        raise IllegalMove(verb=step.__name__, state=getattr(step, "__self__").state)  # noqa: B009


def move(step: Callable[..., Any], *, by: Actor, at: datetime, why: str = "", **kwargs: Any) -> None:
    """Make one transition of a locked row, save the row whole, and write the transition's row.

    `step` is the bound transition method; it gets `at` and `kwargs`. Raises IllegalMove when the state forbids it.
    Locks: the caller holds the row.
    """
    subject: Any = getattr(step, "__self__")  # noqa: B009
    verb = step.__name__
    check_move(step)
    source = str(subject.state)
    step(at=at, **kwargs)
    subject.save()
    label, target = subject._meta.label_lower, str(subject.state)
    actor = [by.kind, by.door, by.user_id, by.company_id]
    with connection.cursor() as cursor:
        cursor.execute(HISTORY_SQL, [label, subject.pk, verb, source, target, at, *actor, str(why)])


def last_reason(subject: models.Model, target: str) -> str:
    """Why a row last came into a state, as its history tells; empty for one that never did."""
    label = subject._meta.label_lower
    steps = Transition.objects.filter(subject_type=label, subject_id=subject.pk, field="state", target=target)
    return steps.order_by("-pk").values_list("why", flat=True).first() or ""


def final_states(model: type[models.Model], field_name: str = "state") -> set[str]:
    """States without an exit."""
    moves = moves_of(model, field_name)
    field: Any = model._meta.get_field(field_name)
    return {str(value) for value, _label in field.choices} - {source for source, _target in moves}
