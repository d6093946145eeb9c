"""The switch that turns guards off, thrown as an attacker would: by the names that the triggers have."""

from typing import Any


def switch_guards_off(cursor: Any) -> list[str]:
    """Name every guard in `pgtrigger.ignore` of this session; returns the names."""
    cursor.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger_%' ORDER BY tgname")
    names = [row[0] for row in cursor.fetchall()]
    assert len(names) > 20
    cursor.execute("SELECT set_config('pgtrigger.ignore', %s, false)", ["{" + ",".join(names) + "}"])
    return names
