"""The design's rules about tables, read off the models and the database."""

import re

import pytest
from django.apps import apps
from django.db import connection
from django_fsm import FSMField

from core.models.append_only import append_only_tables
from core.state_diagrams import all_diagrams
from core.states import GUARDED, moves_of

LAYERS = ["core", "companies", "messaging", "catalog", "evidence", "payments", "orders", "assurance"]
SIBLINGS = {"catalog", "evidence", "payments"}


def our_models():
    return [model for name in LAYERS for model in apps.get_app_config(name).get_models()]


def test_foreign_keys_point_down_and_leave_no_attribute_above() -> None:
    for model in our_models():
        for field in model._meta.get_fields():
            if not (field.is_relation and getattr(field, "many_to_one", False) and field.concrete):
                continue
            target = field.related_model._meta.app_label
            if target not in LAYERS:
                continue
            here = model._meta.app_label
            assert LAYERS.index(target) <= LAYERS.index(here), f"{model.__name__}.{field.name} points up"
            assert here == target or not ({here, target} <= SIBLINGS), f"{model.__name__}.{field.name}: siblings"
            if here != target:
                assert field.remote_field.related_name == "+", (
                    f"{model.__name__}.{field.name} leaves an attribute above"
                )


def test_every_state_field_is_guarded() -> None:
    stateful = {m for m in our_models() for f in m._meta.get_fields() if isinstance(f, FSMField)}
    assert stateful == {model for model, _field in GUARDED}
    assert len(stateful) >= 6


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "field_name"), GUARDED, ids=lambda value: getattr(value, "__name__", value))
def test_the_databases_guard_says_what_the_code_says(model, field_name) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT pg_get_triggerdef(t.oid), p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
               WHERE t.tgrelid = %s::regclass AND NOT t.tgisinternal""",
            [model._meta.db_table],
        )
        triggers = cursor.fetchall()
    [moves] = [source for _definition, source in triggers if f"pgtrigger_{field_name}_moves" in _definition]
    [pairs] = re.findall(rf"""NEW\."{field_name}"\) = ANY\('{{(.*?)}}'""", moves)
    assert sorted(tuple(pair.split(":")) for pair in pairs.split(",")) == moves_of(model, field_name)
    [starts] = [definition for definition, _source in triggers if f"pgtrigger_{field_name}_starts" in definition]
    first = str(model._meta.get_field(field_name).default)
    assert re.findall(r"'([A-Z_]+)'::", starts) == [first]
    assert any("BEFORE UPDATE" in definition for definition, source in triggers if source == moves)
    assert "BEFORE INSERT" in starts


@pytest.mark.django_db
def test_the_web_role_may_not_change_history() -> None:
    assert len(append_only_tables()) >= 5
    with connection.cursor() as cursor:
        for table in append_only_tables():
            for right in ("UPDATE", "DELETE", "TRUNCATE"):
                cursor.execute("SELECT has_table_privilege(session_user, %s, %s)", [table, right])
                assert cursor.fetchone() == (False,), f"{right} on {table}"


@pytest.mark.django_db
def test_the_web_role_owns_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = session_user")
        assert cursor.fetchone() == (0,)


def test_diagrams_of_states_are_fresh(settings) -> None:
    folder = settings.BASE_DIR / "docs" / "states"
    for name, text in all_diagrams().items():
        assert (folder / name).read_text(encoding="utf-8") == text, f"{name} is stale: run `manage.py state_diagrams`"
