from django.db import migrations

MOVE = """
UPDATE companies_identity SET signed_from = orders_signature.address
FROM orders_signature WHERE orders_signature.identity_id = companies_identity.id
"""
"""Where a signature came from is erased together with the name."""


class Migration(migrations.Migration):
    dependencies = [
        ("companies", "0002_where_a_signature_came_from"),
        ("orders", "0002_clocks_of_the_contract"),
    ]

    operations = [
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
        migrations.RemoveField(model_name="signature", name="address"),
    ]
