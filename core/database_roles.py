"""What the web role may do: it owns nothing, deletes nothing that money refers to, and can't switch a guard off."""

from django.apps import apps
from django.db import connections

from core.models.append_only import append_only_tables

# django-pgtrigger skips a trigger named in the session setting `pgtrigger.ignore`, which any role can set. This version
# answers false to the web role. Every install of triggers recreates the function, so this runs after each migrate.
IGNORE_FUNCTION = """
CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name NAME) RETURNS BOOLEAN AS $$
DECLARE
    names TEXT[];
BEGIN
    IF session_user = '{role}' THEN
        RETURN FALSE;
    END IF;
    BEGIN
        names := CURRENT_SETTING('pgtrigger.ignore')::TEXT[];
    EXCEPTION WHEN OTHERS THEN
        RETURN FALSE;
    END;
    RETURN trigger_name = ANY(names);
END;
$$ LANGUAGE plpgsql;
"""


def grant_web_role(*, alias: str = "owner", role: str | None = None) -> None:
    """Grant the web role its rights on `alias`'s database; idempotent.

    `role` defaults to the default database's user.
    """
    role = role or connections["default"].settings_dict["USER"]
    quoted = connections[alias].ops.quote_name(role)
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT current_user")
        if cursor.fetchone()[0] == role:
            return  # One role for all, as an operator may choose in sandbox mode; live mode refuses it at the start.
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {quoted}")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}")
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}")
        cursor.execute(f"REVOKE TRUNCATE ON ALL TABLES IN SCHEMA public FROM {quoted}")
        existing = set(connections[alias].introspection.table_names(cursor))
        for table in append_only_tables():
            if table in existing:
                name = connections[alias].ops.quote_name(table)
                cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {name} FROM {quoted}")
        for table in kept_tables():
            if table in existing:
                cursor.execute(f"REVOKE DELETE ON {connections[alias].ops.quote_name(table)} FROM {quoted}")
        cursor.execute(IGNORE_FUNCTION.replace("{role}", role.replace("'", "''")))


def kept_tables() -> list[str]:
    """Tables of which the code deletes no row, as each app says: nothing that money refers to is deleted."""
    return [
        model._meta.db_table
        for config in apps.get_app_configs()
        if hasattr(config, "deleted_models")
        for model in config.get_models()
        if model._meta.model_name not in config.deleted_models
    ]


def tables_owned_by_web_role() -> list[str]:
    """Tables that the web role owns, itself or as a member of the owner's role: live mode starts with none only."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables"
            " WHERE schemaname = 'public' AND pg_has_role(session_user, tableowner, 'MEMBER')"
        )
        return [row[0] for row in cursor.fetchall()]
