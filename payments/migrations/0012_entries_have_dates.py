"""Entries get the date that statements show. Those that are there get it from their transfers, past the guard."""

import django.db.models.functions.datetime
from django.db import migrations, models

FILL = """
ALTER TABLE payments_entry DISABLE TRIGGER USER;
UPDATE payments_entry SET entered_at = run.entered_at
FROM (SELECT entry.id, max(transfer.event_at) OVER (PARTITION BY entry.account_id ORDER BY entry.version) AS entered_at
      FROM payments_entry entry JOIN payments_transfer transfer ON transfer.id = entry.transfer_id) run
WHERE run.id = payments_entry.id;
ALTER TABLE payments_entry ENABLE TRIGGER USER;
UPDATE payments_account SET moved_at = last.entered_at
FROM (SELECT account_id, max(entered_at) AS entered_at FROM payments_entry GROUP BY account_id) last
WHERE last.account_id = payments_account.id;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0011_charge_backs"),
    ]

    operations = [
        migrations.AddField(
            model_name="account",
            name="moved_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="entry",
            name="entered_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["account", "entered_at", "version"], name="entry_by_date"),
        ),
    ]
