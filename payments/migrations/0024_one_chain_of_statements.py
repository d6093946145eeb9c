"""From each balance one statement goes on. For those that are there it is counted from their lines, past the guard."""

from django.db import migrations, models

FILL = """
ALTER TABLE payments_bankstatement DISABLE TRIGGER USER;
UPDATE payments_bankstatement statement
SET goes_on_from_minor = statement.opening_minor + known.total
FROM (SELECT statement_id, coalesce(sum(CASE direction WHEN 'in' THEN amount_minor ELSE -amount_minor END)
                                    FILTER (WHERE repeats_id IS NOT NULL), 0) AS total
      FROM payments_bankline GROUP BY statement_id HAVING bool_or(repeats_id IS NULL)) known
WHERE known.statement_id = statement.id;
ALTER TABLE payments_bankstatement ENABLE TRIGGER USER;
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0023_own_money_needs_two")]

    operations = [
        migrations.AddField(
            model_name="bankstatement",
            name="goes_on_from_minor",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddIndex(
            model_name="bankstatement",
            index=models.Index(fields=["account", "currency", "goes_on_from_minor"], name="statement_goes_on"),
        ),
        migrations.AddIndex(
            model_name="bankstatement",
            index=models.Index(fields=["account", "currency", "closing_minor"], name="statement_ends"),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
